"""Measures whether projections show the pixels that matter to a unit: deletes what it sees, the
most important pixels first, and writes a figure and tables of its activation.

    python scripts/fidelity.py cat.jpg -l block4_conv2 -f 46 --rule deconvnet,guided,gradient
    python scripts/fidelity.py --run run.h5 -l block4_conv2 -f 46,128
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tfdeconv.cli import console, fidelity  # noqa: E402

if __name__ == "__main__":
    console.call(fidelity.main, sys.argv[1:])
