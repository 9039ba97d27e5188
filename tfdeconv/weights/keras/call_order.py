"""Which call of a layer each tensor of a Keras model comes from, and an order of all calls.

A layer may be called several times, and so may a model that is used as a layer: each call is a step
of the network, with the same weights. Tensors say which call they come from, [layer, call, output],
but the numbers of a model's calls begin at 0 or at 1, by Keras's version and the kind of model
(a Functional has a call of its own, from when it was built). All calls of a layer that are part of
a model are read by something, so their order tells which is which.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from ...errors import UserError
from ...formats.checked_json import shown
from .calls import Tensor
from .entries import Entry

# a layer's name, and which of its calls
CallKey = tuple[str, int]


def calls_in_order(
    model: str, layers: Sequence[Entry], outputs: Sequence[Tensor]
) -> tuple[tuple[Entry, ...], tuple[Tensor, ...]]:
    """An entry for each call of a layer, each behind those that it reads; and a model's outputs.

    The tensors in both have the numbers of calls from 0 on. Raises UserError for calls that read
    what is not there, or one another in a circle.
    """
    calls = [call for layer in layers for call in calls_of(layer)]
    numbers = CallNumbers(model, layers, calls, outputs)
    entries: dict[CallKey, Entry] = {}
    sources: dict[CallKey, list[CallKey]] = {}
    for call in calls:
        reader = f"layer {call.name}"
        inputs = tuple(numbers.renumbered(tensor, reader) for tensor in call.inputs)
        key = (call.name, call.call)
        entries[key] = replace(call, inputs=inputs)
        sources[key] = [(tensor.layer, tensor.call) for tensor in inputs]
    order = [entries[key] for key in sorted_calls(model, sources)]
    ends = [numbers.renumbered(tensor, f"the model {model}") for tensor in outputs]
    return tuple(order), tuple(ends)


def calls_of(layer: Entry) -> Iterator[Entry]:
    """A layer as an entry for each of its calls."""
    yield layer
    for number, call in enumerate(layer.further_calls, 1):
        reason = layer.reason or call.reason
        yield replace(layer, inputs=call.inputs, reason=reason, call=number, note="")


class CallNumbers:
    """The numbers of calls in a file, by layer, in ascending order."""

    def __init__(
        self, model: str, layers: Sequence[Entry], calls: Sequence[Entry], outputs: Sequence[Tensor]
    ) -> None:
        self.counts = {layer.name: layer.call_count for layer in layers}
        read: defaultdict[str, set[int]] = defaultdict(set)
        for call in calls:
            for tensor in call.inputs:
                read[tensor.layer].add(tensor.call)
        for tensor in outputs:
            read[tensor.layer].add(tensor.call)
        self.read = {layer: sorted(numbers) for layer, numbers in read.items()}

    def renumbered(self, tensor: Tensor, reader: str) -> Tensor:
        """A tensor with its call's number from 0 on; reader: what reads it, for errors."""
        count = self.counts.get(tensor.layer)
        if count is None:
            raise UserError(
                f"{reader} reads {shown(tensor.layer)}, which is not a layer of the model"
            )
        if count == 1:
            return replace(tensor, call=0)
        numbers = self.read[tensor.layer]
        if len(numbers) == count:
            return replace(tensor, call=numbers.index(tensor.call))
        if 0 <= tensor.call < count:
            return tensor
        raise UserError(
            f"{reader} reads call {tensor.call} of {tensor.layer}, which is called {count} times"
        )


def sorted_calls(model: str, sources: Mapping[CallKey, Sequence[CallKey]]) -> list[CallKey]:
    """The calls in an order in which each follows its sources: the file's if it is one."""
    seen: set[CallKey] = set()
    for key, keys in sources.items():
        if not seen.issuperset(keys):
            break
        seen.add(key)
    else:
        return list(sources)
    try:
        return list(TopologicalSorter(sources).static_order())
    except CycleError as error:
        circle = ", ".join(name for name, _ in error.args[1][:5])
        raise UserError(f"the model {model} goes round in a circle: {circle}") from None
