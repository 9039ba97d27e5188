"""Scans by several workers, on several devices and in parts: each the same as one process's."""

from __future__ import annotations

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from test_scan import SIDE, assert_as_brute_force_has_it, integers, plain, some_crops

from tfdeconv import NETWORKS, load_weights
from tfdeconv.errors import UserError
from tfdeconv.scan import run_file, workers
from tfdeconv.scan.cluster import cluster
from tfdeconv.weights.native import save_weights

ROOT = Path(__file__).parents[2]
PATIENCE = 180  # seconds for workers that import TensorFlow on a busy machine


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with weights of whole numbers, and images of which some come again, early and late in the list."""
    folder, rng = tmp_path_factory.mktemp("team"), np.random.default_rng(3)
    network, weights = integers(rng)
    arrays = {
        layer: {name: value.numpy() for name, value in p.items()} for layer, p in weights.items()
    }
    save_weights(folder / "w.h5", network, arrays, plain((SIDE, SIDE)), "random", "none")
    x = rng.integers(0, 2, (101, SIDE, SIDE, 3)).astype(np.uint8)
    x[90], x[91], x[50] = x[3], x[4], x[51]
    np.save(folder / "x.npy", x)
    scan(folder, "one.h5")
    return folder


def command(folder: Path, out: str, *more: object) -> list[str]:
    return [
        sys.executable,
        str(ROOT / "scripts/scan.py"),
        str(folder / "x.npy"),
        "--weights",
        str(folder / "w.h5"),
        "--batch",
        "4",
        "--keep-maxima",
        "all",
        "--out",
        str(folder / out),
        *map(str, more),
    ]


def scan(folder: Path, out: str, *more: object) -> None:
    """A scan by this process alone."""
    assert call(*command(folder, out, *more)[1:]) == 0


def call(script: str, *arguments: object) -> int:
    """Runs a script in this process, and returns its status."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [script, *map(str, arguments)])
        patch.setattr(sys, "path", list(sys.path))
        with pytest.raises(SystemExit) as over:
            runpy.run_path(script, run_name="__main__")
        return over.value.code


def ports(count: int) -> list[int]:
    """Free ones."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("localhost", 0))
    found = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return found


def started(
    commands: list[list[str]], kinds: tuple[str, ...] = ("worker", "worker"), **more: str
) -> list[subprocess.Popen]:
    """Starts a command on each of two workers, or a chief and a worker, on loopback."""
    addresses = [f"localhost:{port}" for port in ports(len(commands))]
    hosts = {
        kind: [address for address, other in zip(addresses, kinds) if other == kind]
        for kind in kinds
    }
    found = []
    for i, arguments in enumerate(commands):
        task = {"type": kinds[i], "index": kinds[:i].count(kinds[i])}
        told = json.dumps({"cluster": hosts, "task": task})
        found.append(
            subprocess.Popen(
                arguments,
                env=os.environ | {"TF_CONFIG": told} | more,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    return found


def ended(processes: list[subprocess.Popen]) -> list[tuple[int, str, str]]:
    """Status, output and errors of each."""
    said = [process.communicate(timeout=PATIENCE) for process in processes]
    return [(process.returncode, *lines) for process, lines in zip(processes, said)]


def assert_same(folder: Path, out: str, other: str = "one") -> None:
    """Whole numbers: any order of adding them gives the same bytes."""
    for ending in (".h5", ".maxima.npy"):
        assert (folder / f"{out}{ending}").read_bytes() == (
            folder / f"{other}{ending}"
        ).read_bytes(), ending


def test_a_chief_and_a_worker_are_as_one(place):
    out = "two.h5"
    (status, lines, errors), (second, nothing, _) = ended(
        started([command(place, out)] * 2, ("chief", "worker"))
    )
    assert (status, second, errors, nothing) == (0, 0, "", "")
    assert lines == (
        f"{place / out[:-3]}.maxima.npy: 0.0 MB, the maxima of 101 images\n"
        f"{place / out}: 98 images, 3 layers; 0 could not be read, 3 came again\n"
    )
    assert_same(place, out[:-3])


def test_two_tasks_of_slurm_are_as_one(place):
    shared = {
        "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_STEP_NODELIST": "localhost",
        "SLURM_STEP_TASKS_PER_NODE": "2",
        "SLURM_JOB_ID": str(ports(1)[0]),
    }
    processes = [
        subprocess.Popen(
            command(place, "slurm.h5"),
            env=os.environ | shared | {"SLURM_PROCID": str(i)},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for i in range(2)
    ]
    assert [(status, errors) for status, _, errors in ended(processes)] == [(0, ""), (0, "")]
    assert_same(place, "slurm")


def test_two_workers_find_what_brute_force_does_in_five_layers_of_vgg16(place):
    layers = ["block1_conv2", "block2_conv1", "block3_conv3", "block4_conv2", "block5_conv3"]
    network, crops = NETWORKS["vgg16"](size=(40, 40)), some_crops()
    weights = load_weights(ROOT / "weights" / "vgg16.h5", NETWORKS["vgg16"](), layers)
    save_weights(
        place / "vgg.h5",
        network,
        {
            layer: {name: value.numpy() for name, value in weights[layer].items()}
            for layer in weights
        },
        plain((40, 40)),
        "",
        "",
    )
    np.save(place / "crops.npy", crops)
    arguments = [
        sys.executable,
        str(ROOT / "scripts/scan.py"),
        str(place / "crops.npy"),
        "--weights",
        str(place / "vgg.h5"),
        "--batch",
        "7",
        "--layers",
        ",".join(layers),
        "--out",
        str(place / "vgg-run.h5"),
    ]
    assert [(status, errors) for status, _, errors in ended(started([arguments] * 2))] == [
        (0, "")
    ] * 2
    assert_as_brute_force_has_it(run_file.load(place / "vgg-run.h5"), network, weights, crops)


@pytest.mark.parametrize("killed", [0, 1])
def test_a_worker_that_dies_stops_all_and_a_restart_of_another_number_goes_on(place, killed):
    name = f"killed-{killed}"
    slow = [*command(place, f"{name}.h5"), "--every", "0", "--batch", "1"]
    processes, path = started([slow] * 2), place / f"{name}.h5"
    begin = time.monotonic()
    while time.monotonic() < begin + PATIENCE and not (
        path.exists() and 0 < run_file.load(path).done
    ):
        time.sleep(0.005)
    processes[killed].send_signal(signal.SIGKILL)
    ((status, lines, errors),) = ended([processes[1 - killed]])
    processes[killed].communicate()
    assert status == 2 and lines.count("\n") == killed and errors.count("\n") == 1
    assert "another worker cannot be reached any more" in errors
    assert 0 < run_file.load(path).done < 101
    if killed:  # one worker goes on with what two began
        scan(place, f"{name}.h5", "--batch", "1")
    else:  # or two again
        assert [status for status, _, _ in ended(started([slow] * 2))] == [0, 0]
    scan(place, f"whole-{killed}.h5", "--batch", "1")
    assert_same(place, name, f"whole-{killed}")


def test_mistakes_of_one_worker_stop_all_in_a_line(place):
    np.save(place / "y.npy", np.zeros((3, SIDE, SIDE, 3), np.uint8))
    wrong, absent = (
        [part.replace("x.npy", name) for part in command(place, "none.h5")]
        for name in ("y.npy", "nonesuch.npy")
    )
    for other, words in ((wrong, "not asked for the same"), (absent, "no such file")):
        found = ended(started([command(place, "none.h5"), other]))
        for status, lines, errors in found:
            assert (status, lines) == (2, "") and errors.count("\n") == 1 and words in errors, found
    assert not (place / "none.h5").exists()
    blocked = place / "no" / "such" / "folder.h5"
    found = ended(started([command(place, str(blocked))] * 2))
    assert all(status == 2 and "cannot write" in errors for status, _, errors in found), found


@pytest.mark.parametrize(
    "told, words",
    [
        ("{", "makes no sense"),
        ("[]", "makes no sense"),
        ('{"cluster": {"worker": ["a:1", "b:1"]}}', "task"),
        (
            '{"cluster": {"worker": "a:2222"}, "task": {"type": "worker", "index": 0}}',
            "lists of addresses",
        ),
        (
            '{"cluster": {"chief": ["a:1", "b:1"]}, "task": {"type": "chief", "index": 0}}',
            "lists of addresses",
        ),
        (
            '{"cluster": {"worker": ["a:1"], "ps": ["b:1"]}, "task": {"type": "ps", "index": 0}}',
            "none of",
        ),
        ('{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}', "none of"),
    ],
)
def test_a_tf_config_that_makes_no_sense(monkeypatch, told, words):
    monkeypatch.setenv("TF_CONFIG", told)
    with pytest.raises(UserError, match=words):
        cluster()


def test_who_is_alone(monkeypatch):
    for name in ("TF_CONFIG", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)
    assert cluster() == ("", 0, 1)
    monkeypatch.setenv(
        "TF_CONFIG", '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 0}}'
    )
    assert cluster() == ("", 0, 1)
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "3")
    monkeypatch.setenv("SLURM_PROCID", "2")
    assert cluster() == ("Slurm", 2, 3)
    monkeypatch.setenv(
        "TF_CONFIG",
        json.dumps(
            {
                "cluster": {"chief": ["c:1"], "worker": ["a:1", "b:1"]},
                "task": {"type": "worker", "index": 1},
            }
        ),
    )
    assert cluster() == ("TF_CONFIG", 2, 3)


def test_a_part_has_no_others_whatever_the_environment_says(place, monkeypatch):
    for name, value in (
        ("SLURM_STEP_NUM_TASKS", "2"),
        ("SLURM_PROCID", "0"),
        ("SLURM_STEP_NODELIST", "n[9-10]"),
        (
            "TF_CONFIG",
            '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 0}}',
        ),
    ):
        monkeypatch.setenv(name, value)
    scan(place, "alone.h5", "--shard", "1/2")
    assert run_file.load(place / "alone.h5").settings.shard == (1, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"SLURM_STEP_NODELIST": "n[9-10]"},
        {"SLURM_DISTRIBUTION": "cyclic"},
        {"SLURMD_NODENAME": "elsewhere"},
    ],
)
def test_tasks_of_slurm_in_another_order_are_told_before_they_wait(monkeypatch, change):
    there = {
        "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_PROCID": "1",
        "SLURM_STEP_NODELIST": "n[1-2]",
        "SLURM_STEP_TASKS_PER_NODE": "1(x2)",
    }
    for name, value in (there | change).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(UserError, match="in blocks on nodes in the order of their names"):
        workers.slurm()


@pytest.mark.parametrize("change", [{"SLURM_STEP_NUM_TASKS": "4(x2)"}, {"SLURM_PROCID": "9"}])
def test_slurms_variables_that_make_no_sense(monkeypatch, change):
    for name, value in ({"SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1"} | change).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(UserError, match="make no sense"):
        cluster()


def test_two_devices_are_as_one(place):
    """What two GPUs would do, on a CPU that is taken for two."""
    code = f"""
import sys
sys.path[:0] = [{str(ROOT)!r}]
import tensorflow as tf
cpu, = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from tfdeconv.scan import workers
workers.assembled = lambda alone: workers.Team(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
sys.argv = {command(place, "devices.h5")[1:]!r}
import runpy
runpy.run_path(sys.argv[0], run_name="__main__")"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert_same(place, "devices")


def test_parts_are_merged_into_what_one_process_finds(place, capfd):
    parts = [place / f"part{i}.h5" for i in (1, 2, 3)]
    for i, part in enumerate(parts, 1):
        scan(place, part.name, "--shard", f"{i}/3")
    script = str(ROOT / "scripts/scan.py")
    capfd.readouterr()
    assert call(script, "--out", place / "merged.h5", "--merge", parts[2], parts[0], parts[1]) == 0
    assert capfd.readouterr() == (
        f"{place / 'merged.h5'}: 98 images, 3 layers; 0 could not be read, 3 came again\n",
        "",
    )
    assert_same(place, "merged")

    def refused(out: str, *given: Path) -> str:
        assert call(script, "--out", place / out, "--merge", *given) == 2
        lines, errors = capfd.readouterr()
        assert lines == "" and errors.count("\n") == 1
        return errors

    before = (place / "merged.h5").read_bytes()
    assert "part 3/3 is missing" in refused("merged.h5", *parts[:2])
    assert "is one of 1 parts" in refused("merged.h5", *parts[:2], place / "one.h5")
    assert "no such file" in refused("merged.h5", place / "nonesuch.h5")
    assert "is another run" in refused("part1.h5", *parts)
    (place / "x.npy").rename(
        place / "away.npy"
    )  # images came again in other parts, and must be counted once
    try:
        assert "are not there any more" in refused("other.h5", *parts)
    finally:
        (place / "away.npy").rename(place / "x.npy")
    (place / "part2.maxima.npy").rename(place / "away.npy")
    assert "part2.maxima.npy is missing" in refused("other.h5", *parts)
    assert not (place / "other.h5").exists() and (place / "merged.h5").read_bytes() == before


def test_more_parts_than_batches(place, tmp_path):
    (tmp_path / "w.h5").write_bytes((place / "w.h5").read_bytes())
    np.save(tmp_path / "x.npy", np.load(place / "x.npy")[:5])
    scan(tmp_path, "one.h5")
    for i in (1, 2, 3):
        scan(tmp_path, f"{i}.h5", "--shard", f"{i}/3")
    assert sorted(run_file.load(tmp_path / f"{i}.h5").scanned for i in (1, 2, 3)) == [0, 1, 4]
    assert (
        call(
            str(ROOT / "scripts/scan.py"),
            "--merge",
            *(tmp_path / f"{i}.h5" for i in (1, 2, 3)),
            "--out",
            tmp_path / "merged.h5",
        )
        == 0
    )
    assert_same(tmp_path, "merged")
