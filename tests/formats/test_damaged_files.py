"""Damaged files of every format are read or refused in one line; see also tests/fuzz.py."""

from __future__ import annotations

import collections
import os
import random

import numpy as np
import pytest
from pickle_files import KINDS, VALUES, memory_below, small_files, write_file

from tfdeconv.errors import UserError
from tfdeconv.formats import pickled, safetensors, unpickler


def change_byte(rng, raw, at):
    return raw[:at] + bytes([rng.randrange(256)]) + raw[at + 1 :]


def flip_bit(rng, raw, at):
    return raw[:at] + bytes([(raw + b"\0")[at] ^ 1 << rng.randrange(8)]) + raw[at + 1 :]


def overwrite(rng, raw, at):
    value = rng.choice([b"\0", b"\xff", b"\x7f"])
    return raw[:at] + value * rng.choice([1, 4, 8]) + raw[at + 4 :]


def remove(rng, raw, at):
    return raw[:at] + raw[at + rng.randrange(9) :]


def repeat(rng, raw, at):
    return raw[:at] + raw[at - 20 : at] * rng.randrange(5) + raw[at:]


def insert_opcode(rng, raw, at):
    return raw[:at] + rng.choice([*unpickler.PUSHES, *unpickler.CHANGES]) + raw[at:]


def cut(rng, raw, at):
    return raw[:at] or raw


CHANGES = [change_byte, flip_bit, overwrite, remove, repeat, insert_opcode, cut]


def mutant(rng: random.Random, raw: bytes) -> bytes:
    """A file with one or a few changes."""
    for _ in range(rng.choice([1, 1, 2, 5])):
        at = rng.randrange(len(raw) + 1)
        raw = rng.choice(CHANGES)(rng, raw, at)
    return raw


@pytest.mark.parametrize("kind", KINDS)
def test_mutants_load_or_are_one_line(tmp_path, kind):
    reader, raw, make = small_files(tmp_path)[kind]
    rng = random.Random(kind)
    outcomes = collections.Counter()
    for _ in range(400):
        path = make(tmp_path / "mutant", mutant(rng, raw))
        with memory_below(20e6):
            try:
                for tensor in reader.tensors(path).values():
                    tensor.read()
                outcomes["loads"] += 1
            except UserError as error:
                assert "\n" not in str(error)
                outcomes[str(error).partition(": ")[2][:25]] += 1
    # else the mutator breaks all of them in the same way
    assert outcomes["loads"] and len(outcomes) > 5, outcomes


@pytest.mark.parametrize("kind", KINDS)
def test_shorter_files_are_refused(tmp_path, kind):
    reader, raw, make = small_files(tmp_path)[kind]
    assert reader.tensors(make(tmp_path / "whole", raw))
    for end in range(0, len(raw), 1 + len(raw) // 200):
        with pytest.raises(UserError):
            for tensor in reader.tensors(make(tmp_path / "cut", raw[:end])).values():
                tensor.read()


def test_files_without_tensors_are_refused(tmp_path):
    np.save(tmp_path / "one.npy", VALUES)
    for name, content, reason in [
        ("text.pt", b"hello", "not a file of torch's"),
        ("empty.pt", b"", "is empty"),
        ("zip.npz", b"PK\3\4", "damaged"),
        ("one.npy", (tmp_path / "one.npy").read_bytes(), "one array without a layer's name"),
    ]:
        with pytest.raises(UserError, match=f"{name}: .*{reason}"):
            pickled.tensors(write_file(tmp_path / name, content))
    os.mkfifo(tmp_path / "pipe.pt")
    for name, reason in [
        ("pipe.pt", "is not a file"),
        ("missing.pt", "No such file"),
        (".", "is not a file"),
    ]:
        for reader in (pickled, safetensors):
            with pytest.raises(UserError, match=reason):
                reader.tensors(tmp_path / name)
