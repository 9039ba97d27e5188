"""Finds the images of a dataset that fire each channel of a network's layers most: writes one
HDF5 file and prints what is in it.

    python scripts/scan.py imagenet/val --out run.h5 --layers block3_conv3,block5_conv3
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tfdeconv.cli import console, scan  # noqa: E402

if __name__ == "__main__":
    console.call(scan.main, sys.argv[1:])
