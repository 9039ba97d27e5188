"""TensorFlow is imported without its chatter: logs of its start, before any of its settings."""

from __future__ import annotations

import os
import re
import sys
import tempfile

# TF_CPP_MIN_LOG_LEVEL: errors alone, and nothing but what ends the process
SILENT = ("2", "3")
# what it writes to stderr while it starts, whatever its level of logging is
CHATTER = re.compile(rb"WARNING: All log messages before absl|[IWE]\d{4} \d\d:\d\d:\d\d")


def import_tensorflow(verbose: bool = False) -> None:
    """Imports TensorFlow in silence, unless it is loaded already or its messages are wanted.

    What the environment says of its logs and kernels holds. Without a word there, it logs nothing
    below a fatal error, and the faster CPU kernels (oneDNN's) are turned on for every x86, not only
    where TensorFlow does so by itself.
    """
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    if verbose:
        return
    level = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", SILENT[-1])
    if level not in SILENT or sys.stderr is None:
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile() as written:
        stderr = os.dup(2)
        os.dup2(written.fileno(), 2)
        try:
            import tensorflow  # noqa: F401
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            written.seek(0)
            pass_on(written.read())


def pass_on(text: bytes) -> None:
    """Writes to stderr what is not TensorFlow's: other threads', or why it cannot be imported."""
    for line in text.splitlines(keepends=True):
        if not CHATTER.match(line):
            os.write(2, line)
