"""Says what a weight file holds, and with --out converts it to the project's own format: one file
is then enough.

    python scripts/convert_weights.py model.keras --out weights/mine.h5
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tfdeconv.cli import console, convert_weights  # noqa: E402

if __name__ == "__main__":
    console.call(convert_weights.main, sys.argv[1:])
