"""The first images of a list, and some by chance."""

from __future__ import annotations

import numpy as np
import pytest

from tfdeconv.data.dataset import list_source, open_source
from tfdeconv.data.selection import Selection, sample_of, selected, selection_of, splitmix
from tfdeconv.scan.consistency import is_selection

# of the same formula in integers without bounds; a sample stays the same as long as there are runs
GOLDEN = [6, 20, 23, 33, 40, 45]
NAMES = [f"{number}.png" for number in range(50)]


def test_chance_is_splitmix_and_the_same_everywhere():
    # what Java's SplittableRandom(0).nextLong() gives first
    assert int(splitmix(np.zeros(1, np.uint64))[0]) == 0xE220A8397B1DCDAF
    assert sample_of(50, 6, 0).tolist() == GOLDEN
    assert sample_of(50, 6, 1).tolist() != GOLDEN


def test_a_sample_is_of_all_alike(rng):
    drawn = np.zeros(20)
    for seed in range(400):
        sample = sample_of(20, 5, seed)
        assert (np.diff(sample) > 0).all() and len(sample) == 5
        drawn[sample] += 1
    # 100 of each, with a standard deviation of 8.7: five of them
    assert (np.abs(drawn - 100) < 44).all()
    assert set(sample_of(1000, 10, 7)) < set(sample_of(1000, 30, 7))
    assert sample_of(3, 5, 0).tolist() == [0, 1, 2]


def test_names_and_labels_are_selected():
    source = list_source("/x", NAMES, [str(number) for number in range(50)])
    first = selected(source, Selection(limit=3))
    assert (first.names, first.labels, first.count) == (tuple(NAMES[:3]), ("0", "1", "2"), 3)
    assert first.digest == list_source("/y", NAMES[:3]).digest
    some = selected(source, Selection(sample=6))
    assert some.names == tuple(NAMES[number] for number in GOLDEN)
    assert some.labels == tuple(map(str, GOLDEN))
    assert selected(source, Selection()) is source
    assert selected(source, Selection(limit=99)).names == source.names


def test_images_of_an_array_are_selected(tmp_path, rng):
    images = rng.integers(0, 256, (50, 4, 5, 3), np.uint8)
    np.save(tmp_path / "x.npy", images)
    with open_source(str(tmp_path / "x.npy")) as whole:
        first = selected(whole, Selection(limit=3))
        assert (first.count, first.names) == (3, ())
        some = selected(whole, Selection(sample=6))
        assert some.names[:2] == ("image 6", "image 20") and some.name(1).endswith(": image 20")
        for place, number in enumerate(GOLDEN):
            np.testing.assert_array_equal(some.pixels(place, 3), images[number])
        assert len({source.digest for source in (whole, first, some)}) == 3


@pytest.mark.parametrize("text", ["", "--limit 10", "--sample 10 --seed 3"])
def test_a_selection_is_its_text(text):
    assert str(selection_of(text)) == text and is_selection(text)


@pytest.mark.parametrize("text", ["--limit", "--sample 3", "--limit 3 ", "--limit -1", None, 3])
def test_other_texts_select_nothing(text):
    assert not is_selection(text)
