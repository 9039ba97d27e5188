"""Shows how features evolve from one file of a network to the next, as epochs of a training or
before and after fine-tuning. Prints the paths of pictures.

    python scripts/evolve.py epoch1.h5 epoch2.h5 epoch3.h5 --images photos
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tfdeconv.cli import console, evolve  # noqa: E402

if __name__ == "__main__":
    console.call(evolve.main, sys.argv[1:])
