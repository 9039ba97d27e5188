"""A photo's picture: colours, patches and text (tfdeconv.figures)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import ceil

import numpy as np
import pytest
from PIL import ImageDraw

from tfdeconv.data.preprocessing import Preprocessing
from tfdeconv.engine.deconvnet import Projection
from tfdeconv.engine.heat_maps import HeatMaps
from tfdeconv.figures import letters, photo, pixels
from tfdeconv.figures.page import MARGIN
from tfdeconv.figures.photo_layout import Content, lay_out
from tfdeconv.figures.style import SCALES, Style


def projected(
    rng, count, channels=3, size=(20, 24), patch=None, mode="max", activation=1.0
) -> tuple[np.ndarray, Projection]:
    """An image and random projections of it, on patches that reach over its border."""
    height, width = patch or ((9, 11) if mode == "max" else size)
    corners = (
        np.stack([rng.integers(-4, size[0] - 3, count), rng.integers(-4, size[1] - 3, count)], 1)
        if mode == "max"
        else np.zeros((count, 2), int)
    )
    boxes = np.concatenate([corners, corners + (height, width)], 1)[None]
    return rng.random((*size, channels)).astype(np.float32) * 255, Projection(
        np.arange(2047, 2047 - count, -1)[None],
        np.full((1, count), activation),
        np.zeros((1, count), bool),
        np.zeros((1, count), bool),
        np.full((1, count, 2), 0 if mode == "max" else -1),
        boxes,
        boxes,
        rng.standard_normal((1, count, height, width, channels)).astype(np.float32),
        size,
    )


@pytest.fixture
def written(monkeypatch):
    """Each text that is drawn, with its box (left, top, right, bottom), by page."""
    pages: dict[int, list[tuple[str, tuple[float, ...]]]] = {}
    write = ImageDraw.ImageDraw.text

    def text(pen, at, words, ink, letters, anchor=None):
        box = pen.textbbox(at, words, letters, anchor)
        pages.setdefault(id(pen.im), []).append((words, box))
        write(pen, at, words, ink, letters, anchor)
        assert 0 <= box[0] and box[2] <= pen.im.size[0], words
        assert 0 <= box[1] and box[3] <= pen.im.size[1], words

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", text)
    return pages


def draw(x, projection, caption="a photo.jpg, rule deconvnet", **options):
    plain = Preprocessing("rgb", projection.size, 20)
    return photo.draw(x, projection, 0, plain, "resnet152   conv4", caption, **options)


@pytest.mark.parametrize(
    "size, patch",
    [((20, 24), None), ((20, 400), (16, 19)), ((400, 20), (16, 19)), ((60, 40), (60, 9))],
    ids=["photo", "panorama", "pole", "narrow patches"],
)
@pytest.mark.parametrize(
    "mode, count, activation",
    [("max", 1, 3534.2), ("max", 9, -1.2345e-5), ("all", 3, 0.0012344), ("max", 18, -1.2345e-5)],
)
def test_no_text_overlaps_another(rng, written, size, patch, mode, count, activation):
    if mode == "all":
        patch = None
    x, projection = projected(rng, count, size=size, patch=patch, mode=mode, activation=activation)
    drawn = draw(x, projection, caption="a photo with a long name " * 9)
    assert len(drawn) == len(written) == ceil(count / photo.FEATURES)
    assert_texts_are_apart(written)


def assert_texts_are_apart(written) -> None:
    for texts in written.values():
        for i, (words, (left, top, right, bottom)) in enumerate(texts):
            for others, other in texts[:i]:
                apart = right <= other[0] or other[2] <= left
                assert apart or bottom <= other[1] or other[3] <= top, (words, others)


@pytest.mark.parametrize("mode, count", [("max", 3), ("all", 2)])
@pytest.mark.parametrize("size", [(20, 24), (20, 400), (400, 20)], ids=str)
def test_heat_maps_are_drawn_apart(rng, written, size, mode, count):
    x, projection = projected(rng, count, size=size, mode=mode, activation=-1.2345e-5)
    values = rng.random((1, count, 3, 4)) * 1.2345e-7
    values[0, 1] = 0
    guided = projection.patches * values.max((2, 3))[..., None, None, None]
    heat_maps = HeatMaps("block4_conv3", values, guided)
    (plain,) = draw(x, projection)
    written.clear()
    (page,) = draw(x, replace(projection, heat_maps=heat_maps))
    assert page.size[0] * page.size[1] > plain.size[0] * plain.size[1]
    assert_texts_are_apart(written)
    (texts,) = written.values()
    drawn = " ".join(words for words, _box in texts)
    assert f"max {values[0, 0].max():.3g}" in drawn and "Grad-CAM at block4_conv3" in drawn
    assert drawn.count("zero everywhere") == 2


def test_many_features_make_pages(rng, written):
    x, projection = projected(rng, 40)
    pages = draw(x, projection)
    assert len({page.size for page in pages}) == 1
    texts = [[words for words, _box in page] for page in written.values()]
    assert [f"page {number} of 3" in page[1] for number, page in enumerate(texts, 1)] == [True] * 3
    for channel in projection.channels[0]:
        # under its tiles and beside its box, on one page
        assert sum(str(channel) in page for page in texts) == 1


def test_coincident_boxes_share_a_label(rng, written):
    x, projection = projected(rng, 3, size=(40, 50))
    projection.boxes[0, 2] = projection.boxes[0, 0]
    draw(x, projection)
    (texts,) = written.values()
    words = [text for text, _box in texts]
    assert words.count("2047, 2045") == 1 and words.count("2046") == 2


@pytest.mark.parametrize("scale", SCALES)
def test_weaker_signal_is_fainter_on_common_scale(rng, scale):
    x, projection = projected(rng, 2, mode="all")
    projection.patches[0, 1] = projection.patches[0, 0] / 2
    (page,) = draw(x, projection, style=Style("grey", scale))
    drawn = np.asarray(page).astype(int)
    content = Content((20, 24), (20, 24), 2, 1, 100, 60, False)
    layout = lay_out(content)
    width, height = layout.grid.tile
    spread = []
    for i in range(2):
        left, top = np.add(layout.corner(i), (MARGIN, 0))
        column = drawn[:, left + 2 : left + width - 2, 0]
        start = int(np.flatnonzero((column != 255).all(1))[0]) + top
        spread.append(column[start + 3 : start + height - 3].std())
    # levels are whole numbers, and 1 % is beyond the scale
    expected = 1 if scale == "own" else 0.5
    assert spread[1] / spread[0] == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("text", ["couche été", "слой", "猫の写真.jpg", "a\nb"])
def test_every_letter_is_drawn_or_replaced(text):
    shown = letters.printable(text)
    assert letters.has_all(letters.font_for(shown, 12), shown)
    assert len(shown) == len(text)


def test_zero_is_mid_grey_and_the_scale_symmetric(rng):
    signal = rng.standard_normal((9, 11, 3))
    signal[0, 0] = 0
    coloured = partial(
        pixels.colours, preprocessing=Preprocessing("rgb", (9, 11), 9), style=Style("rgb")
    )
    drawn = coloured(signal).astype(int)
    assert drawn[0, 0].tolist() == [128] * 3 and drawn.min() == 1 and drawn.max() == 255
    np.testing.assert_array_equal(coloured(-signal), 256 - drawn)
    np.testing.assert_array_equal(coloured(1e-30 * signal), drawn)  # whatever its size
    assert (coloured(0 * signal) == 128).all()


def test_colours_are_drawn_in_their_own_order(rng):
    signal = rng.standard_normal((9, 11, 3))
    bgr, rgb = (Preprocessing(order, (9, 11), 9, (100, 110, 120)) for order in ("bgr", "rgb"))
    np.testing.assert_array_equal(
        pixels.colours(signal, bgr), pixels.colours(signal[..., ::-1], rgb)
    )
    seen = rng.integers(0, 256, (9, 11, 3), np.uint8)
    for preprocessing in (bgr, rgb):
        np.testing.assert_array_equal(pixels.photo(preprocessing.apply(seen), preprocessing), seen)


def test_bands_are_picked_or_summed(rng):
    signal, plain = rng.standard_normal((9, 11, 12)), Preprocessing("as is", (9, 11), 9)
    np.testing.assert_array_equal(
        pixels.colours(signal, plain, Style(bands=[3, 2, 7])),
        pixels.colours(signal[..., [3, 2, 7]], plain),
    )
    np.testing.assert_array_equal(
        pixels.colours(signal, plain),
        pixels.colours(signal.sum(2, keepdims=True).repeat(3, 2), plain),
    )
    # one band is one shade, whatever its sign, and bands that cancel are nothing
    signal[..., 1:] = 0
    signal[..., 4] = -signal[..., 0]
    assert (pixels.colours(signal, plain) == 128).all()


def test_patch_outside_the_photo_is_grey(rng):
    image = rng.integers(0, 256, (6, 8, 3), np.uint8)
    part = pixels.window(image, (-2, 5, 3, 11))
    assert part.shape == (5, 6, 3)
    np.testing.assert_array_equal(part[2:, :3], image[:3, 5:])
    assert (part[:2] == 128).all() and (part[:, 3:] == 128).all()


def test_dead_and_saturated_features_are_said(rng, written):
    x, projection = projected(rng, 3)
    projection.dead[0, 1] = True
    projection.activations[0, 1] = projection.patches[0, 1] = 0
    projection.saturated[0, 2] = True
    draw(x, projection)
    (texts,) = written.values()
    words = [text for text, _box in texts]
    assert words[words.index("2046") + 1] == "dead" and words.count("2046") == 1
    assert words.count("dead: fires nowhere in this photo") == 1
    assert words.count("saturated: nothing came back") == 1 and "1 saturated" in words
