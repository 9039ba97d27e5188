"""How far vectors are from each other, of which one at a time is in memory."""

from __future__ import annotations

from math import nan, sqrt

import numpy as np


class PairDistances:
    """The root mean square of the Euclidean distances between all pairs of some vectors.

    The squares of all pairs' distances sum up to n times the squared distances from the mean,
    which are brought up to date with each vector (Welford 1962).

    >>> distances = PairDistances()
    >>> for vector in ([0.0, 0.0], [3.0, 4.0], [0.0, 0.0]):
    ...     distances.add(np.array(vector))
    >>> distances.root_mean_square == sqrt((25 + 25 + 0) / 3)
    True
    """

    def __init__(self) -> None:
        self.count = 0
        self._mean: np.ndarray | None = None
        self._squares = 0.0  # of the distances from the mean, summed up

    def add(self, vector: np.ndarray) -> None:
        """vector: of any shape, the same as the others'."""
        exact = np.asarray(vector, np.float64)
        self.count += 1
        if self._mean is None:
            self._mean = exact.copy()
            return
        before = exact - self._mean
        self._mean += before / self.count
        self._squares += float(np.vdot(before, exact - self._mean))

    @property
    def root_mean_square(self) -> float:
        """NaN for less than two vectors."""
        if self.count < 2:
            return nan
        return sqrt(2 * self._squares / (self.count - 1))
