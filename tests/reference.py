"""The paper again, slowly, in numpy: every layer window by window, switches as coordinates in the map, no windowed signals.

Shares with the program only the description of a network (names, sizes, strides), and none of its mathematics.
"""
from __future__ import annotations

from itertools import product

import numpy as np

from tfdeconv.layers import LRN, Add, BatchNorm, Conv, Dense, Flatten, GlobalAvgPool, MaxPool, Relu


def windows(layer, height: int, width: int):
    """For each window its row, its column and where it begins on the map (pads count as negative)."""
    (kh, kw), (sh, sw), ((top, bottom), (left, right)) = layer.window
    for i, j in product(range((height + top + bottom - kh) // sh + 1), range((width + left + right - kw) // sw + 1)):
        yield i, j, i * sh - top, j * sw - left


def overlap(begin: int, size: int, extent: int) -> tuple[slice, slice]:
    """The part of a window that is on the map: as cells of the map, and as cells of the window."""
    low, high = max(begin, 0), min(begin + size, extent)
    return slice(low, high), slice(low - begin, high - begin)


def convolve(layer: Conv, p, x):
    height, width, channels = x.shape
    (kh, kw), y = layer.window.size, np.zeros((*layer.window.extents(height, width), layer.filters))
    for group in range(layer.groups):
        ins = slice(group * channels // layer.groups, (group + 1) * channels // layer.groups)
        outs = slice(group * layer.filters // layer.groups, (group + 1) * layer.filters // layer.groups)
        for i, j, top, left in windows(layer, height, width):
            (rows, dy), (columns, dx) = overlap(top, kh, height), overlap(left, kw, width)
            y[i, j, outs] = np.tensordot(x[rows, columns, ins], p["kernel"][dy, dx, :, outs], 3)
    return y + p.get("bias", 0)


def convolve_back(layer: Conv, p, signal, shape):
    back = np.zeros(shape)
    height, width, channels = shape
    kh, kw = layer.window.size
    for group in range(layer.groups):
        ins = slice(group * channels // layer.groups, (group + 1) * channels // layer.groups)
        outs = slice(group * layer.filters // layer.groups, (group + 1) * layer.filters // layer.groups)
        for i, j, top, left in windows(layer, height, width):
            (rows, dy), (columns, dx) = overlap(top, kh, height), overlap(left, kw, width)
            back[rows, columns, ins] += p["kernel"][dy, dx, :, outs] @ signal[i, j, outs]
    return back


def pool(layer: MaxPool, x):
    """The maxima, and for each the row and column in the map where it was first found."""
    height, width, channels = x.shape
    shape = (*layer.window.extents(height, width), channels)
    y, switches = np.zeros(shape), np.zeros((*shape, 2), int)
    for i, j, top, left in windows(layer, height, width):
        (rows, _), (columns, _) = overlap(top, layer.window.size[0], height), overlap(left, layer.window.size[1], width)
        for c in range(channels):
            part = x[rows, columns, c]
            dy, dx = np.unravel_index(part.argmax(), part.shape)
            y[i, j, c], switches[i, j, c] = part[dy, dx], (rows.start + dy, columns.start + dx)
    return y, switches


def unpool(signal, switches, shape):
    back = np.zeros(shape)
    for i, j, c in np.ndindex(signal.shape):
        row, column = switches[i, j, c]
        back[row, column, c] += signal[i, j, c]
    return back


def neighbours(layer: LRN, x):
    return np.stack([(x[..., max(c - layer.depth // 2, 0):c + layer.depth // 2 + 1]).sum(-1) for c in range(x.shape[-1])], -1)


def up(network, weights, x, target):
    """One image [h, w, c]: the values of every layer the target needs, and the switches of its pools."""
    values, switches = {"input": x}, {}
    for node in network.up_to(target):
        layer, p = node.layer, {name: np.asarray(value, np.float64) for name, value in weights.get(node.name, {}).items()}
        first, *others = (values[name] for name in node.inputs)
        if isinstance(layer, Conv):
            y = convolve(layer, p, first)
        elif isinstance(layer, Dense):
            y = first @ p["kernel"] + p["bias"]
        elif isinstance(layer, MaxPool):
            y, switches[node.name] = pool(layer, first)
        elif isinstance(layer, BatchNorm):
            y = p["gamma"] * (first - p["mean"]) / np.sqrt(p["variance"] + layer.epsilon) + p["beta"]
        elif isinstance(layer, LRN):
            y = first / (layer.k + layer.alpha * neighbours(layer, first ** 2)) ** layer.beta
        elif isinstance(layer, Add):
            y = sum(others, first)
        elif isinstance(layer, Flatten):
            y = first.reshape(1, 1, -1)
        elif isinstance(layer, GlobalAvgPool):
            y = first.mean((0, 1), keepdims=True)
        else:
            assert isinstance(layer, Relu)
            y = np.maximum(first, 0)
        values[node.name] = np.maximum(y, 0) if getattr(layer, "rectify", False) else y
    return values, switches


def down(network, weights, values, switches, target, seed, rule):
    """A signal of the target's whole map down to the whole image, under a rule given by name."""
    signals = {target: seed}
    for node in reversed(network.up_to(target)):
        layer, p = node.layer, {name: np.asarray(value, np.float64) for name, value in weights.get(node.name, {}).items()}
        signal, before = signals.pop(node.name), values[node.inputs[0]]
        if isinstance(layer, Relu) or getattr(layer, "rectify", False):
            if rule in ("deconvnet", "guided"):
                signal = np.where(signal > 0, signal, 0)
            if rule in ("gradient", "guided"):
                signal = np.where(values[node.name] > 0, signal, 0)
        if isinstance(layer, Conv):
            signal = convolve_back(layer, p, signal, before.shape)
        elif isinstance(layer, Dense):
            signal = signal @ p["kernel"].T
        elif isinstance(layer, MaxPool):
            signal = unpool(signal, switches[node.name], before.shape)
        elif isinstance(layer, BatchNorm):
            signal = signal * p["gamma"] / np.sqrt(p["variance"] + layer.epsilon)
        elif isinstance(layer, LRN) and rule == "gradient":
            scale = layer.k + layer.alpha * neighbours(layer, before ** 2)
            jacobian = np.zeros((*before.shape, before.shape[-1]))
            for i, j in product(range(before.shape[-1]), repeat=2):
                if abs(i - j) <= layer.depth // 2:
                    share = -2 * layer.alpha * layer.beta * before[..., i] * before[..., j] * scale[..., i] ** (-layer.beta - 1)
                    jacobian[..., i, j] = share + (scale[..., i] ** -layer.beta if i == j else 0)
            signal = np.einsum("hwi,hwij->hwj", signal, jacobian)
        elif isinstance(layer, Flatten):
            signal = signal.reshape(before.shape)
        elif isinstance(layer, GlobalAvgPool):
            signal = np.broadcast_to(signal / before[..., 0].size, before.shape)
        for name in node.inputs:
            signals[name] = signals.get(name, 0) + signal
    return signals["input"]


def project(network, weights, x, target, channel, mode, rule):
    """One image and channel: the projection on the whole image, and the unit kept (None in mode all)."""
    values, switches = up(network, weights, x, target)
    seed = np.zeros_like(values[target])
    unit = None
    if mode == "all":
        seed[..., channel] = values[target][..., channel]
    else:
        unit = np.unravel_index(values[target][..., channel].argmax(), seed.shape[:2])
        seed[(*unit, channel)] = values[target][(*unit, channel)]
    return down(network, weights, values, switches, target, seed, rule), unit
