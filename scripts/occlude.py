"""Slides a grey square over a photo and maps what becomes of a feature, and of the classes: writes
a PNG and a CSV, and prints the PNG's path.

    python scripts/occlude.py tests/data/chelsea.jpg -l block5_conv3 -f 92
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tfdeconv.cli import console, occlude  # noqa: E402

if __name__ == "__main__":
    console.call(occlude.main, sys.argv[1:])
