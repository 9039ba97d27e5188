"""How alike two pictures or lists of numbers are: structural similarity and rank correlation.

Both are NaN where they are not defined, and not 0.
"""

from __future__ import annotations

import numpy as np

from ..scan.residual import correlation, ranks

# Wang et al. 2004, section III C: the window, and what keeps divisions by small numbers stable
WINDOW = 11
SIGMA = 1.5
K1, K2 = 0.01, 0.03


def structural_similarity(a: np.ndarray, b: np.ndarray, data_range: float) -> float:
    """SSIM of two pictures [h, w] or [h, w, c] of one shape: 1 where they are equal, down to -1.

    The mean over all places where the window of 11 x 11 lies within the picture, and over the
    channels. Values from 0 to data_range, 255 for bytes: of a signed signal put the zero in the
    middle, as where it is drawn. (Below 0 the formula means little: of two opposite signals both
    of its factors are negative, and their product is near 1.) NaN where a side is below 11, or a
    value is not finite. Raises ValueError for other shapes.

    Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli: Image quality assessment: from error
    visibility to structural similarity, 2004.
    """
    if a.shape != b.shape or a.ndim not in (2, 3):
        raise ValueError(f"found {a.shape} and {b.shape}, expected one shape [h, w] or [h, w, c]")
    if min(a.shape[:2]) < WINDOW:
        return float("nan")
    a = np.asarray(a, np.float64)
    b = np.asarray(b, np.float64)
    mean_a = local_mean(a)
    mean_b = local_mean(b)
    variances = local_mean(a * a) - mean_a**2 + local_mean(b * b) - mean_b**2
    covariance = local_mean(a * b) - mean_a * mean_b
    c1 = (K1 * data_range) ** 2
    c2 = (K2 * data_range) ** 2
    luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    structure = (2 * covariance + c2) / (variances + c2)
    return float(np.mean(luminance * structure))


def local_mean(x: np.ndarray) -> np.ndarray:
    """[h, w, ...] -> [h - 10, w - 10, ...]: the mean within each window, weighted by a Gaussian."""
    distance = np.arange(WINDOW) - WINDOW // 2
    weights = np.exp(-(distance**2) / (2 * SIGMA**2))
    weights /= weights.sum()
    rows = x.shape[0] - WINDOW + 1
    columns = x.shape[1] - WINDOW + 1
    # the Gaussian of two axes is the product of two of one
    by_rows = sum(weight * x[i : i + rows] for i, weight in enumerate(weights))
    return np.asarray(sum(weight * by_rows[:, j : j + columns] for j, weight in enumerate(weights)))


def rank_correlation(a: np.ndarray, b: np.ndarray, absolute: bool = False) -> float:
    """Spearman's rank correlation of two arrays of one shape, over all their values: from -1 to 1.

    Equal values share the mean of their ranks. absolute: of the magnitudes. NaN where one of the
    arrays has the same value everywhere, or a value is not finite. Raises ValueError for different
    shapes.
    """
    if a.shape != b.shape:
        raise ValueError(f"found {a.shape} and {b.shape}, expected one shape")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan")
    if absolute:
        a, b = np.abs(a), np.abs(b)
    return float(correlation(ranks(a.reshape(1, -1)), ranks(b.reshape(1, -1)))[0])
