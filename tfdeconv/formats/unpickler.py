"""A machine that reads pickles and can do nothing else: nothing in a file is run or imported, whatever it says.

It is our own, not a subclass of pickle.Unpickler: that one takes memory by the lengths and memo numbers that a file declares,
copies every array, and has opcodes that call and build, all of which one would have to think of. Here, what is not written does
not exist: a name is a text that stands in ADMITTED, a call is a note of name and arguments (Made), long bytes are a view of
the mapped file. What the notes mean is for pickles.py to say.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .lazy_tensor import Bytes

STORAGES = {
    f"torch.{name}Storage": dtype
    for name, dtype in {
        "Double": "float64",
        "Float": "float32",
        "Half": "float16",
        "BFloat16": "bfloat16",
        "Long": "int64",
        "Int": "int32",
        "Short": "int16",
        "Char": "int8",
        "Byte": "uint8",
        "Bool": "bool",
    }.items()
} | {"torch.storage.UntypedStorage": "uint8"}
ADMITTED = {  # the last row is what training leaves beside tensors
    *STORAGES,
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter",
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct",
    "numpy.ndarray",
    "numpy.dtype",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "_codecs.encode",
    "__builtin__.bytes",
    "collections.OrderedDict",
    "collections.Counter",
    "argparse.Namespace",
    "torch.Size",
    "torch.device",
}
STEPS = 1_000_000  # opcodes that a file's pickles may take: at worst 3 s and 110 MB; 932 tensors (ResNet152) take 28,000
ARGUMENTS = 16
SHORT = 1024  # bytes; what is longer is no name, and stays where it is


class Global(str):
    """What a pickle calls by name: a text, whatever it stands for elsewhere."""


@dataclass(eq=False, slots=True)
class Call:
    """What a pickle would have made: by which name, of what arguments, with what state."""

    name: str
    args: tuple
    state: Any = None


class Unpickler:
    """Reads one pickle, from byte `at` of `data` on; `steps` may be shared by several."""

    def __init__(self, data: memoryview, at: int, steps: Iterator[int]) -> None:
        self.data, self.at, self.steps = data, at, steps
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # a mark puts the stack away
        self.memo: dict[int, Any] = {}
        self.storages: list[tuple] = []  # what was referred to

    def run(self) -> Any:
        for _ in self.steps:
            code = bytes(self.take(1))
            if code == b".":
                return self.stack.pop()
            if code in VALUES:
                value = VALUES[code](self)  # before the stack is looked up: a tuple ends a mark
                self.stack.append(value)
            elif code in ACTIONS:
                ACTIONS[code](self)
            else:
                raise ValueError(
                    f"it has the pickle opcode {code!r} at byte {self.at - 1}, which tensors do not need"
                )
        raise ValueError(f"its pickle takes more than {STEPS:,} steps")

    def take(self, size: int) -> memoryview:
        self.at += size
        if self.at > len(self.data):
            raise ValueError(f"its pickle is cut off: needs {self.at} bytes, has {len(self.data)}")
        return self.data[self.at - size : self.at]

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def line(self) -> str:
        text = bytes(self.data[self.at : self.at + 256]).partition(b"\n")[0]
        return str(self.take(len(text) + 1)[:-1], "utf-8")

    def string(self, form: str, encoding: str = "") -> str | Bytes:
        """Bytes or, with an encoding, a text; what is long and may be an array (Python 2 has it in a text) stays in the file."""
        found = self.take(self.number(form))
        if len(found) > SHORT and encoding != "utf-8":
            return found
        return str(found, encoding) if encoding else bytes(found)

    def top(self, *kinds: type) -> Any:
        if type(self.stack[-1]) not in kinds:
            raise ValueError(
                f"it is damaged: its pickle has a {type(self.stack[-1]).__name__} before byte {self.at}, "
                f"needs a {kinds[0].__name__}"
            )
        return self.stack[-1]

    def pop(self, *kinds: type) -> Any:
        self.top(*kinds)
        return self.stack.pop()

    def last(self, count: int) -> tuple:
        return tuple([self.stack.pop() for _ in range(count)][::-1])

    def mark(self) -> None:
        self.below.append(self.stack)
        self.stack = []

    def marked(self) -> list[Any]:
        items, self.stack = self.stack, self.below.pop()
        return items

    def name(self, module: Any, name: Any) -> Global:
        if type(module) is not str or type(name) is not str:
            raise ValueError(
                f"its pickle calls something by another name than a text before byte {self.at}"
            )
        if f"{module}.{name}" not in ADMITTED:
            raise ValueError(
                f"it asks for {ascii(f'{module}.{name}'[:80])}, which tensors do not need; nothing of it was run. "
                f"Save plain tensors, as torch.save(model.state_dict(), 'FILE') does"
            )
        return Global(f"{module}.{name}")

    def call(self) -> Any:
        """Notes what is called, and calls nothing; but an ordered dictionary is one, and its pairs are steps."""
        args, name = self.pop(tuple), self.pop(Global)
        if name == "collections.OrderedDict":
            return filled(
                {}, (pair for pair, _ in zip(args[0], self.steps)) if args else ()
            )  # Python 2 gives pairs
        if len(args) > ARGUMENTS:
            raise ValueError(f"its pickle calls {name} with {len(args)} arguments")
        return Call(name, args)

    def build(self) -> None:
        """Notes the state of what was made; attributes of a dictionary (_metadata) are passed over."""
        state, made = self.stack.pop(), self.top(Call, dict)
        if type(made) is Call:
            made.state = state

    def storage(self) -> Call:
        match self.pop(tuple):
            case ("storage", Global() as kind, str(), _, int()) | (
                "storage",
                Global() as kind,
                str(),
                _,
                int(),
                None,
            ) as told:
                if kind in STORAGES:
                    self.storages.append(told)
                    return Call("storage", told)
        raise ValueError("its pickle refers to something else than a storage of numbers")

    def grow(self, items: Sequence) -> None:
        target = self.top(list, dict)
        if type(target) is list:
            target.extend(items)
        elif len(items) % 2:
            raise ValueError(
                f"it is damaged: its pickle has keys without values before byte {self.at}"
            )
        else:
            filled(target, zip(items[::2], items[1::2]))


def filled(target: dict, pairs: Iterable) -> dict:
    for key, value in pairs:
        # a nested tuple's hash can end in C's stack, long integers can be chosen to have one hash
        kind = (
            "integer beyond 31 bits" if type(key) is int and abs(key) >> 31 else type(key).__name__
        )
        if kind not in ("str", "bytes", "int"):
            raise ValueError(
                f"its pickle has a dictionary with a {kind} for a key, needs names or small numbers"
            )
        target[key] = value
    return target


# what pushes a value, and what changes the stack otherwise: all that Python's picklers of protocols 2 to 4 write for tensors
VALUES: dict[bytes, Callable[[Unpickler], Any]] = {
    b"N": lambda m: None,
    b"\x88": lambda m: True,
    b"\x89": lambda m: False,
    b")": lambda m: (),
    b"]": lambda m: [],
    b"}": lambda m: {},
    b"J": lambda m: m.number("<i"),
    b"K": lambda m: m.number("<B"),
    b"M": lambda m: m.number("<H"),
    b"G": lambda m: m.number(">d"),
    b"I": lambda m: int(m.line()),
    b"\x8a": lambda m: int.from_bytes(m.take(m.number("<B")), "little", signed=True),
    b"U": lambda m: m.string("<B", "latin1"),
    b"T": lambda m: m.string("<I", "latin1"),
    b"X": lambda m: m.string("<I", "utf-8"),
    b"\x8c": lambda m: m.string("<B", "utf-8"),
    b"\x8d": lambda m: m.string("<Q", "utf-8"),
    b"C": lambda m: m.string("<B"),
    b"B": lambda m: m.string("<I"),
    b"\x8e": lambda m: m.string("<Q"),
    b"t": lambda m: tuple(m.marked()),
    b"\x85": lambda m: m.last(1),
    b"\x86": lambda m: m.last(2),
    b"\x87": lambda m: m.last(3),
    b"h": lambda m: m.memo[m.number("<B")],
    b"j": lambda m: m.memo[m.number("<I")],
    b"c": lambda m: m.name(m.line(), m.line()),
    b"\x93": lambda m: m.name(*m.last(2)),
    b"R": Unpickler.call,
    b"\x81": Unpickler.call,
    b"Q": Unpickler.storage,
}
ACTIONS: dict[bytes, Callable[[Unpickler], Any]] = {
    b"\x80": lambda m: m.take(1),
    b"\x95": lambda m: m.take(8),
    b"(": Unpickler.mark,
    b"b": Unpickler.build,
    b"q": lambda m: m.memo.update({m.number("<B"): m.stack[-1]}),
    b"r": lambda m: m.memo.update({m.number("<I"): m.stack[-1]}),
    b"\x94": lambda m: m.memo.update({len(m.memo): m.stack[-1]}),
    b"a": lambda m: m.grow(m.last(1)),
    b"e": lambda m: m.grow(m.marked()),
    b"s": lambda m: m.grow(m.last(2)),
    b"u": lambda m: m.grow(m.marked()),
}
