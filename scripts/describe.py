"""Lists a network's layers: shape, parameters, and what of the image each unit sees; or what a
scan's run counted in them.

Needs no TensorFlow.

    python scripts/describe.py --network resnet101 --input 320x480x3
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tfdeconv.cli import console, describe  # noqa: E402

if __name__ == "__main__":
    console.call(describe.main, sys.argv[1:])
