"""Data as small scripts, which a page opened from the disk may load: it may not fetch JSON."""

from __future__ import annotations

import json
import math
import re
from typing import Any

# what would end a script within HTML, or a line within old JavaScript
ESCAPES = {character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
# bytes of a file's name that are no text, as os.fsdecode() has them, and half a character
SURROGATES = re.compile("[\ud800-\udfff]")
DIGITS = 4


def script(key: str, value: Any) -> bytes:
    """A script that hands a value to the page, which knows it by a key.

    Texts are JSON's, in ASCII, without a character that HTML gives a meaning.

    >>> script("layer/7", {"name": "</script>"})
    b'atlas.receive("layer/7", {"name":"\\\\u003c/script\\\\u003e"});\\n'
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character, escape in ESCAPES.items():
        text = text.replace(character, escape)
    return f"atlas.receive({json.dumps(key)}, {text});\n".encode("ascii")


def number(value: float) -> float | None:
    """A value with four digits; None for one that is not a number.

    >>> number(10860.25), number(0.012345), number(2.0), number(float("nan"))
    (10860, 0.01235, 2, None)
    """
    if not math.isfinite(value):
        return None
    rounded = float(f"{value:.{DIGITS}g}")
    return int(rounded) if rounded == int(rounded) else rounded


def text(name: str) -> str:
    """A name as it can be shown: what is no text becomes question marks.

    >>> text("a\\udcff"), text("b\\ud83d")
    ('a\\ufffd', 'b\\ufffd')
    """
    return SURROGATES.sub("\ufffd", name)
