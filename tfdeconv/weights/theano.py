"""Kernels as Keras kept them for Theano: turned by 180 degrees, and [out, in, height, width].

Theano convolves where others correlate, so its kernels stand on their heads. Keras 1 and before
kept a kernel in either order of axes and either way round; Keras 2 writes the usual order, but on
Theano still turned, and says so in the attribute `backend`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..formats.hdf5 import Dataset, Group, texts
from ..network.graph import Network
from ..zoo import NETWORKS
from .contents import WeightFile
from .format_reader import FormatReader
from .state_dict import flattened_maps, to_hwio

# in the names of files, which way round their kernels are
THEANOS, TENSORFLOWS = "th_kernels", "tf_kernels"
# and that their axes are in Theano's order
THEANOS_AXES = "th_dim_ordering"
# how the names of Keras 1's kernels end (block1_conv1_W): Keras 2 calls them kernel:0
KERNEL_OF_KERAS_1 = "_W"
# height and width of a kernel, at most
LARGEST_KERNEL = 15


@dataclass(frozen=True)
class KernelOrder:
    """How a file keeps its kernels.

    turned: by 180 degrees. channels_first: [out, in, height, width], and the rows of a dense kernel
    behind a flattened map in the order channels, height, width.
    """

    turned: bool = False
    channels_first: bool = False
    # how that is known, where it is not the usual way
    reason: str = ""

    @property
    def note(self) -> str:
        """What is assumed, in a line."""
        axes = "[out, in, height, width] " if self.channels_first else ""
        way = "turned by 180 degrees" if self.turned else "not turned"
        return f"assumed: kernels are {axes}and {way}, {self.reason}"

    def arranged(self, node: Group) -> Group:
        """A file's tree with its kernels as usual: [height, width, in, out], not turned."""
        if not self.reason:
            return node
        children = dict(node.children)
        for name, child in children.items():
            if isinstance(child, Group):
                children[name] = self.arranged(child)
            elif isinstance(child, Dataset) and len(child.shape) == 4:
                children[name] = self.arranged_kernel(child)
        return replace(node, children=children)

    def arranged_kernel(self, kernel: Dataset) -> Dataset:
        def read() -> np.ndarray:
            array = kernel.read()
            if self.channels_first:
                array = to_hwio(array, None)
            if self.turned:
                array = array[::-1, ::-1]
            return np.ascontiguousarray(array)

        out, into, height, width = shape = kernel.shape
        if self.channels_first:
            shape = (height, width, into, out)
        return replace(kernel, shape=shape, read=read)

    def rearranging(self, reader: FormatReader) -> FormatReader:
        """A reader of an arranged tree that says so, and puts the rows of dense kernels right."""
        if not self.reason:
            return reader

        def contents(network: Network) -> WeightFile:
            file = reader.contents(network)
            maps = {}
            if self.channels_first and network.name in NETWORKS:
                maps = flattened_maps(network)

            def read(layer: str, name: str) -> np.ndarray:
                array = file.read(layer, name)
                if name == "kernel" and layer in maps and len(array) == math.prod(maps[layer]):
                    array = np.ascontiguousarray(to_hwio(array.T, maps[layer]))
                return array

            return replace(file, read=read, notes=(*file.notes, self.note))

        return replace(reader, contents=contents)


def kernel_order(path: str | Path, file: Group) -> KernelOrder:
    """How a file of Keras's keeps its kernels."""
    name = Path(path).name
    kernels = dict(named_kernels(file))
    shapes = [kernel.shape for kernel in kernels.values()]
    if may_be_first(name, file, kernels) and is_channels_first(shapes):
        if TENSORFLOWS in name:
            return KernelOrder(False, True, f"as the file's name has {TENSORFLOWS}")
        return KernelOrder(
            True, True, f"as Theano has them (a file's name with {TENSORFLOWS} says otherwise)"
        )
    if THEANOS in name:
        return KernelOrder(True, False, f"as the file's name has {THEANOS}")
    if "theano" in attributes(file, "backend"):
        return KernelOrder(True, False, "as the file says that it is of Keras on Theano")
    return KernelOrder()


def may_be_first(name: str, file: Group, kernels: Iterable[str]) -> bool:
    """Whether kernels of these names may be [out, in, height, width], as none are since Keras 2.

    Files are passed on with the version of whoever saved them last, so names count as well.
    """
    if THEANOS_AXES in name or all(kernel.endswith(KERNEL_OF_KERAS_1) for kernel in kernels):
        return True
    versions = attributes(file, "keras_version")
    return all(version.startswith(("0.", "1.")) for version in versions)


def attributes(file: Group, name: str) -> Iterator[str]:
    """What a file says of the Keras that wrote it, at its root or in one of its groups."""
    children = [child for child in file.children.values() if isinstance(child, Group)]
    for group in (file, *children):
        if name in group.attrs:
            yield from texts(group.attrs[name])


def named_kernels(group: Group, path: str = "") -> Iterator[tuple[str, Dataset]]:
    """All kernels below a group, by their paths."""
    for name, child in group.children.items():
        if isinstance(child, Group):
            yield from named_kernels(child, f"{path}{name}/")
        elif isinstance(child, Dataset) and len(child.shape) == 4:
            yield path + name, child


def is_channels_first(shapes: Iterable[tuple[int, ...]]) -> bool:
    """Whether kernels of these shapes are [out, in, height, width].

    Windows are square: where the first two axes differ and the last two do not, it is last. All
    that tell must agree.
    """
    told = set()
    for shape in shapes:
        is_first = shape[0] == shape[1]
        is_last = shape[2] == shape[3] <= LARGEST_KERNEL
        if is_first != is_last:
            told.add(is_last)
    return told == {True}
