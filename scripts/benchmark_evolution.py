"""How features evolve from one file to the next, with the passes alone that it needs."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import numpy as np
from benchmark_case import Case, Model, Sizes
from benchmark_scan import crops

from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.engine.layer_maps import LayerMaps
from tfdeconv.weights import load
from tfdeconv.weights.native_write import save_weights

NOISE = 0.1  # of the second file's kernels, as a share of their deviation


def evolution(model: Model, sizes: Sizes) -> Case:
    """Two files scanned and compared and their features drawn, from the files on."""
    # it is removed with the case
    place = TemporaryDirectory()
    folder = Path(place.name)
    files = [folder / "first.h5", folder / "second.h5"]
    rng = np.random.default_rng(0)
    for file, noise in zip(files, (0, NOISE)):
        save_changed(file, model, noise, rng)
    np.save(folder / "x.npy", crops(sizes.images, 1))

    def evolve(x: np.ndarray) -> None:
        from tfdeconv.cli import evolve

        out = Path(place.name) / "out"
        rmtree(out, ignore_errors=True)
        command = [*map(str, files), "--images", str(folder / "x.npy"), "--out", str(out)]
        command += ["-l", sizes.layer, "--random", str(sizes.units)]
        paths = io.TextIOWrapper(io.BytesIO())
        with redirect_stdout(paths), redirect_stderr(io.StringIO()) as messages:
            status = evolve.main(command)
        if status:
            raise SystemExit(messages.getvalue())

    def pass_all(x: np.ndarray) -> None:
        for file in files:
            weights = load.load_weights(file, target=sizes.layer)
            seen = weights.preprocessing.apply(np.load(folder / "x.npy"))
            maps = LayerMaps(weights.network, weights, [sizes.layer])
            batch = maps.batch((seen.shape[1], seen.shape[2]))
            for start in range(0, len(seen), batch):
                maps.of(seen[start : start + batch])
            # the strongest image of each feature is another one
            deconvnet = Deconvnet(weights.network, weights, sizes.layer)
            numbers = np.arange(sizes.units)
            deconvnet.units(seen[: sizes.units], numbers % len(seen), numbers)

    against = f"2 x {sizes.images} passes, {sizes.units} units"
    return Case("evolution, from files", sizes.layer, against, evolve, pass_all)


def save_changed(path: Path, model: Model, noise: float, rng: np.random.Generator) -> None:
    """Saves the weights, with noise on kernels: as a share of their standard deviation."""
    arrays: dict[str, dict[str, np.ndarray]] = {}
    for layer, tensors in model.weights.items():
        arrays[layer] = {}
        for name, tensor in tensors.items():
            values = np.asarray(tensor)
            if noise and name == "kernel":
                spread = noise * values.std()
                values = values + spread * rng.standard_normal(values.shape, np.float32)
            arrays[layer][name] = values
    weights = model.weights
    save_weights(path, weights.network, arrays, weights.preprocessing, "changed", "none", half=True)
