"""Which of a map's axes the channels of a Keras model's images are, as its layers say."""

from __future__ import annotations

from ...errors import UserError
from .entries import Entry, Model
from .options import FIRST

# classes that have a layout, but whose input may have either
FLATTENERS = ("Flatten",)
# behind layers of these classes, and functions, maps may have another layout
REARRANGERS = ("Permute", "Reshape", "Lambda")
# the `dims` of a Permute that moves channels to the front or to the end
MOVES = ([3, 1, 2], [2, 3, 1])


def layout_of(entry: Entry) -> str | None:
    """The layout that a layer needs, channels_first or channels_last; None where it needs none."""
    return entry.options.layout if entry.class_name not in FLATTENERS else None


def has_channels_first(model: Model) -> bool:
    """Whether a model's images have their channels first: as its first layer with a layout says.

    Raises UserError for layers that disagree, where nothing is between them that rearranges maps.
    """
    permuted = rearranged = False
    found: bool | None = None
    for entry in model.all_entries():
        if entry.class_name == "Permute" and entry.options.get("dims") in MOVES:
            permuted = not permuted
        rearranged = rearranged or entry.class_name in REARRANGERS or bool(entry.function)
        layout = layout_of(entry)
        if layout is None:
            continue
        is_first = layout == FIRST
        if found is None:
            found = is_first != permuted
        elif is_first != found and not rearranged:
            words = "first" if is_first else "last"
            raise UserError(
                f"the model mixes channels first and last: layer {entry.name} puts them {words}, "
                f"and its input has them otherwise; save it with one data_format throughout"
            )
    return bool(found)
