"""Hides the same part of several photos and measures how alike what changes in a network is: draws
a table and writes it as CSV, and prints their paths.

    python scripts/correspond.py tests/data/faces --parts tests/data/faces/parts.json
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tfdeconv.cli import console, correspond  # noqa: E402

if __name__ == "__main__":
    console.call(correspond.main, sys.argv[1:])
