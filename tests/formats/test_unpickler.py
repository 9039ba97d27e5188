"""Pickles: nothing in one is run, and a hostile one is one line."""

from __future__ import annotations

import argparse
import collections
import contextlib
import functools
import itertools
import os
import pathlib
import pickle
import struct
import time

import numpy as np
import pytest
from pickle_files import (
    FLAT,
    LAYERS,
    ORDERED,
    VALUES,
    assert_tensors,
    memory_below,
    npy,
    old_array,
    old_text,
    write_file,
)

from tfdeconv.errors import UserError
from tfdeconv.formats import lazy_tensor, pickled, unpickler


class Call:
    """Is pickled as a call of a function."""

    def __init__(self, function, *args):
        self.function, self.args = function, args

    def __reduce__(self):
        return self.function, self.args


def test_nothing_in_a_pickle_is_run(tmp_path):
    mark = tmp_path / "mark"
    calls = [
        Call(os.system, f"touch {mark}"),
        Call(eval, f"open({str(mark)!r}, 'w')"),
        Call(np.save, str(mark), 1),
        Call(getattr, int, "real"),
        Call(collections.namedtuple, "a", "b"),
        Call(np.fromfile, "x"),
        Call(__import__, "this"),
    ]
    pickle.loads(pickle.dumps(calls[0]))
    # Python's own unpickler does run it
    assert mark.exists()
    mark.unlink()
    for call, protocol in itertools.product(calls, range(6)):
        path = write_file(tmp_path / "x.npy", npy(pickle.dumps({"a": VALUES, "b": call}, protocol)))
        if protocol >= 2:
            found = pickled.tensors(path)
            assert list(found) == ["a"] and "b" in found.ignored
        else:
            # of the oldest protocols some opcodes are not read
            with contextlib.suppress(UserError):
                pickled.tensors(path)
    assert not mark.exists()


class Nested:
    class Attributes(collections.OrderedDict):
        """A dictionary of a class of one's own, with attributes."""

    class Settings:
        """An object of a class of one's own; nothing of it is called."""

        def __init__(self, **settings):
            self.__dict__ |= settings

        def __setstate__(self, state):
            raise AssertionError("it was run")

    class Named:
        """An object whose class is called with arguments by name."""

        def __getnewargs_ex__(self):
            return (1,), {"a": 2}


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_objects_of_any_class_are_passed_over(tmp_path, protocol):
    layers = Nested.Attributes(LAYERS)
    layers.attribute = Nested.Settings(x=VALUES)
    itself: list = []
    itself.append((itself, 3))
    value = {
        "model": layers,
        "hyper_parameters": Nested.Settings(
            lr=0.5, path=pathlib.PurePosixPath(*"abcdefghijklmnopqr")
        ),
        "named": Nested.Named(),
        "namespace": argparse.Namespace(out=pathlib.Path("a"), nets={"a", "b"}),
        "callbacks": {Nested.Settings: {"best": np.float64(0.5)}, (1, 2): 3, None: 4, 2**62: 5},
        "chances": collections.defaultdict(list, {"x": [1.5]}),
        "queue": collections.deque([VALUES[0], None]),
        "set": frozenset({1, "x"}),
        "partial": functools.partial(max, 1),
        "itself": itself,
        "state": np.random.RandomState(3),
    }
    found = pickled.tensors(write_file(tmp_path / "x.npy", npy(pickle.dumps(value, protocol))))
    assert_tensors(
        {name: found[name] for name in found if name.startswith("model")},
        {f"model.{name}": values for name, values in FLAT.items()},
    )
    assert {name.partition(".")[0] for name in found} == {"model"}
    assert found.objects["hyper_parameters"].startswith("test_unpickler.Nested") or protocol < 4
    assert {"named", "namespace", "callbacks.(tuple 1)", "set", "partial"} <= set(found.ignored)


def test_more_tensors_than_any_network_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(lazy_tensor, "MAX_TENSORS", 2)
    content = npy(pickle.dumps({"a": VALUES, "b": VALUES, "c": VALUES}, 4))
    with pytest.raises(UserError, match="more than 2 tensors"):
        pickled.tensors(write_file(tmp_path / "x.npy", content))


def test_file_without_plain_tensors_names_the_class(tmp_path):
    for value in (Nested.Settings(x=VALUES), {"net": Nested.Settings(x=VALUES), "epoch": 3}):
        path = write_file(tmp_path / "x.npy", npy(pickle.dumps(value, 4)))
        with pytest.raises(UserError, match="object of 'test_unpickler.Nested.Settings' and no pl"):
            pickled.tensors(path)


# tuples nested as deep as that crash Python 3.11 when one asks for their hash
N = 200_000
THREE = old_array(np.zeros(3))
NAMESPACE = b"cargparse\nNamespace\n"
# 60 dictionaries, each with the one before it three times
TRIPLING = b"(K\x01t\x94"
for n in range(60):
    TRIPLING += b"}(K\x00h%cK\x01h%cK\x02h%cu\x94" % (n, n, n)
TRIPLING += b"."
# pickles, and what is said of them
HOSTILE = {
    "another name of an admitted module": (b"ctorch._utils\n_import_dotted_name\n.", "no tensors"),
    "an attribute of a name that is admitted": (
        b"\x8c\x0bcollections\x8c\x14OrderedDict.__init__\x93)R.",
        "an object of 'collections.OrderedDict.__init__' and no",
    ),
    "numpy.load": (b"cnumpy\nload\n.", "no tensors"),
    "the dot elsewhere": (
        b"\x8c\x11collections.Order\x8c\x06edDict\x93)R.",
        "object of 'collections.Order.edDict'",
    ),
    "INST": (b"(icollections\nOrderedDict\n.", "opcode b'\\(?i'"),
    "NEWOBJ_EX of a text": (b"U\x01a)}\x92.", "expected a Global"),
    "OBJ of a text": (b"(U\x01ao.", "calls a str"),
    "OBJ of nothing": (b"(o.", "damaged"),
    "a long name, again and again": (
        b"X\xe8\x03\0\0" + b"a" * 1000 + b"q\x00h\x00\x93.",
        "imports 'a+', a name that is too long",
    ),
    "EXT1": (b"\x82\x01.", "opcode"),
    "a text is called": (b"X\x02\0\0\0os)R.", "expected a Global"),
    "a call of a call": (NAMESPACE + b")R)R.", "an object of 'argparse.Namespace' and no plain"),
    "state of a list": (b"]}b.", "expected a Call"),
    "state of a class": (ORDERED + b"}X\x01\0\0\0aNsb.", "expected a Call"),
    "attributes of a dictionary": (b"}}X\x09\0\0\0__class__Nsb.", "holds no tensors"),
    "an unknown persistent id": (b"X\x01\0\0\0a\x85Q.", "refers to something other"),
    "append to a tuple": (b")Na.", "expected a list"),
    "items of a list": (b"]N\x85NNs.", "expected a dict"),
    "an item without a value": (b"}(Nu.", "keys without values"),
    "a key that cannot be one": (b"}]Ns.", "no tensors"),
    "a key whose hash never ends": (b"})" + b"\x85" * N + b"Ns.", "no tensors"),
    "keys of one hash": (b"}\x8a\x08" + (2**61 - 1).to_bytes(8, "little") + b"Ns.", "no tensors"),
    "a dictionary within itself": (b"}\x94K\x01h\x00s.", "no tensors"),
    "3 to the power of 60 names": (TRIPLING, "more than 300,000 values"),
    "depth": (b"](" * 40_000 + b"]" + b"e" * 40_000 + b".", "no tensors"),
    "depth of tuples": (b")" + b"\x85" * N + b".", "no tensors"),
    "depth of calls": (
        (NAMESPACE + b"q\x00)R" + b"\x85q\x01h\x00h\x01R" * 20_000) + b".",
        "no plain tensors",
    ),
    "too many steps": (b"]" * 2 * N + b".", "more than 250,000 steps"),
    "an ordered dictionary a hundred times": (
        b"]q\x00("
        + b"K\x01K\x02\x86" * 9000
        + b"e"
        + ORDERED
        + b"q\x01"
        + b"h\x01h\x00\x85R" * 100
        + b".",
        "250,000 steps",
    ),
    "a long name": (
        b"}X" + struct.pack("<I", 10**6) + b"a" * 10**6 + THREE + b"s.",
        "called 'a+', expected 1 to 200 printable",
    ),
    "a name that breaks the line": (
        b"}U\x03a\nb" + THREE + b"s.",
        r"called 'a\\nb', expected 1 to",
    ),
    "two tensors of one name": (
        b"}(K\x01" + THREE + b"U\x011" + THREE + b"u.",
        "two tensors called '1'",
    ),
    "an empty stack": (b"R.", "damaged"),
    "an empty memo": (b"h\x07.", "damaged"),
    "no mark": (b"t.", "damaged"),
    "a memo number of 2**32": (b"}r\xff\xff\xff\xff.", "no tensors"),
    "an array without bytes": (THREE.replace(old_text(bytes(24)), b"N") + b".", "no bytes"),
    "an array with a larger shape": (
        b"}U\x01a" + THREE.replace(b"(J\3", b"(J\4") + b"s.",
        "does not fit into its 24 bytes",
    ),
}


HOSTILE |= {
    f"{length} after {code}": (code + length + b"abc", "is cut off")
    for code, length in [
        (b"\x8e", b"\xff" * 8),
        (b"\x96", b"\xff" * 8),
        (b"\x8d", b"\xff" * 7 + b"\x7f"),
        (b"B", b"\xff" * 4),
        (b"T", b"\xff" * 4),
        (b"X", b"\xff" * 4),
        (b"\x8a", b"\xff"),
        (b"C", b"\xff"),
    ]
}
HOSTILE |= {
    f"opcode {code}": (code + b"\xff" * 8, "opcode")
    for code in (b"\x8b", b"\x97", b"2", b"P", b"i", b"l", b"S")
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_pickle_is_one_line_and_little_memory(tmp_path, case, monkeypatch):
    # a million, with all memory traced, take 10 s
    monkeypatch.setattr(unpickler, "MAX_PICKLE_STEPS", 250_000)
    hostile, reason = HOSTILE[case]
    path = write_file(tmp_path / "x.npy", npy(b"\x80\x04" + hostile))
    start = time.process_time()
    with memory_below(50e6), pytest.raises(UserError, match=reason) as error:
        pickled.tensors(path)
    # tracemalloc makes it five times as slow
    assert time.process_time() - start < 15
    assert "\n" not in str(error.value) and len(str(error.value)) < 300 + len(str(path))
