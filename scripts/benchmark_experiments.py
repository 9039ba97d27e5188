"""Times the experiments against the bare forward and backward passes that they need: prints a
table.

    python scripts/benchmark_experiments.py --quick

Each experiment and its passes take turns on a photo with new noise, with compiled graphs; what is
drawn and saved is left out. Cost is the experiment's time as a multiple of that of as many images
and units by passes alone. Hiding squares is compared with passes of whole images: that is how many
times as fast it is. Values are of the medians, in brackets the least and greatest of a case.
--quick: earlier layers, less of everything.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmark_case import Model, Sizes  # noqa: E402
from benchmark_layers import time_in_turn  # noqa: E402
from benchmark_machine import describe_machine  # noqa: E402
from benchmark_table import print_headings, print_row  # noqa: E402

from tfdeconv.cli import arguments, console  # noqa: E402
from tfdeconv.data import images  # noqa: E402
from tfdeconv.weights import load  # noqa: E402

PHOTO = ROOT / "tests/data/chelsea.jpg"
VGG16 = ROOT / "weights/vgg16.h5"
FULL = Sizes(
    layer="block4_conv2",
    stride=8,
    photos=5,
    places=16,
    units=9,
    steps=20,
    blocks=4,
    sweep=24,
    images=64,
)
QUICK = Sizes(
    layer="block3_conv1",
    stride=32,
    photos=2,
    places=4,
    units=2,
    steps=4,
    blocks=2,
    sweep=4,
    images=8,
)


def main(argv: Sequence[str]) -> int:
    parser = console.Parser(__doc__ or "")
    parser.add_argument("--quick", action="store_true", help="earlier layers, less of everything")
    parser.add_argument("--rounds", type=arguments.positive_int, default=5, metavar="N")
    given = parser.parse_args(argv)
    console.import_tensorflow()
    from benchmark_evolution import evolution
    from benchmark_photo_cases import correspondence, invariance, occlusion
    from benchmark_unit_cases import fidelity, heat_maps, randomization

    machine = describe_machine(["tensorflow", "numpy"])
    print(", ".join(f"{key} {value}" for key, value in machine.items()))
    print_headings()
    weights = load.load_weights(VGG16)
    photo = images.read([PHOTO], weights.preprocessing)
    model = Model(weights, photo)
    sizes = QUICK if given.quick else FULL
    photo_cases = (occlusion, correspondence, invariance)
    unit_cases = (fidelity, randomization, heat_maps, evolution)
    for make in (*photo_cases, *unit_cases):
        case = make(model, sizes)
        # graphs are compiled by the first call
        case.ours(photo)
        case.bare(photo)
        ours, bare = time_in_turn(given.rounds, photo, case.ours, case.bare)
        print_row(case.measure, case.layer, case.against, ours, bare, case.unit)
    return 0


if __name__ == "__main__":
    console.call(main, sys.argv[1:])
