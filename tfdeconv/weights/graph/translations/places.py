"""Operations that only rename axes, or repeat a cell."""

from __future__ import annotations

from collections.abc import Sequence

from ....network.layers import Resize
from ..axes import COLUMNS, ROWS, Axes, Factor, axis_of, lengths, reshaped
from ..call import Call
from ..feature_map import FeatureMap
from ..not_understood import NotUnderstood
from ..shape_arithmetic import flat_shape, or_input, target_shape
from .channel_sums import chosen_channels


def reshape(call: Call) -> FeatureMap:
    x = call.map()
    return x.with_axes(reshaped(x.axes, target_shape(call.kind, x.lengths, call.arrays())))


def flattened(call: Call) -> FeatureMap:
    x = call.map()
    return x.with_axes(reshaped(x.axes, flat_shape(call.kind, x.lengths)))


def transpose(call: Call) -> FeatureMap:
    x = call.map()
    order = call.kind.order
    if order is None:
        order = tuple(reversed(range(len(x.axes))))
    if sorted(number % len(x.axes) for number in order) != list(range(len(x.axes))):
        raise NotUnderstood(
            f"it puts axes in the order {list(order)}, and its input has {len(x.axes)}"
        )
    return x.with_axes(tuple(x.axes[number] for number in order))


def moved_axis(call: Call) -> FeatureMap:
    x = call.map()
    axes = list(x.axes)
    axis = axes.pop(x.axis(call.kind.source))
    axes.insert(x.axis(call.kind.target), axis)
    return x.with_axes(tuple(axes))


def squeeze(call: Call) -> FeatureMap:
    x = call.map()
    axes = or_input(call.kind.axes, call.arrays(), 1)
    numbers = [number for number, axis in enumerate(x.axes) if not axis]
    if axes is not None:
        numbers = [x.axis(number) for number in axes]
        call.require_fixed_cells(x)
        # torch leaves those as they are that are longer
        numbers = [number for number in numbers if not x.axes[number]]
    return x.with_axes(without(x.axes, numbers))


def without(axes: Axes, numbers: Sequence[int]) -> Axes:
    return tuple(axis for number, axis in enumerate(axes) if number not in numbers)


def unsqueeze(call: Call) -> FeatureMap:
    x = call.map()
    numbers = or_input(call.kind.axes, call.arrays(), 1)
    if numbers is None:
        raise NotUnderstood("its axes are missing")
    count = len(x.axes) + len(numbers)
    axes = list(x.axes)
    for number in sorted(number % count for number in numbers):
        axes.insert(number, ())
    return x.with_axes(tuple(axes))


def expand(call: Call) -> FeatureMap:
    """A channel several times; a single cell over the map, or each row or column several times."""
    x = call.map()
    shape = or_input(call.kind.shape, call.arrays(), 1) or ()
    axes = ((),) * (len(shape) - len(x.axes)) + x.axes
    old = lengths(axes)
    wanted = tuple(
        length if extent == -1 else extent
        for extent, length in zip((1,) * (len(axes) - len(shape)) + tuple(shape), old)
    )
    target = tuple(max(pair) for pair in zip(wanted, old))
    meet = all({*pair} <= {1, extent} for pair, extent in zip(zip(wanted, old), target))
    if not meet:
        raise NotUnderstood(f"it repeats {list(old)} to {list(wanted)}, which is not understood")
    x = x.with_axes(axes)
    if target == old:
        return x
    repeated = repeated_cells(call, x, target)
    if repeated is None:
        repeated = repeated_channels(call, x, target)
    if repeated is not None:
        return repeated
    if len(axes) != 4 or x.shape[:2] != (1, 1):
        raise NotUnderstood(f"it repeats {list(old)} to {list(target)}, which is not understood")
    channel_axis = call.channel_axis_of(x)
    x = call.as_map(x, channel_axis)
    places = [number for number in range(1, 4) if number != channel_axis]
    if target[channel_axis] != x.channels or target[0] != old[0]:
        raise NotUnderstood(f"it repeats {list(old)} to {list(target)}, which is not understood")
    layer = Resize(target[places[0]], target[places[1]], "nearest")
    return call.add_map(layer, x, channel_axis)


def tiled(call: Call) -> FeatureMap:
    """All channels several times; or rows or columns, each, along a new axis behind them."""
    x = call.map()
    times = or_input(call.kind.times, call.arrays(), 1) or ()
    x = x.with_axes(((),) * (len(times) - len(x.axes)) + x.axes)
    if set(times) == {1}:
        return x
    repeated = None
    if len(times) == len(x.axes) and min(times) > 0:
        target = tuple(extent * count for extent, count in zip(x.lengths, times))
        repeated = repeated_cells(call, x, target)
        if repeated is None:
            repeated = repeated_channels(call, x, target)
    if repeated is None:
        raise NotUnderstood(
            f"it repeats {list(x.lengths)} by {list(times)[:8]}, which is not understood"
        )
    return repeated


def repeated_cells(call: Call, x: FeatureMap, target: Sequence[int]) -> FeatureMap | None:
    """Rows or columns, each several times, as Keras's UpSampling2D and numpy's repeat write it.

    The new axis, which is behind them, becomes the inner part of theirs. None for anything else.
    """
    longer = [number for number, extent in enumerate(target) if extent != x.lengths[number]]
    if len(longer) != 1 or not x.in_order or x.vector or x.single_cell:
        return None
    number, times = longer[0], target[longer[0]]
    for dimension, factor in ((ROWS, (times, 1)), (COLUMNS, (1, times))):
        if x.axes[number] or x.axes[number - 1] != x.whole(dimension) or not x.axes[number - 1]:
            continue
        layer = Resize(
            factor=factor, interpolation="nearest", coordinates="asymmetric", rounding="floor"
        )
        y = call.add(layer, x)
        axes = list(x.axes)
        axes[number - 1] = (Factor(dimension, x.extent(dimension), times),)
        axes[number] = axis_of(dimension, times)
        return y.with_axes(tuple(axes))
    return None


def repeated_channels(call: Call, x: FeatureMap, target: Sequence[int]) -> FeatureMap | None:
    """All channels several times, as grey images become colours. None for anything else."""
    longer = [number for number, extent in enumerate(target) if extent != x.lengths[number]]
    if len(longer) != 1:
        return None
    number = longer[0]
    if number == 0 or not x.has_channels_at(number):
        return None
    times = target[number] // x.channels
    return chosen_channels(call, x, number, [*range(x.channels)] * times)
