"""Checks on this machine that weights and program do what they should: prints figures and a
verdict; exit status 1 if something is off.

    python scripts/selfcheck.py --weights weights/vgg16.h5
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tfdeconv.cli import console, selfcheck  # noqa: E402

if __name__ == "__main__":
    console.call(selfcheck.main, sys.argv[1:])
