"""What was used last is kept, and no more than a number of things."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Recent(Generic[Thing]):
    """Keeps the things that were asked for last, by their keys.

    >>> kept = Recent(2)
    >>> [kept.get(key, lambda: key * 2) for key in (1, 2, 1, 3)], 1 in kept, 2 in kept
    ([2, 4, 2, 6], True, False)
    """

    def __init__(self, most: int):
        self.most = most
        self.things: OrderedDict[Hashable, Thing] = OrderedDict()

    def __contains__(self, key: Hashable) -> bool:
        return key in self.things

    def __getitem__(self, key: Hashable) -> Thing:
        self.things.move_to_end(key)
        return self.things[key]

    def get(self, key: Hashable, make: Callable[[], Thing]) -> Thing:
        """The thing of that key, made if it is not there."""
        if key not in self.things:
            self.things[key] = make()
            while len(self.things) > self.most:
                self.things.popitem(last=False)
        return self[key]
