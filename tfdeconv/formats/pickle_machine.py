"""What the opcodes of a pickle do, but for running anything: a stack, and notes of calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..limits import MAX_NAME
from .byte_reader import ByteReader
from .pickle_values import STORAGES, Call, Global, fill


class Machine:
    """What one pickle, from a position in data on, has made so far.

    budget: the steps that the pickles of one file may take in all; each step takes an item of it.
    """

    def __init__(self, data: memoryview, position: int, budget: Iterator[int]) -> None:
        self.input = ByteReader(data, position)
        self.budget = budget
        self.stack: list[Any] = []
        # the stacks below the marks: a mark puts the stack away and begins another one
        self.metastack: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        # persistent ids: ("storage", kind, key, device, count)
        self.storages: list[tuple] = []

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
        """A name to import; nothing is imported."""
        if type(module) is not str or type(name) is not str:
            raise ValueError(
                f"its pickle imports something whose name is not a text before byte "
                f"{self.input.position}"
            )
        # a long text could be named again and again
        if len(module) + len(name) > MAX_NAME:
            raise ValueError(f"its pickle imports {ascii(name[:40])}, a name that is too long")
        return Global(f"{module}.{name}")

    def reduce(self) -> Any:
        """Notes what is called, and calls nothing; only an ordered dictionary is made."""
        args = self.pop(tuple)
        called = self.pop(Global, Call)
        if called == "collections.OrderedDict":
            return self.ordered_dict(args)
        return note(called, args)

    def reduce_with_names(self) -> Call:
        """Notes a call that has arguments by name as well."""
        self.pop(dict)
        self.pop(tuple)
        return note(self.pop(Global, Call))

    def make_instance(self) -> Call:
        """Notes an object of a class of Python 2's old kind."""
        return note(self.pop_mark()[0])

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

    def persistent_load(self) -> Call | Global:
        """Notes what is outside of the pickle: a storage, or the class of a whole model."""
        reference = self.pop(tuple)
        match reference:
            case ("storage", Global() as kind, str(), _, int(), *rest) if rest in ([], [None]):
                self.storages.append(reference)
                # of what is not read, quantized and complex numbers
                return Call("storage", reference) if kind in STORAGES else Call(kind)
            case ("module", Global() as kind, *_):
                return kind
        raise ValueError("its pickle refers to something other than a storage of numbers")

    # what is put into what

    def extend(self, values: Sequence) -> None:
        """Adds values to the list on top of the stack, or to an object that is like one."""
        target = self.top(list, Call)
        if type(target) is list:
            target.extend(values)
        elif target.members is None:
            target.members = list(values)
        elif type(target.members) is list:
            target.members.extend(values)

    def update(self, values: Sequence) -> None:
        """Adds key, value, key, ... to the dictionary on top of the stack, or to one's like."""
        target = self.top(dict, Call)
        if len(values) % 2:
            raise ValueError(
                f"it is damaged: its pickle has keys without values before byte "
                f"{self.input.position}"
            )
        pairs = zip(values[::2], values[1::2])
        if type(target) is dict:
            fill(target, pairs)
            return
        if target.members is None:
            target.members = {}
        if type(target.members) is dict:
            fill(target.members, pairs)

    def drop(self) -> None:
        """Takes off what is on top of the stack: a value, or else the last mark."""
        if self.stack:
            self.stack.pop()
        else:
            self.pop_mark()


def note(called: Global | Call, args: tuple = ()) -> Call:
    """The note of a call.

    The class of an object may itself be what a call gives: getattr(Outer, "Inner").
    """
    if type(called) is Call:
        return Call(called.name)
    if type(called) is not Global:
        raise ValueError(f"it is damaged: its pickle calls a {type(called).__name__}")
    return Call(called, args)
