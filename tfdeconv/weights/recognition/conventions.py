"""The names that other programs give a network's parameters, and which of them a file has.

A file is a dictionary of tensors by key. Each convention says which key every parameter has:

| convention          | keys of block1_conv2's kernel and bias        | layout of a kernel     |
|---------------------|-----------------------------------------------|------------------------|
| Caffe, lists        | `conv1_2.0`, `conv1_2.1`                      | height, width, in, out |
| Caffe, dictionaries | `conv1_2.weights`, `conv1_2.biases`           | height, width, in, out |
| tensorpack          | `conv1_2/W`, `conv1_2/b`                      | height, width, in, out |
| Toronto             | `conv1_2_W`, `conv1_2_b`                      | height, width, in, out |
| TF-Slim             | PREFIX `conv1/conv1_2/weights`, `.../biases`  | height, width, in, out |
| torchvision         | PREFIX `features.2.weight`, `features.2.bias` | out, in, height, width |
| Keras's layers      | `block1_conv2/0`, `block1_conv2/1`            | height, width, in, out |

PREFIX is what stands before all keys of a file: `module.`, `state_dict.`, nothing; the one behind
which most keys are is meant. Keras's variables count within their layer.

A new convention is a row of CONVENTIONS, or of KERAS for layers of Keras's .h5 files, SLIM for
checkpoints: who has which network, and its keys; evidence.py does the rest, for all of them alike.
A network of zoo.NETWORKS is tried by each convention that has it: torchvision's by its `aliases`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ...network.graph import Network
from . import naming
from .inventory import Inventory, Shape
from .naming import Keys


@dataclass(frozen=True)
class Convention:
    """How one program names parameters and lays out kernels."""

    maker: str
    # whether the program has such a network at all
    has_network: Callable[[Network], bool]
    # the key of each parameter, without a prefix
    keys: Callable[[Network], Keys]
    # kernels are [out, in, height, width] and [out, in], not [height, width, in, out] and [in, out]
    channels_first: bool = False
    any_prefix: bool = False
    # names of layers are not nested by dots: `conv2_block1_1_conv` is a part of conv2_block1
    flat: bool = False
    # which pixels the names show, of pixels.PIXELS
    preprocessing: str = ""
    # the variant that networks by these names mostly are of
    usual: str = ""

    def shape(self, shape: Shape) -> Shape:
        """A shape in the file as this program lays parameters out."""
        if self.channels_first and len(shape) == 4:
            out, into, height, width = shape
            return height, width, into, out
        if self.channels_first and len(shape) == 2:
            return shape[1], shape[0]
        return shape


@dataclass(frozen=True)
class Match:
    """The parameters of a network that a file has by a convention."""

    convention: Convention
    # only of what the file has, with the prefix
    keys: Keys
    prefix: str = ""
    # other prefixes behind which the file has as many parameters
    ambiguous_prefixes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many parameters the file has."""
        return sum(map(len, self.keys.values()))


def torch_convention(
    maker: str,
    has_network: Callable[[Network], bool],
    rename: Callable[[str], str] = str,
    usual: str = "torchvision",
    pixels: str = "torch",
) -> Convention:
    """A convention of a program in torch, which calls torchvision's modules by other names."""
    keys = partial(naming.renamed, rename)
    return Convention(maker, has_network, keys, True, True, preprocessing=pixels, usual=usual)


def caffe_convention(maker: str, kernel: str, bias: str, pixels: str = "caffe") -> Convention:
    """A convention by Caffe's names of layers, with these endings for kernels and biases."""
    keys = partial(naming.caffe_keys, kernel, bias)
    return Convention(maker, naming.caffe_has, keys, flat=True, preprocessing=pixels)


TORCHVISIONS = partial(naming.is_resnet, ("torchvision",))
DETECTIONS = partial(naming.is_resnet, naming.DETECTION_VARIANTS)
# of several that fit as well the first counts
CONVENTIONS = (
    caffe_convention("Caffe", ".0", ".1"),
    caffe_convention("Caffe", ".weights", ".biases"),
    caffe_convention("tensorpack", "/W", "/b"),
    caffe_convention("Toronto", "_W", "_b", "toronto"),
    torch_convention("torchvision", naming.torchvision_has),
    torch_convention(
        "torch's first zoo", naming.first_zoo_has, naming.first_zoo_module, pixels="first zoo"
    ),
    torch_convention("Hugging Face", TORCHVISIONS, partial(naming.hugging_face_module, "resnet.")),
    torch_convention("Hugging Face", TORCHVISIONS, partial(naming.hugging_face_module, "")),
    torch_convention("torch's Sequential", TORCHVISIONS, naming.child_module),
    torch_convention("maskrcnn-benchmark", DETECTIONS, naming.stem_module, usual="detectron"),
    torch_convention("detectron2", DETECTIONS, naming.detectron_module, usual="detectron"),
)
KERAS = (Convention("Keras", naming.keras_has, naming.keras_keys, flat=True),)
SLIM = (
    Convention("TF-Slim", naming.slim_has, naming.slim_keys, any_prefix=True, preprocessing="slim"),
)


def match(convention: Convention, network: Network, inventory: Inventory) -> Match:
    """What a file has of a network by one convention."""
    keys = convention.keys(network)
    if not convention.any_prefix:
        return Match(convention, present(keys, inventory))
    expected: list[str] = []
    for parameters in keys.values():
        expected += parameters.values()
    counts = inventory.count_prefixes(expected)
    prefix = max(counts, key=lambda one: counts[one], default="")
    ambiguous = [one for one in counts if one != prefix and counts[one] == counts[prefix]]
    prefixed: Keys = {}
    for layer, parameters in keys.items():
        prefixed[layer] = {name: prefix + key for name, key in parameters.items()}
    return Match(convention, present(prefixed, inventory), prefix, tuple(ambiguous))


def present(keys: Keys, inventory: Inventory) -> Keys:
    """Those of the keys that a file has; layers of which it has nothing are left out."""
    found: Keys = {}
    for layer, parameters in keys.items():
        in_file = {name: key for name, key in parameters.items() if key in inventory.shapes}
        if in_file:
            found[layer] = in_file
    return found
