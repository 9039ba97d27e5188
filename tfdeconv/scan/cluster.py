"""How this process was started: alone, or as one of several that share a scan.

Reads the environment, needs no TensorFlow.
"""

from __future__ import annotations

import json
import os

from ..errors import UserError

EXAMPLE = '{"cluster": {"worker": ["a:2222", "b:2222"]}, "task": {"type": "worker", "index": 0}}'


def cluster() -> tuple[str, int, int]:
    """Who started the workers ("TF_CONFIG", "Slurm" or "" for one alone), this one's rank, and all.

    Raises UserError for a TF_CONFIG or variables of Slurm that make no sense, or where this is not
    a worker's task.
    """
    try:
        rank, size = tf_config_rank()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"TF_CONFIG is not valid ({error!r}): expected the cluster's workers and this task, "
            f"as in {EXAMPLE}; correct it, or unset it"
        ) from None
    if size > 1:
        return "TF_CONFIG", rank, size
    tasks = os.environ.get("SLURM_STEP_NUM_TASKS", "")
    task = os.environ.get("SLURM_PROCID", "")
    if tasks in ("", "1") or not task:
        return "", 0, 1
    if not (tasks.isdecimal() and task.isdecimal() and int(task) < int(tasks)):
        raise UserError(
            f"Slurm's variables contradict each other: SLURM_PROCID is {task} and "
            f"SLURM_STEP_NUM_TASKS {tasks}; unset them"
        )
    return "Slurm", int(task), int(tasks)


def tf_config_rank() -> tuple[int, int]:
    """The rank of this process in TF_CONFIG and the number of workers; (0, 0) without a cluster.

    A chief has rank 0. Raises ValueError, KeyError, TypeError or AttributeError for anything odd.
    """
    config = json.loads(os.environ.get("TF_CONFIG") or "{}")
    addresses: dict[str, list[str]] = dict(config.get("cluster", {}).items())
    all_lists = all(isinstance(hosts, list) for hosts in addresses.values())
    if not all_lists or len(addresses.get("chief", [])) > 1:
        raise ValueError("its cluster needs lists of addresses, with one chief at most")
    size = sum(map(len, addresses.values()))
    if not size:
        return 0, 0
    kind = config["task"]["type"]
    index = int(config["task"]["index"])
    only_workers = set(addresses) <= {"chief", "worker"}
    if kind not in addresses or not 0 <= index < len(addresses[kind]) or not only_workers:
        raise ValueError(f"its task {kind} {index} is not one of its cluster's chief and workers")
    before = len(addresses.get("chief", ())) if kind == "worker" else 0
    return before + index, size


def worker_addresses() -> list[str]:
    """ "host:port" of all workers of TF_CONFIG, by rank; none without a cluster."""
    addresses = json.loads(os.environ.get("TF_CONFIG") or "{}").get("cluster", {})
    return [*addresses.get("chief", ()), *addresses.get("worker", ())]
