"""What operations in place change: every tensor that shares the memory of the one they write to.

torch.export keeps them as the model has them: after `relu_(x)` whoever reads x reads the result.
Where a part of x, or what x is a part of, is read afterwards, that has changed, too, in a way that
no graph of values says: this is not understood. run_decompositions() leaves none of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...formats.exported_argument import Argument, Reference, references
from ...formats.exported_program import Operation
from ..graph.not_understood import NotUnderstood

# operators whose result is their first argument itself, after training
SAME = {
    "alias",
    "alpha_dropout",
    "detach",
    "dropout",
    "feature_alpha_dropout",
    "feature_dropout",
    "lift",
}
# operators whose results can share memory with their first argument
VIEWS = set(
    """
    _reshape_alias adjoint as_strided channel_shuffle chunk contiguous diagonal dsplit expand
    expand_as flatten hsplit moveaxis movedim narrow numpy_T permute pixel_shuffle
    pixel_unshuffle real reshape reshape_as select slice split split_with_sizes squeeze
    swapaxes swapdims t tensor_split to transpose type_as unbind unflatten unfold unsafe_chunk
    unsafe_split unsafe_split_with_sizes unsqueeze view view_as vsplit
    """.split()
)
CHANGED = (
    "it reads a tensor of which an operation in place has changed a part; export the model with "
    "exported.run_decompositions()"
)


# operators of which it is known that those write alone that say so by an underscore
READ_ONLY = ("torch.ops.aten.", "torch.ops.torchvision.", "_operator.", "math.", "torch.sym_")


@dataclass
class Storage:
    """Memory that tensors share, and how often it was written to."""

    writes: int = 0


@dataclass
class View:
    """Tensors that show the same memory in the same way.

    latest: the one that was written last, after so many writes to the storage.
    """

    storage: Storage
    latest: str
    writes: int


@dataclass
class Memory:
    """The view of each tensor that is known so far, and the writes that the view had seen then."""

    views: dict[str, tuple[View, int]] = field(default_factory=dict)

    def view(self, name: str) -> View:
        if name not in self.views:
            self.views[name] = View(Storage(), name, 0), 0
        return self.views[name][0]

    def current(self, argument: Argument) -> Argument:
        """An argument with the names that tensors have by now."""
        if isinstance(argument, tuple):
            return tuple(self.current(item) for item in argument)
        if not isinstance(argument, Reference):
            return argument
        return Reference(self.latest(argument.name))

    def latest(self, name: str) -> str:
        """The tensor that has a tensor's values by now; raises NotUnderstood where none has."""
        view = self.view(name)
        if view.writes != view.storage.writes:
            raise NotUnderstood(CHANGED)
        _, seen = self.views[name]
        return name if seen == view.writes else view.latest

    def record(self, operation: Operation, operator: str, in_place: bool, understood: bool) -> None:
        """What an operation does to memory; operator: its name without a last underscore."""
        if writes_anywhere(operation):
            for name in references(tuple(operation.arguments.values())):
                self.view(name).storage.writes += 1
            return
        first = next(iter(operation.arguments.values()), None)
        if not isinstance(first, Reference):
            return
        view = self.view(first.name)
        results = [result for result in operation.results if result]
        if in_place:
            view.storage.writes += 1
            view.writes = view.storage.writes
            for result in results[:1]:
                view.latest = result
                self.views[result] = view, view.writes
        elif operator in SAME and understood:
            for result in results[:1]:
                self.views[result] = view, view.writes
        elif operator in VIEWS or operator in SAME:
            for result in results:
                part = View(view.storage, result, view.writes)
                self.views[result] = part, part.writes


def writes_anywhere(operation: Operation) -> bool:
    """Whether an operation may write to what it is given, for all that its name says."""
    if "out" in operation.arguments:
        return True
    # Python's on numbers, and torch's checks of numbers, have no tensors to write to
    return not operation.target.startswith(READ_ONLY)
