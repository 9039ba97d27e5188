"""Times what feeds a scan, without a network: listing images, and reading them into batches.

    python scripts/benchmark_reading.py --quick --out reading.json

Lists 100,000 small JPEGs in 1,000 directories (links to a thousand), and notes the memory of list
and run. Reads small JPEGs, photos of 500 x 375 as ImageNet's, and arrays of 224 x 224, to what a
network of 224 x 224 sees, with its digest: by 1, 2 and 4 threads of a process, and by 2 and 4
processes of one thread, each bound to a core as far as there are some. All is in the disk's
cache: what a disk or a network brings is to be added. From the time that a core computes for an
image, which other programs hardly change, it works out how many cores GPUs need that take so many
images a second each.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
import tracemalloc
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmark_machine import describe_machine  # noqa: E402

from tfdeconv.cli import console  # noqa: E402
from tfdeconv.data import dataset, images, loader  # noqa: E402
from tfdeconv.data.preprocessing import caffe  # noqa: E402
from tfdeconv.files import atomic_write  # noqa: E402
from tfdeconv.formats.hdf5_write import create_hdf5  # noqa: E402

SIDE = 224  # pixels of what the network sees, and of the arrays' images
CLASSES = 1000
KINDS = {"small": (64, 64), "photo": (500, 375)}  # width and height of JPEGs
NOISE, QUALITY = 9, 95  # of the JPEGs: photos have 100 KB, about as many as ImageNet's
SEVERAL = (2, 4)  # readers, besides one
BATCH = 32
GPU_IMAGES = (250, 1000, 4000)  # images a second that a GPU may take
GPUS = 8  # of a node
PATIENCE = 300  # seconds for processes that import TensorFlow


def save_jpegs(folder: Path, count: int, size: tuple[int, int]) -> float:
    """Saves so many crops of the sample photo with noise; returns the mean of their bytes."""
    photo = Image.fromarray(images.pixels(ROOT / "tests/data/chelsea.jpg"))
    rng = np.random.default_rng(0)
    folder.mkdir()
    width, height = size
    for i in range(count):
        scale = rng.uniform(0.3, 0.75)
        extent = scale * photo.height * width / height, scale * photo.height
        left = rng.uniform(0, photo.width - extent[0])
        top = rng.uniform(0, photo.height - extent[1])
        crop = photo.resize(size, box=(left, top, left + extent[0], top + extent[1]))
        pixels = np.asarray(crop) + rng.normal(0, NOISE, (height, width, 3))
        noisy = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        noisy.save(folder / f"{i:04d}.jpg", quality=QUALITY)
    return sum(path.stat().st_size for path in folder.iterdir()) / count


def link_jpegs(folder: Path, originals: Path, count: int) -> None:
    """Makes a directory of each class, and in them so many names for the originals."""
    files = sorted(originals.iterdir())
    for number in range(CLASSES):
        (folder / f"n{number:04d}").mkdir(parents=True)
    for i in range(count):
        os.link(files[i % len(files)], folder / f"n{i % CLASSES:04d}" / f"{i:06d}.jpg")


def save_arrays(folder: Path, count: int) -> None:
    """Saves images as an .npy and as an .h5."""
    rng = np.random.default_rng(1)
    array = rng.integers(0, 256, (count, SIDE, SIDE, 3), np.uint8)
    np.save(folder / "array.npy", array)
    with create_hdf5(folder / "array.h5") as file:
        file["x"] = array


def measure_list(path: str, results: Any) -> None:
    """Puts the seconds that a list takes, its bytes an image, and those of a run of it."""
    from tfdeconv.scan.run import Run, Settings

    start = time.perf_counter()
    dataset.open_source(path)
    seconds = time.perf_counter() - start
    tracemalloc.start()
    source = dataset.open_source(path)
    listed, _ = tracemalloc.get_traced_memory()
    size = (SIDE, SIDE)
    settings = Settings(
        "", "", "", "", "crop", size, source.digest, source.count, ("layer",), 9, BATCH
    )
    run = Run(settings, source.root, "", source.names)
    rng = np.random.default_rng(0)
    while not run.finished:
        count = min(BATCH, source.count - run.done)
        run.record(rng.integers(0, 256, (count, 32), np.uint8), [""] * count)
    all_bytes, _ = tracemalloc.get_traced_memory()
    results.put((seconds, listed / source.count, (all_bytes - listed) / source.count))


def read_part(
    path: str, numbers: np.ndarray, readers: int, core: int | None, ready: Any, results: Any
) -> None:
    """Reads images in batches, once all processes are ready.

    Puts the seconds that it took, and those that the process computed.
    """
    if core is not None:
        os.sched_setaffinity(0, {core})
    console.import_tensorflow()
    source = dataset.open_source(path)
    preprocessing = caffe((SIDE, SIDE))
    read = loader.reader(source, preprocessing, "crop", (SIDE, SIDE), 3)

    def read_all(some: np.ndarray) -> None:
        batches = loader.batches(read, some, BATCH, (SIDE, SIDE, 3), readers=readers)
        for _x, _digests, reasons in batches:
            assert not any(reasons), reasons

    with source:
        read_all(numbers[:BATCH])
        ready.wait(PATIENCE)
        start = time.perf_counter()
        computed = time.process_time()
        read_all(numbers)
        results.put((time.perf_counter() - start, time.process_time() - computed))


def measure_reading(path: str, count: int, processes: int, readers: int) -> tuple[float, float]:
    """Images a second, and seconds that a core computes for one.

    Of so many processes with so many threads; several are bound to cores of their own.
    """
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(processes)
    results = context.SimpleQueue()
    cores = sorted(os.sched_getaffinity(0))
    children = []
    for i in range(processes):
        core = cores[i % len(cores)] if processes > 1 or readers == 1 else None
        arguments = (path, np.arange(i, count, processes), readers, core, ready, results)
        children.append(context.Process(target=read_part, args=arguments))
    run_all(children)
    times = [results.get() for _ in children]
    waited = max(seconds for seconds, _ in times)
    return count / waited, sum(computed for _, computed in times) / count


def run_all(children: Sequence[Any]) -> None:
    """Runs processes to their ends; raises SystemExit if one fails."""
    for child in children:
        child.start()
    for child in children:
        child.join()
    if any(child.exitcode for child in children):
        raise SystemExit("a reader failed")


def rows(folder: Path, listed: int, distinct: int, count: int) -> Iterator[dict[str, Any]]:
    """All that is measured, row by row; each is printed."""
    kilobytes = {}
    for kind, size in KINDS.items():
        kilobytes[kind] = save_jpegs(folder / kind, distinct, size) / 1000
    save_arrays(folder, count)
    link_jpegs(folder / "list", folder / "small", listed)
    context = multiprocessing.get_context("spawn")
    results = context.SimpleQueue()
    run_all([context.Process(target=measure_list, args=(str(folder / "list"), results))])
    seconds, bytes_of_list, bytes_of_run = results.get()
    print(
        f"{listed:,} images in {CLASSES:,} directories: listed in {seconds:.1f} s; memory of the "
        f"list {bytes_of_list:.0f} bytes an image, of a run {bytes_of_run:.0f} more",
        flush=True,
    )
    yield {"listed": listed, "seconds": seconds, "list": bytes_of_list, "run": bytes_of_run}
    sources = {f"{kind} JPEG, {kilobytes[kind]:.0f} KB": folder / kind for kind in KINDS}
    sources |= {name: folder / f"array.{name[1:]}" for name in (".npy", ".h5")}
    for name, path in sources.items():
        speeds: dict[str, float] = {}
        speeds["threads 1"], core_seconds = measure_reading(str(path), count, 1, 1)
        for number in SEVERAL:
            speeds[f"threads {number}"], _ = measure_reading(str(path), count, 1, number)
            speeds[f"processes {number}"], _ = measure_reading(str(path), count, number, 1)
        texts = [f"{ways} {speed:,.0f}" for ways, speed in speeds.items()]
        print(
            f"{name}: images a second: {', '.join(texts)}; a core computes "
            f"{1000 * core_seconds:.1f} ms for one",
            flush=True,
        )
        needed = [f"{GPUS * rate * core_seconds:,.0f} for {rate:,}" for rate in GPU_IMAGES]
        print(
            f"    computed: cores for {GPUS} GPUs of so many images a second: {', '.join(needed)}"
        )
        yield {"source": name, "images_a_second": speeds, "core_seconds": core_seconds}


def parse(argv: Sequence[str]) -> Namespace:
    parser = console.Parser(__doc__ or "")
    parser.add_argument("--quick", action="store_true", help="a tenth of the images")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the numbers as JSON, too")
    given = parser.parse_args(argv)
    if given.out and not given.out.absolute().parent.is_dir():
        parser.error(f"--out {given.out}: there is no directory {given.out.parent}")
    return given


def main(argv: Sequence[str]) -> int:
    given = parse(argv)
    machine = describe_machine(("tensorflow", "numpy", "pillow"))
    print(", ".join(f"{key} {value}" for key, value in machine.items()))
    share = 10 if given.quick else 1
    with TemporaryDirectory() as folder:
        found = list(rows(Path(folder), 100_000 // share, 1000 // share, 1000 // share))
    if given.out:
        figures = {"machine": machine, "quick": given.quick, "rows": found}
        with atomic_write(given.out) as path:
            path.write_text(json.dumps(figures, indent=1) + "\n")
        print(given.out)
    return 0


if __name__ == "__main__":
    console.call(main, sys.argv[1:])
