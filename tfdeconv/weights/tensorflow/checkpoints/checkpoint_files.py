"""Which files a checkpoint of TensorFlow consists of, whichever of them, or its folder, is named.

TensorFlow 1 writes a checkpoint `vgg_16.ckpt` as one file of that name (its first format, V1) or as
`vgg_16.ckpt.index`, which lists the tensors, and `vgg_16.ckpt.data-00000-of-00001`, ..., which hold
them (V2). Beside them may be `vgg_16.ckpt.meta`, the graph, and a text, `checkpoint`, that names
the checkpoint that was written last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ....errors import UserError, one_line
from ....limits import MAX_TEXT

# how V1's file and V2's index end: both are LevelDB's tables (leveldb/doc/table_format.md)
TABLE_MARK = bytes.fromhex("57fb808b247547db")
PART = re.compile(r"(.+)\.(index|meta|data-\d{5}-of-\d{5})")
LATEST = re.compile(r'^model_checkpoint_path: "((?:[^"\\]|\\.)*)"', re.MULTILINE)
# what TensorFlow takes for a pattern in the name of a V1 file
PATTERN = re.compile(r"[*?\[\]\\]")


@dataclass(frozen=True)
class CheckpointFiles:
    """The files of one checkpoint: they exist, and no more is known of them."""

    # what TensorFlow calls the checkpoint
    prefix: Path
    # that hold its tensors
    files: tuple[Path, ...]

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.stat().st_size for file in self.files)


def find(path: str | Path) -> CheckpointFiles | None:
    """The checkpoint that a path means; None if it means none.

    path: a checkpoint's name, one of its files, its folder, or the text `checkpoint` in it. Raises
    UserError for a checkpoint of which a file is missing.
    """
    path = Path(path)
    if path.is_dir():
        return find_in(path)
    if path.name == "checkpoint":
        latest = latest_checkpoint(path)
        if latest:
            return named(path, latest)
    part = PART.fullmatch(path.name)
    if part and (part[2] != "index" or is_table(path)):
        return named(path, path.with_name(part[1]))
    if path.with_name(f"{path.name}.index").is_file():
        return named(path, path)
    if not is_table(path):
        return None
    if PATTERN.search(path.name):
        raise UserError(
            f"cannot read {path}: TensorFlow takes its name for a pattern; "
            f"rename it without any of *?[]\\"
        )
    return CheckpointFiles(path.absolute(), (path,))


def find_in(folder: Path) -> CheckpointFiles | None:
    """The checkpoint that was written last into a folder, or the only one there."""
    latest = latest_checkpoint(folder / "checkpoint")
    if latest:
        return named(folder, latest)
    indices = sorted(file for file in folder.glob("*.index") if is_table(file))
    if len(indices) > 1:
        names = ", ".join(index.stem for index in indices[:8])
        raise UserError(f"{folder} holds {len(indices)} checkpoints: name one of {names}")
    if not indices:
        return None
    return named(folder, indices[0].with_suffix(""))


def latest_checkpoint(path: Path) -> Path | None:
    """The checkpoint that the text `checkpoint` names; None if that is no such text.

    Only its name counts: it is looked for beside the text, wherever it was written once.
    """
    if not path.is_file():
        return None
    with open(path, "rb") as file:
        text = file.read(MAX_TEXT).decode("utf-8", "replace")
    found = LATEST.search(text)
    if not found or not Path(found[1]).name:
        return None
    return path.with_name(Path(found[1]).name)


def named(path: Path, prefix: Path) -> CheckpointFiles:
    """The checkpoint of a name, which a path led to; raises UserError where a file is missing."""
    index = prefix.with_name(f"{prefix.name}.index")
    if not index.is_file():
        # the text `checkpoint` may name one of V1
        if is_table(prefix):
            return CheckpointFiles(prefix.absolute(), (prefix,))
        raise UserError(
            f"{path} belongs to a checkpoint of TensorFlow, but {index.name}, "
            f"which lists its tensors, is missing in {prefix.parent}"
        )
    start = f"{prefix.name}.data-"
    data = sorted(file for file in prefix.parent.iterdir() if file.name.startswith(start))
    if not data or not all(file.is_file() for file in data):
        raise UserError(
            f"{path} belongs to a checkpoint of TensorFlow, but {start}00000-of-00001, "
            f"which holds its values, is missing in {prefix.parent}"
        )
    return CheckpointFiles(prefix.absolute(), (index, *data))


def is_table(path: Path) -> bool:
    """Whether a file ends as LevelDB's tables do."""
    if not path.is_file() or path.stat().st_size < len(TABLE_MARK):
        return False
    try:
        with open(path, "rb") as file:
            file.seek(-len(TABLE_MARK), 2)
            return file.read() == TABLE_MARK
    except OSError as error:
        raise UserError(f"cannot read {path}: {one_line(error)}") from None
