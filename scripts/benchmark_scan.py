"""Times what a scan takes over the bare pass up, what a second worker brings, and what the figures of a whole layer take.

    python scripts/benchmark_scan.py --rounds 15

Scan and pass up take turns on the same batches and the same graph, crops of a photo with noise; many of them enter the best at
first, which a long scan does not see. Figures, with reading, checking, drawing and packing, take turns with the ways up and down
alone. Values are medians, in brackets the least and greatest of a turn. Workers are whole processes on loopback, each bound to a
core of its own; the images a second are those of a long list less a short one, so that what starting takes is left out.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tfdeconv.cli import arguments, console  # noqa: E402
from tfdeconv.data import images  # noqa: E402
from tfdeconv.weights import load  # noqa: E402

MOST, MOST_DRAWN = 0.15, 1.5  # of the bare pass; times the bare ways up and down
LAYER, PHOTOS = "block4_conv2", 160  # whose features are drawn, of a run over so many crops
LISTS = 64, 384  # images of the short list and of the long one


def overhead(rounds: int, batch: int) -> None:
    """Prints what a scan takes over the bare pass."""
    console.import_tensorflow()
    import tensorflow as tf

    from tfdeconv.engine import passes
    from tfdeconv.network.selection import default_layers
    from tfdeconv.scan.accumulator import Accumulator

    read = load.load_weights(ROOT / "weights/vgg16.h5")
    layers, size = default_layers(read.network, read), read.preprocessing.size
    scan = Accumulator(read.network, read, layers, size, batch)
    bare = tf.function(
        lambda x: passes.forward_maps(scan.nodes, scan.parameters, x, None, layers[-1:])[0][0],
        autograph=False,
    )
    turns: list[tuple[float, float]] = []
    for turn in range(rounds + 2):
        x = tf.constant(read.preprocessing.apply(crops(batch, turn)))
        begin = time.perf_counter()
        bare(x).numpy()
        middle = time.perf_counter()
        scan.step([x], [np.arange(batch, dtype=np.int32) + turn * batch])
        turns.append((middle - begin, time.perf_counter() - middle))
    turns = turns[2:]
    alone, scanned = (median(column) for column in zip(*turns))
    shares = [second / first - 1 for first, second in turns]
    print(
        f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}, {len(layers)} layers, batches of {batch}: "
        f"pass up {alone:.3f} s, scan {scanned:.3f} s ({batch / scanned:.1f} images a second), overhead "
        f"{scanned / alone - 1:.1%} ({min(shares):.1%}..{max(shares):.1%}), target <= {MOST:.0%}"
        f"{'  MISSED' if scanned / alone - 1 > MOST else ''}",
        flush=True,
    )


def crops(count: int, seed: int) -> np.ndarray:
    """Crops of the sample photo with noise, uint8 [count, 224, 224, 3]."""
    photo, rng = images.pixels(ROOT / "tests/data/chelsea.jpg"), np.random.default_rng(seed)
    corners = rng.integers(0, (photo.shape[0] - 224, photo.shape[1] - 224), (count, 2))
    found = np.stack([photo[top : top + 224, left : left + 224] for top, left in corners])
    return np.clip(found + rng.integers(0, 20, found.shape), 0, 255).astype(np.uint8)


def workers(folder: Path, count: int, cores: list[int], workers: int) -> float:
    """Seconds that scanning so many images takes so many workers, the cores dealt out among them."""
    np.save(folder / "x.npy", crops(count, 1))
    (folder / f"{count}.h5").unlink(missing_ok=True)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    hosts = [f"localhost:{port + i}" for i in range(workers)]
    begin, started = time.perf_counter(), []
    for i in range(workers):
        mine = set(cores[i::workers])
        told = {
            "TF_CONFIG": json.dumps(
                {"cluster": {"worker": hosts}, "task": {"type": "worker", "index": i}}
            )
        }
        started.append(
            subprocess.Popen(
                [
                    sys.executable,
                    str(ROOT / "scripts/scan.py"),
                    str(folder / "x.npy"),
                    "--out",
                    str(folder / f"{count}.h5"),
                    "--batch",
                    "8",
                ],
                env=os.environ | told,
                stdout=subprocess.DEVNULL,
                preexec_fn=partial(os.sched_setaffinity, 0, mine),
            )
        )
    for process in started:
        if process.wait():
            raise SystemExit("a worker failed")
    return time.perf_counter() - begin


def scaling() -> None:
    """Prints the images a second of one worker on one core, one on all, and one on each."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    for count, mine in ((1, cores[:1]), (1, cores), (len(cores), cores)):
        with TemporaryDirectory() as folder:  # what disturbs it only adds: the less of two
            short, long = (
                min(workers(Path(folder), images, mine, count) for _ in range(2))
                for images in LISTS
            )
        print(
            f"{count} worker{'s' if count > 1 else ''} on {len(mine)} core{'s' if len(mine) > 1 else ''}: "
            f"{(LISTS[1] - LISTS[0]) / (long - short):.2f} images a second",
            flush=True,
        )


def drawing(rounds: int) -> None:
    """Prints what all features of a layer take to draw, over the ways up and down alone."""
    from tfdeconv.engine.deconvnet import Deconvnet
    from tfdeconv.figures import run as run_figures, tiles
    from tfdeconv.scan import provenance, run_file

    with TemporaryDirectory() as folder:
        np.save(f"{folder}/x.npy", crops(PHOTOS, 1))
        command = [
            str(ROOT / "scripts/scan.py"),
            f"{folder}/x.npy",
            "--out",
            f"{folder}/run.h5",
            "--layers",
            LAYER,
        ]
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
        found = run_file.load(f"{folder}/run.h5")
        read = load.load_weights(found.weights)
        deconvnet, source = (
            Deconvnet(read.network, read, LAYER),
            provenance.images_of(found, "the run", None),
        )
        x = read.preprocessing.apply(np.load(f"{folder}/x.npy"))
        state, channels = found.state[LAYER], np.arange(len(found.state[LAYER]["means"]))
        alive = state["values"] > 0

        def bare() -> None:
            numbers = np.unique(state["images"][alive])
            for start in range(0, len(numbers), tiles.BATCH):
                some = numbers[start : start + tiles.BATCH]
                at = np.nonzero(np.isin(state["images"], some) & alive)
                image = np.searchsorted(some, state["images"][at])
                for _ in deconvnet.backward(
                    deconvnet.forward(x[some]), image, at[0], state["positions"][at]
                ):
                    pass

        drawing = run_figures.Figures(
            Path("run.h5"),
            found,
            read.network,
            read,
            Path(found.weights),
            source,
            "deconvnet",
            None,
            Path(folder),
            False,
            lambda text: None,
            print,
        )

        def drawn() -> None:
            for _ in drawing.layer(LAYER, channels):
                pass

        turns = [(seconds(bare), seconds(drawn)) for _ in range(rounds)]
    alone, whole = (median(column) for column in zip(*turns))
    shares = [second / first for first, second in turns]
    print(
        f"{alive.sum()} units of {LAYER} in {len(np.unique(state['images'][alive]))} images: up and down {alone:.1f} s, drawn "
        f"{whole:.1f} s, {whole / alone:.2f} times ({min(shares):.2f}..{max(shares):.2f}), target <= {MOST_DRAWN}"
        f"{'  MISSED' if whole / alone > MOST_DRAWN else ''}",
        flush=True,
    )


def seconds(call: Callable[[], None]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def main(argv: Sequence[str]) -> int:
    parser = console.Parser(__doc__)
    parser.add_argument("--rounds", type=arguments.positive_int, default=15, metavar="N")
    parser.add_argument("--batch", type=arguments.positive_int, default=16, metavar="N")
    options = parser.parse_args(argv)
    overhead(options.rounds, options.batch)
    drawing(3)
    scaling()
    return 0


if __name__ == "__main__":
    console.call(main, sys.argv[1:])
