"""How pixels became a network's input when it was trained, and back.

A fact of the training: weight files carry it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from ..errors import UserError, one_line
from ..files import require_regular_file
from ..limits import MAX_IMAGE_SIDE, MAX_START, MIN_SCALE

if TYPE_CHECKING:
    import numpy as np

ORDERS = ("rgb", "bgr", "as is")
# ImageNet's mean and standard deviation, rgb, of values from 0 to 1 (torchvision) ...
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
# ... and its mean from 0 to 255, bgr (Caffe's models)
MEAN_BGR = (103.939, 116.779, 123.68)


@dataclass(frozen=True)
class Preprocessing:
    """input = (pixels in the network's channel order - mean) / scale, pixels from 0 to 255.

    order: "rgb", "bgr", or "as is" for bands that are not colours.
    size: height and width of the input.
    resize: what a photo's short side is scaled to before its centre of that size is cut out.
    mean, scale: one number a channel, in the network's order; () for 0 and for 1.
    """

    order: str
    size: tuple[int, int]
    resize: int
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()

    def apply(self, pixels: np.ndarray) -> np.ndarray:
        """Pixels [..., c], colours in the order rgb -> what the network sees, float32."""
        x = self.reorder(pixels).astype("float32")
        if self.mean:
            x = x - row(self.mean)
        if self.scale:
            x = x / row(self.scale)
        return x

    def undo(self, x: np.ndarray) -> np.ndarray:
        """What the network sees -> pixels [..., c], colours in the order rgb."""
        if self.scale:
            x = x * row(self.scale)
        if self.mean:
            x = x + row(self.mean)
        return self.reorder(x)

    def reorder(self, x: np.ndarray) -> np.ndarray:
        """Channels from the network's order to rgb, or from rgb to it; no mean, no scale."""
        return x[..., ::-1] if self.order == "bgr" else x


def row(values: tuple[float, ...]) -> np.ndarray:
    import numpy as np

    return np.array(values, np.float32)


def short_side(size: tuple[int, int]) -> int:
    """What a photo's short side is scaled to: 256 for inputs of 224, in proportion for others.

    256 for AlexNet's 227, too.
    """
    return 256 if size == (227, 227) else round(min(size) * 256 / 224)


def caffe(size: tuple[int, int], channels: int = 3) -> Preprocessing:
    """VGG's, Caffe's and Keras's first ResNets': BGR less the mean of ImageNet.

    The short side is scaled as in training: Simonyan & Zisserman 2015, section 3.1; Krizhevsky et
    al. 2012, section 2. The values as they are for other than 3 channels.

    >>> caffe((224, 224)).resize
    256
    """
    if channels != 3:
        return identity(size, channels)
    return Preprocessing("bgr", size, short_side(size), MEAN_BGR)


def torch(size: tuple[int, int], channels: int = 3) -> Preprocessing:
    """torchvision's, and Keras's DenseNets': RGB less the mean of ImageNet, over its deviation.

    The values as they are for other than 3 channels.
    """
    if channels != 3:
        return identity(size, channels)
    mean = tuple(255 * value for value in MEAN)
    deviation = tuple(255 * value for value in DEVIATION)
    return Preprocessing("rgb", size, short_side(size), mean, deviation)


def torch_v2(size: tuple[int, int], channels: int = 3) -> Preprocessing:
    """torchvision's for its second weights (IMAGENET1K_V2): the short side 232 for inputs of 224.

    >>> torch_v2((224, 224)).resize
    232
    """
    return replace(torch(size, channels), resize=round(min(size) * 232 / 224))


def tensorflow_style(size: tuple[int, int], channels: int = 3) -> Preprocessing:
    """TensorFlow's own networks': from -1 to 1, whatever the channels are."""
    middle = (127.5,) * channels
    return Preprocessing(usual_order(channels), size, short_side(size), middle, middle)


def over255(size: tuple[int, int], channels: int = 3) -> Preprocessing:
    """From 0 to 1, whatever the channels are: pixels over 255.

    >>> over255((32, 32)).scale
    (255.0, 255.0, 255.0)
    """
    return Preprocessing(usual_order(channels), size, short_side(size), (), (255.0,) * channels)


def identity(size: tuple[int, int], channels: int = 3) -> Preprocessing:
    """The values as they are."""
    return Preprocessing(usual_order(channels), size, short_side(size))


def usual_order(channels: int) -> str:
    return "rgb" if channels == 3 else "as is"


PRESETS: dict[str, Callable[[tuple[int, int], int], Preprocessing]] = {
    "caffe": caffe,
    "torch": torch,
    "torch-v2": torch_v2,
    "tf": tensorflow_style,
    "over255": over255,
    "none": identity,
}


def say_nothing(note: str) -> None:
    """For a caller whom notes on what was assumed do not concern."""


def load_preprocessing(
    text: str | None, shape: tuple[int, int, int], tell: Callable[[str], None] = say_nothing
) -> Preprocessing | None:
    """The preset of that name, or what a file says, for inputs of that shape.

    A file is JSON with a Preprocessing's fields, or a mean to subtract (mean_files.py). The JSON
    itself will do: the text of pictures has it. None for None. tell: takes a note on what is
    assumed of a file. Raises UserError for anything else.
    """
    if text is None:
        return None
    if text.startswith("{"):
        return from_text(text, shape)
    if text in PRESETS:
        return PRESETS[text](shape[:2], shape[2])
    from . import mean_files

    if mean_files.is_mean(text):
        order, mean, note = mean_files.read_mean(text, shape[2])
        tell(note)
        return Preprocessing(order, shape[:2], short_side(shape[:2]), mean)
    try:
        require_regular_file(text)
        with open(text, encoding="utf-8") as file:
            return from_json(file.read(MAX_START), shape)
    except (OSError, ValueError) as error:
        raise UserError(
            f"{text} is neither one of {', '.join(PRESETS)} nor a file that says how to "
            f"preprocess (JSON, or a mean): {one_line(error)[:150]}"
        ) from None


def from_text(text: str, shape: tuple[int, int, int]) -> Preprocessing:
    """from_json() of what a person wrote; raises UserError."""
    try:
        return from_json(text, shape)
    except ValueError as error:
        raise UserError(f"--preprocess {text[:50]}: {one_line(error)[:150]}") from None


def from_json(text: str, shape: tuple[int, int, int]) -> Preprocessing:
    """The Preprocessing whose fields a JSON object has, for inputs (height, width, channels).

    Fields that are left out have their values in identity(). Raises ValueError for anything else.
    """
    height, width, channels = shape
    usual = identity((height, width), channels)
    try:
        entry = object_of(text)
        preprocessing = Preprocessing(
            order=entry.get("order", usual.order),
            size=tuple(entry.get("size", usual.size)),
            resize=entry.get("resize", usual.resize),
            mean=tuple(map(float, entry.get("mean", ()))),
            scale=tuple(map(float, entry.get("scale", ()))),
        )
        check(preprocessing, channels)
    except (TypeError, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return preprocessing


def object_of(text: str) -> dict[str, Any]:
    """A JSON object with a Preprocessing's fields; ValueError for another one."""
    entry = json.loads(text)
    if not isinstance(entry, dict):
        raise ValueError("expected an object")
    known = sorted(field.name for field in fields(Preprocessing))
    unknown = sorted(set(entry) - set(known))
    if unknown:
        raise ValueError(f"found {', '.join(unknown)}, expected {', '.join(known)}")
    for key in ("mean", "scale", "size"):
        if not isinstance(entry.get(key, []), list):
            raise ValueError(f"expected a list as {key}")
    return entry


def check(preprocessing: Preprocessing, channels: int) -> None:
    """Raises ValueError for values that cannot be applied to images of so many channels."""
    if preprocessing.order not in ORDERS:
        raise ValueError(f"expected one of {', '.join(ORDERS)} as order")
    if preprocessing.order != "as is" and channels != 3:
        raise ValueError(f"expected 'as is' as order of {channels} channels")
    for values in (preprocessing.mean, preprocessing.scale):
        if len(values) not in (0, channels) or not all(map(math.isfinite, values)):
            raise ValueError(f"expected {channels} numbers, or none, as mean and as scale")
    if any(abs(value) < MIN_SCALE for value in preprocessing.scale):
        raise ValueError(f"scale has a 0, or less than {MIN_SCALE:g}")
    if len(preprocessing.size) != 2:
        raise ValueError("expected height and width as size")
    for side in (*preprocessing.size, preprocessing.resize):
        if type(side) is not int or not 1 <= side <= MAX_IMAGE_SIDE:
            raise ValueError(f"expected integers from 1 to {MAX_IMAGE_SIDE} as size and as resize")
    if preprocessing.resize < min(preprocessing.size):
        raise ValueError(f"resize is less than the size's {min(preprocessing.size)}")
