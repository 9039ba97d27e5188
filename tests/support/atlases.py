"""What reads an atlas's scripts."""

from __future__ import annotations

import json
from pathlib import Path


def received(path: Path) -> tuple[str, dict]:
    """What a script of an atlas hands to the page: its key and its value."""
    content = path.read_text("ascii")
    assert content.startswith("atlas.receive(") and content.endswith(");\n")
    assert not set("<>&") & set(content)
    key, value = json.loads(f"[{content[len('atlas.receive(') : -len(');') - 1]}]")
    return key, value
