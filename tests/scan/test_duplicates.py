"""Channels that rank the images alike are near duplicates."""

from __future__ import annotations

import numpy as np
import pytest

from tfdeconv.cli.describe_run import near_duplicates
from tfdeconv.scan import duplicates, residual
from tfdeconv.scan.duplicates import likeness, most_correlated
from tfdeconv.scan.maxima import MaximaFile

IMAGES = 60


def maxima_of(values: np.ndarray) -> MaximaFile:
    """A file of the maxima [images, channels] of two layers, `other` before `layer`."""
    other = np.zeros((len(values), 3))
    array = np.concatenate([other, values], 1).astype(np.float16)
    columns = {"other": slice(0, 3), "layer": slice(3, 3 + values.shape[1])}
    return MaximaFile(array, np.ones(len(values), bool), columns)


@pytest.mark.parametrize("compared, ranked", [(256, 1 << 21), (2, IMAGES)])
def test_planted_duplicates_are_found(rng, monkeypatch, compared, ranked):
    """One is another's square, which has its ranks; one is dead; the others are their own."""
    monkeypatch.setattr(duplicates, "COMPARED", compared)
    monkeypatch.setattr(duplicates, "RANKED", ranked)
    values = rng.random((IMAGES, 6))
    values[:, 1] = values[:, 4] ** 2
    values[:, 2] = 0
    values[7] = np.nan  # an image that does not count
    file = maxima_of(values)
    found = likeness(file, "layer")
    assert found.alike.tolist() == [False, True, False, False, True, False]
    assert found.partner[[1, 4]].tolist() == [4, 1]
    counted = np.delete(file.columns("layer"), 7, 1)
    every = residual.ranks(counted)
    for channel, (partner, value) in enumerate(zip(*found)):
        if channel != 2:
            expected = residual.correlation(every[[channel]], every[[partner]])[0]
            # float32 sums of 59 products
            assert abs(value - expected) < 1e-5
    rows = []
    for channel, (partner, value) in enumerate(zip(*found)):
        rows.append({"channel": channel, "most_like": partner, "rank_correlation": value})
    assert near_duplicates(rows) == ["1 and 4 (1.00)"]


def test_few_images_tell_nothing(rng):
    values = rng.random((IMAGES, 6))
    assert likeness(None, "layer") is None
    assert likeness(maxima_of(values), "first") is None
    assert likeness(maxima_of(values[: duplicates.FEWEST - 1]), "layer") is None
    assert likeness(maxima_of(values[: duplicates.FEWEST]), "layer") is not None


def test_of_many_images_some_are_compared(rng, monkeypatch):
    monkeypatch.setattr(duplicates, "MOST", 6 * IMAGES)
    values = rng.random((3 * IMAGES, 6))
    values[::3, 5] = values[::3, 0]
    found = likeness(maxima_of(values), "layer")
    assert found.partner[[0, 5]].tolist() == [5, 0] and found.correlation[0] > 0.999


def test_most_correlated_of_another_layer(rng):
    values = rng.random((IMAGES, 5))
    file = maxima_of(values)
    # the other layer has channel 3 upside down, channel 1, and one that never differs
    file.array[:, 0] = -file.array[:, 6]
    file.array[:, 1] = file.array[:, 4]
    found = most_correlated(file, "layer", "other", 9)
    assert found.channels.shape == (5, 3)
    # rounding of sums of 60 products at single precision
    assert found.channels[1, 0] == 1 and abs(found.correlations[1, 0] - 1) < 1e-5
    assert found.channels[3, 2] == 0 and abs(found.correlations[3, 2] + 1) < 1e-5
    assert (found.correlations[found.channels == 2] == 0).all()
    assert (np.diff(found.correlations, axis=1) <= 0).all()
    same = most_correlated(file, "layer", "layer", 9)
    assert same.channels.shape == (5, 4)
    assert all(channel not in row for channel, row in enumerate(same.channels))
