"""The processes that share a scan, and the devices of each: tf.distribute's strategies, and what they tell each other."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
import tensorflow as tf

from ..errors import UserError
from .cluster import cluster

Message = dict[str, np.ndarray]
PORTS = 12000, 16384  # the first that Slurm's tasks may listen on, and how many


class WorkerGroup:
    """The workers, this one's place among them (`rank`, from 0), and the strategy that places what they compute (None: one device).

    The worker of rank 0 is the chief, which reads and writes the run.
    """

    def __init__(
        self, strategy: tf.distribute.Strategy | None = None, rank: int = 0, size: int = 1
    ):
        self.strategy, self.rank, self.size = strategy, rank, size

    @property
    def chief(self) -> bool:
        return self.rank == 0

    def exchange(self, message: Message, error: str = "") -> list[Message]:
        """What every worker has to say, by rank; all must call this, in the same order.

        Raises UserError in all of them where one has an error, or where one is gone.
        """
        if self.size == 1:
            return [message] if not error else refuse(error)
        told = self._gathered(
            written({**message, "error": np.frombuffer(os.fsencode(error), np.uint8)})
        )
        messages = [read(part) for part in told]
        wrong = {
            rank: os.fsdecode(found.pop("error").tobytes()) for rank, found in enumerate(messages)
        }
        if any(wrong.values()):
            rank = next(rank for rank, text in wrong.items() if text)
            refuse(error or f"worker {rank} of {self.size} stopped: {wrong[rank]}")
        return messages

    def _gathered(self, data: bytes) -> list[bytes]:
        """Everybody's bytes, by one collective. They go as whole numbers, a length before each worker's."""
        assert self.strategy
        words = np.frombuffer(data + b"\0" * (-len(data) % 8), np.int64)
        mine, nothing = np.concatenate([[len(data)], words]), np.zeros(0, np.int64)
        devices = self.strategy.num_replicas_in_sync // self.size
        values = self.strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(
                mine if context.replica_id_in_sync_group % devices == 0 else nothing
            )
        )
        try:
            everything = self._gather(values).numpy()
        except tf.errors.ResourceExhaustedError:
            raise UserError(
                "there is not enough memory to bring the workers' findings together: keep fewer layers"
            ) from None
        except tf.errors.OpError as error:
            raise UserError(
                f"another worker cannot be reached any more ({brief(error)}): start all of them "
                f"again, and they go on from what was saved last"
            ) from None
        parts, start = [], 0
        while start < len(everything):
            length = int(everything[start])
            words = everything[start + 1 : start + 1 - (-length // 8)]
            parts.append(words.tobytes()[:length])
            start += 1 + len(words)
        return parts

    @cached_property
    def _gather(self) -> Callable:
        strategy: Any = self.strategy
        return tf.function(
            lambda values: strategy.gather(values, axis=0), autograph=False, reduce_retracing=True
        )


def refuse(error: str) -> NoReturn:
    raise UserError(error)


def disordered(found: str) -> UserError:
    return UserError(
        f"TensorFlow takes Slurm's tasks to stand in blocks on nodes in the order of their names, which these do not "
        f"({found}): ask for --distribution=block and such nodes (--nodelist), set TF_CONFIG, or use --shard"
    )


def brief(error: Exception) -> str:
    """The first line of what TensorFlow says, without the names of graphs."""
    return re.sub(
        r"\{\{.*?\}\} ?", "", (str(getattr(error, "message", error)).splitlines() or [""])[0]
    )[:200]


def written(message: Message) -> bytes:
    memory = io.BytesIO()
    np.savez(memory, **message)  # type: ignore[arg-type]
    return memory.getvalue()


def read(data: bytes) -> Message:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return dict(arrays)


def join_group(alone: bool = False) -> WorkerGroup:
    """The team that this process belongs to; waits until all its workers are there. To be called before anything is computed.

    A worker takes all the GPUs that it sees. alone: whatever the environment says, this process has no others.
    """
    kind, rank, size = ("", 0, 1) if alone else cluster()
    if not kind:
        os.environ.pop("TF_CONFIG", None)  # of one worker, or of others that are none of ours
        return WorkerGroup(
            tf.distribute.MirroredStrategy()
            if len(tf.config.list_physical_devices("GPU")) > 1
            else None
        )
    try:
        if kind == "Slurm":
            os.environ["TF_CONFIG"] = json.dumps(slurm())
        return WorkerGroup(tf.distribute.MultiWorkerMirroredStrategy(), rank, size)
    except UserError:
        raise
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        raise UserError(
            f"the {size} workers of {kind} do not find each other: {brief(error)}"
        ) from None


def slurm() -> dict[str, Any]:
    """A step of Slurm as a TF_CONFIG. (As it is the resolver wants nvidia-smi, and fails where a task has no GPU of its own.)"""
    first, ports = PORTS
    job = os.environ.get("SLURM_JOB_ID", "")
    port = (
        first + (int(job) if job.isdecimal() else 0) * 64 % ports
    )  # two jobs on one machine do not meet
    nodes = os.environ.get("SLURM_STEP_NODELIST", "")
    ranges = [
        {len(number) for number in re.findall(r"\d+", part)}
        for part in re.findall(r"\[([^\]]*)\]", nodes)
    ]
    order = os.environ.get("SLURM_DISTRIBUTION") or "block"
    if any(len(lengths) > 1 for lengths in ranges) or not order.startswith(("block", "unknown")):
        raise disordered(f"nodes {nodes}, tasks {order}")
    try:
        resolver = tf.distribute.cluster_resolver.SlurmClusterResolver(
            port_base=port, gpus_per_node=1 << 16, gpus_per_task=1, auto_set_gpu=False
        )
        hosts = resolver.cluster_spec().as_dict()["worker"]
        _, index = resolver.get_task_info()
        address = hosts[index]
    except (RuntimeError, ValueError, AssertionError, LookupError, TypeError) as error:
        raise UserError(f"Slurm's variables make no sense: {error}") from None
    here = os.environ.get("SLURMD_NODENAME", "")
    if here and address.rpartition(":")[0] != here:
        raise disordered(f"task {index} is on {here}, and TensorFlow takes it to be on {address}")
    return {"cluster": {"worker": hosts}, "task": {"type": "worker", "index": index}}
