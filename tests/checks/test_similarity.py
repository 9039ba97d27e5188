"""Structural similarity and rank correlation, against their formulas by loops."""

from __future__ import annotations

from math import exp, isnan, sqrt

import numpy as np
import pytest

from tfdeconv.checks.similarity import rank_correlation, structural_similarity
from tfdeconv.scan.residual import ranks


def ssim_by_loops(a: np.ndarray, b: np.ndarray, data_range: float) -> float:
    """Wang et al. 2004, equations 13 to 16, a window at a time."""
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    weights = np.array(
        [[exp(-((i - 5) ** 2 + (j - 5) ** 2) / (2 * 1.5**2)) for j in range(11)] for i in range(11)]
    )
    weights /= weights.sum()
    values = []
    for i in range(a.shape[0] - 10):
        for j in range(a.shape[1] - 10):
            x, y = a[i : i + 11, j : j + 11], b[i : i + 11, j : j + 11]
            mu_x, mu_y = (weights * x).sum(), (weights * y).sum()
            var_x = (weights * (x - mu_x) ** 2).sum()
            var_y = (weights * (y - mu_y) ** 2).sum()
            cov = (weights * (x - mu_x) * (y - mu_y)).sum()
            values.append(
                (2 * mu_x * mu_y + c1)
                * (2 * cov + c2)
                / ((mu_x**2 + mu_y**2 + c1) * (var_x + var_y + c2))
            )
    return sum(values) / len(values)


def spearman_by_loops(a: list[float], b: list[float]) -> float:
    def rank(values, value):
        below = sum(other < value for other in values)
        equal = sum(other == value for other in values)
        return below + (equal + 1) / 2

    x, y = [rank(a, value) for value in a], [rank(b, value) for value in b]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    products = sum((p - mean_x) * (q - mean_y) for p, q in zip(x, y))
    return products / sqrt(sum((p - mean_x) ** 2 for p in x) * sum((q - mean_y) ** 2 for q in y))


@pytest.mark.parametrize("scale", [1.0, 255.0])
def test_ssim_is_the_formula_by_loops(rng, scale):
    a = scale * rng.random((17, 13))
    b = scale * (0.7 * a / scale + 0.3 * rng.random((17, 13)))

    # float64: variances as differences of means lose a few digits of 16
    assert structural_similarity(a, b, scale) == pytest.approx(
        ssim_by_loops(a, b, scale), abs=1e-12
    )


def test_ssim_of_colours_is_the_channels_mean(rng):
    a, b = rng.random((2, 11, 14, 3))
    channels = [ssim_by_loops(a[..., i], b[..., i], 1.0) for i in range(3)]

    assert structural_similarity(a, b, 1.0) == pytest.approx(np.mean(channels), abs=1e-12)


def test_ssim_of_equal_opposite_and_unrelated_pictures(rng):
    """Of signals around mid-grey."""
    a, b = 0.5 + rng.uniform(-0.5, 0.5, (2, 40, 40))

    assert structural_similarity(a, a, 1.0) == pytest.approx(1, abs=1e-12)
    assert structural_similarity(a, 1 - a, 1.0) < -0.8
    # the mean of 900 windows that overlap: its spread is below 0.05
    assert abs(structural_similarity(a, b, 1.0)) < 0.1


def test_ssim_needs_a_window_and_one_shape(rng):
    small = rng.random((10, 20))

    assert isnan(structural_similarity(small, small, 1.0))
    with pytest.raises(ValueError, match="one shape"):
        structural_similarity(rng.random((20, 20)), rng.random((20, 21)), 1.0)


def test_ranks_correlate_as_by_loops(rng):
    a = rng.integers(-4, 5, 60).astype(float)
    b = a + rng.integers(-3, 4, 60)

    for absolute in (False, True):
        x, y = (abs(a), abs(b)) if absolute else (a, b)
        # float64: sums of 60 products
        assert rank_correlation(a.reshape(6, 10), b.reshape(6, 10), absolute) == pytest.approx(
            spearman_by_loops(list(x), list(y)), abs=1e-12
        )


def test_any_rising_function_keeps_ranks(rng):
    a = rng.standard_normal(100)

    assert rank_correlation(a, np.exp(a)) == 1
    assert rank_correlation(a, -a) == -1
    assert rank_correlation(a, -a, absolute=True) == 1


def test_ties_share_the_mean_of_their_ranks():
    assert ranks(np.array([[2.0, 1.0, 2.0, 2.0]])).tolist() == [[2, 0, 2, 2]]


@pytest.mark.parametrize("other", [np.zeros(4), np.array([1, 2, np.nan, 3])])
def test_no_correlation_with_constants_or_nan(other):
    assert isnan(rank_correlation(np.arange(4.0), other))
    assert isnan(rank_correlation(other, np.arange(4.0)))
