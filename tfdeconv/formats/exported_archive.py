"""Files of torch.export (`.pt2`): zips of a program in JSON and the bytes of its tensors.

They have one of two layouts:

since torch 2.8   models/NAME.json, and for each tensor an entry in data/weights/ or data/constants/
                  NAME_..._config.json, which says where in which member its elements are; the first
                  versions have files of torch.save there instead
torch 2.1 to 2.7  serialized_exported_program.json beside two files of torch.save
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from ..limits import MAX_JSON
from .checked_json import check_name, parse_object
from .exported_program import (
    Program,
    Stored,
    Symbol,
    dtype_of,
    member_of,
    parse_program,
    parse_size,
)
from .lazy_tensor import Tensor, Tensors, mapped, reading, tensor
from .pickle_values import STORAGES
from .pickled import evaluate, flatten
from .torch_file import read_zipped
from .zip_archive import member, members

NEW_PROGRAM = re.compile(r"((?:[^/]*/)?)models/([^/]+)\.json")
OLD_PROGRAM = re.compile(r"((?:[^/]*/)?)serialized_exported_program\.json")
# the majors of the schema that torch 2.4 to 2.13 write
MAJORS = range(5, 9)
SHOWN = 3
Archive = Mapping[str, zipfile.ZipInfo]


@dataclass(frozen=True)
class ExportedFile:
    """A program with its tensors."""

    program: Program
    # the state_dict, and what else is stored: constants, and buffers that are not saved
    state: Tensors
    constants: Tensors

    def tensor(self, stored: Stored) -> Tensor | None:
        """The tensor of an input of the graph; None where it is of a kind that is not read."""
        first, second = self.state, self.constants
        if not stored.is_state:
            first, second = second, first
        return first.get(stored.name) or second.get(stored.name)


def recognises(path: str | Path) -> bool:
    """Whether a file is a program of torch.export; UserError for a damaged zip."""
    if not Path(path).is_file() or not Path(path).stat().st_size:
        return False
    with reading(path):
        is_zip = bytes(mapped(path)[:4]) == b"PK\3\4"
        return is_zip and bool(descriptions(members(path)))


def descriptions(archive: Archive) -> list[re.Match[str]]:
    """The members that describe a program."""
    found = []
    for name in archive:
        match = NEW_PROGRAM.fullmatch(name) or OLD_PROGRAM.fullmatch(name)
        # many a zip has some models/x.json
        if match and (match.re is OLD_PROGRAM or f"{match[1]}archive_format" in archive):
            found.append(match)
    return found


def read(path: str | Path) -> ExportedFile:
    """A program and its tensors, of which none is read yet; UserError for a damaged file."""
    with reading(path):
        archive, data = members(path), mapped(path)
        match = the_program(archive)
        if archive[match[0]].file_size > MAX_JSON:
            raise ValueError(
                f"its program has {archive[match[0]].file_size:,} bytes, "
                f"at most {MAX_JSON:,} are read"
            )
        description = parse_object(bytes(member(data, archive[match[0]])))
        check_version(description)
        program = parse_program(description)
        state, constants = tensors_of(path, data, archive, match)
        file = ExportedFile(program, state, constants)
        check_stored(file)
        return file


def the_program(archive: Archive) -> re.Match[str]:
    """The member that describes the one program."""
    found = descriptions(archive)
    if len(found) == 1:
        return found[0]
    names = ", ".join(ascii(match[0][:40]) for match in found[:SHOWN])
    raise ValueError(
        f"it has {len(found)} programs, {names}; expected one: torch.export.save one in a file"
    )


def check_version(description: Mapping[str, Any]) -> None:
    """Raises ValueError for a version of the description that torch may have changed since."""
    version = description.get("schema_version")
    major = version.get("major") if isinstance(version, dict) else version
    if type(major) is not int or major not in MAJORS:
        raise ValueError(
            f"its program is of version {ascii(major)[:20]} of torch's schema; {MAJORS[0]} to "
            f"{MAJORS[-1]} are read, which torch 2.4 to 2.13 write: export it with one of these"
        )


def check_stored(file: ExportedFile) -> None:
    """Raises ValueError where a tensor is missing, or has another shape than in the program."""
    left_out = {*file.state.ignored, *file.constants.ignored}
    for name, stored in file.program.stored.items():
        tensor = file.tensor(stored)
        value = file.program.values.get(name)
        if tensor is None and stored.name not in left_out:
            raise ValueError(f"it is damaged: its {stored.kind} {stored.name!r} is missing")
        if tensor and value and tensor.shape != value.shape:
            raise ValueError(
                f"it is damaged: its {stored.kind} {stored.name!r} is "
                f"{list(tensor.shape)}, and {list(value.shape)} in the program"
            )


def tensors_of(
    path: str | Path, data: memoryview, archive: Archive, match: re.Match[str]
) -> tuple[Tensors, Tensors]:
    """The state_dict and the constants that come with a program."""
    root = match[1]
    if match.re is OLD_PROGRAM:
        sources = [f"{root}serialized_{kind}.pt" for kind in ("state_dict", "constants")]
        # there were no constants before torch 2.3
        found = [torch_tensors(path, data, archive, name) for name in sources if name in archive]
        return found[0], found[1] if len(found) > 1 else Tensors()
    folders = ("weights", "constants")
    parts = [folder_tensors(path, data, archive, root, folder, match[2]) for folder in folders]
    return parts[0], parts[1]


def torch_tensors(path: str | Path, data: memoryview, archive: Archive, name: str) -> Tensors:
    """The tensors in a file of torch.save that is a member."""
    value, storages, order = read_zipped(path, member(data, archive[name]))
    # a program without constants has an empty dictionary
    return flatten(value, partial(evaluate, path, storages, order)) if value else Tensors()


def folder_tensors(
    path: str | Path, data: memoryview, archive: Archive, root: str, kind: str, program: str
) -> Tensors:
    """The tensors in one of the folders of an archive."""
    folder = f"{root}data/{kind}/"
    if f"{folder}{program}.pt" in archive:
        return torch_tensors(path, data, archive, f"{folder}{program}.pt")
    info = archive.get(f"{folder}{program}_{kind}_config.json")
    if info is None:
        raise ValueError(f"it is damaged: its index of {kind} is missing")
    if info.file_size > MAX_JSON:
        raise ValueError(
            f"its index of {kind} has {info.file_size:,} bytes, at most {MAX_JSON:,} are read"
        )
    config = member_of(parse_object(bytes(member(data, info))), "config", dict)
    order = "<"
    byte_order = archive.get(f"{root}byteorder")
    if byte_order and bytes(member(data, byte_order)) == b"big":
        order = ">"
    # several tensors may share a member, whose checksum is checked once
    contents = {
        name.removeprefix(folder): (info.file_size, cache(partial(member, data, info)))
        for name, info in archive.items()
        if name.startswith(folder)
    }
    tensors = Tensors()
    ignored = []
    for name, entry in config.items():
        meta = entry.get("tensor_meta") if isinstance(entry, dict) else None
        dtype = dtype_of(meta.get("dtype")) if isinstance(meta, dict) else ""
        # objects of other classes are pickled, and are not read
        if dtype not in STORAGES.values() or entry.get("use_pickle"):
            ignored.append(check_name(name))
            continue
        tensors.add(name, stored_tensor(path, contents, entry, dtype, order))
    tensors.ignored = tuple(ignored)
    return tensors


def stored_tensor(
    path: str | Path, contents: Mapping[str, Any], entry: Any, dtype: str, order: str
) -> Tensor:
    """The tensor that an entry of a configuration places in a member."""
    source = member_of(entry, "path_name", str)
    if source not in contents:
        raise ValueError(f"it is damaged: its member {ascii(source[:40])} is missing")
    size, read = contents[source]
    meta = entry["tensor_meta"]
    shape = list(map(fixed_size, member_of(meta, "sizes", list)))
    strides = list(map(fixed_size, member_of(meta, "strides", list)))
    view = (fixed_size(meta.get("storage_offset")), strides)
    return tensor(path, dtype, shape, size, read, order, view=view)


def fixed_size(value: Any) -> int:
    """A size of a tensor that is in the file."""
    size = parse_size(value)
    if isinstance(size, Symbol):
        raise ValueError(f"it is damaged: a tensor in it has the size {ascii(size.expression)}")
    return size
