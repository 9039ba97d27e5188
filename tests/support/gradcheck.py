"""The checkers: whether a transpose is one, whether a derivative is one, how far apart two answers are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def gap(found, expected) -> float:
    """Largest difference between two arrays, relative to the largest value expected; inf where either is not finite."""
    found, expected = np.asarray(found), np.asarray(expected)
    np.testing.assert_equal(found.shape, expected.shape)
    if not (np.isfinite(found).all() and np.isfinite(expected).all()):
        return float("inf")
    scale = np.abs(expected).max()
    difference = np.abs(found.astype(np.float64) - expected).max()
    return float(difference / scale) if scale else float("inf") if difference else 0.0


def adjoint_gap(forward: Callable, transpose: Callable, x: np.ndarray, signal: np.ndarray) -> float:
    """|<A x, s> - <x, A' s>| relative to |A x| |s|: 0 for the transpose of a linear map, up to rounding."""
    y, back = np.asarray(forward(x)), np.asarray(transpose(signal))
    np.testing.assert_equal(y.shape, signal.shape)
    np.testing.assert_equal(back.shape, x.shape)
    up, down = (y * signal).sum(), (x * back).sum()
    return float(
        abs(up - down) / max(np.linalg.norm(y) * np.linalg.norm(signal), np.finfo(float).tiny)
    )


def difference_gap(
    function: Callable, derivative: np.ndarray, x: np.ndarray, signal: np.ndarray, step: float, rng
) -> float:
    """Central differences of <f(x), s> along five random directions against the derivative A' s, relative to its size."""
    gaps = []
    for _ in range(5):
        direction = rng.standard_normal(x.shape)
        up, down = (
            np.asarray(function(x + step * direction)),
            np.asarray(function(x - step * direction)),
        )
        found, expected = ((up - down) * signal).sum() / (2 * step), (derivative * direction).sum()
        gaps.append(
            abs(found - expected)
            / max(np.linalg.norm(derivative) * np.linalg.norm(direction) * 1e-2, abs(expected))
        )
    return float(max(gaps))
