"""Who the workers are, from the environment: TF_CONFIG and Slurm's variables."""

from __future__ import annotations

import json

import pytest
from runs import scan

from tfdeconv.errors import UserError
from tfdeconv.scan import run_file, slurm
from tfdeconv.scan.cluster import cluster


@pytest.mark.parametrize(
    "told, words",
    [
        ("{", "TF_CONFIG is not valid"),
        ("[]", "TF_CONFIG is not valid"),
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
            "not one of",
        ),
        ('{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}', "not one of"),
    ],
)
def test_a_tf_config_without_sense_is_refused(monkeypatch, told, words):
    monkeypatch.setenv("TF_CONFIG", told)
    with pytest.raises(UserError, match=words):
        cluster()


def test_rank_and_number_of_workers(monkeypatch):
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


def test_a_shard_ignores_the_environment(shared, monkeypatch):
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
    scan(shared, "alone.h5", "--shard", "1/2")
    assert run_file.load(shared / "alone.h5").settings.shard == (1, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"SLURM_STEP_NODELIST": "n[9-10]"},
        {"SLURM_DISTRIBUTION": "cyclic"},
        {"SLURMD_NODENAME": "elsewhere"},
    ],
)
def test_slurm_tasks_in_another_order_are_refused(monkeypatch, change):
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
        slurm.slurm_tf_config()


@pytest.mark.parametrize("change", [{"SLURM_STEP_NUM_TASKS": "4(x2)"}, {"SLURM_PROCID": "9"}])
def test_slurm_variables_without_sense_are_refused(monkeypatch, change):
    for name, value in ({"SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1"} | change).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(UserError, match="contradict each other"):
        cluster()
