"""How pixels became a network's input when it was trained, and back. A fact of the training: it lives with the weights."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import UserError

if TYPE_CHECKING:
    import numpy as np

ORDERS = ("rgb", "bgr", "as is")


@dataclass(frozen=True)
class Preprocessing:
    """input = (pixels in the network's channel order - mean) / scale, pixels from 0 to 255.

    order: "rgb", "bgr", or "as is" for bands that are no colours. mean, scale: one number a channel, in the network's order;
    none for 0 and 1. size: height and width of the input; resize: what a photo's short side is scaled to before its centre
    of that size is cut out.
    """

    order: str
    size: tuple[int, int]
    resize: int
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()

    def apply(self, pixels: np.ndarray) -> np.ndarray:
        """[..., c], colours in the order rgb -> what the network sees, float32."""
        x = (pixels[..., ::-1] if self.order == "bgr" else pixels).astype("float32")
        x = x - self._row(self.mean) if self.mean else x
        return x / self._row(self.scale) if self.scale else x

    def undo(self, x: np.ndarray) -> np.ndarray:
        """What the network sees -> pixels [..., c], colours in the order rgb."""
        x = x * self._row(self.scale) if self.scale else x
        return self.reorder(x + self._row(self.mean) if self.mean else x)

    def reorder(self, x: np.ndarray) -> np.ndarray:
        """A signal in the network's channel order -> the order rgb; no mean, no scale."""
        return x[..., ::-1] if self.order == "bgr" else x

    @staticmethod
    def _row(values: tuple[float, ...]) -> np.ndarray:
        import numpy as np

        return np.array(values, np.float32)


def short_side(size: tuple[int, int]) -> int:
    """What a photo's short side is scaled to: 256 for inputs of 224 and of AlexNet's 227, in proportion for others."""
    return 256 if size == (227, 227) else round(min(size) * 256 / 224)


def caffe(size: tuple[int, int], channels: int = 3) -> Preprocessing:
    """VGG's, Caffe's and Keras's first ResNets': BGR less the mean of ImageNet; for other than 3 channels the values as they are.

    The short side is scaled as in training (Simonyan & Zisserman 2015, section 3.1; Krizhevsky et al. 2012, section 2).
    """
    if channels != 3:
        return identity(size, channels)
    return Preprocessing("bgr", size, short_side(size), (103.939, 116.779, 123.68))


def torch(size: tuple[int, int], channels: int = 3) -> Preprocessing:
    """torchvision's, and Keras's DenseNets': RGB less the mean of ImageNet, over its deviation; else the values as they are."""
    if channels != 3:
        return identity(size, channels)
    mean, deviation = (
        tuple(255 * value for value in row)
        for row in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    return Preprocessing("rgb", size, short_side(size), mean, deviation)


def tensorflow_style(size: tuple[int, int], channels: int = 3) -> Preprocessing:
    """TensorFlow's own networks': from -1 to 1, whatever the channels are."""
    return Preprocessing(
        order(channels), size, short_side(size), (127.5,) * channels, (127.5,) * channels
    )


def identity(size: tuple[int, int], channels: int = 3) -> Preprocessing:
    """The values as they are."""
    return Preprocessing(order(channels), size, short_side(size))


PRESETS: dict[str, Callable[[tuple[int, int], int], Preprocessing]] = {
    "caffe": caffe,
    "torch": torch,
    "tf": tensorflow_style,
    "none": identity,
}


def load_preprocessing(text: str | None, shape: tuple[int, int, int]) -> Preprocessing | None:
    """One of PRESETS, or what a JSON file of a Preprocessing's fields says, for an input shape; None for None.

    A file may leave out size and resize. Raises UserError where it is none.
    """
    if text is None:
        return None
    if text in PRESETS:
        return PRESETS[text](shape[:2], shape[2])
    try:
        with open(text, encoding="utf-8") as file:
            return from_json(file.read(1 << 16), shape)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())[:150]
        raise UserError(
            f"{text} is neither one of {', '.join(PRESETS)} nor a JSON file that says how to preprocess: "
            f"{reason}"
        ) from None


def from_json(text: str, shape: tuple[int, int, int]) -> Preprocessing:
    """What a JSON text of a Preprocessing's fields says, for an input shape; raises ValueError where it is none."""
    height, width, channels = shape
    try:
        told = json.loads(text)
        usual = identity((height, width), channels)
        if not isinstance(told, dict) or not all(
            isinstance(told.get(key, []), list) for key in ("mean", "scale", "size")
        ):
            raise ValueError("needs an object with lists")
        rows = {
            key: tuple(float(value) for value in told.get(key, ())) for key in ("mean", "scale")
        }
        size, resize = tuple(told.get("size", usual.size)), told.get("resize", usual.resize)
        found = Preprocessing(told.get("order", usual.order), size, resize, **rows)
        known = {"order", "size", "resize", *rows}
        if (
            set(told) - known
            or found.order not in ORDERS
            or found.order != "as is"
            and channels != 3
            or 0 in found.scale
            or any(
                len(row) not in (0, channels) or not all(map(math.isfinite, row))
                for row in rows.values()
            )
            or not all(type(n) is int and 1 <= n <= 1 << 16 for n in (*size, resize))
            or len(size) != 2
            or resize < min(size)
        ):
            raise ValueError(f"needs {', '.join(sorted(known))} of {channels} channels")
    except (TypeError, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return found


def order(channels: int) -> str:
    return "rgb" if channels == 3 else "as is"
