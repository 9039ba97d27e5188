"""Fetches a network's official ImageNet weights and writes them as weights/NETWORK-imagenet.h5
(or -imagenet-notop.h5).

    python scripts/fetch_weights.py resnet50 --no-top
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tfdeconv.cli import console, fetch_weights  # noqa: E402

if __name__ == "__main__":
    console.call(fetch_weights.main, sys.argv[1:])
