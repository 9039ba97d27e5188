"""The file of a scan, run.h5: what it found and counted, and with it all that it takes to go on after a crash.

Root attributes. format, version, made_by, versions (of the libraries of the last session); what a run is of, and keeps to
(Settings): network, flavour, weights_sha256, preprocessing (JSON), resize, size [h, w], list_sha256, count (images in the list),
top, batch, shard [i, n] (the i-th of n parts of the list, from 1; [1, 1] is all of it). Then done (how many of the part have been
seen) and scanned (how many of these count: neither unreadable nor the same as an earlier one).

Datasets. Texts are bytes with a 0 behind each: places (the directory of the images, or the file of the array; the weights' file),
order (the layers), kept (those whose maxima of every image are kept in a file beside this one, see maxima.py), names (the list;
none for an array), reasons (why images could not be read; their numbers are in skipped). For the images of the part, m of them,
digests [m, 32]: sha256 of each one's dtype, shape and decoded pixels, 0 where there is none yet; same [m]: the earlier image that
has the same pixels, or -1. For each layer of c channels a group layers/NAME (percent-encoded) with
  values [c, top] float32         the largest activations, largest first; -inf where there were fewer images
  images [c, top] int32           whose they are, numbers in the list from 0; -1 where there were fewer
  positions [c, top, 2] int32     row and column of the unit in its map
  means, firing_positions, maxima [c] float64     sums over the images scanned: of the map's mean, of the share of its
                                                  positions above 0, of its maximum; over `scanned` they are the means
  firing_images [c] int32         how many images have an activation above 0
  shortcuts, branches [c, top] float32   of the output of a residual block (Network.residuals): what came to the unit through
                                         the shortcut and through the branch; before the activation the sum of both
  histogram [c, 64] int32         of the maxima: bin 0 up to 0, bin 1 below 2^-15, bin k below 2^(k/2 - 15.5), bin 63 the rest
The bytes depend on nothing but all this: there is no time in them.
"""
from __future__ import annotations

import io
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote

import h5py
import numpy as np

from . import errors
from .errors import UserError
from .files import written
from .formats import hdf5, hdf5_process
from .formats.hdf5 import dataset, inside, subgroup, texts
from .formats.hdf5_write import packed, text, unpacked
from .version import __version__

FORMAT, VERSION = "tfdeconv run", 2
SHAPES = {"values": ("<f4", "t"), "images": ("<i4", "t"), "positions": ("<i4", "t2"), "means": ("<f8", ""),
          "firing_positions": ("<f8", ""), "maxima": ("<f8", ""), "firing_images": ("<i4", ""), "histogram": ("<i4", "h")}
OF_SUMS = {"shortcuts": ("<f4", "t"), "branches": ("<f4", "t")}
SIZES = {"h": 64, "2": 2}
WORDS = {"weights_sha256": "weights", "list_sha256": "list of images", "count": "number of images", "top": "--top",
         "batch": "--batch", "resize": "--resize", "size": "size of images", "shard": "--shard", "kept": "--keep-maxima"}


@dataclass(frozen=True)
class Settings:
    """What a run is of; one that goes on has the same."""
    network: str
    flavour: str
    weights_sha256: str
    preprocessing: str
    resize: str
    size: tuple[int, ...]
    list_sha256: str
    count: int
    layers: tuple[str, ...]
    top: int
    batch: int
    shard: tuple[int, ...] = (1, 1)
    kept: tuple[str, ...] = ()

    @property
    def range(self) -> range:
        """The images of the part, by their numbers in the list: whole batches, but for the list's last."""
        part, parts = self.shard
        batches = -(-self.count // self.batch)
        first, last = ((batches * i // parts) * self.batch for i in (part - 1, part))
        return range(min(first, self.count), min(last, self.count))


@dataclass
class Run:
    """A run as it stands; the arrays are those of the file, its sums and counts by layer in `state`.

    digests and same begin with the first image of the part; `skipped` and what stands in `same` are numbers in the list.
    """
    settings: Settings
    root: str
    weights: str
    names: tuple[str, ...]
    done: int = 0
    scanned: int = 0
    digests: np.ndarray = field(default_factory=lambda: np.zeros((0, 32), np.uint8))
    same: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    skipped: dict[int, str] = field(default_factory=dict)
    versions: str = ""
    state: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.digests):
            there = len(self.settings.range)
            self.digests, self.same = np.zeros((there, 32), np.uint8), np.full(there, -1, np.int32)

    @property
    def finished(self) -> bool:
        return self.done == len(self.settings.range)


def save(path: str | Path, run: Run) -> None:
    """Writes the file, whole or not at all; raises UserError where it cannot, and what stood there stays."""
    memory = io.BytesIO()               # on a full disk libhdf5 fails half-way, and crashes at its next file or at exit
    told = asdict(run.settings)
    del told["layers"], told["kept"]
    told |= {"format": FORMAT, "made_by": f"tfdeconv {__version__}", "versions": run.versions}
    with h5py.File(memory, "w") as file:
        for name in sorted(told):
            file.attrs[name] = text(told[name]) if isinstance(told[name], str) else np.asarray(told[name], np.int64)
        file.attrs.update(version=VERSION, done=run.done, scanned=run.scanned)
        file["places"], file["order"] = packed((run.root, run.weights)), packed(run.settings.layers)
        file["kept"] = packed(run.settings.kept)
        file["names"], file["reasons"] = packed(run.names), packed(run.skipped.values())
        file["skipped"] = np.array(list(run.skipped), np.int32)
        file["digests"], file["same"] = run.digests, run.same
        for layer in run.settings.layers:
            for name, array in run.state[layer].items():
                dtype, _ = (SHAPES | OF_SUMS)[name]
                file[f"layers/{quote(layer, safe='')}/{name}"] = np.ascontiguousarray(array, dtype)
    with written(path) as place:
        place.write_bytes(memory.getbuffer())


def load(path: str | Path) -> Run:
    """Reads a run; raises UserError for what is none, damaged, or of another version. Needs no TensorFlow."""
    try:
        with open(path, "rb") as raw:
            if raw.read(8) != b"\x89HDF\r\n\x1a\n":
                raise UserError(f"{path} is no run of scan.py: it is no HDF5 file")
        with hdf5_process.apart(path) as file:
            return checked(path, file)
    except UserError:
        raise
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file; `python scripts/scan.py IMAGES --out {path}` makes one") from None
    except Exception as error:          # on damage whatever comes
        raise UserError(f"{path} cannot be read as a run: {errors.reason(error)}") from None


def checked(path: str | Path, file: hdf5.Group) -> Run:
    """A file's contents as a Run, every shape compared with what its attributes say."""
    attrs = file.attrs
    if "format" not in attrs or texts(attrs["format"])[0] != FORMAT:
        raise UserError(f"{path} is no run of scan.py")
    if attrs["version"] != VERSION:
        raise UserError(f"{path} is of version {attrs['version']} of this format, this program has version {VERSION}: "
                        f"scan again, to another file, or use the tfdeconv that made it ({texts(attrs['made_by'])[0]})")
    told: dict[str, Any] = {entry.name: attrs[entry.name] for entry in fields(Settings) if entry.name not in ("layers", "kept")}
    layers, kept = (unpacked(dataset(file, name).read()) for name in ("order", "kept"))
    settings = Settings(**told | {"layers": layers, "kept": kept, "size": tuple(told["size"]), "shard": tuple(told["shard"])})
    count, top, done, scanned = (int(value) for value in (settings.count, settings.top, attrs["done"], attrs["scanned"]))
    if not (len(settings.shard) == 2 and 1 <= settings.shard[0] <= settings.shard[1] and settings.batch > 0 and count > 0):
        raise UserError(f"{path} is damaged: its attributes make no sense; scan again, to another file")
    (root, weights), names, reasons = (unpacked(dataset(file, name).read()) for name in ("places", "names", "reasons"))
    digests, same, skipped = (dataset(file, name).read() for name in ("digests", "same", "skipped"))
    sizes = {**SIZES, "t": top}
    state: dict[str, dict[str, np.ndarray]] = {}
    for layer in settings.layers:
        group = subgroup(file, f"layers/{quote(layer, safe='')}")
        shapes = SHAPES | (OF_SUMS if inside(group, "shortcuts") else {})
        state[layer] = {name: dataset(group, name).read() for name in shapes}
        channels = len(state[layer]["means"])
        for name, (dtype, axes) in shapes.items():
            if state[layer][name].shape != (channels, *(sizes[axis] for axis in axes)) or state[layer][name].dtype != dtype:
                raise UserError(f"{path} is damaged: {layer}/{name} is not of the shape it must have; scan again, to another file")
    there = len(settings.range)
    if not (digests.shape == (there, 32) and digests.dtype == np.uint8 and same.shape == (there,) and len(reasons) == len(skipped)
            and len(names) in (0, count) and 0 <= scanned <= done <= there):
        raise UserError(f"{path} is damaged: its lists do not fit each other; scan again, to another file")
    return Run(settings, root, weights, names, done, scanned, digests, same, dict(zip(skipped.tolist(), reasons)),
               texts(attrs["versions"])[0], state)


def refuse_others(path: str | Path, run: Run, settings: Settings, names: tuple[str, ...]) -> None:
    """Raises UserError where a run is not of these settings, with all that differs."""
    wrong = differences(run.settings, settings)
    if run.settings.list_sha256 != settings.list_sha256 and run.names and names:
        at = next((i for i, pair in enumerate(zip(run.names, names)) if pair[0] != pair[1]), min(len(run.names), len(names)))
        first, second = ((repr(part[at]) if at < len(part) else "nothing") for part in (run.names, names))
        wrong.append(f"image {at} was {first}, is {second}")
    if wrong:
        raise UserError(f"{path} is another run, and cannot go on: {'; '.join(wrong)}. Ask for the same, or for another --out")


def differences(run: Settings, asked: Settings, but: tuple[str, ...] = ()) -> list[str]:
    """What two settings differ in, each as a clause of an error, but for some."""
    here, there = asdict(run), asdict(asked)
    return [f"its {WORDS.get(name, name)} {'are' if name in ('weights_sha256', 'layers') else 'is'} {brief(here[name])}, "
            f"asked for {brief(there[name])}" for name in here if here[name] != there[name] and name not in but]


def brief(value: Any) -> str:
    """A setting in a few words."""
    if isinstance(value, tuple):
        return f"{', '.join(map(str, value[:8]))}{f', ... ({len(value)})' if len(value) > 8 else ''}"
    return f"{value[:12]}..." if isinstance(value, str) and len(value) == 64 else str(value)
