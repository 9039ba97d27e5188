"""Which frequencies filters let through: their power spectra, in cycles per pixel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..memory import refuse_beyond_memory

# ends of the bands, in cycles per pixel: periods of 8 and of 4 pixels
LOW, HIGH = 1 / 8, 1 / 4
GRID = 64  # frequencies on each axis, at least; a kernel takes up half of it at most
SMALLER = "draw a network with smaller kernels"
BATCH = 64  # kernels that are transformed at a time


@dataclass(frozen=True)
class Spectra:
    """Power of n filters at N x N frequencies: [n, N, N], which adds up to 1 for each.

    NaN for filters of zeros. Frequencies are as np.fft.fftfreq has them, down and across.
    """

    power: np.ndarray

    @cached_property
    def frequencies(self) -> np.ndarray:
        """Of each axis: [N], in cycles per pixel."""
        return np.fft.fftfreq(self.power.shape[1])

    @cached_property
    def radius(self) -> np.ndarray:
        """How high the frequencies are, whatever their direction: [N, N]."""
        return np.hypot(self.frequencies[:, None], self.frequencies)

    def share(self, inside: np.ndarray) -> np.ndarray:
        """The part of each filter's power at some frequencies [N, N]: [n]."""
        return (self.power * inside).sum((1, 2))

    @cached_property
    def bands(self) -> np.ndarray:
        """The shares of low, middle and high frequencies: [3, n]."""
        low = self.radius < LOW
        high = self.radius >= HIGH
        return np.stack([self.share(low), self.share(~low & ~high), self.share(high)])

    def beyond(self, stride: tuple[int, int]) -> np.ndarray:
        """The share of each filter's power that a stride cannot tell from lower frequencies: [n].

        That is beyond half a cycle per step, down or across.
        """
        down = np.abs(self.frequencies) > 0.5 / stride[0]
        across = np.abs(self.frequencies) > 0.5 / stride[1]
        return self.share(down[:, None] | across)

    @cached_property
    def peaks(self) -> np.ndarray:
        """The frequency at which each filter lets most through: [n]; NaN for filters of zeros."""
        flat = np.nan_to_num(self.power).reshape(len(self.power), -1)
        peaks = self.radius.ravel()[flat.argmax(1)]
        return np.where(np.isfinite(self.power[:, 0, 0]), peaks, np.nan)

    def by_radius(self, edges: np.ndarray) -> np.ndarray:
        """The share of each filter's power from one edge to the next: [n, len(edges) - 1]."""
        shares = []
        for low, high in zip(edges, edges[1:]):
            shares.append(self.share((self.radius >= low) & (self.radius < high)))
        return np.stack(shares, 1)


def spectra(kernels: np.ndarray) -> Spectra:
    """The spectra of filters [n, h, w, c]: the power of their channels, summed."""
    count, height, width, _ = kernels.shape
    size = max(GRID, 2 * max(height, width))
    refuse_beyond_memory(2 * 8 * count * size * size, f"spectra of {count} kernels", SMALLER)
    power = np.empty((count, size, size))
    for first in range(0, count, BATCH):
        some = slice(first, first + BATCH)
        transformed = np.fft.fft2(kernels[some], (size, size), (1, 2))
        power[some] = np.square(np.abs(transformed)).sum(-1)
    total = power.sum((1, 2), keepdims=True)
    with np.errstate(invalid="ignore"):
        return Spectra(power / total)
