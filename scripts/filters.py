"""Draws the kernels of a network's first convolution, with their frequencies: writes a PNG and a
CSV and prints their paths.

    python scripts/filters.py --weights before.h5 --beside after.h5
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tfdeconv.cli import console, filters  # noqa: E402

if __name__ == "__main__":
    console.call(filters.main, sys.argv[1:])
