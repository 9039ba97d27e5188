"""Whether a run agrees with itself: all that its file states is checked here, when it is loaded.

A run comes from a disk, perhaps from somebody else's. What is drawn or counted of it later is
trusted: settings of the right type, lists that fit each other, units of images that were scanned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..data.selection import selection_of
from ..engine.precision import PRECISIONS
from ..limits import MAX_IMAGES, MAX_SIZE
from .run import Run, Settings
from .state import LayerState

# of a share of positions per image: sums of float64 are exact to far better
ROUNDING = 1e-6


class Inconsistent(ValueError):
    """What of a run is damaged, as it goes on after "is damaged: "."""


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_digest(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


def is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def is_selection(value: Any) -> bool:
    """Whether it says which images of a list are meant."""
    try:
        selection_of(value)
    except (TypeError, ValueError):
        return False
    return True


def is_count(value: Any) -> bool:
    return type(value) is int and 1 <= value < MAX_IMAGES


def is_size(value: Any) -> bool:
    """Height and width."""
    return is_pair(value) and max(value) <= MAX_SIZE


def is_shard(value: Any) -> bool:
    return is_pair(value) and value[0] <= value[1]


def is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(is_count, value))


def are_names(value: Any) -> bool:
    """Texts, none of them empty or given twice."""
    return isinstance(value, tuple) and "" not in value and len(set(value)) == len(value)


# what each of a run's settings must be
SETTINGS: Mapping[str, Callable[[Any], bool]] = {
    "network": is_text,
    "variant": is_text,
    "weights_sha256": is_digest,
    "preprocessing": is_text,
    "resize": is_text,
    "size": is_size,
    "list_sha256": is_digest,
    "count": is_count,
    "layers": are_names,
    "top": is_count,
    "batch": is_count,
    "shard": is_shard,
    "kept": are_names,
    "interior": is_flag,
    "selection": is_selection,
    "precision": PRECISIONS.__contains__,
    "jit": is_flag,
}


def settings_of(values: Mapping[str, Any]) -> Settings:
    """The settings of these values; raises Inconsistent for one that is impossible."""
    for name, is_possible in SETTINGS.items():
        if not is_possible(values[name]):
            raise Inconsistent(f"its {name} has an impossible value")
    settings = Settings(**values)
    if not settings.layers:
        raise Inconsistent("it has no layers")
    if not set(settings.kept) <= set(settings.layers):
        raise Inconsistent("it has maxima of layers that were not scanned")
    return settings


def check_run(run: Run) -> None:
    """Raises Inconsistent where a run does not agree with itself.

    The shapes and types of its layers' arrays have been compared with the table of fields.
    """
    check_lists(run)
    counted = counted_images(run)
    if counted.sum() != run.scanned:
        raise Inconsistent("the number of its images is not that of the images scanned")
    for layer, arrays in run.state.items():
        for check in (check_units, check_statistics):
            if not check(arrays, run, counted):
                raise Inconsistent(f"{layer} has impossible {check.__doc__}")


def check_lists(run: Run) -> None:
    """Raises Inconsistent where the lists of images do not fit each other and the settings."""
    images = len(run.settings.range)
    numbers = np.arange(run.settings.range.start, run.settings.range.start + images)
    lists_fit = (
        run.digests.shape == (images, 32)
        and run.digests.dtype == np.uint8
        and run.same.shape == (images,)
        and run.same.dtype == np.int32
        and len(run.names) in (0, run.settings.count)
        and len(run.labels) in (0, run.settings.count)
        and 0 <= run.scanned <= run.done <= images
    )
    if not lists_fit:
        raise Inconsistent("its lists of images do not fit together")
    seen = range(run.settings.range.start, run.settings.range.start + run.done)
    if not all(number in seen for number in run.skipped):
        raise Inconsistent("it skipped images behind the last one scanned")
    # an image is the same as an earlier one
    is_earlier = (run.same >= -1) & (run.same < numbers)
    if not is_earlier.all() or (run.same[run.done :] >= 0).any():
        raise Inconsistent("it counts images as copies of later ones")


def counted_images(run: Run) -> np.ndarray:
    """Which images of the part count: seen, readable and not seen before; bool [images]."""
    counted = run.same < 0
    counted[run.done :] = False
    skipped = np.array(list(run.skipped), np.int64) - run.settings.range.start
    counted[skipped] = False
    return counted


def check_units(arrays: LayerState, run: Run, counted: np.ndarray) -> bool:
    """units"""
    values = arrays["values"]
    ranked = arrays["images"] >= 0
    places = arrays["images"].astype(np.int64) - run.settings.range.start
    in_part = (places >= 0) & (places < len(counted))
    if not in_part[ranked].all() or not counted[places[ranked]].all():
        return False
    positions = arrays["positions"][ranked]
    # where there is no image there is no value, and those are the last ones
    expected = np.arange(values.shape[1]) < run.scanned
    return bool(
        (ranked == expected).all()
        and np.isfinite(values[ranked]).all()
        and (values[~ranked] == -np.inf).all()
        and (values[:, 1:] <= values[:, :-1]).all()
        and ((positions >= 0) & (positions < MAX_SIZE)).all()
        and all(not np.isinf(arrays[name]).any() for name in SHARES if name in arrays)
    )


def check_statistics(arrays: LayerState, run: Run, counted: np.ndarray) -> bool:
    """statistics"""
    firing_images = arrays["firing_images"]
    positions = arrays["firing_positions"]
    histogram = arrays["histogram"].astype(np.int64)
    return bool(
        ((firing_images >= 0) & (firing_images <= run.scanned)).all()
        and (positions >= -ROUNDING).all()
        and (positions <= run.scanned + ROUNDING).all()
        and (histogram >= 0).all()
        and (histogram.sum(1) == run.scanned).all()
        and are_sums(arrays["means"], run.scanned)
        and are_sums(arrays["maxima"], run.scanned)
    )


def are_sums(values: np.ndarray, count: int) -> bool:
    """Whether these can be sums of so many float32 values."""
    largest = float(np.finfo(np.float32).max)
    return bool((np.abs(values) <= largest * max(count, 1)).all())


# what came through the two paths of a block; NaN where it was not asked
SHARES = ("shortcuts", "branches")
