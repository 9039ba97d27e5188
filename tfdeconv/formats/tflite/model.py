"""What a model of TensorFlow Lite is here: operations and tensors by number, no meaning yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .. import lazy_tensor


@dataclass(frozen=True)
class Unread:
    """An option that is not understood here."""

    # as it follows "is"
    title: str


Option = int | float | bool | tuple[int, ...] | Unread


@dataclass(frozen=True)
class Normalization:
    """What a file says of its image: (pixel - mean) / deviation goes in, one number or three."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]


@dataclass(frozen=True)
class Tensor:
    """A tensor that an operation makes, or the caller gives, or a constant."""

    # of any characters, and not unique: what made it, and what was merged with that
    name: str
    # as numpy names it, or as TensorFlow Lite does
    dtype: str
    # lengths; None for one that the caller chooses
    shape: tuple[int | None, ...]
    # None where it is no constant
    values: lazy_tensor.Tensor | None
    is_quantized: bool
    is_sparse: bool


@dataclass(frozen=True)
class Operation:
    """An operator with its tensors' numbers; -1 stands for an input that is left out."""

    # as the schema calls it; of a custom one the name that it has there
    type: str
    is_custom: bool
    inputs: Sequence[int]
    outputs: Sequence[int]
    # by the schema's names; those that the file leaves out have their defaults
    options: Mapping[str, Option]


@dataclass(frozen=True)
class Model:
    """The first graph of a model, which is the one that runs."""

    # what made it, and how, as far as it says so
    description: str
    tensors: Sequence[Tensor]
    operations: Sequence[Operation]
    inputs: Sequence[int]
    outputs: Sequence[int]
    normalization: Normalization | None
