"""Photos as people have them -> what a network sees. The only room, with figures.py, that knows Pillow."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ..errors import UserError, unknown
from .preprocessing import Preprocessing

RESIZES = ("crop", "squash", "keep")
MOST_PIXELS = 178_956_970  # where Pillow itself speaks of a decompression bomb
SUFFIXES = (
    ".jpg",
    ".jpeg",
    ".png",
    ".gif",
    ".webp",
    ".bmp",
    ".tif",
    ".tiff",
    ".ppm",
    ".pgm",
    ".npy",
)
CUT, STRETCH, OWN = RESIZES


def read(
    paths: Sequence[str | Path], preprocessing: Preprocessing, resize: str = CUT, channels: int = 3
) -> np.ndarray:
    """Photos as a network's input, float32 [n, h, w, c].

    resize: "crop" as in training (short side scaled, centre cut out), "squash" to the input's size whatever the proportions,
    "keep" the photo's own size. channels: the network's; a photo serves 1 and 3, other numbers want an .npy of [h, w, channels].
    Raises UserError for a file that cannot be read, or photos of different sizes with "keep".
    """
    if resize not in RESIZES:
        raise unknown("there is no way to resize", resize, RESIZES)
    inputs = [
        preprocessing.apply(fit(pixels(path, channels), preprocessing, resize)) for path in paths
    ]
    if len({x.shape for x in inputs}) > 1:
        sizes = ", ".join(f"{path} {x.shape[0]} x {x.shape[1]}" for path, x in zip(paths, inputs))
        raise UserError(
            f'images of different sizes do not make one array with resize="keep": {sizes}'
        )
    if not inputs:
        raise UserError("there are no images to read")
    return np.stack(inputs)


def pixels(path: str | Path, channels: int = 3) -> np.ndarray:
    """A photo as [h, w, channels], 0 to 255: uint8, or float32 where the file is finer; colours in the order rgb.

    Turned as its EXIF says, transparency laid on white, the first frame of an animation. An .npy is taken as it is.
    """
    path = Path(path)
    if path.suffix.lower() == ".npy":
        return bands(path, channels)
    if channels not in (1, 3):
        raise UserError(
            f"{path}: a photo has 3 channels and this network takes {channels}: give an .npy [h, w, {channels}]"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # Pillow's on odd metadata, and on sizes below its limit
            with Image.open(path) as image:
                return converted(upright(image), path, channels)
    except UserError:
        raise
    except Image.DecompressionBombError:
        raise too_large(path) from None
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except Image.UnidentifiedImageError:
        raise UserError(
            f"{path} is no image that can be read (JPEG, PNG, GIF, WebP, TIFF, BMP, .npy)"
        ) from None
    except Exception as error:  # on damaged files Pillow's decoders raise whatever comes
        reason = (
            getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
        )
        raise UserError(f"{path} cannot be read as an image: {reason[:200]}") from None


def too_large(path: Path) -> UserError:
    return UserError(f"{path} has more than {MOST_PIXELS:,} pixels: scale it down first")


def upright(image: Image.Image) -> Image.Image:
    """An image turned as its EXIF says; damaged EXIF says nothing."""
    try:
        image.getexif()
    except Exception:  # whatever comes, as above
        return image
    return ImageOps.exif_transpose(image)


def converted(image: Image.Image, path: Path, channels: int) -> np.ndarray:
    """An opened image of any mode as [h, w, channels]."""
    if image.mode == "F":
        raise UserError(
            f"{path} has floating-point pixels, of no fixed range: save it as an .npy [h, w, c], 0 to 255"
        )
    if image.mode.startswith("I"):  # 16 bits of grey, in one of Pillow's spellings
        grey = np.asarray(image).astype(np.float32)[..., None] / 257
        return np.repeat(grey.clip(0, 255), channels, 2)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    array = np.asarray(image.convert("RGB" if channels == 3 else "L"))
    return array if channels == 3 else array[..., None]


def bands(path: Path, channels: int) -> np.ndarray:
    """An array [h, w, channels] from an .npy, float32; raises UserError for anything else in it."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except (
        Exception
    ) as error:  # numpy evaluates the header's text, and on damage raises whatever comes
        raise UserError(
            f"{path} cannot be read as an array: {' '.join(str(error).split())[:200]}"
        ) from None
    if not isinstance(array, np.ndarray):
        raise UserError(
            f"{path} cannot be read as an array, it is an archive of them (.npz): save one as .npy [h, w, {channels}]"
        )
    if array.ndim == 2:
        array = array[..., None]
    if (
        array.ndim != 3
        or array.shape[2] != channels
        or not array.size
        or array.dtype.kind not in "uif"
    ):
        raise UserError(
            f"{path} is {array.dtype} {list(array.shape)}, needs numbers [h, w, {channels}]"
        )
    if array.shape[0] * array.shape[1] > MOST_PIXELS:
        raise too_large(path)
    with np.errstate(over="ignore"):  # told below
        array = np.asarray(array, np.float32)
    if not np.isfinite(array).all():
        raise UserError(
            f"{path} has values that are no numbers (NaN or infinite): replace them first"
        )
    return array


def fit(photo: np.ndarray, preprocessing: Preprocessing, resize: str) -> np.ndarray:
    """[h, w, c] -> the size of the network's input, as read() has it; bilinear, averaging when it shrinks."""
    if resize == OWN:
        return photo
    height, width = preprocessing.size
    box: tuple[float, float, float, float] = (0, 0, photo.shape[1], photo.shape[0])
    if resize == CUT:  # the part of the photo that is cut out, in its own pixels
        scale = preprocessing.resize / min(photo.shape[:2])
        scale = max(scale, height / photo.shape[0], width / photo.shape[1])
        h, w = height / scale, width / scale
        left, top = (
            max((photo.shape[1] - w) / 2, 0),
            max((photo.shape[0] - h) / 2, 0),
        )  # not below 0 by rounding
        box = (left, top, min(left + w, photo.shape[1]), min(top + h, photo.shape[0]))
    if photo.dtype == np.uint8 and photo.shape[2] == 3:
        return np.asarray(
            Image.fromarray(photo).resize((width, height), Image.Resampling.BILINEAR, box)
        )
    planes = [
        Image.fromarray(np.ascontiguousarray(photo[..., band], np.float32))
        for band in range(photo.shape[2])
    ]
    return np.stack(
        [
            np.asarray(plane.resize((width, height), Image.Resampling.BILINEAR, box))
            for plane in planes
        ],
        2,
    )


def find(paths: Sequence[str]) -> list[Path]:
    """The photos named: files as they are, directories with all the images below them, sorted.

    Hidden files in a directory are left out, and so are the pictures that this program made itself.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if not os.path.isdir(path):
            found.append(path)
            continue
        found += sorted(
            file
            for file in path.rglob("*")
            if file.suffix.lower() in SUFFIXES
            and os.path.isfile(file)
            and not any(part.startswith(".") for part in file.relative_to(path).parts)
            and not ours(file)
        )
    if not found:
        raise UserError(f"{', '.join(map(str, paths))} has no images in it ({', '.join(SUFFIXES)})")
    return found


def text_of(path: str | Path) -> dict[str, str]:
    """The text chunks of a PNG; none where there is no such file, or no PNG."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                return {str(key): str(value) for key, value in getattr(image, "text", {}).items()}
    except Exception:  # whatever comes, as above
        return {}


def ours(path: Path) -> bool:
    """Whether this program drew that picture."""
    return path.suffix.lower() == ".png" and text_of(path).get("Software", "").startswith(
        "tfdeconv"
    )
