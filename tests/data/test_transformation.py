"""Photos moved, scaled and turned: against interpolation by hand, one pixel after the other."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest

from tfdeconv.data import images
from tfdeconv.data.preprocessing import Preprocessing, caffe
from tfdeconv.data.transformation import Scene, Transformation

# of a photo of 9 x 11 the middle 5 x 5, in the photo's own pixels
WHOLE = Preprocessing("rgb", (5, 5), 9, mean=(10.0, 20.0, 30.0))


@pytest.fixture
def photo(rng) -> np.ndarray:
    return rng.integers(0, 256, (9, 11, 3)).astype(np.float32)


def bilinear(photo: np.ndarray, x: float, y: float) -> np.ndarray:
    """The value at a place in pixels, whose centres are at halves; the edge goes on beyond it."""
    value = np.zeros(photo.shape[2])
    left, top = math.floor(x - 0.5), math.floor(y - 0.5)
    for row in (top, top + 1):
        for column in (left, left + 1):
            weight = (1 - abs(x - 0.5 - column)) * (1 - abs(y - 0.5 - row))
            inside = photo[np.clip(row, 0, len(photo) - 1), np.clip(column, 0, len(photo[0]) - 1)]
            value += weight * inside
    return value


def turned_by_hand(photo, size, transformation):
    """Each pixel of the input from where it was in a photo in whose middle the input lies."""
    height, width = size
    rows, columns = photo.shape[:2]
    x = np.zeros((height, width, photo.shape[2]))
    filled = 0
    for i in range(height):
        for j in range(width):
            # rows go down: a turn to the left is a negative angle
            place = complex(j + 0.5 - width / 2, i + 0.5 - height / 2)
            place -= complex(transformation.right, transformation.down)
            place *= cmath.exp(1j * math.radians(transformation.degrees))
            place += complex(columns / 2, rows / 2)
            if 0 <= place.real < columns and 0 <= place.imag < rows:
                x[i, j] = bilinear(photo, place.real, place.imag)
            else:
                filled += 1
    return x, filled / (height * width)


@pytest.mark.parametrize(
    "transformation",
    [
        Transformation(degrees=33),
        Transformation(down=-3, right=2, degrees=200),
        Transformation(degrees=-75),
        Transformation(down=6, degrees=10),
    ],
    ids=str,
)
def test_turned_photos_are_interpolated_by_hand(photo, transformation):
    preprocessing = Preprocessing("rgb", (5, 5), 9)
    reach = transformation.reach(5, 5)
    x, fill = Scene(photo, preprocessing, "crop", "bilinear", reach).input(transformation)
    expected, expected_fill = turned_by_hand(photo, (5, 5), transformation)
    # float32's rounding of values up to 255, and Pillow's of coordinates
    np.testing.assert_allclose(x, expected, rtol=0, atol=1e-3)
    assert fill == expected_fill


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_whole_pixels_and_right_angles_are_exact(photo, interpolation):
    photo = photo.astype(np.uint8)

    def seen(**moves):
        transformation = Transformation(**moves)
        scene = Scene(photo, WHOLE, "crop", interpolation, transformation.reach(5, 5))
        return scene.input(transformation)

    middle = photo[2:7, 3:8]
    for moves, expected in (
        ({}, middle),
        ({"down": 2, "right": -1}, photo[:5, 4:9]),
        ({"degrees": 90}, np.rot90(middle)),
        ({"degrees": -180}, np.rot90(middle, 2)),
        ({"degrees": 630}, np.rot90(middle, 3)),
        ({"degrees": 720}, middle),
    ):
        x, fill = seen(**moves)
        np.testing.assert_array_equal(x, WHOLE.apply(expected), str(moves))
        assert fill == 0
    # beyond the photo's two rows above the input there is nothing: the mean
    x, fill = seen(down=3)
    np.testing.assert_array_equal(x[1:], WHOLE.apply(photo[:4, 3:8]))
    assert fill == 0.2 and not x[0].any()


@pytest.mark.parametrize("resize", ["crop", "squash"])
@pytest.mark.parametrize("size", [(61, 200), (300, 40), (9, 9)], ids=str)
def test_the_identity_is_the_untransformed_photo(rng, resize, size):
    photo = rng.integers(0, 256, (*size, 3), np.uint8)
    preprocessing = caffe((40, 32))
    scene = Scene(photo, preprocessing, resize, reach=30)
    expected = images.read(photo, preprocessing, resize)[0]
    x, fill = scene.input(Transformation())
    np.testing.assert_array_equal(x, expected)
    assert fill == 0
    # and what is moved by whole pixels is the same photo, where it was within the input
    x, _ = scene.input(Transformation(down=7, right=-5))
    np.testing.assert_array_equal(x[7:, :-5], expected[:-7, 5:])


def test_larger_photos_stay_as_sharp_as_files(rng):
    """Twice as large is the middle of the photo at twice the resolution, not an enlarged input."""
    photo = rng.integers(0, 256, (64, 64, 3), np.uint8)
    preprocessing = Preprocessing("rgb", (16, 16), 32)
    x, fill = Scene(photo, preprocessing).input(Transformation(scale=2))
    np.testing.assert_array_equal(x, photo[24:40, 24:40])
    assert fill == 0


def test_smaller_photos_bring_in_what_is_around(rng):
    photo = rng.integers(0, 256, (64, 64, 3), np.uint8)
    preprocessing = Preprocessing("rgb", (32, 32), 64)
    scene = Scene(photo, preprocessing, reach=4)
    x, fill = scene.input(Transformation(scale=0.5))
    # all of the photo, as if the input had shown all of it
    np.testing.assert_array_equal(x, images.read(photo, preprocessing, "squash")[0])
    assert fill == 0
    x, fill = scene.input(Transformation(scale=0.25))
    assert fill == 0.75 and x[8:24, 8:24].any() and not x[:8].any() and not x[:, 24:].any()


def test_fill_grows_with_what_leaves_the_photo(photo):
    fills = []
    for down in (0, 2, 3, 5, 6, 9):
        transformation = Transformation(down=down)
        fills.append(Scene(photo, WHOLE, reach=9).input(transformation)[1])
    assert fills == [0, 0, 0.2, 0.6, 0.8, 1]


def test_bands_are_transformed_alike(rng):
    bands = rng.normal(300, 900, (9, 11, 5)).astype(np.float32)
    preprocessing = Preprocessing("as is", (5, 4), 9)
    transformation = Transformation(degrees=50, right=4)
    together, fill = Scene(bands, preprocessing, reach=9).input(transformation)
    assert 0 < fill < 1
    for i in range(5):
        alone = Scene(bands[..., i : i + 1], preprocessing, reach=9).input(transformation)[0]
        np.testing.assert_array_equal(together[..., i], alone[..., 0])
    assert together.max() <= bands.max() and together.min() >= min(bands.min(), 0)


def test_tiny_and_narrow_photos_are_taken():
    for shape in ((1, 1, 3), (1, 400, 3), (300, 2, 3)):
        photo = np.full(shape, 200, np.uint8)
        for transformation in (
            Transformation(down=3),
            Transformation(scale=0.1),
            Transformation(scale=10),
            Transformation(degrees=45),
        ):
            scene = Scene(photo, WHOLE, reach=transformation.reach(5, 5))
            x, fill = scene.input(transformation)
            assert x.shape == (5, 5, 3) and 0 <= fill <= 1
            seen = WHOLE.undo(x)[x.any(2)]
            assert np.allclose(seen, 200)
