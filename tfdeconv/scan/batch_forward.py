"""What a scan finds in some images of a batch: one forward pass for all layers. Nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from ..engine import passes, types
from ..engine.maxima import within
from ..network.base import Node
from ..network.borders import Region
from ..network.graph import Residual
from .reductions import Summary, summary, unit_values


class Found(NamedTuple):
    """What was found in n images, the channels of one layer behind those of the other."""

    summary: Summary
    # what came through the two paths of a block at each of its strongest units, NaN in layers that
    # are no output of a block: [n, channels] by field; none where no layer is one
    shares: dict[str, tf.Tensor]


@dataclass(frozen=True)
class BatchForward:
    """The forward pass to some layers.

    nodes: computes them; read: layers whose maps are needed, blocks' paths among them; regions: of
    layers of which not all units are looked at, those that are; blocks: of the layers that are
    outputs of residual blocks.
    """

    layers: Sequence[str]
    nodes: Sequence[Node]
    read: Sequence[str]
    regions: Mapping[str, Region]
    blocks: Mapping[str, Residual]

    def found(self, parameters: types.Tensors, x: tf.Tensor) -> Found:
        """What images x [n, h, w, c], n static, show."""
        outputs, _ = passes.forward_maps(self.nodes, parameters, x, None, self.read)
        maps = dict(zip(self.read, outputs))
        summaries = {layer: self._summary(layer, maps[layer]) for layer in self.layers}
        whole = Summary(*(tf.concat(parts, 1) for parts in zip(*summaries.values())))
        return Found(whole, self._shares(maps, summaries) if self.blocks else {})

    def _summary(self, layer: str, y: tf.Tensor) -> Summary:
        """The summary of a layer's maps, of the units that are looked at."""
        region = self.regions.get(layer)
        found = summary(within(y, region))
        if region is None:
            return found
        rows, columns = region.slices
        return found._replace(rows=found.rows + rows.start, columns=found.columns + columns.start)

    def _shares(
        self, maps: Mapping[str, tf.Tensor], summaries: Mapping[str, Summary]
    ) -> dict[str, tf.Tensor]:
        shortcuts = []
        branches = []
        for layer, found in summaries.items():
            if layer in self.blocks:
                block = self.blocks[layer]
                shortcuts.append(unit_values(maps[block.shortcut], found.rows, found.columns))
                branches.append(unit_values(maps[block.branch], found.rows, found.columns))
            else:
                nothing = tf.fill(found.rows.shape, np.float32(np.nan))
                shortcuts.append(nothing)
                branches.append(nothing)
        return {"shortcuts": tf.concat(shortcuts, 1), "branches": tf.concat(branches, 1)}
