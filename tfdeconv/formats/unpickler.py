"""Reads pickles, and can do nothing else: nothing in a file is run or imported, whatever it says.

It is our own, not a subclass of pickle.Unpickler: that one takes memory by the lengths and memo
numbers that a file declares, copies every array, and has opcodes that call and build things, each
of which would have to be made harmless. Here, what is not written below does not exist:

- a global (a name to import) is a text, one of ALLOWED_GLOBALS (pickle_values.py);
- a call is a note of the global and its arguments (Call);
- long bytes are a view of the mapped file.

pickled.py says what the notes mean. Of Python's pickle module only the opcodes' names are used.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .byte_reader import ByteReader
from .pickle_values import ALLOWED_GLOBALS, STORAGES, Call, Global, fill

# Opcodes that a file's pickles may have: at worst they take 3 s and 110 MB. 932 tensors (ResNet152)
# take 28,000.
MAX_STEPS = 1_000_000
MAX_ARGUMENTS = 16


def step_budget() -> Iterator[int]:
    """The steps that the pickles of one file may take in all; each step takes an item of it."""
    return iter(range(MAX_STEPS))


class Unpickler:
    """Reads one pickle, from a position in data on; several may share a budget of steps."""

    def __init__(self, data: memoryview, position: int, budget: Iterator[int]) -> None:
        self.input = ByteReader(data, position)
        self.budget = budget
        self.stack: list[Any] = []
        # the stacks below the marks: a mark puts the stack away and begins another one
        self.metastack: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        # persistent ids: ("storage", kind, key, device, count)
        self.storages: list[tuple] = []

    def run(self) -> Any:
        """The value of the pickle; raises ValueError for what tensors do not need."""
        for _ in self.budget:
            opcode = bytes(self.input.take(1))
            if opcode == pickle.STOP:
                return self.stack.pop()
            if opcode in PUSHES:
                # before the stack is looked up: making a tuple of what is above a mark changes it
                value = PUSHES[opcode](self)
                self.stack.append(value)
            elif opcode in CHANGES:
                CHANGES[opcode](self)
            else:
                raise ValueError(
                    f"it has the pickle opcode {opcode!r} at byte {self.input.position - 1}, "
                    f"which tensors do not need"
                )
        raise ValueError(f"its pickle takes more than {MAX_STEPS:,} steps")

    # the stack

    def top(self, *types: type) -> Any:
        """What is on top of the stack, which must be of one of these types."""
        value = self.stack[-1]
        if type(value) not in types:
            raise ValueError(
                f"it is damaged: its pickle has a {type(value).__name__} before byte "
                f"{self.input.position}, expected a {types[0].__name__}"
            )
        return value

    def pop(self, *types: type) -> Any:
        self.top(*types)
        return self.stack.pop()

    def pop_last(self, count: int) -> tuple:
        """The last values, in the order in which they were pushed."""
        values = [self.stack.pop() for _ in range(count)]
        values.reverse()
        return tuple(values)

    def push_mark(self) -> None:
        self.metastack.append(self.stack)
        self.stack = []

    def pop_mark(self) -> list[Any]:
        """The values above the last mark."""
        values = self.stack
        self.stack = self.metastack.pop()
        return values

    def memoize(self, number: int) -> None:
        """Remembers what is on top of the stack under a number."""
        self.memo[number] = self.stack[-1]

    # what a pickle makes

    def find_global(self, module: Any, name: Any) -> Global:
        """A name to import, if it is allowed; nothing is imported."""
        if type(module) is not str or type(name) is not str:
            raise ValueError(
                f"its pickle imports something whose name is not a text before byte "
                f"{self.input.position}"
            )
        full_name = f"{module}.{name}"
        if full_name not in ALLOWED_GLOBALS:
            raise ValueError(
                f"it asks for {ascii(full_name[:80])}, which tensors do not need; nothing of it "
                f"was run. Save plain tensors, as torch.save(model.state_dict(), 'FILE') does"
            )
        return Global(full_name)

    def reduce(self) -> Any:
        """Notes what is called, and calls nothing; only an ordered dictionary is made."""
        args = self.pop(tuple)
        name = self.pop(Global)
        if name == "collections.OrderedDict":
            return self.ordered_dict(args)
        if len(args) > MAX_ARGUMENTS:
            raise ValueError(f"its pickle calls {name} with {len(args)} arguments")
        return Call(name, args)

    def ordered_dict(self, args: tuple) -> dict:
        """A dictionary of the pairs that Python 2 gives as its argument; Python 3 adds them later.

        Each pair is a step: the same long list can be given again and again.
        """
        items: dict[Any, Any] = {}
        if args:
            fill(items, (pair for pair, _ in zip(args[0], self.budget)))
        return items

    def build(self) -> None:
        """Notes the state of a call; attributes of a dictionary (_metadata) are passed over."""
        state = self.stack.pop()
        target = self.top(Call, dict)
        if type(target) is Call:
            target.state = state

    def persistent_load(self) -> Call:
        """Notes a reference to a storage, the only thing that may be referred to."""
        reference = self.pop(tuple)
        match reference:
            case ("storage", Global() as kind, str(), _, int(), *rest) if (
                kind in STORAGES and rest in ([], [None])
            ):
                self.storages.append(reference)
                return Call("storage", reference)
        raise ValueError("its pickle refers to something else than a storage of numbers")

    def extend(self, values: Sequence) -> None:
        """Adds values to the list on top of the stack; or to a dictionary: key, value, key, ..."""
        target = self.top(list, dict)
        if type(target) is list:
            target.extend(values)
            return
        if len(values) % 2:
            raise ValueError(
                f"it is damaged: its pickle has keys without values before byte "
                f"{self.input.position}"
            )
        fill(target, zip(values[::2], values[1::2]))


# The opcodes that Python's picklers of protocols 2 to 4 write for tensors: all others are refused.

# opcode -> the value that it pushes
PUSHES: dict[bytes, Callable[[Unpickler], Any]] = {
    pickle.NONE: lambda u: None,
    pickle.NEWTRUE: lambda u: True,
    pickle.NEWFALSE: lambda u: False,
    # numbers
    pickle.BININT: lambda u: u.input.number("<i"),
    pickle.BININT1: lambda u: u.input.number("<B"),
    pickle.BININT2: lambda u: u.input.number("<H"),
    pickle.BINFLOAT: lambda u: u.input.number(">d"),
    pickle.INT: lambda u: int(u.input.line()),
    pickle.LONG1: lambda u: u.input.long_number(),
    # texts and bytes; Python 2 has both in one type
    pickle.SHORT_BINSTRING: lambda u: u.input.string("<B", "latin1"),
    pickle.BINSTRING: lambda u: u.input.string("<I", "latin1"),
    pickle.SHORT_BINUNICODE: lambda u: u.input.string("<B", "utf-8"),
    pickle.BINUNICODE: lambda u: u.input.string("<I", "utf-8"),
    pickle.BINUNICODE8: lambda u: u.input.string("<Q", "utf-8"),
    pickle.SHORT_BINBYTES: lambda u: u.input.string("<B"),
    pickle.BINBYTES: lambda u: u.input.string("<I"),
    pickle.BINBYTES8: lambda u: u.input.string("<Q"),
    # lists, dictionaries and tuples
    pickle.EMPTY_LIST: lambda u: [],
    pickle.EMPTY_DICT: lambda u: {},
    pickle.EMPTY_TUPLE: lambda u: (),
    pickle.TUPLE: lambda u: tuple(u.pop_mark()),
    pickle.TUPLE1: lambda u: u.pop_last(1),
    pickle.TUPLE2: lambda u: u.pop_last(2),
    pickle.TUPLE3: lambda u: u.pop_last(3),
    # what was memoized
    pickle.BINGET: lambda u: u.memo[u.input.number("<B")],
    pickle.LONG_BINGET: lambda u: u.memo[u.input.number("<I")],
    # globals, and what is made with them
    pickle.GLOBAL: lambda u: u.find_global(u.input.line(), u.input.line()),
    pickle.STACK_GLOBAL: lambda u: u.find_global(*u.pop_last(2)),
    pickle.REDUCE: Unpickler.reduce,
    pickle.NEWOBJ: Unpickler.reduce,
    pickle.BINPERSID: Unpickler.persistent_load,
}
# opcode -> what else it does
CHANGES: dict[bytes, Callable[[Unpickler], Any]] = {
    # the number of the protocol, and the length of a frame, are of no interest
    pickle.PROTO: lambda u: u.input.take(1),
    pickle.FRAME: lambda u: u.input.take(8),
    pickle.MARK: Unpickler.push_mark,
    pickle.BUILD: Unpickler.build,
    pickle.BINPUT: lambda u: u.memoize(u.input.number("<B")),
    pickle.LONG_BINPUT: lambda u: u.memoize(u.input.number("<I")),
    pickle.MEMOIZE: lambda u: u.memoize(len(u.memo)),
    pickle.APPEND: lambda u: u.extend(u.pop_last(1)),
    pickle.APPENDS: lambda u: u.extend(u.pop_mark()),
    pickle.SETITEM: lambda u: u.extend(u.pop_last(2)),
    pickle.SETITEMS: lambda u: u.extend(u.pop_mark()),
}
