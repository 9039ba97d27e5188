"""The table of images by their pixels, against a dictionary."""

from __future__ import annotations

import numpy as np

from tfdeconv.scan.first_images import FirstImages


def test_a_dictionary_finds_the_same(rng):
    digests = rng.integers(0, 256, (300, 32), np.uint8)
    # whole copies; the same slot and other pixels; and all in one slot, at the end of the table
    digests[100:150] = digests[rng.integers(0, 100, 50)]
    digests[150:200, :8] = digests[rng.integers(0, 100, 50), :8]
    digests[200:, :8] = 255
    table = FirstImages(digests)
    first: dict[bytes, int] = {}
    for image in [*range(0, 300, 2), *range(300)]:
        assert table.first(image) == first.setdefault(digests[image].tobytes(), image)


def test_no_images_have_a_table():
    assert len(FirstImages(np.zeros((0, 32), np.uint8)).slots) == 1
