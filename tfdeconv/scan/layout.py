"""All layers in one array for each field: how a device has them while it scans."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import UserError
from .state import BLOCKS, FIELDS, Field, State, fields_of


@dataclass(frozen=True)
class Layout:
    """The channels of one layer stand behind those of the other, in the order of `channels`."""

    # how many each layer has
    channels: Mapping[str, int]
    # the layers that are outputs of residual blocks
    blocks: Collection[str]
    # images kept a channel
    top: int

    def slices(self) -> dict[str, slice]:
        """Each layer's channels in an array."""
        slices = {}
        start = 0
        for layer, channels in self.channels.items():
            slices[layer] = slice(start, start + channels)
            start += channels
        return slices

    def empty(self) -> dict[str, np.ndarray]:
        """The arrays before the first image, by field."""
        channels = sum(self.channels.values())
        arrays = {}
        for field in FIELDS:
            if field.layers != BLOCKS or self.blocks:
                shape = field.shape(channels, self.top)
                arrays[field.name] = np.full(shape, field.empty, device_dtype(field))
        return arrays

    def split(self, arrays: Mapping[str, np.ndarray]) -> State:
        """A state, from arrays of all layers."""
        state: State = {}
        for layer, channels in self.slices().items():
            state[layer] = {}
            for field in fields_of(layer in self.blocks):
                part = arrays[field.name][channels]
                state[layer][field.name] = part.astype(field.dtype, copy=False)
        return state

    def join(self, state: State) -> dict[str, np.ndarray]:
        """Arrays of all layers, from a state; raises UserError for one of other layers or top."""
        arrays = self.empty()
        for layer, channels in self.slices().items():
            for field in fields_of(layer in self.blocks):
                part = arrays[field.name][channels]
                saved = state.get(layer, {}).get(field.name)
                if saved is None:
                    raise UserError(
                        f"the run is damaged: {layer}/{field.name} is missing; scan again, to "
                        f"another file"
                    )
                if saved.shape != part.shape:
                    raise UserError(
                        f"the run is damaged: {layer}/{field.name} is {list(saved.shape)}, "
                        f"expected {list(part.shape)}; scan again, to another file"
                    )
                part[...] = saved
        return arrays


def device_dtype(field: Field) -> np.dtype:
    """The field's type on a device: int64, because TensorFlow keeps int32 variables on the host."""
    dtype = np.dtype(field.dtype)
    return np.dtype(np.int64) if dtype.kind == "i" else dtype
