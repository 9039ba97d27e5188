"""Parts of a photo's picture: where labels and tiles stand, and what tiles show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tfdeconv.data.preprocessing import identity
from tfdeconv.engine.projection import Projection
from tfdeconv.figures import photo, photo_layout, pixels, rectangles
from tfdeconv.figures.box_labels import is_roomy, place_labels
from tfdeconv.figures.photo_views import views_of


def test_labels_hide_no_small_box_and_no_label():
    rng = np.random.default_rng(4)
    size = (40, 20)
    room = (0, 0, 600, 500)
    for _ in range(10):
        starts = rng.integers(0, (500, 400), (9, 2))
        sides = rng.choice([9, 40, 100], 9)
        boxes = [(int(x), int(y), int(x + s), int(y + s)) for (x, y), s in zip(starts, sides)]
        labels = place_labels(boxes, [size] * len(boxes), room)
        for i, label in enumerate(labels):
            assert label is not None and rectangles.contains(room, label.spot)
            for other in labels[:i]:
                assert rectangles.overlap_area(label.spot, other.spot) == 0
            for box in boxes:
                hidden = rectangles.overlap_area(label.spot, box)
                # crowded boxes may hide each other, and a corner of one may be hidden
                assert is_roomy(box, size) or hidden <= 0.2 * rectangles.area(box)


@pytest.mark.parametrize("image", [(224, 224), (300, 450), (3000, 300), (300, 3000)], ids=str)
@pytest.mark.parametrize("tiles", [1, 2])
@pytest.mark.parametrize("cam", [False, True])
def test_pages_are_filled_and_nothing_overlaps(image, tiles, cam):
    view = (76, 76) if tiles == 2 else image
    for count in (1, 2, 3, 5, 9, 13, 16):
        content = photo_layout.Content(image, view, count, tiles, 120, 90, tiles == 2, cam)
        layout = photo_layout.lay_out(content)
        width, height = layout.grid.tile
        if tiles == 2:
            assert width == height and width >= 160
        # no poster of one column
        assert not cam or layout.size[1] < 2 * layout.size[0] or max(image) > 1000
        places = [(0, 0, *layout.photo)]
        for i in range(count):
            left, top = layout.corner(i)
            size = (layout.grid.unit_width, layout.grid.unit_height)
            places.append((left, top, left + size[0], top + size[1]))
        for i, place in enumerate(places):
            assert rectangles.contains((0, 0, *layout.size), place)
            assert not any(rectangles.overlap_area(place, other) for other in places[:i])
        # the worst is a long strip beside a single pair of square tiles
        filled = sum(map(rectangles.area, places)) / (layout.size[0] * layout.size[1])
        least = 0.5 if cam else 0.6
        assert filled > (least if max(image) < 1000 else 0.4), (count, filled)


def blobs(sides, field=200, size=(100, 120)) -> Projection:
    """Units whose fields are larger than the image, and signals of blobs of those sides."""
    count = len(sides)
    patches = np.zeros((1, count, *size, 3), np.float32)
    for i, side in enumerate(sides):
        top, left = (20, 30) if side < 60 else (0, 0)
        patches[0, i, top : top + side, left : left + side] = 1
    boxes = np.tile((0, 0, *size), (1, count, 1))
    fields = np.tile(
        (30 - field // 2, 40 - field // 2, 30 + field // 2, 40 + field // 2), (1, count, 1)
    )
    falses = np.zeros((1, count), bool)
    positions = np.ones((1, count, 2), int)
    values = np.ones((1, count))
    channels = np.arange(count)[None]
    return Projection(channels, values, falses, falses, positions, boxes, fields, patches, size)


def test_large_fields_are_cropped_to_their_signals():
    views = views_of(blobs([50, 49]), 0)
    assert views.cropped and not views.whole
    assert views.field == (200, 200) and views.centres == [(30, 40)] * 2
    for top, left, bottom, right in views.boxes:
        assert top <= 20 and left <= 30 and bottom >= 69 and right >= 79
        assert bottom - top == right - left < 60
    # views that nearly coincide are the same
    np.testing.assert_array_equal(views.boxes[0], views.boxes[1])


def test_spread_signals_are_shown_once():
    views = views_of(blobs([100, 30]), 0)
    assert views.whole and not views.cropped
    assert views.boxes.tolist() == [[0, 0, 100, 120]] * 2


def with_small_fields(side) -> Projection:
    """A unit whose field is of 60 x 60, with a signal of that side in its middle."""
    projection = blobs([8], field=60)
    signal = np.zeros((1, 1, 60, 60, 3), np.float32)
    start = (60 - side) // 2
    signal[:, :, start : start + side, start : start + side] = 1
    fields = projection.receptive_fields
    return replace(projection, boxes=fields, patches=signal)


def test_small_signals_of_small_fields_are_cropped_to():
    """As in runs: tests/figures/test_top_units.py."""
    views = views_of(with_small_fields(20), 0)
    assert views.cropped and not views.whole and views.centres == [(30, 40)]
    assert views.boxes.tolist() == [[20, 30, 40, 50]]


def test_small_fields_are_shown_as_they_are():
    projection = with_small_fields(40)
    views = views_of(projection, 0)
    assert not views.whole and not views.cropped and not views.centres
    assert views.boxes.tolist() == [[0, 10, 60, 70]]


def test_contrast_does_not_fade_with_size():
    """A signal as fine as its pixels: its averages in a tile are weaker the larger the photo is."""
    rng = np.random.default_rng(5)
    spreads = []
    for width in (300, 600, 1200, 2400):
        size = (width * 3 // 4, width)
        spread = blobs([0], size=size)
        spread.positions[:] = -1
        spread.receptive_fields[:] = (0, 0, *size)
        x = np.full((*size, 3), 255, np.float32)
        # nothing but zero is mid-grey: where the tile is
        is_tile = (drawn(x, spread) == pixels.ZERO).all(2)
        assert is_tile.sum() > 200 * 200
        spread.patches[0, 0] = rng.standard_normal((*size, 3), np.float32)
        spreads.append(drawn(x, spread)[is_tile].std())
    assert min(spreads) > 10 and max(spreads) < 2 * min(spreads), spreads


def drawn(x: np.ndarray, projection: Projection) -> np.ndarray:
    (page,) = photo.draw(x, projection, 0, identity(x.shape[:2]), "title", "caption")
    return np.asarray(page)
