"""What a benchmark ran on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

CORES = len(os.sched_getaffinity(0))  # every framework computes with as many threads


def describe_machine(packages: Iterable[str]) -> dict[str, Any]:
    """Processor, load and the versions of these packages."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    machine = {
        "cpu": model,
        "cores": CORES,
        "load": round(os.getloadavg()[0], 2),
        "python": sys.version.split()[0],
    }
    return machine | {name: version(name) for name in packages}
