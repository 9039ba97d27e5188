"""Scans by several workers and on several devices: each the same as one process's."""

from __future__ import annotations

import signal
import sys
import time

import numpy as np
import pytest
from forks import run_script
from runs import (
    PATIENCE,
    ROOT,
    SIDE,
    VGG16_LAYERS,
    arrays_of,
    assert_as_brute_force_has_it,
    assert_same,
    command,
    ended,
    free_ports,
    plain,
    scan,
    some_crops,
    start,
    start_workers,
    vgg16_maps,
    vgg16_of_crops,
)

from tfdeconv.scan import run_file
from tfdeconv.weights.native_write import save_weights


def test_a_chief_and_a_worker_are_as_one(shared):
    out = "two.h5"
    # the two add layers to a run, and it is as if it had had them from the beginning
    scan(shared, out, "-l", "second")
    (status, lines, errors), (second, nothing, _) = ended(
        start_workers([command(shared, out)] * 2, ("chief", "worker"))
    )
    assert (status, second, errors, nothing) == (0, 0, "", "")
    assert lines == (
        f"{shared / out}: 2 more layers (first, dense), over its 101 images\n"
        f"{shared / out[:-3]}.more-layers.maxima.npy: 0.0 MB, the maxima of 101 images\n"
        f"{shared / out}: 98 images, 3 layers; 0 could not be read, 3 appear more than once\n"
    )
    assert_same(shared, out[:-3])


def test_two_tasks_of_slurm_are_as_one(shared, inner):
    tasks = {
        "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_STEP_NODELIST": "localhost",
        "SLURM_STEP_TASKS_PER_NODE": "2",
        "SLURM_JOB_ID": str(free_ports(1)[0]),
    }
    arguments = command(shared, "slurm.h5", *inner)
    processes = [start(arguments, **tasks, SLURM_PROCID=str(i)) for i in range(2)]
    assert [(status, errors) for status, _, errors in ended(processes)] == [(0, ""), (0, "")]
    assert_same(shared, "slurm", "inner")


def test_two_workers_equal_brute_force_on_vgg16(shared):
    network, weights = vgg16_of_crops()
    crops = some_crops()
    save_weights(shared / "vgg.h5", network, arrays_of(weights), plain((40, 40)), "", "")
    np.save(shared / "crops.npy", crops)
    script = [sys.executable, str(ROOT / "scripts/scan.py"), str(shared / "crops.npy")]
    files = ["--weights", str(shared / "vgg.h5"), "--out", str(shared / "vgg-run.h5")]
    arguments = [*script, *files, "--batch", "7", "--layers", ",".join(VGG16_LAYERS)]
    for status, _, errors in ended(start_workers([arguments] * 2)):
        assert (status, errors) == (0, "")
    assert_as_brute_force_has_it(run_file.load(shared / "vgg-run.h5"), vgg16_maps(crops))


@pytest.mark.parametrize("killed", [0, 1])
def test_a_killed_worker_stops_all_others_resume(shared, killed):
    name = f"killed-{killed}"
    slow = [*command(shared, f"{name}.h5"), "--every", "0", "--batch", "1"]
    processes, path = start_workers([slow] * 2), shared / f"{name}.h5"
    begin = time.monotonic()
    while time.monotonic() < begin + PATIENCE and not (
        path.exists() and 0 < run_file.load(path).done
    ):
        time.sleep(0.005)
    processes[killed].send_signal(signal.SIGKILL)
    ((status, lines, errors),) = ended([processes[1 - killed]])
    processes[killed].communicate()
    assert status == 2 and lines.count("\n") == killed and errors.count("\n") == 1
    assert "another worker can no longer be reached" in errors
    assert 0 < run_file.load(path).done < 101
    if killed:  # one worker goes on with what two began
        scan(shared, f"{name}.h5", "--batch", "1")
    else:  # or two again
        assert [status for status, _, _ in ended(start_workers([slow] * 2))] == [0, 0]
    scan(shared, f"whole-{killed}.h5", "--batch", "1")
    assert_same(shared, name, f"whole-{killed}")


def test_mistakes_of_one_worker_stop_all(shared):
    np.save(shared / "y.npy", np.zeros((3, SIDE, SIDE, 3), np.uint8))
    right = command(shared, "none.h5")
    for name, words in (("y.npy", "started with other options"), ("nonesuch.npy", "no such file")):
        wrong = [part.replace("x.npy", name) for part in right]
        found = ended(start_workers([right, wrong]))
        for status, lines, errors in found:
            assert (status, lines) == (2, "") and errors.count("\n") == 1 and words in errors, found
    assert not (shared / "none.h5").exists()
    blocked = shared / "no" / "such" / "folder.h5"
    found = ended(start_workers([command(shared, str(blocked))] * 2))
    assert all(status == 2 and "cannot write" in errors for status, _, errors in found), found


def test_two_devices_are_as_one(shared):
    """What two GPUs would do, on a CPU that is taken for two; memory runs out on the way."""
    code = f"""
import sys
sys.path[:0] = [{str(ROOT)!r}]
import tensorflow as tf
cpu, = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from tfdeconv.scan import workers
joined = []
def join_group(alone):
    joined.append(workers.WorkerGroup(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])))
    return joined[0]
workers.join_group = join_group
from tfdeconv.scan.batch_parts import BatchParts
each = BatchParts.each
passes = []
def each_but_one(parts, forward):
    def found(part):
        passes.append(part)
        if len(passes) == 6:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM")
        return forward(part)
    return each(parts, found)
BatchParts.each = each_but_one
sys.argv = {command(shared, "devices.h5")[1:]!r}
import runpy
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    assert len(joined) == 1 and joined[0].strategy.num_replicas_in_sync == 2
    # 13 rounds, of which the last 8 go in halves
    assert [part.stop - part.start for part in passes] == [4] * 6 + [2] * 16"""
    assert run_script([sys.executable, "-c", code]).returncode == 0
    assert_same(shared, "devices")
