"""Power spectra of filters, against sums that are written out."""

from __future__ import annotations

import cmath
from math import hypot, pi

import numpy as np
import pytest

from tfdeconv.experiments.frequencies import GRID, HIGH, LOW, spectra


def slow_shares(kernel: np.ndarray, stride: tuple[int, int]) -> list[float]:
    """Low, middle, high, and beyond the stride: by the definition of the Fourier transform."""
    sums = [0.0, 0.0, 0.0, 0.0]
    half = GRID // 2
    for i in range(-half, half):
        for j in range(-half, half):
            down, across = i / GRID, j / GRID
            power = 0.0
            for channel in range(kernel.shape[2]):
                total = 0j
                for (row, column), value in np.ndenumerate(kernel[..., channel]):
                    total += value * cmath.exp(-2j * pi * (down * row + across * column))
                power += abs(total) ** 2
            radius = hypot(down, across)
            band = 0 if radius < LOW else 1 if radius < HIGH else 2
            sums[band] += power
            if abs(down) > 1 / (2 * stride[0]) or abs(across) > 1 / (2 * stride[1]):
                sums[3] += power
    whole = sum(sums[:3])
    return [each / whole for each in sums]


def test_shares_are_those_of_the_definition(rng):
    kernels = rng.standard_normal((2, 3, 2, 2))
    found = spectra(kernels)
    shares = np.stack([*found.bands, found.beyond((2, 3))], 1)
    # float64 sums in another order
    np.testing.assert_allclose(
        shares, [slow_shares(kernel, (2, 3)) for kernel in kernels], atol=1e-12
    )


def test_planted_frequencies_are_found():
    place = np.arange(16)
    waves = [np.cos(2 * pi * place / period) for period in (16, 6, 2.5)]
    kernels = np.stack([np.outer(np.ones(16), wave)[..., None] for wave in waves])
    found = spectra(kernels)
    # a window of 16 pixels smears a frequency over 1/16 cycles per pixel
    assert (found.bands.argmax(0) == [0, 1, 2]).all() and (found.bands.max(0) > 0.7).all()
    np.testing.assert_allclose(found.peaks, [1 / 16, 1 / 6, 1 / 2.5], atol=1 / 64)
    # stride 4 passes up to 1/8 cycles per pixel
    assert found.beyond((1, 4))[0] < 0.2 and (found.beyond((1, 4))[1:] > 0.9).all()
    assert (found.beyond((1, 1)) == 0).all()


def test_power_adds_up_and_zeros_have_none(rng):
    kernels = rng.standard_normal((3, 40, 5, 1))
    kernels[1] = 0
    found = spectra(kernels)
    np.testing.assert_allclose(found.power.sum((1, 2)), [1, np.nan, 1])
    assert np.isnan(found.bands[:, 1]).all() and np.isnan(found.peaks[1])
    np.testing.assert_allclose(found.bands[:, [0, 2]].sum(0), 1)
    edges = np.linspace(0, 0.75, 7)
    np.testing.assert_allclose(found.by_radius(edges)[[0, 2]].sum(1), 1)


def test_spectra_too_large_for_memory_are_refused(monkeypatch):
    monkeypatch.setattr("tfdeconv.memory.memory", lambda: 1000)
    with pytest.raises(Exception, match="spectra of 2 kernels would need"):
        spectra(np.zeros((2, 3, 3, 1)))
