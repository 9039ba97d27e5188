"""Shows how much of projections is left when the network's weights are made random, layer by layer:
writes a figure for each feature and a table of similarities, and prints their paths.

    python scripts/randomise.py cat.jpg -l block3_conv3 -f 46
    python scripts/randomise.py cat.jpg --weights model.onnx -l Conv_12 --by layer --draws 5
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tfdeconv.cli import console, randomise  # noqa: E402

if __name__ == "__main__":
    console.call(randomise.main, sys.argv[1:])
