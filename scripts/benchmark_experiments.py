"""Times the experiments against the bare forward and backward passes that they need: prints a
table.

    python scripts/benchmark_experiments.py --quick

Each experiment and its passes take turns on a photo with new noise, with compiled graphs; what is
drawn and saved is left out. Cost is the experiment's time as a multiple of that of as many images
and units by passes alone. Hiding squares is compared with passes of whole images: that is how many
times as fast it is. Values are of the medians, in brackets the least and greatest of a turn.
--quick: earlier layers, less of everything.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmark_experiment_cases import CASES, Model, Sizes  # noqa: E402
from benchmark_layers import time_in_turn  # noqa: E402
from benchmark_machine import describe_machine  # noqa: E402
from benchmark_table import print_headings, print_row  # noqa: E402

from tfdeconv.cli import arguments, console  # noqa: E402
from tfdeconv.data import images  # noqa: E402
from tfdeconv.weights import load  # noqa: E402

PHOTO = ROOT / "tests/data/chelsea.jpg"
VGG16 = ROOT / "weights/vgg16.h5"
FULL = Sizes(stride=8, photos=5, places=16, units=4, steps=20, blocks=4, sweep=24)
QUICK = Sizes(stride=32, photos=2, places=4, units=2, steps=4, blocks=2, sweep=4)


def main(argv: Sequence[str]) -> int:
    parser = console.Parser(__doc__ or "")
    parser.add_argument("--quick", action="store_true", help="earlier layers, less of everything")
    parser.add_argument("--rounds", type=arguments.positive_int, default=5, metavar="N")
    given = parser.parse_args(argv)
    console.import_tensorflow()
    machine = describe_machine(["tensorflow", "numpy"])
    print(", ".join(f"{key} {value}" for key, value in machine.items()))
    print_headings()
    weights = load.load_weights(VGG16)
    photo = images.read([PHOTO], weights.preprocessing)
    model = Model(weights, photo)
    for case in CASES:
        turn = case(model, QUICK if given.quick else FULL)
        # graphs are compiled by the first call
        turn.ours(photo)
        turn.bare(photo)
        ours, bare = time_in_turn(given.rounds, photo, turn.ours, turn.bare)
        print_row(turn.measure, turn.layer, turn.against, ours, bare, turn.unit)
    return 0


if __name__ == "__main__":
    console.call(main, sys.argv[1:])
