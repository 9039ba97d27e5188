"""The processes that share a scan, and the devices of each: tf.distribute's strategies.

A worker alone is a group of one: the same code scans with it, and its exchanges cost nothing.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import tensorflow as tf

from ..engine.device import out_of_memory
from ..errors import UserError
from .cluster import cluster, worker_addresses
from .rendezvous import PATIENCE, meet
from .slurm import slurm_tf_config

T = TypeVar("T")
Message = dict[str, np.ndarray]


class WorkerGroup:
    """The workers, and which of them this process is (`rank`, from 0).

    strategy: places what they compute; None for one process on one device. The worker of rank 0 is
    the chief, which alone reads and writes the run.
    """

    def __init__(
        self,
        strategy: tf.distribute.Strategy | None = None,
        rank: int = 0,
        size: int = 1,
        addresses: Sequence[str] = (),
    ):
        self.strategy = strategy
        self.rank = rank
        self.size = size
        self.addresses = addresses  # of all workers, by rank
        self.error = ""  # of this worker, until the next exchange

    @property
    def chief(self) -> bool:
        return self.rank == 0

    @contextmanager
    def deferred_errors(self) -> Iterator[None]:
        """Keeps a UserError of the block until the next exchange, which raises it in all workers.

        Without this the others would wait for ever for a worker that stopped. A worker alone raises
        it at once.
        """
        try:
            yield
        except (UserError, tf.errors.ResourceExhaustedError) as error:
            if not isinstance(error, UserError):
                error = out_of_memory("scan fewer at a time (--batch), or fewer layers (-l)")
            if self.size == 1:
                raise error from None
            self.error = self.error or str(error)

    def exchange(self, message: Message) -> list[Message]:
        """The messages of all workers, by rank; all must call this, in the same order.

        Raises UserError in all of them where one has an error (deferred_errors), or where one
        cannot be reached.
        """
        error = self.error
        if self.size == 1:
            if error:
                raise UserError(error)
            return [message]
        error_bytes = np.frombuffer(os.fsencode(error), np.uint8)
        messages = []
        for rank, data in enumerate(self._gathered(encode({**message, "error": error_bytes}))):
            messages.append(decode(data))
            text = os.fsdecode(messages[rank].pop("error").tobytes())
            if text:
                raise UserError(error or f"{self.name(rank)} stopped: {text}")
        return messages

    def name(self, rank: int) -> str:
        """`worker 1 of 2 (node2:2222)`."""
        name = f"worker {rank} of {self.size}"
        if rank < len(self.addresses):
            name += f" ({self.addresses[rank]})"
        return name

    def _gathered(self, data: bytes) -> list[bytes]:
        """The bytes of all workers, by rank, in one collective.

        They travel as int64, with the length before each worker's. A gather takes a part from each
        device: those behind a worker's first one send nothing.
        """
        assert self.strategy
        words = np.frombuffer(data + b"\0" * (-len(data) % 8), np.int64)
        own = np.concatenate([[len(data)], words])
        nothing = np.zeros(0, np.int64)
        devices = self.strategy.num_replicas_in_sync // self.size

        def device_part(context: Any) -> tf.Tensor:
            first = context.replica_id_in_sync_group % devices == 0
            return tf.constant(own if first else nothing)

        values = self.strategy.experimental_distribute_values_from_function(device_part)
        try:
            gathered = self._gather(values).numpy()
        except tf.errors.ResourceExhaustedError:
            raise out_of_memory(
                "scan fewer layers (-l)", "when what the workers found was merged"
            ) from None
        except tf.errors.OpError as error:
            raise UserError(
                f"another worker can no longer be reached ({brief(error)}): start all of them "
                f"again; they continue from what was saved last"
            ) from None
        parts = []
        start = 0
        while start < len(gathered):
            length = int(gathered[start])
            stop = start + 1 - (-length // 8)
            parts.append(gathered[start + 1 : stop].tobytes()[:length])
            start = stop
        return parts

    @cached_property
    def _gather(self) -> Callable:
        strategy: Any = self.strategy
        return tf.function(
            lambda values: strategy.gather(values, axis=0), autograph=False, reduce_retracing=True
        )


def build_on_all(build: Callable[[], T], workers: WorkerGroup) -> T:
    """What each worker builds; raises UserError in all of them where one cannot."""
    built: list[T] = []
    with workers.deferred_errors():
        built.append(build())
    workers.exchange({})
    return built[0]


def brief(error: Exception) -> str:
    """The first line of an error of TensorFlow, without the names of graphs."""
    message = str(getattr(error, "message", error))
    first_line = message.partition("\n")[0]
    return re.sub(r"\{\{.*?\}\} ?", "", first_line)[:200]


def encode(message: Message) -> bytes:
    """A message as the bytes of an .npz file."""
    memory = io.BytesIO()
    np.savez(memory, **message)  # type: ignore[arg-type]
    return memory.getvalue()


def decode(data: bytes) -> Message:
    """The message of encode()."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return dict(arrays)


def join_group(
    alone: bool = False, wait: float = PATIENCE, say: Callable[[str], None] = lambda line: None
) -> WorkerGroup:
    """The group that this process belongs to; waits until all its workers have joined.

    To be called before anything is computed. A worker takes all the GPUs that it sees.
    alone: this process is a group of one, whatever the environment says. wait: seconds for the
    others to come; say: prints a line that says who is missing. Raises UserError where they do not
    come, or cannot reach each other.
    """
    kind, rank, size = ("", 0, 1) if alone else cluster()
    if not kind:
        # of one worker, or of processes that have nothing to do with this scan
        os.environ.pop("TF_CONFIG", None)
        several = len(tf.config.list_physical_devices("GPU")) > 1
        return WorkerGroup(tf.distribute.MirroredStrategy() if several else None)
    try:
        if kind == "Slurm":
            os.environ["TF_CONFIG"] = json.dumps(slurm_tf_config())
        addresses = worker_addresses()
        meet(addresses, rank, wait, say)
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
        return WorkerGroup(strategy, rank, size, addresses)
    except UserError:
        raise
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        raise UserError(
            f"the {size} workers of {kind} cannot reach each other: {brief(error)}"
        ) from None
