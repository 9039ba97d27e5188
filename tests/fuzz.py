"""Reads thousands of damaged weight files of every format: each is read or refused in one line, in little time and memory.

    python tests/fuzz.py [--format NAME] [--count 10000] [--seed 0] [--first 0]

Every mutant comes from seed, format and number alone, so that `--first 4711 --count 1` makes one again (and --keep FILE keeps it).
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "support"), str(HERE / "formats")]

from file_formats import FORMATS, Format  # noqa: E402

from tfdeconv.errors import UserError  # noqa: E402

SECONDS, MEMORY = 5, 500  # of computing, and MB above what the reader takes for whole files
MUTANT = "<mutant>"
BLUNT = 0.3  # of the mutants at most may be turned away by their first bytes
INTERESTING = [
    0,
    1,
    127,
    128,
    255,
    1 << 40,
    *((1 << bits) - less for bits in (15, 16, 31, 32, 63, 64) for less in (0, 1)),
]


@dataclass(frozen=True)
class Outcome:
    number: int
    what: str  # "read", "refused", "turned away", or what went wrong
    said: str
    seconds: float
    memory: float  # MB


# mutants


def mutant(rng: random.Random, seeds: list[bytes]) -> bytes:
    found = seeds[0]
    while found in seeds:
        found = changed(rng, seeds)
    return found


def changed(rng: random.Random, seeds: list[bytes]) -> bytes:
    raw = rng.choice(seeds)
    if rng.random() < 0.05:
        other, at = rng.choice(seeds), rng.randrange(8, len(raw))
        return (
            raw[:at] + other[at:]
            if rng.random() < 0.5
            else raw[:at] + other[rng.randrange(len(other)) :]
        )
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        raw = rng.choices(list(CHANGES), CHANGES.values())[0](rng, raw, place(rng, raw))
    return raw


def place(rng: random.Random, raw: bytes) -> int:
    """Mostly where something stands: half of an HDF5 file is zeros; seldom among the first 8 bytes, which tell the format."""
    first = 0 if rng.random() < 0.08 or len(raw) < 10 else 8
    for _ in range(4):
        at = rng.randrange(first, max(len(raw), first + 1))
        if raw[at : at + 1] != b"\0":
            break
    return at


def flip(rng: random.Random, raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([(raw + b"\0")[at] ^ 1 << rng.randrange(8)]) + raw[at + 1 :]


def overwrite(rng: random.Random, raw: bytes, at: int) -> bytes:
    size = rng.choice([1, 1, 2, 4, 8])
    value = rng.choice([*INTERESTING, rng.randrange(1 << 64)]) & (1 << 8 * size) - 1
    return raw[:at] + value.to_bytes(size, "little") + raw[at + size :]


def remove(rng: random.Random, raw: bytes, at: int) -> bytes:
    size = rng.randrange(1, 64)
    return (
        raw[:at] + raw[at + size :] + bytes(size) * rng.randrange(2)
    )  # libhdf5 looks at the whole's length first


def repeat(rng: random.Random, raw: bytes, at: int) -> bytes:
    block = raw[at : at + rng.randrange(1, 64)]
    return raw[:at] + block * rng.choice([2, 2, 5, 100]) + raw[at + len(block) :]


def insert(rng: random.Random, raw: bytes, at: int) -> bytes:
    return raw[:at] + rng.randbytes(rng.randrange(1, 16)) + raw[at:]


def copy(rng: random.Random, raw: bytes, at: int) -> bytes:
    """A block over another, so that everything else stays in its place."""
    start, size = rng.randrange(8, max(len(raw), 9)), rng.choice([1, 2, 4, 8, 16, 32])
    return raw[:at] + raw[start : start + size] + raw[at + len(raw[start : start + size]) :]


def cut(rng: random.Random, raw: bytes, at: int) -> bytes:
    return raw[: max(at, 8)]


CHANGES: dict[Callable[[random.Random, bytes, int], bytes], int] = {
    flip: 30,
    overwrite: 30,
    copy: 15,
    remove: 6,
    repeat: 6,
    insert: 6,
    cut: 4,
}


# outcomes


def used() -> tuple[float, float]:
    """Seconds computed and MB at most, by this process and those it started."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both), sum(
        usage.ru_maxrss for usage in both
    ) / 1024


def outcomes(kind: str, seed: int, numbers: range, keep: str = "") -> list[Outcome]:
    """What becomes of the mutants of these numbers."""
    form, found = FORMATS[kind], []
    seeds = form.seeds()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(keep or Path(folder) / "mutant")
        for raw in seeds:
            form.make(path, raw)
            form.read(path)  # a whole file is read, or everything below would say nothing
        for number in numbers:
            form.make(path, mutant(random.Random(f"{seed} {kind} {number}"), seeds))
            found.append(outcome(form, path, number))
    return found


def outcome(form: Format, path: Path, number: int) -> Outcome:
    (begin, before), start = used(), time.monotonic()
    try:
        form.read(path)
        what, said = "read", ""
    except UserError as error:
        said = str(error).replace(str(path), MUTANT)
        what = (
            "turned away"
            if "is not an HDF5 file" in said
            else "refused"
            if said.isprintable()
            else "breaks the line"
        )
    except Exception as error:
        what, said = f"raises {type(error).__name__}", " ".join(str(error).split())
    end, after = used()
    if after - before > MEMORY:
        what = "takes memory"
    if end - begin > SECONDS or time.monotonic() - start > 10 * SECONDS:
        what = "takes time"
    return Outcome(number, what, said, end - begin, after - before)


def shortened(said: str) -> str:
    """What is said, less what differs from mutant to mutant."""
    said = re.sub(
        r"'[^']*'|\"[^\"]*\"|b'.*|\(.*\)|\d[\d,.]*", "#", said.split(MUTANT, 1)[-1].lstrip(": ")
    )
    return re.sub("^[^ ]*/[^ ]* ", "A/B ", said)[:70]


def report(kind: str, seed: int, found: list[Outcome], seconds: float) -> bool:
    """Prints what became of a format's mutants; True if all was well."""
    counts = Counter(outcome.what for outcome in found)
    slowest, biggest = (
        max(found, key=lambda found: found.seconds),
        max(found, key=lambda found: found.memory),
    )
    told = ", ".join(f"{n} {what}" for what, n in counts.most_common())
    print(f"{kind}: {len(found)} mutants, seed {seed}, {seconds:.0f} s: {told}")
    classes = Counter(shortened(outcome.said) for outcome in found if outcome.what == "refused")
    print("".join(f"  {n:6} {said}\n" for said, n in classes.most_common(15)), end="")
    print(
        f"  slowest {slowest.seconds:.1f} s (number {slowest.number}), "
        f"most memory above whole files' {biggest.memory:.0f} MB (number {biggest.number})"
    )
    sys.stdout.flush()
    failed = [
        outcome for outcome in found if outcome.what not in ("read", "refused", "turned away")
    ]
    for outcome in failed[:20]:
        print(f"  FAILED number {outcome.number}: {outcome.what}: {outcome.said[:200]}")
    blunt = len(found) >= 50 and counts["turned away"] > BLUNT * len(found)
    if blunt:
        print("  FAILED: too many mutants are turned away by their first bytes")
    return not failed and not blunt


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--format", action="append", choices=FORMATS)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", default="", metavar="FILE", help="where the last mutant is kept")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    good = True
    with ProcessPoolExecutor(options.workers, get_context("spawn")) as pool:
        for kind in options.format or FORMATS:
            start, end = time.monotonic(), options.first + options.count
            size = max(1, min(250, options.count // (2 * options.workers)))
            parts = [range(at, min(at + size, end)) for at in range(options.first, end, size)]
            try:
                read = [
                    pool.submit(outcomes, kind, options.seed, part, options.keep) for part in parts
                ]
                found = [outcome for future in read for outcome in future.result()]
            except BrokenProcessPool:
                sys.exit(
                    f"{kind}: FAILED: a mutant ended the process that read it (--workers 1, and --first to find it)"
                )
            good = report(kind, options.seed, found, time.monotonic() - start) and good
    sys.exit(not good)


if __name__ == "__main__":
    main()
