"""Moves, scales and turns photos, and draws how far a network's layers and classes follow: writes
a PNG and a CSV, and prints their paths.

    python scripts/invariance.py cat.jpg dog.jpg
    python scripts/invariance.py cat.jpg --weights model.onnx -l conv1,pool5 --class "Egyptian cat"
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tfdeconv.cli import console, invariance  # noqa: E402

if __name__ == "__main__":
    console.call(invariance.main, sys.argv[1:])
