"""The intermediate graph: what a file's operations are, before they are layers.

Whatever made a file, its reader makes a Graph of it: operations in an order in which each follows
its inputs, each of one of the kinds in kinds.py, and constants. translation.py makes a network of
it. An operation's tensors have the framework's own axes, and one size of image: the input's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...formats.lazy_tensor import Tensor
from ...network.spans import Pair
from .kinds import Kind


@dataclass(frozen=True)
class Constant:
    """Numbers of a file that are not read yet, or worked out from such.

    shape: None where only the file will tell (a variable of Keras's, whose description is read
    before its values). name: of what is in the file; "" for what was worked out. depth: how many
    operations are done on it when it is read.
    """

    shape: tuple[int, ...] | None
    dtype: str
    read: Callable[[], np.ndarray]
    name: str = ""
    depth: int = 0

    @classmethod
    def of_tensor(cls, name: str, tensor: Tensor) -> Constant:
        return cls(tensor.shape, tensor.dtype, tensor.read, name)

    @classmethod
    def of_array(cls, array: np.ndarray) -> Constant:
        return cls(array.shape, array.dtype.name, lambda: array)


@dataclass(frozen=True)
class Operation:
    """One operation.

    name: the layer that it becomes is called so. outputs: the names of the tensors that it makes.
    inputs: of tensors; "" for one that is left out. title: what the framework calls it, for
    messages. aliases: other names of the layer. parts: names of what it was put together from,
    whose values are not its own. layer: of a framework whose networks are made of layers with
    names, as Keras's: the one that this is a part of, the last part by its own name. Such a layer
    is there even if it only moves values, and what is not understood goes by its name.
    """

    name: str
    kind: Kind
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    title: str = ""
    aliases: tuple[str, ...] = ()
    layer: str = ""
    parts: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names that it, its outputs and its parts have."""
        return (self.name, *self.outputs, *self.aliases, *self.parts)

    @property
    def is_layer(self) -> bool:
        """Whether it is a layer of the framework's, or the last part of one."""
        return bool(self.layer) and self.layer == self.name


@dataclass(frozen=True)
class GraphInput:
    """A tensor that is given. shape: with the batch; None for what may be any.

    usual: rows and columns of an image where its shape leaves them open.
    """

    name: str
    shape: tuple[int | None, ...]
    usual: Pair | None = None


@dataclass(frozen=True)
class Graph:
    """A network as its file has it.

    inputs: of which one takes images. outputs: names of tensors, the first is the network's.
    channel_axis: of the image's axes, 1 or -1 (3); None: as the shape of the input shows.
    constants: by the names of the tensors that they are. of_layers: the framework's networks are
    layers with names, for images of any size, as Keras's: each layer is kept as it is, and what
    holds for one size alone is not understood.
    """

    name: str
    operations: tuple[Operation, ...]
    inputs: tuple[GraphInput, ...]
    outputs: tuple[str, ...]
    constants: Mapping[str, Constant]
    channel_axis: int | None = None
    notes: tuple[str, ...] = ()
    # why a tensor, or an operation of which nothing is read, is not there
    missing: Mapping[str, str] = field(default_factory=dict)
    of_layers: bool = False


@dataclass(frozen=True)
class Parameter:
    """A parameter of a layer: what it is made from, and how.

    make: from the constants' values to the parameter's; None: the one constant as it is. shape: of
    what is made; None: that of the constants, with so many axes of one cell before it.
    """

    constants: tuple[Constant, ...]
    make: Callable[..., np.ndarray] | None = None
    shape: tuple[int, ...] | None = None
    leading_axes: int = 0

    def read(self) -> np.ndarray:
        """Its values, in the type of the file where nothing is computed."""
        return self.made_of([constant.read() for constant in self.constants])

    def made_of(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        """What it is, of the values of its constants."""
        if self.make is None or any(array.dtype.kind not in "fiu" for array in arrays):
            values = arrays[0]
        else:
            # in double precision; whoever asks for the values checks what odd ones lead to
            with np.errstate(all="ignore"):
                values = self.make(*map(as_double, arrays))
        if self.shape is not None:
            return values.reshape(self.shape)
        return values.reshape((1,) * self.leading_axes + values.shape)


def as_double(array: np.ndarray) -> np.ndarray:
    """Floats in double precision, others as they are."""
    return array.astype(np.float64) if array.dtype.kind == "f" else array
