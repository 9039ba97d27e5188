"""What a layer's projections take, here and at the peers, whose results are verified first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmark_peers import Arrays, Peer
from benchmark_table import MAPS, print_row

from tfdeconv.errors import UserError
from tfdeconv.network.graph import Network

Call = Callable[[np.ndarray], Any]

NOISE = np.random.default_rng(1)
SAMPLE = 6  # features that captum's loop is timed on, then scaled up to all
# allowed between ours and the peer, relative to the largest value; 1e-6 and 1e-14 are usual
GAP = 1e-4
GAP_DOUBLE = 1e-9
PAUSE = 0.05  # seconds; the threads of the call before spin for a moment more


@dataclass(frozen=True)
class Turns:
    """How often a call is timed, and whether the peers are installed."""

    few: int  # of long calls
    many: int  # of short ones
    peers: bool


def time_in_turn(rounds: int, photo: np.ndarray, *calls: Call) -> list[list[float]]:
    """Seconds of each call, round by round.

    Each round has other noise of one grey level, so that nothing can be remembered.
    """
    seconds: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        x = photo + NOISE.integers(-1, 2, photo.shape).astype(np.float32)
        for call, taken in zip(calls, seconds):
            time.sleep(PAUSE)
            start = time.perf_counter()
            call(x)
            taken.append(time.perf_counter() - start)
    return seconds


def verify(
    network: Network, arrays: Arrays, layer: str, photo: np.ndarray, peer: Peer, units: Sequence
) -> None:
    """Raises UserError where a peer computes something else than we do.

    Projections are compared in double precision: rounding moves switches that nearly tie.
    """
    from tfdeconv.engine.deconvnet import Deconvnet

    ours = Deconvnet(network, arrays, layer).activations(photo)
    compare(layer, "torch's map", ours, peer.forward(photo), GAP)
    compare(layer, "ONNX Runtime's map", ours, peer.onnx(photo), GAP)
    doubled: dict[str, dict[str, np.ndarray]] = {}
    for name, parameters in arrays.items():
        doubled[name] = {key: array.astype(float) for key, array in parameters.items()}
    deconvnet = Deconvnet(network, doubled, layer)
    x = photo.astype(float)
    unit = deconvnet.project(x, [channel for channel, _, _ in units])
    whole = deconvnet.project(x, [0, 1], "all")
    peer.model.double()
    seeds = unit.activations[0][:, None, None, None]  # captum starts from 1
    captum_unit = seeds * peer.project(peer.unit, x, units)
    compare(layer, "captum's unit", unit.pixels[0], captum_unit, GAP_DOUBLE)
    captum_map = peer.project(peer.map, x, [0, 1])
    compare(layer, "captum's map", whole.pixels[0], captum_map, GAP_DOUBLE)
    peer.model.float()


def compare(layer: str, what: str, ours: np.ndarray, peer: np.ndarray, allowed: float) -> None:
    gap = np.abs(ours - peer).max() / np.abs(peer).max()
    if not gap < allowed:
        raise UserError(
            f"{layer}: {what} is not ours: largest relative gap {gap:.1e}, "
            f"needs {allowed:.0e} to compare times"
        )


class LayerTimer:
    """Times what our deconvnet and the peer take for one layer of a network."""

    def __init__(
        self, network: Network, arrays: Arrays, layer: str, photo: np.ndarray, turns: Turns
    ):
        from tfdeconv.engine.deconvnet import Deconvnet

        self.network = network
        self.layer = layer
        self.photo = photo
        self.turns = turns
        self.deconvnet = Deconvnet(network, arrays, layer)
        self.count = network.shapes()[layer][2]
        channels = np.linspace(0, self.count - 1, SAMPLE).astype(int)
        positions = self.deconvnet.project(photo, channels).positions[0]
        self.units = [
            (int(channel), int(row), int(column))
            for channel, (row, column) in zip(channels, positions)
        ]
        self.peer: Any = None
        if turns.peers:
            self.peer = Peer(network, arrays, layer, photo)
            verify(network, arrays, layer, photo, self.peer, self.units)

    def rows(self, last: bool) -> Iterator[dict]:
        """One unit, every unit; of a network's last layer the forward pass, of VGG16's maps too."""
        deconvnet, peer, turns = self.deconvnet, self.peer, self.turns
        channel = self.units[1][0]
        yield self.row(
            "one unit",
            "captum",
            turns.many,
            lambda x: deconvnet.project(x, [channel]),
            lambda x: peer.project(peer.unit, x, self.units[1:2]),
        )
        yield self.row(
            "every unit",
            f"captum, {SAMPLE} of {self.count}",
            turns.few,
            deconvnet.project,
            lambda x: peer.project(peer.unit, x, self.units),
            scale=self.count / SAMPLE,
            compiled=True,  # by the unit before
        )
        if not last:
            return
        forward = deconvnet.activations
        yield self.row(
            "forward against torch", "torch", turns.many, forward, lambda x: peer.forward(x)
        )
        yield self.row(
            "forward against ONNX Runtime",
            "ONNX Runtime",
            turns.many,
            forward,
            lambda x: peer.onnx(x),
        )
        if self.network.name == "vgg16":
            yield self.row(
                f"{MAPS} whole maps",
                "captum",
                turns.few,
                lambda x: deconvnet.project(x, range(MAPS), "all"),
                lambda x: peer.project(peer.map, x, range(MAPS)),
            )

    def row(
        self,
        measure: str,
        against: str,
        rounds: int,
        ours: Call,
        peer: Call,
        scale: float = 1,
        compiled: bool = False,
    ) -> dict[str, Any]:
        """A row of the table; scale: of the peer's times; compiled: needs no call beforehand."""
        calls = (ours, peer) if self.peer else (ours,)
        if not compiled:
            for call in calls:
                call(self.photo)
        our_times, *others = time_in_turn(rounds, self.photo, *calls)
        peer_times: list[float] = []
        for times in others:
            peer_times += [scale * seconds for seconds in times]
        return print_row(measure, self.layer, against, our_times, peer_times)
