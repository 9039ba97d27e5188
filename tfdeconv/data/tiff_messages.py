"""What libtiff says of a damaged file, on stderr and by itself, beside the error Pillow raises."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from functools import cache

from PIL import _imaging

# its functions that set who is told (libtiff's TIFFError(3tiff))
SETTERS = ("TIFFSetErrorHandler", "TIFFSetWarningHandler")


@cache
def silence() -> None:
    """Has libtiff tell nobody, where Pillow's libraries show its functions."""
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(_imaging.__file__)
        for name in SETTERS:
            setter = getattr(library, name)
            setter.argtypes, setter.restype = [ctypes.c_void_p], ctypes.c_void_p
            setter(None)
