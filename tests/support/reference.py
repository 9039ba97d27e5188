"""The paper again, slowly, in numpy: layers window by window, switches as cells of the map.

No signal has a window: all are whole maps. Shares with the program only the description of a
network (names, sizes, strides), and none of its mathematics.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from tfdeconv.network.layers import (
    GLU,
    LRN,
    Activation,
    Add,
    Affine,
    Average,
    AvgPool,
    BatchNorm,
    BorderPad,
    Channels,
    Concatenate,
    Conv,
    ConvTranspose,
    Dense,
    DepthToSpace,
    DepthwiseConv,
    Divide,
    Flatten,
    GlobalAvgPool,
    GlobalMaxPool,
    GroupNorm,
    Identity,
    LayerNorm,
    LogSoftmax,
    Maximum,
    MaxPool,
    Minimum,
    Multiply,
    PReLU,
    Resize,
    RMSNorm,
    ShuffleChannels,
    Softmax,
    SpaceToDepth,
    Subtract,
    UnitNorm,
    ZeroPad,
)


def windows(layer, height: int, width: int):
    """For each window its row, its column and where it begins on the map (negative in a pad)."""
    (kh, kw), (sh, sw), ((top, bottom), (left, right)), *_ = layer.window
    rows = range((height + top + bottom - kh) // sh + 1)
    columns = range((width + left + right - kw) // sw + 1)
    for i, j in product(rows, columns):
        yield i, j, i * sh - top, j * sw - left


def overlap(begin: int, size: int, extent: int) -> tuple[slice, slice]:
    """The part of a window that is on the map: as cells of the map, and as cells of the window."""
    low, high = max(begin, 0), min(begin + size, extent)
    return slice(low, high), slice(low - begin, high - begin)


def plain(layer: Conv | DepthwiseConv, p, channels: int):
    """The same without dilation (zeros between its taps), a depthwise one as one of groups."""
    if isinstance(layer, DepthwiseConv):
        kh, kw, c, m = p["kernel"].shape
        p = {**p, "kernel": p["kernel"].reshape(kh, kw, 1, c * m)}
        layer = Conv(
            c * m, layer.size, layer.stride, layer.pad, channels, layer.dilation, layer.bias
        )
    kernel = np.zeros((*layer.window.size, *p["kernel"].shape[2:]))
    kernel[:: layer.window.dilation[0], :: layer.window.dilation[1]] = p["kernel"]
    return Conv(layer.filters, layer.window.size, layer.stride, layer.pad, layer.groups), {
        **p,
        "kernel": kernel,
    }


def group_slice(group: int, groups: int, channels: int) -> slice:
    """The channels of one group."""
    return slice(group * channels // groups, (group + 1) * channels // groups)


def convolve(layer: Conv, p, x):
    height, width, channels = x.shape
    kh, kw = layer.window.size
    y = np.zeros((*layer.window.extents(height, width), layer.filters))
    for group in range(layer.groups):
        ins = group_slice(group, layer.groups, channels)
        outs = group_slice(group, layer.groups, layer.filters)
        for i, j, top, left in windows(layer, height, width):
            (rows, dy), (columns, dx) = (overlap(top, kh, height), overlap(left, kw, width))
            y[i, j, outs] = np.tensordot(x[rows, columns, ins], p["kernel"][dy, dx, :, outs], 3)
    return y + p.get("bias", 0)


def convolve_back(layer: Conv, p, signal, shape):
    back = np.zeros(shape)
    height, width, channels = shape
    kh, kw = layer.window.size
    for group in range(layer.groups):
        ins = group_slice(group, layer.groups, channels)
        outs = group_slice(group, layer.groups, layer.filters)
        for i, j, top, left in windows(layer, height, width):
            (rows, dy), (columns, dx) = (overlap(top, kh, height), overlap(left, kw, width))
            back[rows, columns, ins] += p["kernel"][dy, dx, :, outs] @ signal[i, j, outs]
    return back


def transposed(layer: ConvTranspose, p, x):
    """The convolution that a layer with this input is the transpose of, and its kernel."""
    conv = Conv(x.shape[2], layer.size, layer.stride, layer.pad, layer.groups, layer.dilation)
    return plain(conv, {"kernel": p["kernel"]}, layer.filters)


def pool(layer: MaxPool, x):
    """The maxima, and for each the row and column in the map where it was first found."""
    height, width, channels = x.shape
    shape = (*layer.window.extents(height, width), channels)
    y, switches = np.zeros(shape), np.zeros((*shape, 2), int)
    for i, j, top, left in windows(layer, height, width):
        rows = taps_on_map(top, layer.window, 0, height)
        columns = taps_on_map(left, layer.window, 1, width)
        for c in range(channels):
            part = x[np.ix_(rows, columns, [c])][..., 0]
            dy, dx = np.unravel_index(part.argmax(), part.shape)
            y[i, j, c], switches[i, j, c] = (part[dy, dx], (rows[dy], columns[dx]))
    return y, switches


def taps_on_map(begin: int, window, axis: int, extent: int) -> list[int]:
    """The cells of a map's axis that the taps of a window stand on."""
    end = begin + window.size[axis]
    return [cell for cell in range(begin, end, window.dilation[axis]) if 0 <= cell < extent]


def unpool(signal, switches, shape):
    back = np.zeros(shape)
    for i, j, c in np.ndindex(signal.shape):
        row, column = switches[i, j, c]
        back[row, column, c] += signal[i, j, c]
    return back


def average(layer: AvgPool, x):
    """Sums over the cells of each window that are on the map, and of how many the mean is."""
    (above, below), (before, after) = layer.counted
    extents = layer.window.extents(*x.shape[:2])
    sums = np.zeros((*extents, x.shape[2]))
    counts = np.zeros((*extents, 1))
    for i, j, top, left in windows(layer, *x.shape[:2]):
        rows, _ = overlap(top, layer.window.size[0], x.shape[0])
        columns, _ = overlap(left, layer.window.size[1], x.shape[1])
        sums[i, j] = x[rows, columns].sum((0, 1))
        bottom = min(top + layer.window.size[0], x.shape[0] + below)
        right = min(left + layer.window.size[1], x.shape[1] + after)
        counts[i, j] = (bottom - max(top, -above)) * (right - max(left, -before))
    return sums, counts


def average_back(layer: AvgPool, signal, shape):
    back = np.zeros(shape)
    counts = average(layer, np.zeros(shape))[1]
    for i, j, top, left in windows(layer, *shape[:2]):
        rows, _ = overlap(top, layer.window.size[0], shape[0])
        columns, _ = overlap(left, layer.window.size[1], shape[1])
        back[rows, columns] += signal[i, j] / counts[i, j]
    return back


def shifted(layer: ZeroPad, shape):
    """Where a padded map's cells lie on the map: what of each is the other's."""
    (top, _), (left, _) = layer.pad
    height, width = layer.output_shape(shape)[:2]
    (rows, r), (columns, c) = (overlap(-top, height, shape[0]), overlap(-left, width, shape[1]))
    return (rows, columns), (r, c)


def apply(layer: Activation, x):
    """A function of each value."""
    if layer.kind == "relu":
        y = np.where(x > layer.threshold, x, layer.slope * (x - layer.threshold))
        return y if layer.ceiling is None else np.minimum(y, layer.ceiling)
    if layer.kind == "clip":
        return np.clip(x, layer.floor, layer.ceiling)
    gate = np.clip(x + 3, 0, 6) / 6
    bend = np.log1p(np.exp(x))
    return {
        "sigmoid": lambda: 1 / (1 + np.exp(-x)),
        "tanh": lambda: np.tanh(x),
        "silu": lambda: x / (1 + np.exp(-x)),
        "elu": lambda: np.where(x > 0, x, np.exp(x) - 1),
        "celu": lambda: np.where(x > 0, x, np.exp(x) - 1),
        "selu": lambda: (
            1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * (np.exp(x) - 1))
        ),
        "softplus": lambda: bend,
        "squareplus": lambda: x / 2 + np.sqrt(x * x / 4 + 1),
        "sparse_plus": lambda: np.select([x <= -1, x < 1], [0, (x + 1) ** 2 / 4], x),
        "mish": lambda: x * np.tanh(bend),
        "log_sigmoid": lambda: x - bend,
        "softsign": lambda: x / (1 + np.abs(x)),
        "exponential": lambda: np.exp(x),
        "tanh_shrink": lambda: x - np.tanh(x),
        "hard_shrink": lambda: np.where(np.abs(x) > 0.5, x, 0),
        "soft_shrink": lambda: x - np.clip(x, -0.5, 0.5),
        "abs": lambda: np.abs(x),
        "square": lambda: x * x,
        "power": lambda: x * x,
        "negative": lambda: -x,
        "erf": lambda: np.vectorize(math.erf)(x),
        "log": lambda: np.log(x),
        "sqrt": lambda: np.sqrt(x),
        "reciprocal": lambda: 1 / x,
        "hard_sigmoid": lambda: gate,
        "hard_silu": lambda: x * gate,
        "gelu_tanh": lambda: x / (1 + np.exp(-2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
        "gelu": lambda: x / 2 * (1 + np.vectorize(math.erf)(x / math.sqrt(2))),
    }[layer.kind]()


def slope(layer: Activation, x, step: float = 1e-6):
    """The derivative of a smooth function by central differences, right to 1e-10.

    Without a formula that could be wrong.
    """
    return (apply(layer, x + step) - apply(layer, x - step)) / (2 * step)


def deactivate(layer: Activation, x, signal, rule):
    """Back through a function of each value whose input was x."""
    if rule in ("deconvnet", "guided") and layer.kind not in ("sigmoid", "clip"):
        signal = np.where(signal > 0, signal, 0)
    if layer.kind != "relu":
        return signal * slope(layer, x)
    if rule == "deconvnet":
        return signal
    below_ceiling = 1 if layer.ceiling is None else x < layer.ceiling
    return signal * np.where(x > layer.threshold, below_ceiling, layer.slope)


def derived(layer, p, x):
    """Layers whose derivative is taken by differences; x may have axes before [h, w, c]."""
    own, cell = (-3, -2, -1), (-1,)

    def standard(x, axes):
        centred = x - x.mean(axes, keepdims=True)
        return centred / np.sqrt((centred**2).mean(axes, keepdims=True) + layer.epsilon)

    match layer:
        case LayerNorm():
            return standard(x, cell) * p["gamma"] + p["beta"]
        case GroupNorm():
            groups = [standard(part, own) for part in np.split(x, layer.groups, -1)]
            return np.concatenate(groups, -1) * p["gamma"] + p["beta"]
        case RMSNorm():
            return x / np.sqrt((x**2).mean(-1, keepdims=True) + layer.epsilon) * p["gamma"]
        case UnitNorm():
            return x / np.sqrt((x**2).sum(-1, keepdims=True))
        case GLU():
            values, gates = np.split(x, 2, -1)
            return values / (1 + np.exp(-gates))
        case LogSoftmax():
            return x - np.log(np.exp(x).sum(-1, keepdims=True))
        case BorderPad():
            return np.pad(x, [(0, 0)] * (x.ndim - 3) + [*layer.pad, (0, 0)], layer.border)
        case Channels():
            return x[..., [layer.first + i * layer.step for i in range(layer.count)]]
        case Resize():
            rows, columns = resize_shares(layer, *x.shape[-3:-1])
            return np.einsum("ph,...hwc,qw->...pqc", rows, x, columns, optimize=True)

        case _:
            return moved_channels(layer, x)


MOVES = BorderPad | DepthToSpace | SpaceToDepth | ShuffleChannels | Channels
DERIVED = LayerNorm | GroupNorm | RMSNorm | UnitNorm | GLU | LogSoftmax | MOVES | Resize


def moved_channels(layer: DepthToSpace | SpaceToDepth | ShuffleChannels, x):
    """The values of x, each where it belongs."""
    *others, height, width, channels = x.shape
    if isinstance(layer, ShuffleChannels):
        length = channels // layer.groups
        order = [group * length + i for i in range(length) for group in range(layer.groups)]
        return x[..., order]
    y = np.zeros((*others, *layer.output_shape((height, width, channels))))
    block = layer.block
    depth = min(channels, y.shape[-1])
    for dy, dx, c in product(range(block), range(block), range(depth)):
        channel = c * block**2 + dy * block + dx
        if layer.order == "dcr":
            channel = (dy * block + dx) * depth + c
        if isinstance(layer, DepthToSpace):
            y[..., dy::block, dx::block, c] = x[..., channel]
        else:
            y[..., channel] = x[..., dy::block, dx::block, c]
    return y


def resize_shares(layer: Resize, height: int, width: int):
    """What each row and column of a map counts for those of the output: a kernel at its place."""
    *outputs, _ = layer.output_shape((height, width, 1))
    part = [height, width]
    if layer.fit == "crop" and outputs[0] <= height and outputs[1] <= width:
        part = outputs
    elif layer.fit != "stretch":
        scale = min(height / outputs[0], width / outputs[1])
        part = [int(extent * scale) for extent in outputs]
    factors = np.broadcast_to(layer.factor or 0, 2)
    shares = []
    for extent, length, count, factor in zip((height, width), part, outputs, factors):
        start = (extent - length) // 2
        kept = np.zeros((count, extent))
        around = np.arange(-3, length + 3)
        step = 1 / factor if factor else length / count
        weights = resize_kernel(layer, np.arange(count)[:, None], length, count, step, around)
        for cell, column in zip(around, weights.T):
            if 0 <= cell < length or not layer.exclude_outside:
                kept[:, start + min(max(cell, 0), length - 1)] += column
        shares.append(kept / kept.sum(1, keepdims=True))
    return shares


def resize_kernel(layer: Resize, i, length: int, count: int, step: float, cells):
    """What each cell counts for output i [count, 1], those outside the map as well."""
    if layer.interpolation == "area":
        first, last = i * length, (i + 1) * length
        return (np.minimum(last, (cells + 1) * count) > np.maximum(first, cells * count)) * 1.0
    places = {
        "half_pixel": (i + 0.5) * step - 0.5,
        "pytorch_half_pixel": (i + 0.5) * step - 0.5 if count > 1 else 0 * i,
        "asymmetric": i * step,
        "align_corners": i * (length - 1) / max(count - 1, 1),
    }[layer.coordinates]
    if layer.interpolation == "nearest":
        part = places - np.floor(places)
        up = {
            "floor": 0,
            "ceil": part > 0,
            "round_prefer_floor": part > 0.5,
            "round_prefer_ceil": part >= 0.5,
        }[layer.rounding]
        places = np.floor(places) + up
    d = np.abs(places - cells)
    if layer.interpolation != "bicubic":
        return np.maximum(0, 1 - d)
    a = layer.cubic
    outer = a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a
    return np.select([d <= 1, d < 2], [(a + 2) * d**3 - (a + 3) * d**2 + 1, outer], 0)


def derive_back(layer, p, x, signal, step: float = 1e-5):
    """What comes back through a derived layer, by central differences of every value of x.

    Of one that moves values by where each went, and of a Resize by its shares: both are exact.
    """
    if isinstance(layer, MOVES):
        went = derived(layer, p, np.arange(float(x.size)).reshape(x.shape)).astype(int)
        return np.bincount(went.ravel(), signal.ravel(), x.size).reshape(x.shape)
    if isinstance(layer, Resize):
        rows, columns = resize_shares(layer, *x.shape[:2])
        return np.einsum("ph,pqc,qw->hwc", rows, signal, columns, optimize=True)
    steps = step * np.eye(x.size).reshape(x.size, *x.shape)
    slopes = (derived(layer, p, x + steps) - derived(layer, p, x - steps)) / (2 * step)
    return np.einsum("ihwc,hwc->i", slopes, signal).reshape(x.shape)


def neighbours(layer: LRN, x):
    """The sum over the channels around each."""
    before = layer.depth // 2 if layer.before is None else layer.before
    sums = []
    for channel in range(x.shape[-1]):
        first = channel - before
        sums.append(x[..., max(first, 0) : first + layer.depth].sum(-1))
    return np.stack(sums, -1)


def parameters(weights, layer: str) -> dict[str, np.ndarray]:
    """A layer's parameters in float64."""
    return {name: np.asarray(value, np.float64) for name, value in weights.get(layer, {}).items()}


def activation_of(layer) -> Activation | None:
    """The function of each value that a layer is, or has behind it."""
    return layer if isinstance(layer, Activation) else getattr(layer, "activation", None)


def forward(network, weights, x, target):
    """One image [h, w, c] through all layers that the target needs.

    Returns the values of each, and (what went into their activations, the switches of max pools).
    """
    values, before, switches = {"input": x}, {}, {}
    for node in network.at(*x.shape[:2]).up_to(target):
        layer, p = node.layer, parameters(weights, node.name)
        first, *others = inputs = [values[name] for name in node.inputs]
        match layer:
            case Conv() | DepthwiseConv():
                y = convolve(*plain(layer, p, first.shape[2]), first)
            case ConvTranspose():
                y = convolve_back(
                    *transposed(layer, p, first), first, layer.output_shape(first.shape)
                )
                y = y + p.get("bias", 0)
            case Dense():
                y = first @ p["kernel"] + p.get("bias", 0)
            case MaxPool():
                y, switches[node.name] = pool(layer, first)
            case AvgPool():
                sums, counts = average(layer, first)
                y = sums / counts
            case BatchNorm():
                deviation = np.sqrt(p["variance"] + layer.epsilon)
                y = p.get("gamma", 1) * (first - p["mean"]) / deviation + p.get("beta", 0)
            case Affine():
                y = p.get("scale", 1) * first + p.get("shift", 0)
            case LRN():
                y = first / (layer.k + layer.alpha * neighbours(layer, first**2)) ** layer.beta
            case Add():
                y = sum(others, first)
            case Multiply():
                y = first * others[0]
            case Divide():
                y = first / others[0]
            case Average():
                y = sum(others, first) / len(inputs)
            case Subtract():
                y = first - others[0]
            case Maximum():
                y = np.where(others[0] > first, others[0], first)
            case Minimum():
                y = np.where(others[0] < first, others[0], first)
            case PReLU():
                y = np.where(first > 0, first, p["slope"] * first)
            case Concatenate():
                y = np.concatenate(inputs, 2)
            case Flatten():
                moved = first.transpose(2, 0, 1) if layer.channels_first else first
                y = moved.reshape(1, 1, -1)
            case GlobalAvgPool():
                y = first.mean((0, 1), keepdims=True)
            case GlobalMaxPool():
                y = first.max((0, 1), keepdims=True)
            case Softmax():
                y = np.exp(first) / np.exp(first).sum(2, keepdims=True)
            case ZeroPad():
                y = np.zeros(layer.output_shape(first.shape))
                on, off = shifted(layer, first.shape)
                y[off] = first[on]
            case Identity() | Activation():
                y = first
            case _:
                y = derived(layer, p, first)
        before[node.name] = y
        activation = activation_of(layer)
        values[node.name] = apply(activation, y) if activation else y
    return values, (before, switches)


def backward(network, weights, values, traces, target, seed, rule):
    """A signal on the target's whole map back to the whole image, under a rule given by name.

    values and traces: as forward() returned them.
    """
    signals = {target: seed}
    unactivated, switches = traces
    for node in reversed(network.at(*values["input"].shape[:2]).up_to(target)):
        layer, p = node.layer, parameters(weights, node.name)
        signal, inputs = signals.pop(node.name), [values[name] for name in node.inputs]
        before = inputs[0]
        activation = activation_of(layer)
        if activation:
            signal = deactivate(activation, unactivated[node.name], signal, rule)
        parts = [signal]
        match layer:
            case Conv() | DepthwiseConv():
                parts = [convolve_back(*plain(layer, p, before.shape[2]), signal, before.shape)]
            case ConvTranspose():
                parts = [convolve(*transposed(layer, p, before), signal)]
            case Dense():
                parts = [signal @ p["kernel"].T]
            case MaxPool():
                parts = [unpool(signal, switches[node.name], before.shape)]
            case AvgPool():
                parts = [average_back(layer, signal, before.shape)]
            case BatchNorm():
                parts = [signal * p.get("gamma", 1) / np.sqrt(p["variance"] + layer.epsilon)]
            case Affine():
                parts = [signal * p.get("scale", 1)]
            case LRN() if rule == "gradient":
                parts = [np.einsum("hwi,hwij->hwj", signal, lrn_jacobian(layer, before))]
            case Flatten(channels_first=True):
                rows, columns, channels = before.shape
                parts = [signal.reshape(channels, rows, columns).transpose(1, 2, 0)]
            case Flatten():
                parts = [signal.reshape(before.shape)]
            case GlobalAvgPool():
                parts = [np.broadcast_to(signal / before[..., 0].size, before.shape)]
            case GlobalMaxPool():
                flat = before.reshape(-1, before.shape[2])
                strongest = np.arange(len(flat))[:, None] == flat.argmax(0)
                parts = [(signal[0] * strongest).reshape(before.shape)]
            case Softmax():
                y = values[node.name][..., None]
                jacobian = y * (np.eye(y.shape[2]) - y.swapaxes(2, 3))
                parts = [np.einsum("hwi,hwij->hwj", signal, jacobian)]
            case ZeroPad():
                on, off = shifted(layer, before.shape)
                parts = [np.zeros(before.shape)]
                parts[0][on] = signal[off]
            case Add():
                parts = [broadcast_back(signal, x.shape) for x in inputs]
            case Multiply():
                x, y = inputs
                parts = [broadcast_back(signal * y, x.shape), broadcast_back(signal * x, y.shape)]
            case Divide():
                x, y = inputs
                parts = [signal / y, -signal * x / y**2]
            case Average():
                parts = [signal / len(inputs)] * len(inputs)
            case Subtract():
                parts = [signal, -signal]
            case Maximum() | Minimum():
                x, y = inputs
                second = y > x if isinstance(layer, Maximum) else y < x
                parts = [broadcast_back(signal * ~second, x.shape)]
                parts.append(broadcast_back(signal * second, y.shape))
            case PReLU():
                if rule != "gradient":
                    signal = np.maximum(signal, 0)
                if rule != "deconvnet":
                    signal = signal * np.where(before > 0, 1, p["slope"])
                parts = [signal]
            case layer if isinstance(layer, DERIVED):
                parts = [derive_back(layer, p, before, signal)]
            case Concatenate():
                ends = np.cumsum([x.shape[2] for x in inputs])
                parts = np.split(signal, ends[:-1], 2)
        for name, part in zip(node.inputs, parts, strict=True):
            signals[name] = signals.get(name, 0) + part
    return signals["input"]


def lrn_jacobian(layer: LRN, x):
    """The derivative of output channel i by input channel j, in each cell: [h, w, i, j]."""
    scale = layer.k + layer.alpha * neighbours(layer, x**2)
    jacobian = np.zeros((*x.shape, x.shape[-1]))
    for i, j in product(range(x.shape[-1]), repeat=2):
        before = layer.depth // 2 if layer.before is None else layer.before
        if 0 <= j - (i - before) < layer.depth:
            inner = -layer.beta * scale[..., i] ** (-layer.beta - 1)
            jacobian[..., i, j] = inner * 2 * layer.alpha * x[..., i] * x[..., j]
        if i == j:
            jacobian[..., i, j] += scale[..., i] ** -layer.beta
    return jacobian


def broadcast_back(signal, shape):
    """The sum over the places at which one value stood."""
    axes = tuple(axis for axis in range(3) if shape[axis] == 1 < signal.shape[axis])
    return signal.sum(axes, keepdims=True)


def project(network, weights, x, target, channel, mode, rule):
    """One image and channel: the projection on the whole image, and its unit (None in mode all)."""
    values, traces = forward(network, weights, x, target)
    return project_values(network, weights, values, traces, target, channel, mode, rule)


def project_values(network, weights, values, traces, target, channel, mode, rule, of_class=False):
    """project() of an image whose forward pass is at hand; of_class: what raises a logit."""
    maps = values[target]
    seed = np.zeros_like(maps)
    unit = None
    if mode == "all":
        seed[..., channel] = maps[..., channel]
    else:
        unit = np.unravel_index(maps[..., channel].argmax(), seed.shape[:2])
        seed[(*unit, channel)] = maps[(*unit, channel)]
    if of_class:
        seed = np.abs(seed)
    return backward(network, weights, values, traces, target, seed, rule), unit
