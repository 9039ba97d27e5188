"""The text that this program's pictures and arrays carry: what it takes to make them again."""

from __future__ import annotations

import io
import json
import warnings
from pathlib import Path

import numpy as np

from ..files import require_regular_file
from ..formats.lazy_tensor import mapped
from ..formats.zip_archive import member, members
from ..limits import MAX_TEXT


def text_of_arrays(path: str | Path) -> dict[str, str]:
    """The text in an .npz of this program; none where it is another file."""
    try:
        info = members(path)["text.npy"]
        if info.file_size > MAX_TEXT:
            return {}
        array = np.load(io.BytesIO(member(mapped(path), info)), allow_pickle=False)
        text = json.loads(str(array))
        return {str(key): str(value) for key, value in text.items()}
    # on damaged files zipfile and numpy raise anything
    except Exception:
        return {}


def text_of(path: str | Path) -> dict[str, str]:
    """The text chunks of a PNG; none where there is no such file, or it is not a PNG."""
    from PIL import Image

    try:
        require_regular_file(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=("PNG",)) as image:
                chunks = getattr(image, "text", {})
                return {str(key): str(value) for key, value in chunks.items()}
    except Exception:  # on damaged files Pillow raises anything
        return {}
