"""Shows in the browser, as one clicks, what in a photo made units fire: prints the address of a
page on this machine.

    python scripts/explore.py
    python scripts/explore.py --weights model.onnx --run run.h5
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tfdeconv.cli import console, explore  # noqa: E402

if __name__ == "__main__":
    console.call(explore.main, sys.argv[1:])
