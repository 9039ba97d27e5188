"""Which units are sent back: checks what a caller asks for, and finds the strongest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import tensorflow as tf

from ..errors import UserError
from ..network.graph import Network
from .forward_pass import ForwardPass
from .maxima import strongest

# numpy's or TensorFlow's
Values = TypeVar("Values", np.ndarray, tf.Tensor)


def inner_layers(network: Network, target: str, inner: Sequence[str]) -> list[str]:
    """The layers below the target by their own names, once each, without the target itself.

    Raises UserError for layers that the target does not depend on.
    """
    layers = dict.fromkeys(network.node(name).name for name in inner)
    layers.pop(target, None)
    foreign = sorted(layers.keys() - {node.name for node in network.up_to(target)})
    if foreign:
        raise UserError(f"{network.name}'s {target} does not depend on {', '.join(foreign)}")
    return list(layers)


def checked_layer(network: Network, name: str, layers: Sequence[str]) -> str:
    """The layer's own name; raises UserError where it is not one of these, the target last."""
    layer = network.node(name).name
    if layer not in layers:
        raise UserError(
            f"units of {layer} are not available: give it as inner, beside the target {layers[-1]}"
        )
    return layer


def checked_images(network: Network, x: np.ndarray, dtype: type) -> np.ndarray:
    """Images [n, h, w, channels of the network], at least one, as an array of that dtype.

    Raises UserError for anything else, and for values that are not finite.
    """
    try:
        # what overflows becomes infinite, which is refused below
        with np.errstate(over="ignore"):
            x = np.asarray(x, dtype)
    except (TypeError, ValueError):
        raise UserError(
            f"{network.name}: expected images as an array of numbers [n, h, w, {network.channels}]"
        ) from None
    if x.ndim != 4 or x.shape[3] != network.channels or not x.size:
        raise UserError(
            f"{network.name}: expected images [n, h, w, {network.channels}], at least one; "
            f"found {list(x.shape)}"
        )
    finite = np.isfinite(x)
    if not finite.all():
        image, row, column, channel = (int(i) for i in np.argwhere(~finite)[0])
        raise UserError(
            f"{network.name}: image {image} of {len(x)} has a value that is NaN or infinite at row "
            f"{row}, column {column}, channel {channel}: leave it out, or replace what is not a "
            f"number"
        )
    return x


def requested_channels(
    network: Network,
    target: str,
    channels: int | Sequence[int] | np.ndarray | None,
    top: int | None,
    images: int,
) -> tuple[np.ndarray | None, int]:
    """Channels of the target by image, int32 [n, m], and m.

    None in place of the channels where the m strongest are asked for. channels None: all. Raises
    UserError for channels that the target has not.
    """
    available = network.shapes()[target][2]
    if top is not None:
        if channels is not None or not isinstance(top, int | np.integer) or top < 1:
            raise UserError("top: expected an integer of at least 1, in place of channels")
        return None, min(int(top), available)
    if channels is None:
        channels = np.arange(available)
    requested = checked_channels(channels, images)
    for channel in (requested.min(), requested.max()):
        network.channel(target, int(channel))
    return requested.astype(np.int32), requested.shape[1]


def checked_channels(channels: int | Sequence[int] | np.ndarray, images: int) -> np.ndarray:
    """Channels as integers [n, m]: of one or of [m] for all images, or [n, m] for each its own.

    Raises UserError for anything else. Whether the layer has them is not checked.

    >>> checked_channels([5, 2], images=2).tolist()
    [[5, 2], [5, 2]]
    """
    array = np.atleast_1d(channels)
    fits = array.ndim == 1 or (array.ndim == 2 and len(array) == images)
    if array.dtype.kind not in "iu" or not array.size or not fits:
        raise UserError(
            f"channels: expected integers, at least one, [m] or [{images}, m] for these images; "
            f"found {array.dtype} {list(array.shape)}"
        )
    return np.broadcast_to(array, (images, array.shape[-1]))


def checked_indices(what: str, values: np.ndarray, count: int) -> np.ndarray:
    """Whole numbers [k] from 0 to count - 1, at least one, as int32.

    Raises UserError for anything else.

    >>> checked_indices("images", [2, 0], 3).tolist()
    [2, 0]
    """
    values = np.asarray(values)
    description = f"{values.dtype} {list(values.shape)}"
    fits = values.ndim == 1 and values.dtype.kind in "iu" and values.size > 0
    if fits:
        description += f", {values.min()} to {values.max()}"
        fits = 0 <= values.min() and values.max() < count
    if not fits:
        raise UserError(
            f"{what} of units: expected integers [k], 0 to {count - 1}; found {description}"
        )
    return values.astype(np.int32)


def checked_units(
    layer: str,
    forward_pass: ForwardPass,
    image: np.ndarray,
    channel: np.ndarray,
    positions: np.ndarray | None,
    seeds: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Image, channel [k] and positions [k, 2] of units of a layer's maps, int32.

    positions None: of the strongest unit of each map. Raises UserError for what the maps have not.
    """
    y = forward_pass.maps[layer]
    image = checked_indices("images", image, len(y))
    channel = checked_indices(f"channels of {layer}", channel, forward_pass.shapes[layer][2])
    refuse_unequal(image, channel, positions, seeds)
    if positions is None:
        places = forward_pass.place(layer, channel)
        positions, _activations = strongest(y, image, places)
    rows = checked_indices("positions", np.asarray(positions)[..., 0], y.shape[1])
    columns = checked_indices("positions", np.asarray(positions)[..., 1], y.shape[2])
    return image, channel, np.stack([rows, columns], 1)


def refuse_unequal(*arrays: np.ndarray | None) -> None:
    """Raises UserError where arrays of one entry a unit are not of one length; None is no array."""
    lengths = [len(array) for array in arrays if array is not None]
    if len(set(lengths)) > 1:
        raise UserError(
            f"units: expected as many images as channels, positions and seeds; found {lengths}"
        )


def chosen(values: Sequence | np.ndarray | None, index: np.ndarray) -> np.ndarray | None:
    """The values at an index; None of none."""
    return None if values is None else np.asarray(values)[index]


def seeds_of(activations: Values, of_classes: bool) -> Values:
    """What is sent back of units: their activations, or the magnitudes of logits.

    What comes back of a class is what raises it, whatever the sign of its logit (Simonyan et al.
    2014, section 3). A negative one as it is would turn the picture into one of what lowers the
    class, which nothing in the picture shows.
    """
    return abs(activations) if of_classes else activations
