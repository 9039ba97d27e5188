"""Reads thousands of damaged files of every format: weights, runs, models, photos, arrays.

Each is read or refused in one line, in little time and memory.

    python tests/fuzz.py [--format NAME] [--count 10000] [--seed 0] [--first 0]

Every mutant comes from seed, format and number alone, so that `--first 4711 --count 1` makes one
again (and --keep FILE keeps it).

With --forked, the second processes that formats are read in are forks of this one, with the same
limits, rather than started anew: one takes 10 ms instead of 500, and the numbers are not divided.
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
sys.path[:0] = [str(HERE.parent), str(HERE / "support")]

from file_formats import FORMATS, Format  # noqa: E402
from forked_reading import fork_processes  # noqa: E402

from tfdeconv.errors import UserError  # noqa: E402

# seconds that reading a mutant may compute (file_formats.py has exceptions), and MB above what
# reading whole files takes
SECONDS = 5
MEMORY = 500
MUTANT = "<mutant>"
# the share of the mutants that may be turned away by their first bytes
MAX_TURNED_AWAY = 0.3
# what is said of a file that does not begin as HDF5 files do
NOT_HDF5 = "is not a weight file"
WELL = ("read", "refused", "turned away")
POWERS = [1 << bits for bits in (15, 16, 31, 32, 63, 64)]
INTERESTING = [0, 1, 127, 128, 255, 1 << 40]
for power in POWERS:
    INTERESTING += [power, power - 1]


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant."""

    number: int
    # "read", "refused", "turned away", or what went wrong
    what: str
    message: str
    seconds: float
    memory: float  # MB


# mutants


def mutant(rng: random.Random, seeds: list[bytes], form: Format | None = None) -> bytes:
    """A damaged file that is not among the whole ones."""
    change = form.change if form else None
    raw = seeds[0]
    while raw in seeds:
        raw = change(rng, rng.choice(seeds)) if change else changed(rng, seeds)
    return raw


def changed(rng: random.Random, seeds: list[bytes]) -> bytes:
    """One of the whole files with a few changes, or parts of two of them."""
    raw = rng.choice(seeds)
    if rng.random() < 0.05:
        other = rng.choice(seeds)
        at = rng.randrange(8, len(raw))
        if rng.random() < 0.5:
            return raw[:at] + other[at:]
        return raw[:at] + other[rng.randrange(len(other)) :]
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        change = rng.choices(list(CHANGES), CHANGES.values())[0]
        raw = change(rng, raw, position(rng, raw))
    return raw


def position(rng: random.Random, raw: bytes) -> int:
    """Where to change a file.

    Mostly where it is not 0, as half of an HDF5 file is; seldom among the first 8 bytes, by which
    the format is known.
    """
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
    # of the same length half of the time: libhdf5 looks at the length first
    padding = bytes(size) * rng.randrange(2)
    return raw[:at] + raw[at + size :] + padding


def repeat(rng: random.Random, raw: bytes, at: int) -> bytes:
    block = raw[at : at + rng.randrange(1, 64)]
    return raw[:at] + block * rng.choice([2, 2, 5, 100]) + raw[at + len(block) :]


def insert(rng: random.Random, raw: bytes, at: int) -> bytes:
    return raw[:at] + rng.randbytes(rng.randrange(1, 16)) + raw[at:]


def copy(rng: random.Random, raw: bytes, at: int) -> bytes:
    """A block over another, so that everything else stays in its place."""
    start = rng.randrange(8, max(len(raw), 9))
    block = raw[start : start + rng.choice([1, 2, 4, 8, 16, 32])]
    return raw[:at] + block + raw[at + len(block) :]


def cut(rng: random.Random, raw: bytes, at: int) -> bytes:
    return raw[: max(at, 8)]


# each with its weight
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
    seconds = 0.0
    kilobytes = 0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        seconds += usage.ru_utime + usage.ru_stime
        kilobytes += usage.ru_maxrss
    return seconds, kilobytes / 1024


def outcomes(kind: str, seed: int, numbers: range, keep: str = "") -> list[Outcome]:
    """What becomes of the mutants of these numbers."""
    form = FORMATS[kind]
    seeds = form.seeds()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(keep or Path(folder) / f"mutant{form.suffix}")
        # a whole file is read, or everything below would say nothing
        for raw in seeds:
            form.make(path, raw)
            form.read(path)
        for number in numbers:
            rng = random.Random(f"{seed} {kind} {number}")
            form.make(path, mutant(rng, seeds, form))
            results.append(outcome(form, path, number))
    return results


def outcome(form: Format, path: Path, number: int) -> Outcome:
    """What becomes of a mutant."""
    seconds_before, memory_before = used()
    start = time.monotonic()
    what, message = read(form, path)
    seconds_after, memory_after = used()
    seconds = seconds_after - seconds_before
    memory = memory_after - memory_before
    if memory > MEMORY:
        what = "takes memory"
    most = form.seconds or SECONDS
    if seconds > most or time.monotonic() - start > 10 * most:
        what = "takes time"
    return Outcome(number, what, message, seconds, memory)


def read(form: Format, path: Path) -> tuple[str, str]:
    """How reading a file ends, and with which message."""
    try:
        form.read(path)
    except UserError as error:
        message = str(error).replace(str(path), MUTANT)
        if NOT_HDF5 in message:
            return "turned away", message
        if not message.isprintable():
            return "breaks the line", message
        return "refused", message
    except Exception as error:
        return f"raises {type(error).__name__}", " ".join(str(error).split())
    return "read", ""


def shortened(message: str) -> str:
    """A message, less what differs from mutant to mutant."""
    text = message.split(MUTANT, 1)[-1].lstrip(": ")
    text = re.sub(r"'[^']*'|\"[^\"]*\"|b'.*|\(.*\)|\d[\d,.]*", "#", text)
    return re.sub("^[^ ]*/[^ ]* ", "A/B ", text)[:70]


def report(kind: str, seed: int, results: list[Outcome], seconds: float) -> bool:
    """Prints what became of a format's mutants; True if all was well."""
    counts = Counter(result.what for result in results)
    totals = ", ".join(f"{n} {what}" for what, n in counts.most_common())
    print(f"{kind}: {len(results)} mutants, seed {seed}, {seconds:.0f} s: {totals}")
    refusals = [result for result in results if result.what == "refused"]
    reasons = Counter(shortened(result.message) for result in refusals)
    for reason, n in reasons.most_common(15):
        print(f"  {n:6} {reason}")
    slowest = max(results, key=lambda result: result.seconds)
    largest = max(results, key=lambda result: result.memory)
    print(
        f"  slowest {slowest.seconds:.1f} s (number {slowest.number}), most memory above "
        f"whole files' {largest.memory:.0f} MB (number {largest.number})"
    )
    sys.stdout.flush()
    failed = [result for result in results if result.what not in WELL]
    for result in failed[:20]:
        print(f"  FAILED number {result.number}: {result.what}: {result.message[:200]}")
    turned_away = counts["turned away"] > MAX_TURNED_AWAY * len(results)
    if len(results) >= 50 and turned_away:
        print("  FAILED: too many mutants are turned away by their first bytes")
        return False
    return not failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--format", action="append", choices=FORMATS)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", default="", metavar="FILE", help="where the last mutant is kept")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--forked", action="store_true", help="fork processes, start none")
    options = parser.parse_args()
    good = True
    prepare = fork_processes if options.forked else None
    with ProcessPoolExecutor(options.workers, get_context("spawn"), prepare) as pool:
        for kind in options.format or FORMATS:
            start = time.monotonic()
            if not options.forked and options.count < FORMATS[kind].dear:
                continue
            try:
                results = outcomes_of_all(pool, kind, options)
            except BrokenProcessPool:
                sys.exit(
                    f"{kind}: FAILED: a mutant ended the process that read it "
                    f"(--workers 1, and --first to find it)"
                )
            good = report(kind, options.seed, results, time.monotonic() - start) and good
    sys.exit(not good)


def outcomes_of_all(
    pool: ProcessPoolExecutor, kind: str, options: argparse.Namespace
) -> list[Outcome]:
    """What becomes of all mutants of a format, read by the workers in parts."""
    count = options.count // (1 if options.forked else FORMATS[kind].dear)
    end = options.first + count
    # each part reads the whole files first
    size = max(15, min(250, count // (2 * options.workers)))
    parts = []
    for at in range(options.first, end, size):
        numbers = range(at, min(at + size, end))
        parts.append(pool.submit(outcomes, kind, options.seed, numbers, options.keep))
    results: list[Outcome] = []
    for part in parts:
        results += part.result()
    return results


if __name__ == "__main__":
    main()
