"""Reads pickles, and can do nothing else: nothing in a file is run or imported, whatever it says.

It is our own, not a subclass of pickle.Unpickler: that one takes memory by the lengths and memo
numbers that a file declares, copies every array, and has opcodes that call and build things, each
of which would have to be made harmless. Here, what is not written below does not exist:

- a global (a name to import) is a text (Global);
- a call is a note of the global and its arguments (Call), and so is an object of any class;
- long bytes are a view of the mapped file.

pickled.py says what the notes of tensors mean; all others mean nothing. Of Python's pickle module
only the opcodes' names are used.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import Any

from ..limits import MAX_PICKLE_STEPS
from .pickle_machine import Machine
from .pickle_values import Call


def step_budget() -> Iterator[int]:
    """The steps that the pickles of one file may take in all; each step takes an item of it."""
    return iter(range(MAX_PICKLE_STEPS))


class Unpickler(Machine):
    """Reads one pickle, from a position in data on; several may share a budget of steps."""

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
        raise ValueError(f"its pickle takes more than {MAX_PICKLE_STEPS:,} steps")


# The opcodes that Python's picklers of protocols 2 to 5 write: all others are refused.

# opcode -> the value that it pushes
PUSHES: dict[bytes, Callable[[Machine], Any]] = {
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
    pickle.BYTEARRAY8: lambda u: u.input.string("<Q"),
    # lists, dictionaries, sets and tuples
    pickle.EMPTY_LIST: lambda u: [],
    pickle.EMPTY_DICT: lambda u: {},
    pickle.EMPTY_TUPLE: lambda u: (),
    pickle.EMPTY_SET: lambda u: Call("builtins.set"),
    pickle.FROZENSET: lambda u: Call("builtins.frozenset", tuple(u.pop_mark())),
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
    pickle.REDUCE: Machine.reduce,
    pickle.NEWOBJ: Machine.reduce,
    pickle.NEWOBJ_EX: Machine.reduce_with_names,
    pickle.OBJ: Machine.make_instance,
    pickle.BINPERSID: Machine.persistent_load,
}
# opcode -> what else it does
CHANGES: dict[bytes, Callable[[Machine], Any]] = {
    # the number of the protocol, and the length of a frame, are of no interest
    pickle.PROTO: lambda u: u.input.take(1),
    pickle.FRAME: lambda u: u.input.take(8),
    pickle.MARK: Machine.push_mark,
    pickle.BUILD: Machine.build,
    pickle.BINPUT: lambda u: u.memoize(u.input.number("<B")),
    pickle.LONG_BINPUT: lambda u: u.memoize(u.input.number("<I")),
    pickle.MEMOIZE: lambda u: u.memoize(len(u.memo)),
    pickle.APPEND: lambda u: u.extend(u.pop_last(1)),
    pickle.APPENDS: lambda u: u.extend(u.pop_mark()),
    pickle.ADDITEMS: lambda u: u.extend(u.pop_mark()),
    pickle.SETITEM: lambda u: u.update(u.pop_last(2)),
    pickle.SETITEMS: lambda u: u.update(u.pop_mark()),
    pickle.POP: Machine.drop,
    pickle.POP_MARK: Machine.pop_mark,
}
