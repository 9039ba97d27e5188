"""Times this program alone and against captum, torch and ONNX Runtime; prints a table and writes it as JSON.

    python scripts/benchmark.py --quick --out benchmark.json

Ours and the peer take turns on the same photo with new noise; a value is that of the medians, in brackets the least and greatest
of a turn. Leave the machine alone meanwhile: torch suffers most from company.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmark_peers import CORES, Arrays, Peer, random_weights  # noqa: E402

from tfdeconv.cli import console  # noqa: E402
from tfdeconv.data import images  # noqa: E402
from tfdeconv.errors import UserError  # noqa: E402
from tfdeconv.files import atomic_write  # noqa: E402
from tfdeconv.network.graph import Network  # noqa: E402
from tfdeconv.weights import load  # noqa: E402
from tfdeconv.weights.native import save_weights  # noqa: E402
from tfdeconv.zoo import NETWORKS  # noqa: E402

Call = Callable[[np.ndarray], Any]

PHOTO, VGG16 = ROOT / "tests/data/chelsea.jpg", ROOT / "weights/vgg16.h5"
PEERS = ("torch", "captum", "onnx", "onnxruntime")
LAYERS = {
    "vgg16": ("block3_conv3", "block4_conv2", "block5_conv3"),
    "resnet101": ("conv2_block3_out", "conv3_block4_out", "conv4_block23_out"),
}
COLD = {"vgg16": "block4_conv2", "resnet101": "conv4_block23_out"}
NOISE = np.random.default_rng(1)
SAMPLE, MAPS = (
    6,
    16,
)  # features that captum's loop is timed on, then scaled up to all; whole maps at a time
GAP, GAP_DOUBLE = (
    1e-4,
    1e-9,
)  # allowed between ours and the peer, relative to the largest value; 1e-6 and 1e-14 are usual
COLUMNS = "{:28} {:17} {:>8} {:>8}  {:19} {:>24}  {}"
VALUES = {
    "x": lambda ours, peer: peer / ours,
    "s": lambda ours, peer: ours - peer,
    "GB": lambda ours, peer: ours,
}
TARGETS = {  # a ratio at least, seconds and GB at most
    ("one unit", "block3_conv3"): 2.0,
    ("one unit", "block5_conv3"): 1.2,
    ("one unit", "conv4_block23_out"): 1.3,
    ("every unit", "block3_conv3"): 80,
    ("every unit", "block4_conv2"): 22,
    ("every unit", "block5_conv3"): 3.3,
    ("every unit", "conv2_block3_out"): 80,
    ("every unit", "conv3_block4_out"): 18,
    (f"{MAPS} whole maps", "block5_conv3"): 1.8,
    ("forward against ONNX Runtime", "block5_conv3"): 0.8,
    ("forward against ONNX Runtime", "conv4_block23_out"): 0.7,
    ("cold start", "block4_conv2"): 2.5,
    ("cold start", "conv4_block23_out"): 5.0,
    ("memory of visualise.py", "block4_conv2"): 1.6,
    ("memory of every unit", "block4_conv2"): 2.2,
}
EVERY_UNIT = """from tfdeconv import NETWORKS, Deconvnet, images, load_weights
from tfdeconv.cli import console
console.import_tensorflow()
network = NETWORKS["vgg16"]()
weights = load_weights("weights/vgg16.h5", network, "block4_conv2")
Deconvnet(network, weights, "block4_conv2").project(images.read(["tests/data/chelsea.jpg"], weights.preprocessing))"""


def row(
    measure: str, layer: str, against: str, ours: list[float], peer: list[float], unit: str = "x"
) -> dict[str, Any]:
    """A line of the table, printed: what ours and the peer (none: not installed) took turn by turn, and their value (VALUES)."""
    turns = [VALUES[unit](*pair) for pair in zip(ours, peer)]
    medians = [median(times) for times in (ours, peer) if times]
    value, target = VALUES[unit](*medians) if turns else None, TARGETS.get((measure, layer))
    met = (
        None
        if value is None or target is None
        else value >= target
        if unit == "x"
        else value <= target
    )
    times = [f"{t:.2f} s" if t >= 1 else f"{t * 1e3:.1f} ms" for t in medians if unit != "GB"] + [
        "",
        "",
    ]
    of = "" if unit == "x" else f" {unit}"
    print(
        COLUMNS.format(
            measure,
            layer,
            *times[:2],
            against,
            f"{value:.2f}{of} ({min(turns):.2f}..{max(turns):.2f})" if turns else "",
            f"{'<=' if of else '>='} {target}{of}{'  MISSED' * (met is False)}" if target else "",
        ).rstrip(),
        flush=True,
    )
    return {
        "measure": measure,
        "layer": layer,
        "against": against,
        "ours": ours,
        "peer": peer,
        "unit": unit,
        "value": value,
        "target": target,
        "met": met,
    }


def in_turn(rounds: int, photo: np.ndarray, *calls: Call) -> list[list[float]]:
    """Seconds of each call, round by round, each round with other noise of one grey level, so that nothing can be remembered."""
    found: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        x = photo + NOISE.integers(-1, 2, photo.shape).astype(np.float32)
        for call, taken in zip(calls, found):
            time.sleep(0.05)  # the threads of the one before spin for a moment more
            start = time.perf_counter()
            call(x)
            taken.append(time.perf_counter() - start)
    return found


def verify(
    network: Network, arrays: Arrays, layer: str, photo: np.ndarray, peer: Peer, units: list
) -> None:
    """Raises UserError where a peer computes something else; the ways down in double: rounding moves switches that nearly tie."""
    from tfdeconv.engine.deconvnet import Deconvnet

    y, torch_y, onnx_y = (
        Deconvnet(network, arrays, layer).activations(photo),
        peer.forward(photo),
        peer.onnx(photo),
    )
    doubled = {
        name: {key: array.astype(float) for key, array in p.items()} for name, p in arrays.items()
    }
    deconvnet, x = Deconvnet(network, doubled, layer), photo.astype(float)
    unit, whole = (
        deconvnet.project(x, [channel for channel, _, _ in units]),
        deconvnet.project(x, [0, 1], "all"),
    )
    peer.model.double()
    seeds = unit.activations[0][:, None, None, None]  # captum starts from 1
    for what, ours, theirs, allowed in (
        ("torch's map", y, torch_y, GAP),
        ("ONNX Runtime's map", y, onnx_y, GAP),
        ("captum's unit", unit.pixels[0], seeds * peer.project(peer.unit, x, units), GAP_DOUBLE),
        ("captum's map", whole.pixels[0], peer.project(peer.map, x, [0, 1]), GAP_DOUBLE),
    ):
        gap = np.abs(ours - theirs).max() / np.abs(theirs).max()
        if not gap < allowed:
            raise UserError(
                f"{layer}: {what} is not ours: largest relative gap {gap:.1e}, needs {allowed:.0e} to compare times"
            )
    peer.model.float()


def layer_rows(
    network: Network, arrays: Arrays, layer: str, photo: np.ndarray, options: Namespace, last: bool
) -> Iterator[dict]:
    """One unit, every unit; on the last layer of a network the way up alone, and on VGG16's whole maps too."""
    from tfdeconv.engine.deconvnet import Deconvnet

    deconvnet, count = Deconvnet(network, arrays, layer), network.shapes()[layer][2]
    sample = np.linspace(0, count - 1, SAMPLE).astype(int)
    units = [
        (int(channel), *map(int, place))
        for channel, place in zip(sample, deconvnet.project(photo, sample).positions[0])
    ]
    peer: Any = Peer(network, arrays, layer, photo) if options.peers else None
    if peer:
        verify(network, arrays, layer, photo, peer, units)

    def timed(
        name: str, against: str, rounds: int, ours: Call, theirs: Call, scale: float = 1
    ) -> dict[str, Any]:
        calls = (ours, theirs) if peer else (ours,)
        for call in calls if name != "every unit" else ():  # one unit has compiled that
            call(photo)
        found, *other = in_turn(rounds, photo, *calls)
        return row(
            name, layer, against, found, [scale * taken for taken in other[0]] if peer else []
        )

    yield timed(
        "one unit",
        "captum",
        options.many,
        lambda x: deconvnet.project(x, [units[1][0]]),
        lambda x: peer.project(peer.unit, x, units[1:2]),
    )
    yield timed(
        "every unit",
        f"captum, {SAMPLE} of {count}",
        options.few,
        deconvnet.project,
        lambda x: peer.project(peer.unit, x, units),
        count / SAMPLE,
    )
    if last:
        yield timed(
            "forward against torch",
            "torch",
            options.many,
            deconvnet.activations,
            lambda x: peer.forward(x),
        )
        yield timed(
            "forward against ONNX Runtime",
            "ONNX Runtime",
            options.many,
            deconvnet.activations,
            lambda x: peer.onnx(x),
        )
        if network.name == "vgg16":
            yield timed(
                f"{MAPS} whole maps",
                "captum",
                options.few,
                lambda x: deconvnet.project(x, range(MAPS), "all"),
                lambda x: peer.project(peer.map, x, range(MAPS)),
            )


def jit_rows(
    network: Network, arrays: Arrays, layer: str, photo: np.ndarray, options: Namespace
) -> Iterator[dict]:
    """Plain graphs (ours) against XLA (peer): the first call, which compiles, and the next."""
    from tfdeconv.engine.deconvnet import Deconvnet

    for name, channels, rounds in (
        ("one unit", [1], options.many),
        ("every unit", None, options.few),
    ):
        calls = [
            lambda x, net=Deconvnet(network, arrays, layer, jit=jit): net.project(x, channels)
            for jit in (False, True)
        ]
        for when, times in ("first call", 1), ("warm", rounds):
            plain, jit = in_turn(times, photo, *calls)
            yield row(f"{name}, {when}", layer, "jit=True", plain, jit)


def child(*command: str) -> tuple[float, float]:
    """Seconds and peak memory (GB) of a fresh Python process."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise UserError(
            f"a child failed with status {process.returncode}: python {' '.join(command)}"
        )
    return time.perf_counter() - start, usage.ru_maxrss * 1024 / 1e9


def cold_rows(files: Mapping[str, Path], folder: str, turns: int) -> Iterator[dict]:
    """visualise.py, top 9, from the shell to the picture, less what TensorFlow itself takes to import; and memory."""
    bare = ("-c", "import tensorflow")
    child(*bare)  # from now on it is in the disk's cache
    for name, layer in COLD.items():
        command = (
            "scripts/visualise.py",
            "--weights",
            str(files[name]),
            "--layer",
            layer,
            "--out",
            folder,
        )
        alone, taken, memory = (
            list(column)
            for column in zip(*[(child(*bare)[0], *child(*command)) for _ in range(turns)])
        )
        yield row("cold start", layer, "import tensorflow", taken, alone, "s")
        yield row("memory of visualise.py", layer, "", memory, memory, "GB")
    memory = [child("-c", EVERY_UNIT)[1]]
    yield row("memory of every unit", COLD["vgg16"], "", memory, memory, "GB")


def rows(options: Namespace) -> Iterator[dict]:
    """The table, row by row."""
    vgg16, resnet101 = NETWORKS["vgg16"](), NETWORKS["resnet101"]()
    read, made = load.read_weights(VGG16, vgg16, dtype=np.float32), random_weights(resnet101)
    with (
        tempfile.TemporaryDirectory() as folder
    ):  # children first: their peak of memory counts from ours, small as yet
        file = Path(folder) / "resnet101.h5"
        save_weights(file, resnet101, made, read.preprocessing, "random", "none")
        yield from cold_rows(
            {"vgg16": VGG16, "resnet101": file}, folder, 1 if options.quick else options.few
        )
    console.import_tensorflow()
    photo = images.read([PHOTO], read.preprocessing)
    for network, arrays in (vgg16, read), (resnet101, made):
        layers = LAYERS[network.name][: 1 if options.quick else None]
        for layer in layers:
            yield from layer_rows(network, arrays, layer, photo, options, layer == layers[-1])
        yield from jit_rows(network, arrays, layers[len(layers) // 2], photo, options)


def main(argv: Sequence[str]) -> int:
    parser = console.Parser(__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="one early layer of each network, fewer turns"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("benchmark.json"),
        metavar="FILE",
        help="default: benchmark.json",
    )
    options = parser.parse_args(argv)
    if not options.out.absolute().parent.is_dir():
        parser.error(f"--out {options.out}: there is no directory {options.out.parent}")
    missing = [name for name in PEERS if not importlib.util.find_spec(name)]
    options.peers, options.few, options.many = (
        not missing,
        2 if options.quick else 3,
        3 if options.quick else 11,
    )
    if missing:
        print(
            f"nothing to compare with, {', '.join(missing)} not installed: pip install -e '.[bench]'"
        )
    warnings.simplefilter("ignore")  # captum's at every call, and torch's on its ONNX exporter
    lines, load = Path("/proc/cpuinfo").read_text().splitlines(), os.getloadavg()[0]
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")),
        "unknown",
    )
    machine = {
        "cpu": model,
        "cores": CORES,
        "load": round(load, 2),
        "python": sys.version.split()[0],
    }
    machine |= {
        name: version(name) for name in ("tensorflow", "numpy", *PEERS) if name not in missing
    }
    print(", ".join(f"{key} {value}" for key, value in machine.items()))
    if load > 0.5:
        print(
            "other programs keep the processor busy: torch suffers most from that, and the ratios flatter us"
        )
    print(COLUMNS.format("measure", "layer", "ours", "peer", "against", "value", "target"))
    figures = {"machine": machine, "quick": options.quick, "rows": list(rows(options))}
    with atomic_write(options.out) as place:
        place.write_text(json.dumps(figures, indent=1) + "\n")
    print(options.out)
    return 0


if __name__ == "__main__":
    console.call(main, sys.argv[1:])
