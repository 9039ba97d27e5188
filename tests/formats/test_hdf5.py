"""HDF5 files as plain objects, and the process that reads them: whatever it does, this one gets arrays or one line."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from tfdeconv.errors import UserError
from tfdeconv.formats import hdf5, hdf5_process, hdf5_survey
from tfdeconv.formats.hdf5 import dataset, inside, subgroup
from tfdeconv.weights.detect import open_hdf5

ROOT = Path(__file__).parents[2]
VALUES = np.arange(12, dtype=np.float32).reshape(3, 4)


@pytest.fixture
def path(tmp_path):
    """A file of one dataset."""
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a/kernel"] = VALUES
        file["a"].attrs["weight_names"] = [b"kernel"]
    return tmp_path / "x.h5"


@pytest.fixture(params=[hdf5.open_in_process, hdf5_process.open_in_subprocess])
def way(request):
    """Both ways of reading: in this process and in another."""
    return request.param


def made(tmp_path, fill, **options) -> Path:
    with h5py.File(tmp_path / "made.h5", "w", **options) as file:
        fill(file)
    return tmp_path / "made.h5"


def read_all(group: hdf5.Group) -> dict[str, np.ndarray]:
    """Every dataset below a group by its path."""
    found = {}
    for node in group.children.values():
        if isinstance(node, hdf5.Group):
            found |= read_all(node)
        elif isinstance(node, hdf5.Dataset):
            found[node.name] = node.read()
    return found


def children() -> list[str]:
    """The processes that this one has started, zombies included."""
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


# what is in a file

ARRAYS = {
    "scalar": np.float32(3),
    "none": np.zeros((0, 3), np.float32),
    "half": np.float16([1, 2]),
    "double": np.arange(3.0),
    "big": np.arange(5, dtype=">f4"),
    "flags": np.array([True, False]),
    "bytes": np.arange(9, dtype=np.uint8),
    "long": np.arange(-3, 3),
    "large": np.arange(3e6, dtype=np.float32).reshape(1000, 3, 1000),
}


def test_plain_arrays_are_what_h5py_reads(tmp_path, way):
    def fill(file):
        for name, values in ARRAYS.items():
            file[f"in/{name}"] = values
        file.create_dataset("packed", data=ARRAYS["large"], compression="gzip", shuffle=True)
        file.create_dataset("never written", (3, 4), np.float32, fillvalue=2)
        file["again"] = file["in/half"]

    with way(made(tmp_path, fill)) as root:
        found = read_all(root)
        assert all(inside(root, name).shape == values.shape for name, values in found.items())
    wanted = {f"in/{name}": values for name, values in ARRAYS.items()}
    wanted |= {
        "packed": ARRAYS["large"],
        "never written": np.full((3, 4), 2, np.float32),
        "again": ARRAYS["half"],
    }
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        assert found[name].dtype == values.dtype
        np.testing.assert_array_equal(found[name], values)


def test_attributes_are_texts_numbers_and_lists_of_them(tmp_path, way):
    def fill(file):
        file.attrs.update(
            {
                "text": "é",
                "old": np.bytes_(b"abc"),
                "list": ["a", "bé"],
                "old list": np.array([b"a", b"bcd"]),
                "number": 3,
                "float": np.float16(0.5),
                "row": np.arange(3.0),
                "rows": np.eye(2, dtype=">i2"),
                "flag": True,
                "nothing": np.zeros(0),
                "no names": np.array([], "S1"),
                "nan": np.nan,
            }
        )
        file.attrs["broken"] = np.bytes_(b"a\xff")
        file.attrs["long"] = "x" * 10_000_000
        file.attrs.update(
            {
                "complex": 1j,
                "record": np.zeros(2, "i4,f4"),
                "empty": h5py.Empty("f4"),
                "reference": file.ref,
            }
        )
        file.attrs["named"] = np.array(1, h5py.enum_dtype({"A": 1}))

    with way(made(tmp_path, fill)) as root:
        attrs = dict(root.attrs)
    assert attrs.pop("long") == "x" * 10_000_000 and np.isnan(attrs.pop("nan"))
    assert attrs == {
        "text": "é",
        "old": "abc",
        "list": ["a", "bé"],
        "old list": ["a", "bcd"],
        "number": 3,
        "float": 0.5,
        "row": [0, 1, 2],
        "rows": [[1, 0], [0, 1]],
        "flag": True,
        "nothing": [],
        "no names": [],
        "broken": "a\ufffd",
    }
    with pytest.raises(ValueError, match="its attribute record is missing"):
        root.attrs["record"]


def test_types_that_are_no_plain_numbers_have_a_name_and_are_not_read(tmp_path, way):
    def fill(file):
        file["complex"], file["record"] = np.zeros(3, "c8"), np.zeros(3, "i4,f4")
        file["text"], file["fixed"] = ["a", "b"], np.array([b"a", b"b"])
        file.create_dataset("reference", (2,), h5py.ref_dtype)
        file.create_dataset("named", (2,), h5py.enum_dtype({"A": 1}))
        file.create_dataset("rows", (2,), h5py.vlen_dtype(np.float32))
        file["void"] = np.void(b"abc")
        odd = h5py.h5t.IEEE_F32LE.copy()
        odd.set_fields(31, 26, 5, 16, 10)  # bits of sign, exponent and mantissa
        h5py.h5d.create(file.id, b"odd", odd, h5py.h5s.create_simple((3,)))

    with way(made(tmp_path, fill)) as root:
        found = {name: node.dtype for name, node in root.children.items()}
        for name, node in root.children.items():
            with pytest.raises(UserError, match=f"{name} is of .*, needs floating point"):
                node.read()
    assert found == {
        "complex": "records",
        "record": "records",
        "text": "strings",
        "fixed": "strings",
        "reference": "references",
        "named": "named values",
        "rows": "rows of any length",
        "void": "bytes",
        "odd": "numbers of an unusual kind",
    }


def test_groups_that_contain_themselves_and_each_other_end(tmp_path, way):
    def fill(file):
        for i in range(40):
            group = file.require_group("g" + "/x" * i)
            group["y"] = file["g/x"] if i > 1 else file["/"]
            group["self"] = group
        file["g/values"] = VALUES

    with way(made(tmp_path, fill)) as root:
        assert list(read_all(root)) == ["g/values"]
        with pytest.raises(
            UserError, match="made.h5: g/self is a group that has another name already"
        ):
            subgroup(root, "g/self")
        with pytest.raises(UserError, match="x lies more than 32 groups deep"):
            subgroup(root, "g" + "/x" * 39)


def test_more_objects_or_text_than_any_weights_have(tmp_path, way, monkeypatch):
    path = made(tmp_path, lambda file: [file.create_group(f"{i}") for i in range(100)])
    for name, value in (("OBJECTS", 99), ("TEXT", 189)):
        monkeypatch.setattr(hdf5_survey, name, value)
        monkeypatch.setattr(
            hdf5_process, "PROGRAM", program(f"hdf5_survey.{name} = {value}; hdf5_process.main()")
        )
        with (
            pytest.raises((ValueError, hdf5_process.ReadError), match="it holds more than"),
            way(path),
        ):
            pass
        monkeypatch.undo()
    path = made(tmp_path, lambda file: file.attrs.update(a="x" * 9_000_000, b="x" * 9_000_000))
    with pytest.raises((ValueError, hdf5_process.ReadError), match="it holds more than"), way(path):
        pass


def test_names_that_would_break_a_line_are_escaped(tmp_path, way):
    def fill(file):
        file["a\nb"] = VALUES
        h5py.h5g.create(file.id, b"\xff")
        file["a\tb"] = h5py.SoftLink("/nowhere")

    with way(made(tmp_path, fill)) as root:
        assert set(root.children) == {"a\\nb", "\\udcff", "a\\tb"}
        np.testing.assert_array_equal(read_all(root)["a\\nb"], VALUES)


def test_what_declares_more_than_it_stores_is_refused_before_memory_is_taken(tmp_path, way):
    def fill(file):
        file.create_dataset("huge", (1 << 30,), np.float32, chunks=(1 << 20,))
        file.create_dataset("unwritten", (1 << 40,), np.float32)
        for i in range(3):
            file.create_dataset(
                f"share {i}", (1 << 23,), np.float32, chunks=(1 << 20,), compression="gzip"
            )
        file["lies"] = np.arange(21, dtype=np.float32).reshape(3, 7)

    path = made(tmp_path, fill)
    raw = path.read_bytes()
    assert raw.count(struct.pack("<QQ", 3, 7)) >= 1
    path.write_bytes(raw.replace(struct.pack("<QQ", 3, 7), struct.pack("<QQ", 1, 7)))
    with way(path) as root:
        for name in ("huge", "unwritten"):
            with pytest.raises(
                UserError, match=f"{name} is said to have 4,.* bytes, far more than a file of"
            ):
                root.children[name].read()
        with pytest.raises(UserError, match="lies is said to have 28 bytes, and 84 are stored"):
            dataset(root, "lies")
        assert (
            root.children["share 0"].read().shape
            == root.children["share 1"].read().shape
            == (1 << 23,)
        )
        with pytest.raises(
            UserError, match="share 2 is said to have"
        ):  # 64 MiB, and 16 times the file, for all together
            root.children["share 2"].read()


# the process


def program(code: str) -> str:
    return f"import os, sys, time; sys.path[:] = sys.argv[1:]; from tfdeconv.formats import hdf5, hdf5_process, hdf5_survey; {code}"


DATASET = "hdf5_survey.read = lambda *_: %s; hdf5_process.main()"
ANSWER = "import numpy as np; hdf5_survey.flat = lambda array: %s; hdf5_process.main()"
MESSAGE = "hdf5_process.receive(sys.stdin.buffer); sys.stdout.buffer.write(%s); sys.stdout.flush(); time.sleep(9)"
PLANTED = {
    "crashes at once": ("os.abort()", "crashed on it"),
    "crashes at a dataset": (DATASET % "os.kill(os.getpid(), 11)", "crashed on it"),
    "crashes within an array": (ANSWER % "os.abort()", "crashed on it"),
    "computes without end": (DATASET % "sum(iter(int, 1))", "came to no end"),
    "waits without end": (DATASET % "time.sleep(60)", "came to no end"),
    "waits before it reads": ("time.sleep(60)", "came to no end"),
    "takes memory": (DATASET % "bytearray(1 << 30)", "asks for too much memory"),
    "raises": (DATASET % "1 / 0", "division by zero"),
    "does not start": ("import nothing_of_that_name", "was to read it, ended with status 1"),
    "goes": ("sys.exit()", "made nonsense of it"),
    "a message of 2**40 bytes": (MESSAGE % "(1 << 40).to_bytes(8, 'little')", "made nonsense"),
    "a message of no bytes": (MESSAGE % "bytes(8)", "made nonsense"),
    "no JSON": (MESSAGE % "b'\\3' + bytes(10)", "made nonsense"),
    "a list": (MESSAGE % "b'\\2' + bytes(7) + b'[]'", "made nonsense"),
    "deep JSON": (MESSAGE % "(90000).to_bytes(8, 'little') + b'[' * 90000", "made nonsense"),
    "no description": (
        "hdf5_process.receive(sys.stdin.buffer); hdf5_process.send(sys.stdout.buffer, {'file': 3})",
        "cannot be described",
    ),
    "too few bytes": (ANSWER % "os.write(3, bytes(47)) and os._exit(0)", "made nonsense"),
    "another shape": (DATASET % "__import__('numpy').zeros((4, 3), 'f4')", "made nonsense"),
    "another dtype": (DATASET % "__import__('numpy').zeros((3, 4), 'i4')", "made nonsense"),
}


@pytest.mark.parametrize("case", PLANTED)
def test_whatever_the_process_does_it_is_one_line(path, monkeypatch, case):
    code, says = PLANTED[case]
    monkeypatch.setattr(hdf5_process, "PROGRAM", program(code))
    monkeypatch.setattr(hdf5_process, "WAITING", (3, 5e6))
    monkeypatch.setattr(hdf5_process, "COMPUTING", (1, 20e6))
    start = time.monotonic()
    with pytest.raises(UserError, match=f"^cannot read weights from {path}: .*{says}") as told:
        with open_hdf5(path) as root:
            read_all(root)
    assert time.monotonic() - start < 8 and "\n" not in str(told.value) and children() == []


def test_a_file_in_which_libhdf5_goes_round_in_circles(tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5_process, "COMPUTING", (1, 20e6))
    path = made(tmp_path, lambda file: file.attrs.update(names=["abc", "defgh"]))
    raw = path.read_bytes()
    size = (
        raw.index(b"GCOL") + 24
    )  # of the first string in the heap; the next one begins where it ends
    path.write_bytes(raw[:size] + struct.pack("<q", -16) + raw[size + 8 :])
    try:
        with open_hdf5(path) as root:
            assert root.attrs == {}  # a libhdf5 newer than 1.14.6 may find an end
    except UserError as error:
        assert (
            "HDF5's library came to no end with it: it is damaged; fetch or make it again"
            in str(error)
        )


def test_other_datasets_are_read_though_one_is_damaged(tmp_path):
    def fill(file):
        file.create_dataset(
            "bad", data=np.zeros(1000, np.float32), compression="gzip", fletcher32=True
        )
        file["good"] = VALUES

    path = made(tmp_path, fill)
    with h5py.File(path) as file:
        at = file["bad"].id.get_chunk_info(0).byte_offset
    raw = bytearray(path.read_bytes())
    raw[at + 5] ^= 1
    path.write_bytes(raw)
    with hdf5_process.open_in_subprocess(path) as root:
        with pytest.raises(hdf5_process.ReadError, match="read"):
            root.children["bad"].read()
        np.testing.assert_array_equal(root.children["good"].read(), VALUES)


def test_the_process_loads_little_and_has_limits(path, monkeypatch):
    # after the first message, when the limits hold
    report = (
        "real = hdf5_survey.describe\nimport resource\n"
        "def told(file):\n"
        "    heavy = sorted({'tensorflow', 'keras', 'PIL', 'torch'} & set(sys.modules))\n"
        "    kinds = [getattr(resource, 'RLIMIT_' + name) for name in ('CPU', 'FSIZE', 'CORE', 'NOFILE')]\n"
        "    limits = [resource.getrlimit(kind)[0] for kind in kinds]\n"
        "    raise ValueError(f'{heavy} {limits} {resource.getrlimit(resource.RLIMIT_AS)[0] < 2 << 30}')\n"
        "hdf5_survey.describe = told\nhdf5_process.main()"
    )
    monkeypatch.setattr(hdf5_process, "PROGRAM", program("pass") + "\n" + report)
    with pytest.raises(UserError, match=r"\[\] \[4, 0, 0, 32\] True"), open_hdf5(path):
        pass


@pytest.mark.parametrize(
    "name", ["a b.h5", "ü ✓.h5", "-I.h5", "a\nb.h5", "a'\"$(x).h5", "\udcff.h5", "%s.h5"]
)
def test_any_name_in_any_directory(path, tmp_path, monkeypatch, name):
    (tmp_path / "in\n here").mkdir()
    shutil.move(path, tmp_path / "in\n here" / name)
    with open_hdf5(tmp_path / "in\n here" / name) as root:
        np.testing.assert_array_equal(read_all(root)["a/kernel"], VALUES)
    (tmp_path / "in\n here" / "numpy.py").write_text(
        "1 / 0"
    )  # no Python of the current directory is run
    (tmp_path / "in\n here" / "h5py.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path / "in\n here")
    monkeypatch.setattr(sys, "path", ["", ".", *sys.path])
    with open_hdf5(name) as root:
        np.testing.assert_array_equal(read_all(root)["a/kernel"], VALUES)


def test_neither_processes_nor_descriptors_are_left(path, monkeypatch):
    before = set(os.listdir("/proc/self/fd"))
    for error in (None, KeyboardInterrupt, UserError):
        try:
            with open_hdf5(path) as root:
                read_all(root)
                assert len(children()) == 1
                if error:
                    raise error
        except (KeyboardInterrupt, UserError):
            pass
        assert children() == [] and set(os.listdir("/proc/self/fd")) == before
    with open_hdf5(path) as root:
        pass
    with pytest.raises(hdf5_process.ReadError):  # the block has ended
        root.children["a"].children["kernel"].read()
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(UserError, match="/nowhere/python cannot be started"), open_hdf5(path):
        pass
    assert children() == [] and set(os.listdir("/proc/self/fd")) == before


PARENT = """
import sys, time
from tfdeconv.formats import hdf5_process
hdf5_process.PROGRAM = sys.argv[2]
reader = hdf5_process.Reader(sys.argv[1])
print(reader.process.pid, flush=True)
reader.description()
"""


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize(
    "code, ends", [("hdf5_process.main()", 3), ("hdf5_process.limited(2); sum(iter(int, 1))", 5)]
)
def test_the_process_ends_with_this_one(path, code, ends, sign):
    """While it waits for a question, at once; in the midst of something, when its time is up."""
    source = PARENT + "\ntime.sleep(60)"
    parent = subprocess.Popen(
        [sys.executable, "-c", source, path, program(code)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        stderr=subprocess.DEVNULL,
    )
    with parent:
        pid = int(parent.stdout.readline())
        time.sleep(1)
        assert Path(f"/proc/{pid}").exists()
        parent.send_signal(sign)
    deadline = time.monotonic() + ends
    while (
        Path(f"/proc/{pid}").exists()
        and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]
    ):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_interrupt_ends_both(path, monkeypatch):
    monkeypatch.setattr(hdf5_process, "PROGRAM", "import time; time.sleep(60)")
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(KeyboardInterrupt), open_hdf5(path):
            pass
    finally:
        signal.signal(signal.SIGALRM, before)
    assert children() == []
