"""Pages of figures: everything is on them, no text overlaps, and what the captions say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_runs import COUNT, TOP

from tfdeconv.data import dataset
from tfdeconv.figures import captions, grid, page, residual, tiles
from tfdeconv.scan import run_file

WORDS = ("", "dead", "changed", "missing", "unreadable", "none")


def unit_tiles_of(rng, count, top, value=1.0, tile=(84, 84)) -> tiles.UnitTiles:
    shape = (count, top)
    black = np.zeros((*shape, *tile, 3), np.uint8)
    return tiles.UnitTiles(
        "conv4_block36_out",
        np.arange(2047, 2047 - count, -1),
        np.full(shape, value),
        np.zeros(shape, int),
        np.zeros((*shape, 2), int),
        rng.choice(WORDS, shape),
        black,
        {"conv4_block36_out": black},
        (9, 9),
        {},
    )


@pytest.mark.parametrize(
    "count, top, tile",
    [(1, 1, (84, 84)), (9, 9, (76, 76)), (70, 9, (76, 76)), (5, 30, (20, 96)), (40, 2, (96, 7))],
)
def test_grid_has_every_feature_once(rng, text_boxes, monkeypatch, count, top, tile):
    unit_tiles = unit_tiles_of(rng, count, top, -1.2345e-5, tile)
    unit_tiles.values[:, -1] = -3534.2
    labelled = []
    draw_label = grid.draw_label

    def counted(pen, unit_tiles, feature, *corner):
        labelled.append(feature)
        draw_label(pen, unit_tiles, feature, *corner)

    monkeypatch.setattr(grid, "draw_label", counted)
    title = "resnet152   conv4_block36_out"
    pages = list(grid.pages(unit_tiles, title, "top 9 of 50,000 images"))
    page_count = pages[0][1]
    assert labelled == list(range(count))
    assert [number for number, _, _ in pages] == list(range(1, page_count + 1))
    assert text_boxes
    for _, _, picture in pages:
        assert picture.width <= page.MAX_WIDTH and picture.height <= page.MAX_HEIGHT


@pytest.mark.parametrize("count, split", [(1, False), (6, True), (36, False), (36, True)])
def test_residual_pages_have_every_row(text_boxes, count, split):
    shape = (2, 9)
    black = np.zeros((*shape, 80, 80, 3), np.uint8)
    starts = ("whole", "a", "b") if split else ("whole",)
    note = (
        "fires 3534.2 ... -1.2345e-5; 9 of its 9 images are conv4_block35_out's too; "
        "rank correlation with it -0.11; "
        "-20 % through the identity path, 120 % through the branch"
    )
    rows = []
    for i in range(1, count + 1):
        unit_tiles = tiles.UnitTiles(
            f"conv4_block{i}_out",
            np.array([7, 1023]),
            np.ones(shape),
            np.zeros(shape, int),
            np.zeros((*shape, 2), int),
            np.full(shape, "changed"),
            black,
            {start: black for start in starts},
            (224, 224),
            {},
        )
        rows.append(residual.Row(unit_tiles, 1, note))
    title = "resnet152   conv4   channel 1023"
    pages = list(residual.pages(rows, title, "top 9\nidentity + residual"))
    page_count = pages[0][1]
    assert [number for number, _, _ in pages] == list(range(1, page_count + 1))
    assert (page_count > 1) == (count == 36)
    for _, _, picture in pages:
        assert picture.width <= 2048 and picture.height <= 2800
    # a page: title and two lines; a row: name, size, note, and the placeholders of 2 or 4 strips,
    # which have names if they are 4
    in_a_row = 3 + 4 + 9 * 4 if split else 3 + 9 * 2
    assert sum(map(len, text_boxes.values())) == len(pages) * 3 + count * in_a_row


@pytest.mark.parametrize(
    "values, images, text",
    [
        ([412.34, 400, 371.2], [3, 1, 2], "412.3 ... 371.2"),
        ([412.34, 0, -np.inf], [3, 1, -1], "412.3"),
        ([0, 0, -np.inf], [3, 1, -1], "dead"),
    ],
)
def test_activation_range(values, images, text):
    assert captions.activation_range(np.array(values), np.array(images)) == text


def test_caption_says_that_a_run_is_unfinished(scanned):
    now = run_file.load(scanned / "run.h5")
    source = dataset.open_source(now.root)
    assert captions.source_caption(now, source) == f"top {TOP} of {COUNT} images in 'images'"
    unfinished = replace(now, done=12, scanned=11)
    assert captions.source_caption(unfinished, source) == (
        f"top {TOP} of 11 images in 'images' (12 of {COUNT} seen)"
    )
