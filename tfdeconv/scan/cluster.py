"""How this process was started: alone, or as one of several that share a scan. Reads the environment, needs no TensorFlow."""

from __future__ import annotations

import json
import os

from ..errors import UserError

EXAMPLE = '{"cluster": {"worker": ["a:2222", "b:2222"]}, "task": {"type": "worker", "index": 0}}'


def cluster() -> tuple[str, int, int]:
    """ "TF_CONFIG", "Slurm" or "" (alone), the rank of this process and the number of all.

    Raises UserError for a TF_CONFIG that makes no sense, or one of a task that is no worker.
    """
    try:
        told = json.loads(os.environ.get("TF_CONFIG") or "{}")
        addresses = {kind: hosts for kind, hosts in told.get("cluster", {}).items()}
        if (
            not all(isinstance(hosts, list) for hosts in addresses.values())
            or len(addresses.get("chief", [])) > 1
        ):
            raise ValueError("its cluster needs lists of addresses, of a chief one")
        count = sum(map(len, addresses.values()))
        kind, index = (told["task"]["type"], int(told["task"]["index"])) if count else ("", 0)
        if count and not (
            kind in addresses
            and 0 <= index < len(addresses[kind])
            and set(addresses) <= {"chief", "worker"}
        ):
            raise ValueError(f"its task {kind} {index} is none of its cluster's chief and workers")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"TF_CONFIG makes no sense ({error!r}): it needs the cluster's workers and this task, as in {EXAMPLE}; "
            f"or unset it"
        ) from None
    if count > 1:
        return (
            "TF_CONFIG",
            index + (len(addresses.get("chief", ())) if kind == "worker" else 0),
            count,
        )
    tasks, task = (os.environ.get(name, "") for name in ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID"))
    if tasks in ("", "1") or not task:
        return "", 0, 1
    if not (tasks.isdecimal() and task.isdecimal() and int(task) < int(tasks)):
        raise UserError(
            f"Slurm's variables make no sense: SLURM_PROCID is {task} and SLURM_STEP_NUM_TASKS {tasks}; unset them"
        )
    return "Slurm", int(task), int(tasks)
