"""Photos as people have them, and what a network sees of them."""

from __future__ import annotations

import io
import pickle
import struct
import tracemalloc
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfdeconv.data import images
from tfdeconv.data.preprocessing import Preprocessing, caffe
from tfdeconv.errors import UserError

RGB = Preprocessing("rgb", (8, 8), 8)
# four colours, so that no turn and no mirror image of it looks the same; blocks of 16 pixels are what JPEG codes on their own
UPRIGHT = np.kron(
    np.array(
        [[[255, 0, 0], [0, 200, 0]], [[0, 0, 255], [90, 90, 90]], [[255, 255, 0], [255, 255, 255]]],
        np.uint8,
    ),
    np.ones((16, 16, 1), np.uint8),
)
JPEG = 3  # levels a flat colour may move in JPEG: rounding in the cosine transform and in YCbCr
# EXIF 2.32, tag 0x0112: the sides of the photo at which the first row and the first column of the file stand
SIDES = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}


@pytest.fixture(autouse=True)
def silent():
    """A warning would be a second line on a person's screen."""
    with warnings.catch_warnings():
        for kind in (RuntimeWarning, UserWarning):  # those that are shown
            warnings.simplefilter("error", kind)
        yield


def stored(upright: np.ndarray, orientation: int) -> np.ndarray:
    """The pixels in a file whose EXIF has that orientation."""
    sides = SIDES[orientation]
    pixels = upright if sides[0] in ("top", "bottom") else upright.swapaxes(0, 1)
    for axis, side in enumerate(sides):
        pixels = np.flip(pixels, axis) if side in ("bottom", "right") else pixels
    return np.ascontiguousarray(pixels)


def saved(path, image, **options):
    """The path of a picture written by Pillow."""
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path, **options)
    return path


@pytest.mark.parametrize("orientation", SIDES)
@pytest.mark.parametrize(
    "suffix, options, tolerance",
    [
        ("jpg", {"quality": 100, "subsampling": 0}, JPEG),
        ("png", {}, 0),
        ("webp", {"lossless": True}, 0),
        ("tif", {}, 0),
    ],
)
def test_a_photo_is_turned_upright_as_its_exif_says(
    tmp_path, suffix, options, tolerance, orientation
):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / f"photo.{suffix}", stored(UPRIGHT, orientation), exif=exif, **options)
    found = images.pixels(path)
    assert found.shape == UPRIGHT.shape
    np.testing.assert_allclose(found.astype(int), UPRIGHT.astype(int), rtol=0, atol=tolerance)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize(
    "exif",
    [b"Exif\0\0", b"Exif\0\0no TIFF in here", b"Exif\0\0II*\0\x08\0\0\0\x05\0"],
    ids=["empty", "garbage", "cut"],
)
def test_damaged_exif_does_not_cost_a_photo_its_pixels(tmp_path, suffix, exif):
    assert (
        images.pixels(saved(tmp_path / f"photo.{suffix}", UPRIGHT, exif=exif)).shape
        == UPRIGHT.shape
    )


def palette_with_hole() -> Image.Image:
    image = Image.new("P", (2, 1))
    image.putpalette([200, 10, 20, 0, 255, 0])
    image.putdata([0, 1])
    return image


def animation(path):
    first, second = Image.new("RGB", (2, 2), (255, 0, 0)), Image.new("RGB", (2, 2), (0, 0, 255))
    first.save(path, save_all=True, append_images=[second])
    return path


WHITE = [255, 255, 255]
KINDS = {
    # alpha 128 of 255 over white: (64 * 128 + 255 * 127) / 255 = 159.1
    "alpha": (
        "png",
        lambda path: saved(
            path, np.uint8([[[200, 10, 20, 255], [200, 10, 20, 0], [64, 64, 64, 128]]])
        ),
        [[200, 10, 20], WHITE, [159, 159, 159]],
        1,
    ),
    "grey and alpha": (
        "png",
        lambda path: saved(path, np.uint8([[[70, 255], [70, 0]]])),
        [[70] * 3, WHITE],
        0,
    ),
    "palette": (
        "png",
        lambda path: saved(path, palette_with_hole()),
        [[200, 10, 20], [0, 255, 0]],
        0,
    ),
    "palette with a transparent colour": (
        "png",
        lambda path: saved(path, palette_with_hole(), transparency=1),
        [[200, 10, 20], WHITE],
        0,
    ),
    "palette with alphas": (
        "png",
        lambda path: saved(path, palette_with_hole(), transparency=b"\xff\x00"),
        [[200, 10, 20], WHITE],
        0,
    ),
    "colours with a transparent one": (
        "png",
        lambda path: saved(path, np.uint8([[[1, 2, 3], [4, 5, 6]]]), transparency=(4, 5, 6)),
        [[1, 2, 3], WHITE],
        0,
    ),
    "grey": (
        "png",
        lambda path: saved(path, np.uint8([[0, 130, 255]])),
        [[0] * 3, [130] * 3, WHITE],
        0,
    ),
    "black and white": (
        "png",
        lambda path: saved(path, Image.fromarray(np.uint8([[0, 255]])).convert("1")),
        [[0] * 3, WHITE],
        0,
    ),
    # 16 bits: 257 to a level of 8 bits, and what lies between is kept
    "16-bit grey": (
        "png",
        lambda path: saved(path, np.uint16([[0, 257 * 100, 257 * 100 + 64, 65535]])),
        [[0] * 3, [100] * 3, [100 + 64 / 257] * 3, WHITE],
        1e-5,
    ),
    "16-bit grey TIFF": (
        "tif",
        lambda path: saved(path, np.uint16([[257 * 3, 65535]])),
        [[3] * 3, WHITE],
        1e-5,
    ),
    "16-bit PGM": (
        "pgm",
        lambda path: path.write_bytes(b"P5 2 1 65535\n" + struct.pack(">2H", 257 * 3, 65535)),
        [[3] * 3, WHITE],
        1e-5,
    ),
    "CMYK": (
        "jpg",
        lambda path: saved(path, Image.new("CMYK", (16, 16), (0, 255, 255, 0)), quality=100),
        [[255, 0, 0]],
        JPEG,
    ),
    "GIF": ("gif", animation, [[255, 0, 0], [255, 0, 0]], 0),
    "GIF with a hole": (
        "gif",
        lambda path: saved(path, palette_with_hole(), transparency=1),
        [[200, 10, 20], WHITE],
        0,
    ),
    "WebP": (
        "webp",
        lambda path: saved(path, np.uint8([[[200, 10, 20], [0, 255, 0]]]), lossless=True),
        [[200, 10, 20], [0, 255, 0]],
        0,
    ),
    "BMP": (
        "bmp",
        lambda path: saved(path, np.uint8([[[200, 10, 20], [0, 255, 0]]])),
        [[200, 10, 20], [0, 255, 0]],
        0,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_photo_is_read_as_its_colours_on_white(tmp_path, kind):
    suffix, write, row, tolerance = KINDS[kind]
    path = tmp_path / f"photo.{suffix}"
    write(path)
    found = images.pixels(path)
    np.testing.assert_allclose(found[0, : len(row)].astype(float), row, rtol=0, atol=tolerance)
    assert found.shape[2] == 3


def test_a_photo_is_known_by_its_contents_and_not_by_its_name(tmp_path):
    path = saved(tmp_path / "photo.png", UPRIGHT).rename(tmp_path / "photo.jpeg")
    np.testing.assert_array_equal(images.pixels(path), UPRIGHT)


def test_one_pixel_is_enlarged_to_the_whole_input(tmp_path):
    path = saved(tmp_path / "dot.png", Image.new("RGB", (1, 1), (200, 30, 60)))
    for resize in ("crop", "squash"):
        np.testing.assert_array_equal(
            images.read([path], RGB, resize),
            np.broadcast_to(np.float32([200, 30, 60]), (1, 8, 8, 3)),
        )
    assert images.read([path], RGB, "keep").shape == (1, 1, 1, 3)


def ramps(height: int, width: int) -> np.ndarray:
    """A photo that tells where each of its pixels was: red is the column, green the row."""
    rows, columns = np.mgrid[:height, :width]
    return np.uint8(np.stack([columns, rows, 0 * rows], 2))


@pytest.mark.parametrize(
    "size, resize", [((40, 40), 50), ((40, 40), 40), ((30, 60), 30), ((60, 30), 64)]
)
@pytest.mark.parametrize("height, width", [(100, 200), (200, 100), (120, 120), (31, 37)])
def test_crop_scales_the_short_side_and_cuts_out_the_centre(tmp_path, height, width, size, resize):
    path = saved(tmp_path / "photo.png", ramps(height, width))
    found = images.read([path], Preprocessing("rgb", size, resize))[0]
    assert found.shape == (*size, 3)
    scale = max(
        resize / min(height, width), size[0] / height, size[1] / width
    )  # never less than fills the input
    for axis, extent in enumerate((height, width)):
        wanted = extent / 2 - 0.5 + (np.arange(size[axis]) - size[axis] / 2 + 0.5) / scale
        # what scales keeps a ramp but at the photo's border, where half of its window is missing; 8 bits round twice
        inside = (wanted > 1 / scale) & (wanted < extent - 1 - 1 / scale)
        assert inside.sum() > size[axis] / 3
        middle = found[:, size[1] // 2, 1] if axis == 0 else found[size[0] // 2, :, 0]
        np.testing.assert_allclose(middle[inside], wanted[inside], rtol=0, atol=1)


@pytest.mark.parametrize("height, width", [(100, 200), (200, 100), (31, 37)])
def test_squash_shows_the_whole_photo(tmp_path, height, width):
    path = saved(tmp_path / "photo.png", ramps(height, width))
    found = images.read([path], Preprocessing("rgb", (40, 20), 50), "squash")[0]
    assert found.shape == (40, 20, 3)
    for axis, extent in enumerate((height, width)):
        scale = found.shape[axis] / extent
        wanted = (np.arange(found.shape[axis]) + 0.5) / scale - 0.5
        middle = found[:, 10, 1] if axis == 0 else found[20, :, 0]
        np.testing.assert_allclose(middle[1:-1], wanted[1:-1], rtol=0, atol=1)  # as above


def test_keep_leaves_the_photo_as_it_is(tmp_path):
    path = saved(tmp_path / "photo.png", ramps(31, 37))
    np.testing.assert_array_equal(images.read([path], RGB, "keep")[0], ramps(31, 37))


def test_what_shrinks_is_averaged_and_not_sampled():
    stripes = np.uint8(np.indices((64, 64)).sum(0) % 2 * 255)[..., None].repeat(3, 2)
    # a chessboard of single pixels, 8 to 1: a sampled one would be black or white; rounding takes half a level twice
    np.testing.assert_allclose(
        images.fit(stripes, RGB, "squash")[1:-1, 1:-1].astype(float), 127.5, rtol=0, atol=1
    )


def test_every_size_of_photo_can_be_cropped():
    # where the short side is scaled to the input's own size the part cut out is the whole side, and rounding must not outgrow it
    preprocessing = Preprocessing("rgb", (224, 224), 224)
    for height in range(1, 450):
        assert images.fit(np.zeros((height, 641, 3), np.uint8), preprocessing, "crop").shape == (
            224,
            224,
            3,
        )


@pytest.mark.parametrize(
    "dtype", [np.uint8, np.uint16, np.int32, np.float16, np.float32, np.float64]
)
def test_an_array_is_taken_as_it_is(tmp_path, rng, dtype):
    bands = (rng.random((5, 7, 12)) * 100).astype(dtype)
    np.save(tmp_path / "bands.npy", bands)
    found = images.read([tmp_path / "bands.npy"], caffe((8, 8), 12), "keep", 12)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[0], bands.astype(np.float32))


def test_the_bands_of_an_array_are_scaled_each_as_a_photo_is(tmp_path):
    ramp = ramps(100, 200)[..., [0, 1] * 6].astype(np.float32) * np.arange(1, 13, dtype=np.float32)
    np.save(tmp_path / "bands.npy", ramp)
    preprocessing = Preprocessing("as is", (40, 40), 50)
    found = images.read([tmp_path / "bands.npy"], preprocessing, channels=12)[0]
    photo = images.fit(ramps(100, 200), preprocessing, "crop")
    # the photo's is rounded to 8 bits twice, and band k is k times its ramp
    np.testing.assert_allclose(found / np.arange(1, 13), photo[..., [0, 1] * 6], rtol=0, atol=1)


def test_a_network_of_one_channel_sees_the_luma(tmp_path, rng):
    colours = rng.integers(0, 256, (6, 5, 3), np.uint8)
    found = images.read([saved(tmp_path / "photo.png", colours)], caffe((6, 5), 1), "keep", 1)
    # ITU-R 601, rounded to a level
    np.testing.assert_allclose(found[0, ..., 0], colours @ [0.299, 0.587, 0.114], rtol=0, atol=1)
    grey = saved(tmp_path / "grey.png", np.uint16([[257 * 9 + 100]]))
    np.testing.assert_allclose(images.pixels(grey, 1), [[[9 + 100 / 257]]], rtol=1e-6)  # float32
    np.save(tmp_path / "flat.npy", np.float32([[1, 2], [3, 4]]))
    assert images.pixels(tmp_path / "flat.npy", 1).shape == (2, 2, 1)


@pytest.mark.parametrize(
    "preprocessing",
    [
        caffe((4, 4)),
        caffe((4, 4), 12),
        Preprocessing("rgb", (4, 4), 4, (1.5, 2.5, 100.0), (255.0, 2.0, 0.5)),
        Preprocessing("bgr", (4, 4), 4, (), (255.0, 2.0, 0.5)),
        Preprocessing("as is", (4, 4), 4, (7.0,), (3.0,)),
    ],
)
def test_undo_takes_back_what_apply_did(rng, preprocessing):
    channels = len(preprocessing.mean or preprocessing.scale) or 12
    pixels = (rng.random((2, 4, 5, channels)) * 255).astype(np.float32)
    x = preprocessing.apply(pixels)
    assert x.dtype == np.float32
    # float32 carries 255 to 1.5e-5; three operations, of which one may double it
    np.testing.assert_allclose(preprocessing.undo(x), pixels, rtol=0, atol=1e-4)
    # an order is its own inverse, and moves a signal as it moves the pixels
    signal = Preprocessing(preprocessing.order, (4, 4), 4).apply(pixels)
    np.testing.assert_array_equal(preprocessing.reorder(signal), pixels)


def test_caffes_input_is_blue_green_red_less_the_mean():
    assert caffe((224, 224)).resize == 256 and caffe((227, 227)).resize == 256
    np.testing.assert_allclose(
        caffe((224, 224)).apply(np.uint8([10, 20, 30])),
        [30 - 103.939, 20 - 116.779, 10 - 123.68],
        rtol=1e-6,
    )  # float32


def test_scale_divides_after_the_mean_in_the_networks_order():
    np.testing.assert_array_equal(
        Preprocessing("bgr", (1, 1), 1, (1, 2, 3), (2, 4, 8)).apply(np.float32([10, 20, 30])),
        [(30 - 1) / 2, (20 - 2) / 4, (10 - 3) / 8],
    )


def huge_png() -> bytes:
    """A picture that says it is 20,000 x 20,000 pixels, in 60 bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def jpeg() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(3).integers(0, 256, (64, 64, 3), np.uint8)).save(
        file, "JPEG"
    )
    return file.getvalue()


def npy(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, np.zeros((2, 2, 3)))
    return file.getvalue()


def header(text: str) -> bytes:
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text.encode()


def of_floats() -> bytes:
    file = io.BytesIO()
    Image.new("F", (3, 3)).save(file, "TIFF")
    return file.getvalue()


MISTAKES = {  # name of the file, its bytes (None: there is none), what the error says
    "missing": ("cat.jpg", None, "there is no such file"),
    "text": ("cat.jpg", b"hello", "not an image that can be read"),
    "empty": ("cat.jpg", b"", "not an image that can be read"),
    "truncated by half": (
        "cat.jpg",
        jpeg()[: len(jpeg()) // 2],
        "cannot be read as an image: .*truncated",
    ),
    "truncated by a little": ("cat.jpg", jpeg()[:-50], "cannot be read as an image: .*truncated"),
    "truncated in its head": ("cat.jpg", jpeg()[:100], "cat.jpg"),
    "too large": ("cat.png", huge_png(), "has more than 178,956,970 pixels"),
    "floats": ("cat.tif", of_floats(), "floating-point"),
    "missing array": ("cat.npy", None, "there is no such file"),
    "NaN": ("cat.npy", npy(np.float32([[[1, np.nan, 2]]])), "not finite"),
    "infinite": ("cat.npy", npy(np.float32([[[1, np.inf, 2]]])), "not finite"),
    "beyond float32": ("cat.npy", npy(np.float64([[[1, 1e300, 2]]])), "not finite"),
    "pickled object": ("cat.npy", npy(np.array([{}], object)), "cannot be read as an array"),
    "a pickle": ("cat.npy", pickle.dumps(np.zeros((2, 2, 3))), "cannot be read as an array"),
    "empty array file": ("cat.npy", b"", "cannot be read as an array"),
    "truncated array": ("cat.npy", npy(np.zeros((4, 4, 3)))[:-8], "cannot be read as an array"),
    "archive of arrays": ("cat.npy", npz(), "cannot be read as an array"),
    "damaged header": ("cat.npy", header("{'descr': '<f4', "), "cannot be read as an array"),
    "a header beyond all memory": (
        "cat.npy",
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999,) * 2}\n"),
        "cannot be read as an array",
    ),
    "other bands": (
        "cat.npy",
        npy(np.zeros((4, 5, 12))),
        r"float64 \[4, 5, 12\], needs numbers \[h, w, 3\]",
    ),
    "no height": ("cat.npy", npy(np.zeros((0, 5, 3))), r"\[0, 5, 3\], needs numbers"),
    "a batch": ("cat.npy", npy(np.zeros((1, 4, 5, 3))), r"\[1, 4, 5, 3\], needs numbers"),
    "complex": ("cat.npy", npy(np.zeros((4, 5, 3), complex)), "complex128"),
    "words": ("cat.npy", npy(np.full((4, 5, 3), "a")), "needs numbers"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_cannot_be_read_is_told_in_one_line_that_names_it(tmp_path, mistake):
    name, data, says = MISTAKES[mistake]
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match=says) as error:
        images.read([tmp_path / name], RGB)
    assert str(tmp_path / name) in str(error.value) and "\n" not in str(error.value)


def test_an_array_too_large_is_refused_before_it_is_read(tmp_path):
    np.lib.format.open_memmap(
        tmp_path / "cat.npy", "w+", np.uint8, (20_000, 20_000, 3)
    )  # sparse: takes no room on the disk
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match="has more than 178,956,970 pixels"):
            images.pixels(tmp_path / "cat.npy")
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_pickle_is_never_executed(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (tmp_path / "exploded").touch, ()

    bomb = pickle.dumps(Bomb())
    (tmp_path / "bomb.npy").write_bytes(bomb)
    np.save(tmp_path / "objects.npy", np.array([Bomb()], object), allow_pickle=True)
    for name in ("bomb.npy", "objects.npy"):
        with pytest.raises(UserError):
            images.pixels(tmp_path / name)
    assert not (tmp_path / "exploded").exists()
    pickle.loads(bomb)  # the bomb itself works
    assert (tmp_path / "exploded").exists()


def test_a_photo_for_a_network_of_other_than_colours_says_what_to_give(tmp_path):
    path = saved(tmp_path / "photo.png", UPRIGHT)
    with pytest.raises(UserError, match=r"this network takes 12: give an \.npy \[h, w, 12\]"):
        images.read([path], caffe((8, 8), 12), channels=12)


def test_photos_of_different_sizes_are_refused_as_they_are_and_taken_resized(tmp_path):
    paths = [
        saved(tmp_path / "a.png", ramps(5, 6)),
        saved(tmp_path / "b.png", ramps(6, 5)),
        saved(tmp_path / "c.png", ramps(5, 6)),
    ]
    with pytest.raises(UserError, match=r"different sizes.*a\.png 5 x 6.*b\.png 6 x 5"):
        images.read(paths, RGB, "keep")
    assert images.read(paths[::2], RGB, "keep").shape == (2, 5, 6, 3)
    assert images.read(paths, RGB).shape == (3, 8, 8, 3)


def test_requests_that_mean_nothing_are_refused(tmp_path):
    path = saved(tmp_path / "a.png", ramps(5, 6))
    with pytest.raises(UserError, match="'corp'.*Did you mean 'crop'"):
        images.read([path], RGB, "corp")
    with pytest.raises(UserError, match="no images"):
        images.read([], RGB)


def test_find_lists_a_directory_in_order_without_hidden_files(tmp_path):
    wanted = ["a.JPG", "b.png", "sub/c.webp", "sub/deep/d.npy", "z.gif"]
    for name in wanted + [".hidden.png", ".git/e.png", "sub/.thumbs/f.png", "notes.txt", "g.h5"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()  # no file, whatever its name
    assert images.find([str(tmp_path)]) == [tmp_path / name for name in wanted]
    # files come as they are named, in the order in which they are named, directories among them
    found = images.find(
        [str(tmp_path / "z.gif"), str(tmp_path / "sub"), str(tmp_path / "nonesuch.jpg")]
    )
    assert [path.name for path in found] == ["z.gif", "c.webp", "d.npy", "nonesuch.jpg"]


def test_find_takes_the_images_of_a_directory_that_is_itself_hidden(tmp_path):
    (tmp_path / ".photos").mkdir()
    (tmp_path / ".photos" / "a.png").touch()
    assert images.find([str(tmp_path / ".photos")]) == [tmp_path / ".photos" / "a.png"]


def test_find_leaves_out_what_the_program_drew_itself(tmp_path):
    from PIL import PngImagePlugin

    text = PngImagePlugin.PngInfo()
    text.add_itxt("Software", "tfdeconv 0.1.0")
    Image.fromarray(UPRIGHT).save(tmp_path / "drawn.png", pnginfo=text)
    Image.fromarray(UPRIGHT).save(tmp_path / "photo.png")
    assert images.find([str(tmp_path)]) == [tmp_path / "photo.png"]
    assert images.find([str(tmp_path / "drawn.png"), "x" * 300]) == [
        tmp_path / "drawn.png",
        Path("x" * 300),
    ]


def test_find_refuses_a_directory_without_images(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UserError, match="has no images in it"):
        images.find([str(tmp_path)])
