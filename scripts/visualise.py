"""Shows what in a photo, or in the strongest images of a scan's run, made features fire: writes
PNGs and prints their paths.

    python scripts/visualise.py cat.jpg -l block4_conv2 -f 46,128
    python scripts/visualise.py --run run.h5 -l block4_conv2 -f 46,128
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tfdeconv.cli import console, visualise  # noqa: E402

if __name__ == "__main__":
    console.call(visualise.main, sys.argv[1:])
