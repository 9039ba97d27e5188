"""Photos as people have them -> what a network sees. Only this module and figures/ know Pillow."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ..errors import UserError, one_line, unknown
from .preprocessing import Preprocessing

RESIZES = ("crop", "squash", "keep")
CROP, SQUASH, KEEP = RESIZES
# where Pillow itself speaks of a decompression bomb
MAX_PIXELS = 178_956_970
# what is an image in a directory: for find() and for a scan's list (dataset.py)
SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".jp2", ".j2k"),
    *(".png", ".gif", ".webp", ".avif"),
    *(".bmp", ".dib", ".ico", ".tif", ".tiff", ".tga", ".pcx"),
    *(".ppm", ".pgm", ".pbm", ".pnm"),
    ".npy",
)


def read(
    paths: Sequence[str | Path], preprocessing: Preprocessing, resize: str = CROP, channels: int = 3
) -> np.ndarray:
    """Photos as a network's input, float32 [n, h, w, c].

    resize: "crop" as in training (short side scaled, centre cut out), "squash" to the input's size
    whatever the proportions, "keep" the photo's own size. channels: the network's; a photo serves
    1 and 3, other numbers need an .npy of [h, w, channels].
    Raises UserError for a file that cannot be read, or photos of different sizes with "keep".

    >>> from tfdeconv.data.preprocessing import caffe
    >>> read(["tests/data/chelsea.jpg"], caffe((224, 224))).shape
    (1, 224, 224, 3)
    """
    if resize not in RESIZES:
        raise unknown("there is no way to resize", resize, RESIZES)
    inputs = []
    for path in paths:
        photo = fit(pixels(path, channels), preprocessing, resize)
        inputs.append(preprocessing.apply(photo))
    if not inputs:
        raise UserError("there are no images to read")
    if len({x.shape for x in inputs}) > 1:
        sizes = ", ".join(f"{path} {x.shape[0]} x {x.shape[1]}" for path, x in zip(paths, inputs))
        raise UserError(
            f'images of different sizes do not make one array with resize="keep": {sizes}'
        )
    return np.stack(inputs)


def pixels(path: str | Path, channels: int = 3) -> np.ndarray:
    """A photo as [h, w, channels], 0 to 255, colours in the order rgb.

    uint8, or float32 where the file is finer. Turned as its EXIF says, transparency laid on white,
    the first frame of an animation. An .npy is taken as it is. Raises UserError.
    """
    path = Path(path)
    if path.suffix.lower() == ".npy":
        return array_pixels(path, channels)
    if channels not in (1, 3):
        raise UserError(
            f"{path}: a photo has 3 channels and this network takes {channels}: "
            f"give an .npy [h, w, {channels}]"
        )
    try:
        with warnings.catch_warnings():
            # Pillow's, on odd metadata and on sizes below its limit
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                return to_array(upright(image), path, channels)
    except UserError:
        raise
    except Image.DecompressionBombError:
        raise too_large(path) from None
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except Image.UnidentifiedImageError:
        raise UserError(
            f"{path} is not an image that can be read (JPEG, PNG, GIF, WebP, TIFF, BMP, .npy)"
        ) from None
    # on damaged files Pillow's decoders raise whatever comes
    except Exception as error:
        raise UserError(f"{path} cannot be read as an image: {one_line(error)}") from None


def too_large(path: Path) -> UserError:
    return UserError(f"{path} has more than {MAX_PIXELS:,} pixels: scale it down first")


def upright(image: Image.Image) -> Image.Image:
    """An image turned as its EXIF says; damaged EXIF is ignored."""
    try:
        image.getexif()
    except Exception:  # on damaged files Pillow raises anything
        return image
    return ImageOps.exif_transpose(image)


def to_array(image: Image.Image, path: Path, channels: int) -> np.ndarray:
    """An opened image of any mode as [h, w, channels]."""
    if image.mode == "F":
        raise UserError(
            f"{path} has floating-point pixels, whose range is not known: "
            f"save it as an .npy [h, w, c], 0 to 255"
        )
    # 16 bits of grey, in one of Pillow's spellings
    if image.mode.startswith("I"):
        grey = np.asarray(image).astype(np.float32)[..., None] / 257
        return np.repeat(grey.clip(0, 255), channels, 2)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if channels == 3:
        return np.asarray(image.convert("RGB"))
    return np.asarray(image.convert("L"))[..., None]


def array_pixels(path: Path, channels: int) -> np.ndarray:
    """An .npy's array [h, w, channels], float32; raises UserError for anything else in it."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    # numpy evaluates the header's text, and on damage raises whatever comes
    except Exception as error:
        raise UserError(f"{path} cannot be read as an array: {one_line(error)}") from None
    if not isinstance(array, np.ndarray):
        raise UserError(
            f"{path} cannot be read as an array: it is an archive of them (.npz); "
            f"save one as .npy [h, w, {channels}]"
        )
    if array.ndim == 2:
        array = array[..., None]
    shape_fits = array.ndim == 3 and array.shape[2] == channels and array.size
    if not shape_fits or array.dtype.kind not in "uif":
        raise UserError(
            f"{path} is {array.dtype} {list(array.shape)}, needs numbers [h, w, {channels}]"
        )
    if array.shape[0] * array.shape[1] > MAX_PIXELS:
        raise too_large(path)
    # what is beyond float32 becomes infinite, and is refused below
    with np.errstate(over="ignore"):
        array = np.asarray(array, np.float32)
    if not np.isfinite(array).all():
        raise UserError(
            f"{path} has values that are not finite (NaN or infinity): replace them first"
        )
    return array


def fit(photo: np.ndarray, preprocessing: Preprocessing, resize: str) -> np.ndarray:
    """[h, w, c] -> the size of the network's input, as in read(); bilinear, averaging to shrink."""
    if resize == KEEP:
        return photo
    height, width = preprocessing.size
    box = (0.0, 0.0, float(photo.shape[1]), float(photo.shape[0]))
    if resize == CROP:
        box = crop_box(photo.shape[0], photo.shape[1], preprocessing)
    if photo.dtype == np.uint8 and photo.shape[2] == 3:
        return resized(Image.fromarray(photo), width, height, box)
    bands = []
    for i in range(photo.shape[2]):
        band = Image.fromarray(np.ascontiguousarray(photo[..., i], np.float32))
        bands.append(resized(band, width, height, box))
    return np.stack(bands, 2)


Box = tuple[float, float, float, float]


def crop_box(rows: int, columns: int, preprocessing: Preprocessing) -> Box:
    """(left, top, right, bottom) of what "crop" cuts out, in pixels of the photo."""
    height, width = preprocessing.size
    # the short side as in training, but never so small that the photo does not fill the input
    scale = max(preprocessing.resize / min(rows, columns), height / rows, width / columns)
    h = height / scale
    w = width / scale
    # within the photo: rounding may lead out of it
    left = max((columns - w) / 2, 0)
    top = max((rows - h) / 2, 0)
    return left, top, min(left + w, columns), min(top + h, rows)


def resized(image: Image.Image, width: int, height: int, box: Box) -> np.ndarray:
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, box))


def find(paths: Sequence[str]) -> list[Path]:
    """The photos named: files as they are, directories with all the images below them, sorted.

    Hidden files in a directory are left out, and so are the pictures that this program drew itself.
    Raises UserError where there are none.
    """
    photos: list[Path] = []
    for path in map(Path, paths):
        if os.path.isdir(path):
            photos += sorted(file for file in path.rglob("*") if is_photo(file, path))
        else:
            photos.append(path)
    if not photos:
        raise UserError(f"{', '.join(map(str, paths))} has no images in it ({', '.join(SUFFIXES)})")
    return photos


def is_photo(path: Path, directory: Path) -> bool:
    """Whether what is below a directory is an image, not hidden, and not drawn by this program."""
    if path.suffix.lower() not in SUFFIXES or not os.path.isfile(path):
        return False
    hidden = any(part.startswith(".") for part in path.relative_to(directory).parts)
    return not hidden and not drawn_here(path)


def text_of(path: str | Path) -> dict[str, str]:
    """The text chunks of a PNG; none where there is no such file, or it is not a PNG."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                chunks = getattr(image, "text", {})
                return {str(key): str(value) for key, value in chunks.items()}
    except Exception:  # on damaged files Pillow raises anything
        return {}


def drawn_here(path: Path) -> bool:
    """Whether this program drew that picture."""
    if path.suffix.lower() != ".png":
        return False
    return text_of(path).get("Software", "").startswith("tfdeconv")
