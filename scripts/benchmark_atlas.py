"""Times what an atlas of VGG16 takes over the forward and backward passes alone, weighs it, and
times how a browser shows its layer of 512 features and scrolls through it.

    python scripts/benchmark_atlas.py --quick

The atlas has 13 layers, 4,224 features and for each the nine strongest of 200 images, crops of a
photo with noise. Layer by layer the passes and the atlas take turns, each from the weights' file
on. --quick: one layer. The browser is measured where there are Chromium and selenium.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from benchmark_scan import LAYER, ROOT, crops, exhaust, missed, project_units, seconds

from tfdeconv.cli import console
from tfdeconv.weights import load

MAX_BUILDING = 1.3  # of an atlas, as a multiple of the bare forward and backward passes
MAX_MEGABYTES = 150
MAX_SHOWING = 1.0  # seconds until a layer of 512 features is there
IMAGES = 200
SHOWINGS = 5
QUICK = ("block4_conv1", LAYER)  # the run's layers, of which the last one is drawn


def scan(folder: Path, layers: Sequence[str]) -> None:
    """Makes the run of some layers, or of all where none is named, in a process of its own."""
    array = str(folder / "x.npy")
    np.save(array, crops(IMAGES, 1))
    command = [str(ROOT / "scripts/scan.py"), array, "--out", str(folder / "run.h5")]
    command += ["--layers", ",".join(layers) or "all", "--keep-maxima", "all"]
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)


def measure_building(folder: Path, layers: Sequence[str]) -> None:
    """Prints what an atlas takes to make, over the passes alone, and how large it is."""
    from tfdeconv.scan import run_file

    run = run_file.load(folder / "run.h5")
    features = 0
    bare = made = 0.0
    for layer in layers:
        state = run.state[layer]
        features += len(state["means"])
        bare_layer = seconds(partial(pass_alone, folder, layer, state))
        made_layer = seconds(partial(make_atlas, folder, layer))
        bare, made = bare + bare_layer, made + made_layer
        print(
            f"{layer}, {len(state['means'])} features: forward and backward {bare_layer:.1f} s, "
            f"in the atlas {made_layer:.1f} s, {made_layer / bare_layer:.2f} times",
            flush=True,
        )
    megabytes = sum(path.stat().st_size for path in (folder / "atlas").rglob("*.*")) / 1e6
    print(
        f"atlas of {len(layers)} layers, {features} features: forward and backward {bare:.0f} s, "
        f"the atlas {made:.0f} s, {made / bare:.2f} times, target <= {MAX_BUILDING}"
        f"{missed(made / bare, MAX_BUILDING)}; {megabytes:.0f} MB, target <= {MAX_MEGABYTES}"
        f"{missed(megabytes, MAX_MEGABYTES)}",
        flush=True,
    )


def pass_alone(folder: Path, layer: str, state: dict[str, Any]) -> None:
    """The forward and backward passes of a layer's strongest units, and nothing else."""
    from tfdeconv.engine.deconvnet import Deconvnet

    weights = load.load_weights(ROOT / "weights/vgg16.h5")
    x = weights.preprocessing.apply(np.load(folder / "x.npy"))
    exhaust(project_units(Deconvnet(weights.network, weights, layer), x, state))


def make_atlas(folder: Path, layer: str) -> None:
    """Adds a layer to the atlas."""
    from tfdeconv.cli import atlas

    command = [str(folder / "run.h5"), "--out", str(folder / "atlas"), "--layers", layer]
    paths = io.TextIOWrapper(io.BytesIO())
    with redirect_stdout(paths), redirect_stderr(io.StringIO()) as messages:
        status = atlas.main(command)
    if status:
        raise SystemExit(messages.getvalue())


def measure_browser(folder: Path) -> None:
    """Prints how long a layer of the atlas takes to be shown, and how evenly it scrolls."""
    sys.path.insert(0, str(ROOT / "tests" / "support"))
    from browser import Browser, missing
    from page_speed import scroll, time_to_show

    if reason := missing():
        print(f"not measured in a browser: {reason}", flush=True)
        return
    browser = Browser(folder / "profile", folder / "downloads")
    try:
        address = f"{(folder / 'atlas' / 'index.html').as_uri()}#{LAYER}"
        times = [time_to_show(browser, address) for _ in range(SHOWINGS)]
        shown = median(times)
        frames = scroll(browser, address)
    finally:
        browser.close()
    print(
        f"{LAYER} in Chromium: shown in {shown:.2f} s ({min(times):.2f}..{max(times):.2f}), "
        f"target <= {MAX_SHOWING}{missed(shown, MAX_SHOWING)}; scrolled, frames of {frames}",
        flush=True,
    )


def main(argv: Sequence[str]) -> int:
    parser = console.Parser(__doc__ or "")
    parser.add_argument("--quick", action="store_true", help=f"{LAYER} alone")
    given = parser.parse_args(argv)
    console.import_tensorflow()
    from tfdeconv.scan import run_file

    with TemporaryDirectory() as name:
        folder = Path(name)
        scan(folder, QUICK if given.quick else ())
        layers = QUICK[-1:] if given.quick else run_file.load(folder / "run.h5").settings.layers
        measure_building(folder, layers)
        measure_browser(folder)
    return 0


if __name__ == "__main__":
    console.call(main, sys.argv[1:])
