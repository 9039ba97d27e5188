"""A photo's picture: colours, patches and text (tfdeconv.figures)."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from tfdeconv.data.preprocessing import Preprocessing
from tfdeconv.engine.deconvnet import Projection
from tfdeconv.figures import photo as photo_figures, pixels
from tfdeconv.figures.style import Style


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


@pytest.mark.parametrize(
    "size, patch",
    [((20, 24), None), ((20, 400), (16, 19)), ((400, 20), (16, 19)), ((60, 40), (60, 9))],
    ids=["photo", "panorama", "pole", "narrow patches"],
)
@pytest.mark.parametrize("mode", ["max", "all"])
@pytest.mark.parametrize(
    "count, activation", [(1, 3534.2), (9, -1.2345e-5), (64, 0.0012344), (64, -1.2345e-5)]
)
def test_no_text_overlaps_another_or_the_edge(
    rng, monkeypatch, count, activation, mode, size, patch
):
    spots: dict[int, list[tuple[float, ...]]] = {}
    write = photo_figures.ImageDraw.ImageDraw.text

    def text(pen, at, words, *rest):
        left, top, right, bottom = pen.textbbox(at, words, rest[-1])
        assert 0 <= left and right <= pen.im.size[0] and 0 <= top and bottom <= pen.im.size[1], (
            words
        )
        spots.setdefault(id(pen), []).append((left, top, right, bottom))
        write(pen, at, words, *rest)

    monkeypatch.setattr(photo_figures.ImageDraw.ImageDraw, "text", text)
    x, projection = projected(
        rng,
        count,
        size=size,
        patch=patch if mode == "max" else None,
        mode=mode,
        activation=activation,
    )
    photo_figures.draw(
        x,
        projection,
        0,
        Preprocessing("rgb", size, 20),
        "resnet152   conv4_block36_out",
        "a photo.jpg, rule deconvnet",
    )
    assert (
        max(map(len, spots.values())) == 2 + 2 * count
    )  # title, caption; channel and activation of each
    for texts in spots.values():
        for i, (left, top, right, bottom) in enumerate(texts):
            for other in texts[:i]:
                assert (
                    right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
                ), (texts[i], other)


def test_zero_is_mid_grey_and_the_scale_symmetric(rng):
    signal = rng.standard_normal((9, 11, 3))
    signal[0, 0] = 0
    draw = partial(
        pixels.colours, preprocessing=Preprocessing("rgb", (9, 11), 9), style=Style("rgb")
    )
    drawn = draw(signal).astype(int)
    assert drawn[0, 0].tolist() == [128] * 3 and drawn.min() == 1 and drawn.max() == 255
    np.testing.assert_array_equal(draw(-signal), 256 - drawn)
    np.testing.assert_array_equal(draw(1e-30 * signal), drawn)  # whatever its size
    assert (draw(0 * signal) == 128).all()


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


def test_dead_features_are_drawn_as_dead(rng, monkeypatch):
    said = []
    write = photo_figures.ImageDraw.ImageDraw.text
    monkeypatch.setattr(
        photo_figures.ImageDraw.ImageDraw,
        "text",
        lambda pen, at, words, *rest: (said.append(words), write(pen, at, words, *rest)),
    )
    x, projection = projected(rng, 2)
    projection.dead[0, 1] = True
    projection.activations[0, 1] = projection.patches[0, 1] = 0
    photo_figures.draw(x, projection, 0, Preprocessing("rgb", (20, 24), 20), "title", "caption")
    assert said.count("dead") == 1 and said[said.index("dead") - 1] == "2046" and "0" not in said
