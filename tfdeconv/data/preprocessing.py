"""How pixels became a network's input when it was trained, and back.

A fact of the training: weight files carry it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

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


# other names of some: the values that pixels become
ALIASES = {"0-1": "over255", "-1-1": "tf"}


def preset_name(text: str) -> str:
    """The preset that a text names, by an alias as well; any other text as it is.

    >>> preset_name("0-1"), preset_name("mean.npy")
    ('over255', 'mean.npy')
    """
    return ALIASES.get(text, text)


def say_nothing(note: str) -> None:
    """For a caller whom notes on what was assumed do not concern."""
