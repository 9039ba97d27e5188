"""Times what a scan takes over the bare forward pass, what a second worker brings, and what the
figures of a whole layer take.

    python scripts/benchmark_scan.py --rounds 15

Scan and forward pass take turns on the same batches and the same graph, crops of a photo with
noise; many of them enter the best at first, which a long scan does not see. Figures, with reading,
checking, drawing and packing, take turns with the forward and backward passes alone. Values are
medians, in brackets the least and greatest of a turn. Workers are whole processes on loopback,
each bound to a core of its own; the images a second are those of a long list less a short one, so
that what starting takes is left out.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
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

MAX_OVERHEAD = 0.15  # of a scan, as a share of the bare forward pass
MAX_DRAWING = 1.5  # of figures, as a multiple of the bare forward and backward passes
LAYER = "block4_conv2"  # whose features are drawn,
PHOTOS = 160  # of a run over so many crops
SHORT, LONG = 64, 384  # images of the two lists
WARM_UP = 2  # turns that do not count
SIDE = 224  # pixels of a crop


def crops(count: int, seed: int) -> np.ndarray:
    """Crops of the sample photo with noise, uint8 [count, 224, 224, 3]."""
    photo = images.pixels(ROOT / "tests/data/chelsea.jpg")
    rng = np.random.default_rng(seed)
    most = (photo.shape[0] - SIDE, photo.shape[1] - SIDE)
    corners = rng.integers(0, most, (count, 2))
    cut = np.stack([photo[top : top + SIDE, left : left + SIDE] for top, left in corners])
    return np.clip(cut + rng.integers(0, 20, cut.shape), 0, 255).astype(np.uint8)


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def missed(value: float, target: float) -> str:
    return "  MISSED" if value > target else ""


def measure_overhead(rounds: int, batch: int) -> None:
    """Prints what a scan takes over the bare forward pass."""
    console.import_tensorflow()
    import tensorflow as tf

    from tfdeconv.engine import passes
    from tfdeconv.network.selection import default_layers
    from tfdeconv.scan.accumulator import Accumulator

    weights = load.load_weights(ROOT / "weights/vgg16.h5")
    layers = default_layers(weights.network, weights)
    scan = Accumulator(weights.network, weights, layers, weights.preprocessing.size, batch)

    def last_map(x: tf.Tensor) -> tf.Tensor:
        return passes.forward_maps(scan.nodes, scan.parameters, x, None, layers[-1:])[0][0]

    bare = tf.function(last_map, autograph=False)
    pass_times: list[float] = []
    scan_times: list[float] = []
    for turn in range(rounds + WARM_UP):
        x = tf.constant(weights.preprocessing.apply(crops(batch, turn)))
        pass_times.append(seconds(lambda: bare(x).numpy()))
        numbers = np.arange(batch, dtype=np.int32) + turn * batch
        scan_times.append(seconds(lambda: scan.step([x], [numbers])))
    pass_times = pass_times[WARM_UP:]
    scan_times = scan_times[WARM_UP:]
    alone = median(pass_times)
    scanned = median(scan_times)
    overhead = scanned / alone - 1
    overheads = [scan / bare - 1 for bare, scan in zip(pass_times, scan_times)]
    cores = len(os.sched_getaffinity(0))
    print(
        f"{cores} cores, load {os.getloadavg()[0]:.1f}, {len(layers)} layers, "
        f"batches of {batch}: forward {alone:.3f} s, scan {scanned:.3f} s "
        f"({batch / scanned:.1f} images a second), overhead "
        f"{overhead:.1%} ({min(overheads):.1%}..{max(overheads):.1%}), "
        f"target <= {MAX_OVERHEAD:.0%}{missed(overhead, MAX_OVERHEAD)}",
        flush=True,
    )


def scan_seconds(folder: Path, count: int, cores: list[int], workers: int) -> float:
    """What scanning so many images takes so many workers, the cores dealt out among them."""
    array = folder / "x.npy"
    run = folder / f"{count}.h5"
    np.save(array, crops(count, 1))
    run.unlink(missing_ok=True)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    hosts = [f"localhost:{port + i}" for i in range(workers)]
    command = [sys.executable, str(ROOT / "scripts/scan.py"), str(array), "--out", str(run)]
    command += ["--batch", "8"]
    start = time.perf_counter()
    processes: list[subprocess.Popen] = []
    errors = (folder / "errors.txt").open("w+")
    for index in range(workers):
        task = {"type": "worker", "index": index}
        config = json.dumps({"cluster": {"worker": hosts}, "task": task})
        process = subprocess.Popen(
            command,
            env=os.environ | {"TF_CONFIG": config},
            stdout=subprocess.DEVNULL,
            stderr=errors,
            preexec_fn=partial(os.sched_setaffinity, 0, set(cores[index::workers])),
        )
        processes.append(process)
    for process in processes:
        if process.wait():
            errors.seek(0)
            raise SystemExit(f"a worker failed: {errors.read()}")
    errors.close()
    return time.perf_counter() - start


def measure_scaling() -> None:
    """Prints the images a second of one worker on one core, one on all, and one on each."""
    all_cores = sorted(os.sched_getaffinity(0))[:2]
    for workers, cores in ((1, all_cores[:1]), (1, all_cores), (len(all_cores), all_cores)):
        with TemporaryDirectory() as folder:
            best: list[float] = []
            for count in (SHORT, LONG):  # what disturbs a scan only adds: the less of two
                turns = [scan_seconds(Path(folder), count, cores, workers) for _ in range(2)]
                best.append(min(turns))
        short, long = best
        print(
            f"{plural(workers, 'worker')} on {plural(len(cores), 'core')}: "
            f"{(LONG - SHORT) / (long - short):.2f} images a second",
            flush=True,
        )


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def measure_drawing(rounds: int) -> None:
    """Prints what all features of a layer take to draw, over the passes alone."""
    from tfdeconv.engine.deconvnet import Deconvnet
    from tfdeconv.figures import run as run_figures
    from tfdeconv.figures.picture_folder import PictureFolder
    from tfdeconv.figures.recipe import Recipe
    from tfdeconv.figures.style import Style
    from tfdeconv.scan import provenance, run_file

    with TemporaryDirectory() as folder:
        array = f"{folder}/x.npy"
        np.save(array, crops(PHOTOS, 1))
        command = [str(ROOT / "scripts/scan.py"), array, "--out", f"{folder}/run.h5"]
        command += ["--layers", LAYER]
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
        run = run_file.load(f"{folder}/run.h5")
        weights = load.load_weights(run.weights)
        deconvnet = Deconvnet(weights.network, weights, LAYER)
        x = weights.preprocessing.apply(np.load(array))
        state = run.state[LAYER]
        figures = run_figures.RunFigures(
            Path("run.h5"),
            run,
            weights.network,
            weights,
            provenance.images_of(run, "the run", None),
            "deconvnet",
            Style(),
            False,
            Recipe("benchmark_scan.py", {}, {"network": weights.network.name}),
            PictureFolder(Path(folder)),
            lambda text: None,
            print,
            print,
        )
        channels = np.arange(len(state["means"]))
        pass_times: list[float] = []
        drawing_times: list[float] = []
        for _ in range(rounds):
            pass_times.append(seconds(lambda: exhaust(project_units(deconvnet, x, state))))
            drawing_times.append(seconds(lambda: exhaust(figures.draw_layer(LAYER, channels))))
    alone = median(pass_times)
    drawn = median(drawing_times)
    shares = [drawing / bare for bare, drawing in zip(pass_times, drawing_times)]
    alive = state["values"] > 0
    photos = len(np.unique(state["images"][alive]))
    print(
        f"{alive.sum()} units of {LAYER} in {photos} images: forward and backward {alone:.1f} s, "
        f"drawn {drawn:.1f} s, {drawn / alone:.2f} times "
        f"({min(shares):.2f}..{max(shares):.2f}), target <= {MAX_DRAWING}"
        f"{missed(drawn / alone, MAX_DRAWING)}",
        flush=True,
    )


def project_units(deconvnet, x: np.ndarray, state) -> Iterator[object]:
    """The forward and backward passes of a layer's strongest units, and nothing else."""
    from tfdeconv.figures import top_units

    alive = state["values"] > 0
    numbers = np.unique(state["images"][alive])
    for start in range(0, len(numbers), top_units.IMAGES):
        batch = numbers[start : start + top_units.IMAGES]
        units = np.nonzero(np.isin(state["images"], batch) & alive)
        image = np.searchsorted(batch, state["images"][units])
        forward = deconvnet.forward(x[batch])
        yield from deconvnet.backward(forward, image, units[0], state["positions"][units])


def exhaust(results: Iterator[object]) -> None:
    for _ in results:
        pass


def main(argv: Sequence[str]) -> int:
    parser = console.Parser(__doc__ or "")
    parser.add_argument("--rounds", type=arguments.positive_int, default=15, metavar="N")
    parser.add_argument("--batch", type=arguments.positive_int, default=16, metavar="N")
    given = parser.parse_args(argv)
    measure_overhead(given.rounds, given.batch)
    measure_drawing(3)
    measure_scaling()
    return 0


if __name__ == "__main__":
    console.call(main, sys.argv[1:])
