"""Which images of a list a scan takes: all, the first ones, or some by chance."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, replace

import numpy as np

from .dataset import Source, digest_of_names

TEXT = re.compile(r"--limit (\d{1,10})|--sample (\d{1,10}) --seed (\d{1,18})|")


@dataclass(frozen=True)
class Selection:
    """The first `limit` images of a list, or `sample` of them by chance; None: all.

    A sample is in the list's order, without replacement, and the same on every machine for the same
    number of images and seed; a larger one of the same seed has all the images of a smaller one.
    """

    limit: int | None = None
    sample: int | None = None
    seed: int = 0

    def __str__(self) -> str:
        """`--limit 10`, `--sample 10 --seed 0`, or nothing."""
        if self.limit is not None:
            return f"--limit {self.limit}"
        return f"--sample {self.sample} --seed {self.seed}" if self.sample is not None else ""


def selection_of(text: str) -> Selection:
    """The selection of a text; raises ValueError for another text.

    >>> selection_of("--sample 10 --seed 3"), str(selection_of("--limit 5")), selection_of("").limit
    (Selection(limit=None, sample=10, seed=3), '--limit 5', None)
    """
    match = TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} selects no images")
    limit, sample, seed = match.groups()
    if limit:
        return Selection(limit=int(limit))
    return Selection(sample=int(sample), seed=int(seed)) if sample else Selection()


def selected(source: Source, selection: Selection) -> Source:
    """The images of a source that are selected, with their labels.

    Those of an array that are a sample have names, `image 17`, by their numbers in the array.
    """
    if not str(selection):
        return source
    if selection.sample is None:
        numbers = np.arange(source.count)[: selection.limit]
    else:
        numbers = sample_of(source.count, selection.sample, selection.seed)
    chosen = numbers.tolist()
    labels = tuple(source.labels[number] for number in chosen) if source.labels else ()
    if source.array is None:
        names = tuple(source.names[number] for number in chosen)
        digest = digest_of_names(names)
        return replace(source, names=names, count=len(names), digest=digest, labels=labels)
    digest = hashlib.sha256(os.fsencode(f"{source.digest} {selection}")).hexdigest()
    source = replace(source, count=len(numbers), digest=digest, labels=labels)
    if selection.sample is None:
        return source
    names = tuple(f"image {number}" for number in chosen)
    return replace(source, names=names, numbers=numbers)


def sample_of(count: int, size: int, seed: int) -> np.ndarray:
    """So many of the numbers from 0 to count - 1, or all, by chance and in order: int64.

    Those with the smallest keys, which SplitMix64 makes of seed and number.
    """
    if size >= count:
        return np.arange(count)
    start = splitmix(np.full(1, seed, np.uint64))
    keys = splitmix(start + np.arange(count, dtype=np.uint64))
    return np.sort(np.argpartition(keys, size - 1)[:size])


def splitmix(state: np.ndarray) -> np.ndarray:
    """The outputs for these states, uint64 (Steele, Lea & Flood 2014, figure 16)."""
    z = (state + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
