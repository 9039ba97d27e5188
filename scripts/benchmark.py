"""Times this program alone and against captum, torch and ONNX Runtime: prints a table, writes JSON.

    python scripts/benchmark.py --quick --out benchmark.json

Ours and the peer take turns on the same photo with new noise; a value is that of the medians, in
brackets the least and greatest of a turn. Leave the machine alone meanwhile: company slows
torch most.
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
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmark_graphs import constant_rows, jit_rows, narrowing_rows  # noqa: E402
from benchmark_layers import LayerTimer, Turns  # noqa: E402
from benchmark_machine import describe_machine  # noqa: E402
from benchmark_peers import random_weights  # noqa: E402
from benchmark_table import print_headings, print_row  # noqa: E402

from tfdeconv.cli import console  # noqa: E402
from tfdeconv.data import images  # noqa: E402
from tfdeconv.errors import UserError  # noqa: E402
from tfdeconv.files import atomic_write  # noqa: E402
from tfdeconv.weights import load  # noqa: E402
from tfdeconv.weights.native_write import save_weights  # noqa: E402
from tfdeconv.zoo import NETWORKS  # noqa: E402

PHOTO = ROOT / "tests/data/chelsea.jpg"
VGG16 = ROOT / "weights/vgg16.h5"
PEERS = ("torch", "captum", "onnx", "onnxruntime")
LAYERS = {
    "vgg16": ("block3_conv3", "block4_conv2", "block5_conv3"),
    "resnet101": ("conv2_block3_out", "conv3_block4_out", "conv4_block23_out"),
}
COLD = {"vgg16": "block4_conv2", "resnet101": "conv4_block23_out"}
BUSY = 0.5  # load of the machine from which other programs matter
EVERY_UNIT = """
from tfdeconv import NETWORKS, Deconvnet, images, load_weights
from tfdeconv.cli import console
console.import_tensorflow()
network = NETWORKS["vgg16"]()
weights = load_weights("weights/vgg16.h5", network, "block4_conv2")
x = images.read(["tests/data/chelsea.jpg"], weights.preprocessing)
Deconvnet(network, weights, "block4_conv2").project(x)
"""


def run_child(*command: str) -> tuple[float, float]:
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
    """visualise.py's nine strongest, from the shell to the picture, less what TensorFlow itself
    takes to import; and memory."""
    import_alone = ("-c", "import tensorflow")
    run_child(*import_alone)  # from now on it is in the disk's cache
    for name, layer in COLD.items():
        command = ["scripts/visualise.py", "--weights", str(files[name])]
        command += ["--layer", layer, "--out", folder]
        import_times: list[float] = []
        times: list[float] = []
        memory: list[float] = []
        for _ in range(turns):
            import_times.append(run_child(*import_alone)[0])
            seconds, gigabytes = run_child(*command)
            times.append(seconds)
            memory.append(gigabytes)
        yield print_row("cold start", layer, "import tensorflow", times, import_times, "s")
        yield print_row("memory of visualise.py", layer, "", memory, memory, "GB")
    memory = [run_child("-c", EVERY_UNIT)[1]]
    yield print_row("memory of every unit", COLD["vgg16"], "", memory, memory, "GB")


def rows(turns: Turns, quick: bool) -> Iterator[dict]:
    """The table, row by row."""
    vgg16 = NETWORKS["vgg16"]()
    resnet101 = NETWORKS["resnet101"]()
    weights = load.read_weights(VGG16, vgg16, dtype=np.float32)
    preprocessing = weights.preprocessing
    random = random_weights(resnet101)
    # children first: their peak of memory counts from ours, which is small as yet
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "resnet101.h5"
        save_weights(file, resnet101, random, preprocessing, "random", "none")
        files = {"vgg16": VGG16, "resnet101": file}
        yield from cold_rows(files, folder, 1 if quick else turns.few)
    console.import_tensorflow()
    photo = images.read([PHOTO], preprocessing)
    for network, arrays in ((vgg16, weights), (resnet101, random)):
        layers: Sequence[str] = LAYERS[network.name]
        if quick:
            layers = layers[:1]
        for layer in layers:
            last = layer == layers[-1]
            yield from LayerTimer(network, arrays, layer, photo, turns).rows(last)
            if network is vgg16:  # ResNet's targets are sums
                yield from narrowing_rows(network, arrays, layer, photo, turns)
        yield from jit_rows(network, arrays, layers[len(layers) // 2], photo, turns)
        yield from constant_rows(network, arrays, layers[-1], photo, turns)


def parse(argv: Sequence[str]) -> Namespace:
    parser = console.Parser(__doc__ or "")
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
    given = parser.parse_args(argv)
    if not given.out.absolute().parent.is_dir():
        parser.error(f"--out {given.out}: there is no directory {given.out.parent}")
    return given


def main(argv: Sequence[str]) -> int:
    given = parse(argv)
    missing = [name for name in PEERS if not importlib.util.find_spec(name)]
    turns = Turns(few=3, many=11, peers=not missing)
    if given.quick:
        turns = Turns(few=2, many=3, peers=not missing)
    if missing:
        names = ", ".join(missing)
        print(f"nothing to compare with, {names} not installed: pip install -e '.[bench]'")
    warnings.simplefilter("ignore")  # captum's at every call, and torch's on its ONNX exporter
    packages = [name for name in ("tensorflow", "numpy", *PEERS) if name not in missing]
    machine = describe_machine(packages)
    print(", ".join(f"{key} {value}" for key, value in machine.items()))
    if machine["load"] > BUSY:
        print(
            "other programs keep the processor busy: torch suffers most from that, "
            "and the ratios flatter us"
        )
    print_headings()
    figures = {"machine": machine, "quick": given.quick, "rows": list(rows(turns, given.quick))}
    with atomic_write(given.out) as path:
        path.write_text(json.dumps(figures, indent=1) + "\n")
    print(given.out)
    return 0


if __name__ == "__main__":
    console.call(main, sys.argv[1:])
