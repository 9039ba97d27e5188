"""The checkers: is a transpose one, is a derivative one, and how far apart are two answers?

They share no code with the program, nor with its own checks (tfdeconv/checks): a checker must not
share code with what it checks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def gap(values, expected) -> float:
    """Largest difference of two arrays of one shape, relative to the largest value expected.

    inf where either is not finite.
    """
    values, expected = np.asarray(values), np.asarray(expected)
    np.testing.assert_equal(values.shape, expected.shape)
    if not (np.isfinite(values).all() and np.isfinite(expected).all()):
        return float("inf")
    scale = np.abs(expected).max()
    difference = np.abs(values.astype(np.float64) - expected).max()
    if scale:
        return float(difference / scale)
    return float("inf") if difference else 0.0


def adjoint_gap(forward: Callable, transpose: Callable, x: np.ndarray, signal: np.ndarray) -> float:
    """|<A x, s> - <x, A' s>| relative to |A x| |s|: up to rounding 0 for the transpose of A."""
    y, back = np.asarray(forward(x)), np.asarray(transpose(signal))
    np.testing.assert_equal(y.shape, signal.shape)
    np.testing.assert_equal(back.shape, x.shape)
    difference = abs((y * signal).sum() - (x * back).sum())
    scale = np.linalg.norm(y) * np.linalg.norm(signal)
    return float(difference / max(scale, np.finfo(float).tiny))


def difference_gap(
    function: Callable, derivative: np.ndarray, x: np.ndarray, signal: np.ndarray, step: float, rng
) -> float:
    """Central differences of <f(x), s> against the derivative A' s, relative to its size.

    The largest gap along five random directions.
    """
    gaps = []
    for _ in range(5):
        direction = rng.standard_normal(x.shape)
        above = np.asarray(function(x + step * direction))
        below = np.asarray(function(x - step * direction))
        slope = ((above - below) * signal).sum() / (2 * step)
        expected = (derivative * direction).sum()
        size = np.linalg.norm(derivative) * np.linalg.norm(direction) * 1e-2
        gaps.append(abs(slope - expected) / max(size, abs(expected)))
    return float(max(gaps))


def unpadded(y: np.ndarray, window, height: int, width: int) -> np.ndarray:
    """The full transpose of a padded window, cut to the map; 0 where no window reaches."""
    (top, _), (left, _) = window.pad
    y = np.asarray(y)[:, top:, left:][:, :height, :width]
    return np.pad(y, [(0, 0), (0, height - y.shape[1]), (0, width - y.shape[2]), (0, 0)])
