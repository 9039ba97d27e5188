"""torch's files, zipped and old: read as torch reads them."""

from __future__ import annotations

import warnings
import zipfile

import numpy as np
import pytest
from pickle_files import (
    VALUES,
    assert_tensors,
    torch_pickle,
    torch_values,
    write_file,
    write_torch_file,
)

from tfdeconv.errors import UserError
from tfdeconv.formats import pickled
from tfdeconv.formats.torch_file import EXPORT_LINE


def odd_tensors(torch) -> dict:
    """Every dtype, order of elements and kind of sharing that a state dict has been seen with."""
    torch.manual_seed(3)
    base = torch.randn(5, 7, 3)
    return {
        "plain": torch.randn(2, 3),
        "parameter": torch.nn.Parameter(torch.randn(3, 5)),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "count": torch.tensor(7),
        "flags": torch.tensor([True, False, True]),
        "half": torch.randn(11).half(),
        "brain": torch.randn(13, 2).bfloat16(),
        "double": torch.randn(4).double(),
        "bytes": torch.arange(5, dtype=torch.uint8),
        "ints": torch.arange(-3, 3, dtype=torch.int32),
        "transposed": torch.randn(5, 3).t(),
        "channels last": torch.randn(2, 3, 5, 7).to(memory_format=torch.channels_last),
        "base": base,
        "slice": base[1:4, 2:],
        "every second": base[:, ::2, 1],
        "half transposed": torch.randn(3, 5).half().t(),
        "one row": base[2:3].transpose(0, 2),
    }


@pytest.mark.parametrize("zipped, protocol", [(True, 2), (False, 2), (False, 4), (True, 4)])
def test_torch_files_are_what_torch_reads(torch, tmp_path, zipped, protocol):
    torch.save(
        odd_tensors(torch),
        tmp_path / "x.pt",
        _use_new_zipfile_serialization=zipped,
        pickle_protocol=protocol,
    )
    assert pickled.recognises(tmp_path / "x.pt") == ("torch" if zipped else "old torch")
    assert_tensors(
        pickled.tensors(tmp_path / "x.pt"),
        torch_values(torch.load(tmp_path / "x.pt", weights_only=protocol == 2)),
    )


@pytest.mark.parametrize("zipped", [True, False])
def test_checkpoint_is_flattened_and_rest_is_listed(torch, tmp_path, zipped):
    import argparse

    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.randn(2, 3, 5, 5)).sum().backward()
    optimizer.step()
    state = model.state_dict()
    assert state._metadata  # pickled as attributes of the OrderedDict
    torch.save(
        {
            "state_dict": state,
            "optimizer": optimizer.state_dict(),
            "epoch": 3,
            "args": argparse.Namespace(lr=0.1, name="x"),
            "history": [0.5, 0.25],
            "best": np.float64(0.5),
            "size": torch.Size([3, 4]),
            "mean": np.arange(3.0),
        },
        tmp_path / "x.pt",
        _use_new_zipfile_serialization=zipped,
    )
    found = pickled.tensors(tmp_path / "x.pt")
    kept = {
        name.removeprefix("state_dict."): t
        for name, t in found.items()
        if name.startswith("state_dict.")
    }
    assert_tensors(kept, torch_values(state))
    np.testing.assert_array_equal(found["mean"].read(), np.arange(3.0))
    assert_tensors(
        {"0": found["optimizer.state.0.exp_avg"]},
        torch_values({"0": optimizer.state_dict()["state"][0]["exp_avg"]}),
    )
    assert {"epoch", "args", "history", "best", "size"} <= set(found.ignored)


PROGRAMS = {
    "TorchScript": (["a/data.pkl", "a/constants.pkl", "a/code/__torch__.py"], "it is TorchScript;"),
    "TorchScript, traced": (
        ["traced/data.pkl", "traced/code/__torch__/a.py"],
        "it is TorchScript; export the model in the program that defines it",
    ),
    "AOTInductor": (
        ["a/archive_format", "a/data/aotinductor/model/cabc.so", "a/version"],
        "it is compiled for one kind of processor",
    ),
    "torch.package": (["a/.data/extern_modules", "a/model.py"], "it is a package of torch.package"),
}


@pytest.mark.parametrize("kind", PROGRAMS)
def test_programs_of_torch_are_named_with_the_remedy(tmp_path, kind):
    members, message = PROGRAMS[kind]
    path = tmp_path / "x.pt"
    # as torch does, the code alone compressed
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in members:
            archive.writestr(name, b"a" * 99)
    with pytest.raises(UserError, match=message) as error:
        pickled.tensors(path)
    assert str(error.value).endswith(EXPORT_LINE) and "zip -0" not in str(error.value)


def test_parameters_with_attributes_are_plain_tensors(torch, tmp_path):
    parameter = torch.nn.Parameter(torch.arange(6.0).reshape(2, 3))
    parameter.note = "decayed"
    torch.save({"a": parameter, "b": torch.eye(2).to_sparse()}, tmp_path / "x.pt")
    found = pickled.tensors(tmp_path / "x.pt")
    assert_tensors(found, torch_values({"a": parameter}))
    assert found.ignored == ("b",)


@pytest.mark.parametrize("zipped", [True, False])
def test_whole_model_is_refused_with_the_remedy(torch, tmp_path, zipped):
    with warnings.catch_warnings():
        # the old format saves the source of the class, or says that it cannot
        warnings.simplefilter("ignore")
        torch.save(
            {"net": torch.nn.Conv2d(3, 4, 3)},
            tmp_path / "x.pt",
            _use_new_zipfile_serialization=zipped,
        )
    with pytest.raises(
        UserError,
        match=r"x\.pt.*torch\.nn\.modules\.conv\.Conv2d.*nothing of it was run.*torch.export.save",
    ):
        pickled.tensors(tmp_path / "x.pt")


def test_checksums_are_checked_where_torch_wrote_them(torch, tmp_path):
    tensors = {"a": torch.randn(50), "b": torch.randn(3)}
    torch.serialization.set_crc32_options(False)
    try:
        torch.save(tensors, tmp_path / "no_sums.pt")
    finally:
        torch.serialization.set_crc32_options(True)
    torch.save(tensors, tmp_path / "x.pt")
    raw = bytearray((tmp_path / "x.pt").read_bytes())
    raw[raw.index(tensors["a"].numpy().tobytes()) + 17] ^= 1
    found = pickled.tensors(write_file(tmp_path / "x.pt", raw))
    assert_tensors({"b": found["b"]}, torch_values({"b": tensors["b"]}))
    with pytest.raises(UserError, match="'x/data/0' is damaged; fetch or make it again"):
        found["a"].read()
    assert_tensors(pickled.tensors(tmp_path / "no_sums.pt"), torch_values(tensors))


def test_torch_files_by_hand_of_both_byte_orders(torch, tmp_path):
    path = write_torch_file(tmp_path / "x.pt", torch_pickle(1, (2, 3), (1, 4)), version=b"3")
    assert_tensors(
        pickled.tensors(path), {"a": np.lib.stride_tricks.as_strided(VALUES[1:], (2, 3), (4, 16))}
    )
    np.testing.assert_array_equal(torch.load(path)["a"], pickled.tensors(path)["a"].read())
    path = write_torch_file(
        tmp_path / "y.pt",
        torch_pickle(),
        **{"data/0": VALUES.astype(">f4").tobytes(), "byteorder": b"big"},
    )
    assert_tensors(pickled.tensors(path), {"a": VALUES.reshape(3, 4)})


@pytest.mark.parametrize(
    "change, reason",
    [
        (dict(offset=1), "does not fit into its 48 bytes"),
        (dict(shape=(4, 4)), "not fit"),
        (dict(strides=(5, 1)), "does not fit"),
        (dict(kind=b"Double"), "does not fit"),
        (dict(offset=2**70), "does not fit"),
        (dict(strides=(2**70, 1)), "does not fit"),
        (dict(shape=(5, 5), strides=(0, 0)), "does not fit"),
        (dict(shape=(2**20, 2**20), strides=(0, 0)), "does not fit"),
        (dict(offset=-1), "impossible offset or strides"),
        (dict(strides=(-4, 1)), "impossible offset or strides"),
        (dict(strides=(1,)), "impossible offset or strides"),
        (dict(offset=0.0), "impossible offset or strides"),
        (dict(shape=(-3, -4)), "impossible shape"),
        (dict(shape=(2**63, 2**63)), "impossible shape"),
        (dict(shape=(0, 2**62)), "impossible shape"),
        (dict(shape=("3", 4)), "impossible shape"),
        (dict(shape=(1,) * 99, strides=(1,) * 99), "impossible shape"),
        (dict(shape=[3, 4]), "no plain tensors"),
        (dict(key="1"), "the storage '1' is missing"),
        (dict(key="../version"), "is missing"),
        (dict(kind=b"Complex"), "an object of 'torch._utils._rebuild_tensor_v2' and no plain"),
        (dict(count="12"), "refers to something other"),
    ],
)
def test_torch_tensors_beyond_their_storage_are_refused(tmp_path, change, reason):
    with pytest.raises(UserError, match=reason):
        pickled.tensors(write_torch_file(tmp_path / "x.pt", torch_pickle(**change)))
