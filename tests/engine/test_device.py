"""What the device has is asked of TensorFlow; without a GPU it is the computer's memory."""

from __future__ import annotations

import sys

import pytest
import tensorflow as tf

from tfdeconv import memory
from tfdeconv.engine import device
from tfdeconv.errors import UserError


def test_tensorflow_says_what_it_allots():
    # by a private call: this test finds out where a new TensorFlow has it no longer
    assert device.allotted("CPU") > 0
    with pytest.raises(LookupError):
        device.allotted("no such device")


def test_without_gpu_it_is_the_computers(monkeypatch):
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [])
    monkeypatch.setattr(memory, "memory", lambda: 5.0)
    assert device.available_memory() == 5


def test_gpu_has_its_own_memory(gpu, monkeypatch):
    monkeypatch.setattr(memory, "memory", lambda: 64e9)
    device.refuse_beyond_device(int(2e9), "a map", "ask for less")
    with pytest.raises(UserError) as error:
        device.refuse_beyond_device(int(3e9), "a map", "ask for less")
    message = "a map would need 3.0 GB of memory, the GPU has 2.0: ask for less"
    assert str(error.value) == message


def test_commands_ask_without_tensorflow(gpu, monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow")
    assert device.available_memory() == memory.memory()
