"""Makes an atlas of a scan's run: a folder of pages with every feature of every layer, which a
browser opens from the disk. Can be killed and goes on; prints the path of the first page.

    python scripts/atlas.py run.h5 --out atlas --layers block4_conv2 --rule deconvnet,guided
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tfdeconv.cli import atlas, console  # noqa: E402

if __name__ == "__main__":
    console.call(atlas.main, sys.argv[1:])
