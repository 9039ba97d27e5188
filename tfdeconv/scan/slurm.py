"""The tasks of a step of Slurm, as a TF_CONFIG."""

from __future__ import annotations

import os
import re
from typing import Any

import tensorflow as tf

from ..errors import UserError

# the first port that tasks may listen on, and how many there are
FIRST_PORT = 12000
PORTS = 16384
# ports between those of one job and of the next: more than the tasks of a node
PORTS_APART = 64


def slurm_tf_config() -> dict[str, Any]:
    """The cluster and this task, from Slurm's variables.

    (TensorFlow's own resolver, as it is, asks nvidia-smi, and fails where a task has no GPU of its
    own: it is told a number of GPUs that is never reached.)
    Raises UserError where TensorFlow would give the tasks another order than Slurm did.
    """
    nodes = os.environ.get("SLURM_STEP_NODELIST", "")
    order = os.environ.get("SLURM_DISTRIBUTION") or "block"
    if not names_sort_as_numbers(nodes) or not order.startswith(("block", "unknown")):
        raise order_error(f"nodes {nodes}, tasks {order}")
    job = os.environ.get("SLURM_JOB_ID", "")
    number = int(job) if job.isdecimal() else 0
    # two jobs on one machine do not meet
    port = FIRST_PORT + number * PORTS_APART % PORTS
    try:
        resolver = tf.distribute.cluster_resolver.SlurmClusterResolver(
            port_base=port, gpus_per_node=1 << 16, gpus_per_task=1, auto_set_gpu=False
        )
        hosts = resolver.cluster_spec().as_dict()["worker"]
        _, index = resolver.get_task_info()
        address = hosts[index]
    except (RuntimeError, ValueError, AssertionError, LookupError, TypeError) as error:
        raise UserError(f"Slurm's variables cannot be understood: {error}") from None
    node = os.environ.get("SLURMD_NODENAME", "")
    if node and address.rpartition(":")[0] != node:
        raise order_error(f"task {index} is on {node}, TensorFlow expects it on {address}")
    return {"cluster": {"worker": hosts}, "task": {"type": "worker", "index": index}}


def names_sort_as_numbers(nodes: str) -> bool:
    """Whether the numbers in each range of a list of nodes have as many digits: n[9-10] has not."""
    for numbers in re.findall(r"\[([^\]]*)\]", nodes):
        lengths = {len(number) for number in re.findall(r"\d+", numbers)}
        if len(lengths) > 1:
            return False
    return True


def order_error(found: str) -> UserError:
    return UserError(
        f"TensorFlow expects Slurm's tasks in blocks on nodes in the order of their names; found "
        f"{found}: ask for --distribution=block and such nodes (--nodelist), set TF_CONFIG, or use "
        f"--shard"
    )
