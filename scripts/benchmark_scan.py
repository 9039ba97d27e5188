"""Times what a scan of all of VGG16's convolutions takes over the bare pass up, on the same batches and the same graph.

    python scripts/benchmark_scan.py --rounds 15

Both take turns on crops of a photo with noise; many of them enter the best at first, which a long scan does not see. The row is
one of scripts/benchmark.py's kind: medians, the share between them, in brackets the least and greatest of a turn.
"""
from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tfdeconv import cli, images, weights                                   # noqa: E402

MOST = 0.15             # of the bare pass


def main() -> int:
    parser = cli.Parser(__doc__)
    parser.add_argument("--rounds", type=cli.counting, default=15, metavar="N")
    parser.add_argument("--batch", type=cli.counting, default=16, metavar="N")
    options = parser.parse_args()
    cli.import_tensorflow()
    import tensorflow as tf

    from tfdeconv import passes
    from tfdeconv.scan import Scan, everything
    read = weights.load_weights(ROOT / "weights/vgg16.h5")
    layers, size = everything(read.network, read), read.preprocessing.size
    scan = Scan(read.network, read, layers, size, options.batch)
    bare = tf.function(lambda x: passes.maps(scan.nodes, scan.parameters, x, None, layers[-1:])[0][0], autograph=False)
    photo, rng = images.pixels(ROOT / "tests/data/chelsea.jpg"), np.random.default_rng(1)
    turns: list[tuple[float, float]] = []
    for turn in range(options.rounds + 2):
        corners = rng.integers(0, (photo.shape[0] - size[0], photo.shape[1] - size[1]), (options.batch, 2))
        crops = np.stack([photo[top:top + size[0], left:left + size[1]] for top, left in corners])
        x = tf.constant(read.preprocessing.apply(crops + rng.integers(0, 20, crops.shape)))
        begin = time.perf_counter()
        bare(x).numpy()
        middle = time.perf_counter()
        scan.step([x], [np.arange(options.batch, dtype=np.int32) + turn * options.batch])
        turns.append((middle - begin, time.perf_counter() - middle))
    turns = turns[2:]
    alone, scanned = (median(column) for column in zip(*turns))
    shares = [second / first - 1 for first, second in turns]
    print(f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}, {len(layers)} layers, batches of {options.batch}: "
          f"pass up {alone:.3f} s, scan {scanned:.3f} s ({options.batch / scanned:.1f} images a second), overhead "
          f"{scanned / alone - 1:.1%} ({min(shares):.1%}..{max(shares):.1%}), target <= {MOST:.0%}"
          f"{'  MISSED' if scanned / alone - 1 > MOST else ''}")
    return 0


if __name__ == "__main__":
    cli.call(main)
