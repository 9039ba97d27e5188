"""Pages of figures: everything is on them, no text overlaps, and what the captions say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_runs import COUNT, TOP

from tfdeconv.data import dataset
from tfdeconv.data.labels import Labels
from tfdeconv.figures import (
    captions,
    cutout,
    grid,
    legend,
    letters,
    page,
    pixels,
    residual,
    run_page,
    tile_texts,
)
from tfdeconv.figures.unit_names import UnitNames
from tfdeconv.figures.unit_tiles import TileOptions, UnitTiles
from tfdeconv.network.classes import ClassLayer
from tfdeconv.scan import run_file

WORDS = ("", "dead", "changed", "missing", "unreadable", "none")


def unit_tiles_of(rng, count, top, size=(84, 84), layer="conv4_block36_out", starts=1):
    """Units of which some are drawn: with signals of zeros in black images of that size."""
    shape = (count, top)
    words = rng.choice(WORDS, shape)
    box = np.array((0, 0, *size))
    black = np.zeros((*size, 3), np.uint8)
    names = ("whole", "shortcut", "branch")[:starts]
    nothing = {name: cutout.keep_tones(np.zeros((*size, 3)), box, size) for name in names}
    cutouts = {}
    for place in zip(*np.nonzero(words == "")):
        cutouts[place] = cutout.Cutout(box, box, box, size, black, box, nothing)
    return UnitTiles(
        layer,
        np.arange(2047, 2047 - count, -1),
        np.full(shape, -1.2345e-5),
        np.zeros(shape, int),
        np.zeros((*shape, 2), int),
        words,
        names,
        size,
        size,
        is_large=False,
        has_map=True,
        options=TileOptions(),
        raw={},
        cutouts=cutouts,
    )


def page_text(*sentences: str) -> run_page.PageText:
    caption = ("top 9 of 50,000 images in 'val', rule deconvnet; " * 5, "another paragraph")
    return run_page.PageText("resnet152   conv4 " * 9, caption, legend.Legend(sentences))


@pytest.mark.parametrize(
    "count, top, size", [(1, 1, (84, 84)), (9, 9, (5, 5)), (50, 4, (20, 96)), (20, 2, (3000, 1))]
)
def test_grid_has_every_feature_once(rng, text_boxes, monkeypatch, count, top, size):
    unit_tiles = unit_tiles_of(rng, count, top, size)
    unit_tiles.values[:, -1] = -3534.2
    unit_tiles.layer = "whole"
    drawn = []
    draw_feature = grid.draw_feature

    def counted(canvas, unit_tiles, feature, *rest):
        drawn.append(feature)
        draw_feature(canvas, unit_tiles, feature, *rest)

    monkeypatch.setattr(grid, "draw_feature", counted)
    labels = Labels(tuple(f"a class of a long name {i} " * 9 for i in range(2048)), "by a file")
    classes = ClassLayer("whole", 2048, "softmax", False)
    for names in (UnitNames(), UnitNames(classes, labels)):
        texts = captions.feature_texts(unit_tiles, names)
        text = page_text(*captions.layer_legend(unit_tiles, names, None).sentences)
        pages = list(grid.pages(unit_tiles, texts, text))
        assert drawn == list(range(count))
        assert [number for number, _, _ in pages] == list(range(1, pages[0][1] + 1))
        assert text_boxes
        for _, _, picture in pages:
            assert picture.width <= page.MAX_WIDTH and picture.height <= page.MAX_HEIGHT
        drawn.clear()


HOSTILE = ("a" * 300 + ".png", "x\x1b[31m\n.png", "\u202eb\u2066.png", "\u65e5\udcff.png")


def test_names_stand_under_every_tile(rng, text_boxes):
    unit_tiles = unit_tiles_of(rng, 20, 5, (40, 40), layer="whole")
    unit_tiles.options = TileOptions(names=True)
    unit_tiles.images[:, :-1] = range(4)
    unit_tiles.images[:, -1] = -1
    texts = []
    for feature in range(20):
        lines = tile_texts.tile_texts(unit_tiles, feature, HOSTILE.__getitem__, ["a label"] * 4)
        texts.append(grid.FeatureText(f"feature {feature}", "fires", lines))
    assert texts[0].tiles[1].photo == [HOSTILE[1], "a label"] and texts[0].tiles[4].photo == ()
    pages = list(grid.pages(unit_tiles, texts, page_text("how to read it")))
    for _, _, picture in pages:
        assert picture.width <= page.MAX_WIDTH and picture.height <= page.MAX_HEIGHT
    # a name and an activation for each unit
    assert sum(map(len, text_boxes.values())) >= 2 * 20 * 4


def test_legends_say_what_saturated_means(rng):
    unit_tiles = unit_tiles_of(rng, 1, 2)
    assert not any("Saturated" in each for each in captions.tile_sentences([unit_tiles], None))
    unit_tiles.saturated.add((0, 0))
    assert any("Saturated" in each for each in captions.tile_sentences([unit_tiles], None))


def test_places_without_images_take_no_room(rng):
    unit_tiles = unit_tiles_of(rng, 2, 9)
    unit_tiles.placeholders[:, 4:] = "none"
    unit_tiles.placeholders[:, 3] = "dead"
    few = unit_tiles_of(rng, 2, 4)
    sizes = []
    for each in (unit_tiles, few):
        each.cutouts.clear()
        texts = captions.feature_texts(each, UnitNames())
        sizes += [picture.size for _, _, picture in grid.pages(each, texts, page_text("."))]
    assert unit_tiles.places == 4 and sizes[0] == sizes[1]


def test_what_steers_is_not_drawn():
    assert letters.printable("x\x1b[31m\n\u202eb\udcff\u2028") == "x?[31m??b??"


@pytest.mark.parametrize("count, starts, top", [(1, 1, 9), (6, 3, 9), (28, 1, 40), (36, 3, 9)])
def test_residual_pages_have_every_row(rng, text_boxes, count, starts, top):
    note = (
        "fires 3534.2 to -1.2345e-5; 9 of its 9 images are conv4_block35_out's too; "
        "rank correlation with it -0.11; "
        "-20 % through the identity path, 120 % through the branch"
    )
    rows = []
    for i in range(1, count + 1):
        layer = f"a_stage_of_a_long_name_{i}" if i % 2 else f"conv4_block{i}_out"
        unit_tiles = unit_tiles_of(rng, 2, top, layer=layer, starts=starts)
        rows.append(residual.Row(unit_tiles, 1, note))
    all_tiles = [row.unit_tiles for row in rows]
    text = page_text(*captions.blocks_legend(all_tiles, None).sentences)
    pages = list(residual.pages(rows, text))
    page_count = pages[0][1]
    assert [number for number, _, _ in pages] == list(range(1, page_count + 1))
    assert (page_count > 1) == (count >= 28)
    for _, _, picture in pages:
        assert picture.width <= page.MAX_WIDTH and picture.height <= page.MAX_HEIGHT
    # a row: name, size, note, and the words of its photos and of each projection
    words = sum(np.isin(drawn.placeholders[1], WORDS[1:-1]).sum() for drawn in all_tiles)
    empty_page = 1 + len(text.caption) + 4
    written = sum(map(len, text_boxes.values()))
    assert written >= page_count * empty_page + 3 * count + words * (1 + starts)


def test_tiles_of_few_features_are_large(rng):
    sides = []
    for count in (1, 4, 9, 40):
        unit_tiles = unit_tiles_of(rng, count, 9, (76, 76))
        sides.append(grid.tile_size(unit_tiles, 0)[0])
    # whole factors of the view where there is room
    assert sides == [228, 160, 96, 76]


def test_common_scale_is_the_largest(rng):
    unit_tiles = unit_tiles_of(rng, 1, 2, (9, 9))
    unit_tiles.placeholders[:] = ""
    box = np.array((0, 0, 9, 9))
    for rank, factor in enumerate((1, 4)):
        signal = factor * rng.standard_normal((9, 9, 3)).astype(np.float32)
        kept = {"whole": cutout.keep_tones(signal, box, (9, 9))}
        black = np.zeros((9, 9, 3), np.uint8)
        unit_tiles.cutouts[0, rank] = cutout.Cutout(box, box, box, (9, 9), black, box, kept)
    half_precision = 1e-3
    assert grid.common_scale(unit_tiles) == pytest.approx(
        pixels.scale_end(signal), rel=half_precision
    )


@pytest.mark.parametrize(
    "values, images, text",
    [
        ([412.34, 400, 371.2], [3, 1, 2], "412.3 to 371.2"),
        ([412.34, 0, -np.inf], [3, 1, -1], "412.3"),
        ([0, 0, -np.inf], [3, 1, -1], ""),
    ],
)
def test_activation_range(values, images, text):
    assert captions.activation_range(np.array(values), np.array(images)) == text


def test_caption_says_that_a_run_is_unfinished(scanned):
    now = run_file.load(scanned / "run.h5")
    source = dataset.open_source(now.root)
    assert captions.source_caption(now, source) == f"top {TOP} of {COUNT} images in 'images'"
    unfinished = replace(now, done=12, scanned=11)
    assert captions.source_caption(replace(now, scanned=1), source).startswith("top 1 of 1 images")
    assert captions.source_caption(unfinished, source) == (
        f"top {TOP} of 11 images in 'images' (12 of {COUNT} seen)"
    )
