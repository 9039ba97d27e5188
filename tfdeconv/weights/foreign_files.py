"""Files and folders of other programs: what each is, by its structure, said in one line.

Nothing of them is read beyond what it takes to name them; the table is in foreign_kinds.py.
"""

from __future__ import annotations

import pickletools
import re
from pathlib import Path

from ..errors import UserError, printable
from ..formats import protobuf
from ..formats.lazy_tensor import DAMAGE, mapped
from ..limits import MAX_FOLDER_FILES, MAX_JSON, MAX_OPCODES, MAX_START
from . import foreign_kinds
from .foreign_kinds import Kind
from .keras import description
from .tensorflow.graphs.recognition import first_fields, is_graph, is_saved_model

# classes of a pickle, and files of a folder, that are named
SHOWN_CLASSES = 3
SHOWN_FILES = 5
WEIGHT_FILE = re.compile(r"\.(keras|h5|hdf5|pth|pt|safetensors|npz|npy|ckpt)$")
SHARD_NAME = re.compile(r"_\d{5}\.weights\.h5$")
# fields of Core ML's message that hold a network or another model: 200 and above
FIRST_CORE_ML_TYPE = 200
# field of Caffe's NetParameter with its layers, in two versions of it
CAFFE_LAYERS = (2, 100)


def refuse_folder(path: str | Path) -> None:
    """Raises UserError with what a folder is, or what it has that could be meant."""
    folder = Path(path)
    if not folder.is_dir():
        return
    for pattern, kind in foreign_kinds.FOLDER_FILES:
        if next(folder.glob(pattern), None):
            raise refusal(path, kind)
    names: list[str] = []
    for number, file in enumerate(folder.iterdir()):
        if number < MAX_FOLDER_FILES and WEIGHT_FILE.search(file.name) and file.is_file():
            names.append(printable(file.name))
    if names:
        raise UserError(
            f"{path} is a directory: give a file in it, {', '.join(sorted(names)[:SHOWN_FILES])}"
        )
    raise UserError(f"{path} is a directory, and no weight file is in it")


def refuse_foreign(path: str | Path) -> None:
    """Raises UserError with what a file is, if it is of a kind in the table."""
    kind = foreign_kind(path)
    if kind:
        raise refusal(path, kind)


def refusal(path: str | Path, kind: Kind) -> UserError:
    return UserError(f"{path} is {kind.title}, {kind.trouble}: {kind.way_out}")


def foreign_kind(path: str | Path) -> Kind | None:
    """The kind that a file is of; None for others, and where there is no file."""
    file = Path(path)
    if Path(f"{path}.index").is_file() and not file.exists():
        return foreign_kinds.CHECKPOINT
    if not file.is_file() or not file.stat().st_size:
        return None
    try:
        data = mapped(file)
    except DAMAGE:
        return None
    if SHARD_NAME.search(file.name) and data[:4] == b"\x89HDF":
        return foreign_kinds.SHARD
    if is_checkpoint_data(file):
        return foreign_kinds.CHECKPOINT
    return marked_kind(data) or pickle_kind(data) or text_kind(data) or message_kind(data)


def is_checkpoint_data(file: Path) -> bool:
    """Whether a file is the values of a checkpoint, which have no mark, beside its index."""
    prefix, found, _ = file.name.partition(".data-")
    return bool(found) and file.with_name(f"{prefix}.index").is_file()


def marked_kind(data: memoryview) -> Kind | None:
    """The kind by bytes at a place at the beginning or the end."""
    for place, mark, kind in foreign_kinds.MARKS:
        if data[place : place + len(mark)] == mark:
            return kind
    for mark, kind in foreign_kinds.END_MARKS:
        if data[-len(mark) :] == mark:
            return kind
    return None


def pickle_kind(data: memoryview) -> Kind | None:
    """A pickle, with the classes that it names; nothing of it runs."""
    if data[:1] != b"\x80" or not 2 <= data[1] <= 5:
        return None
    classes: list[str] = []
    texts: list[str] = []
    try:
        for number, (code, argument, _) in enumerate(pickletools.genops(bytes(data[:MAX_START]))):
            if isinstance(argument, str):
                texts.append(argument)
            if code.name == "GLOBAL":
                classes.append(str(argument).replace(" ", "."))
            if code.name == "STACK_GLOBAL" and len(texts) > 1:
                classes.append(".".join(texts[-2:]))
            if number > MAX_OPCODES:
                break
    # it is cut off, mostly where the look ends
    except DAMAGE:
        pass
    kind = foreign_kinds.PICKLE
    if classes:
        names = ", ".join(printable(name)[:80] for name in dict.fromkeys(classes[:SHOWN_CLASSES]))
        kind = Kind(f"{kind.title} ({names})", kind.way_out)
    return kind


def text_kind(data: memoryview) -> Kind | None:
    """The kind of a text."""
    start = bytes(data[:MAX_START])
    try:
        # the look may end within a letter
        text = start.decode("utf-8-sig", "ignore" if len(data) > MAX_START else "strict")
    except UnicodeDecodeError:
        return None
    if re.search("[\0-\x08\x0e-\x1a]", text):
        return None
    if text.lstrip()[:1] in ("{", '"') and len(data) <= MAX_JSON:
        return json_kind(bytes(data))
    for pattern, kind in foreign_kinds.TEXTS:
        if re.search(pattern, text, re.IGNORECASE | re.MULTILINE):
            return kind
    return foreign_kinds.TEXT


def json_kind(text: bytes) -> Kind:
    """The kind of a JSON object, or of what begins as one."""
    value = description.parse_anything(text)
    if not value:
        return foreign_kinds.TEXT
    if description.is_description(value):
        kind = foreign_kinds.DESCRIPTION
        return kind._replace(title=f"{kind.title} of layers {description.list_layers(value)}")
    for keys, kind in foreign_kinds.JSON_KEYS:
        if all(key in value for key in keys):
            return kind
    return foreign_kinds.JSON


def message_kind(data: memoryview) -> Kind | None:
    """The kind of a protocol buffer, by its outermost fields."""
    found = first_fields(data)
    first = found.get(1)
    if first is None:
        return None
    if isinstance(first.value, int):
        if max(found) >= FIRST_CORE_ML_TYPE:
            return foreign_kinds.CORE_ML
        if is_saved_model(data):
            return foreign_kinds.SAVED_MODEL_FILE
        return None
    return message_of_parts(found, first.value)


def message_of_parts(found: dict[int, protobuf.Field], first: memoryview) -> Kind | None:
    """The kind of a message whose first field is a message or a name."""
    if any(number in found for number in CAFFE_LAYERS):
        name = bytes(first[:200])
        if name.isascii() and printable(name.decode()) == name.decode():
            return foreign_kinds.CAFFE
        graph = found.get(2)
        if graph and isinstance(graph.value, memoryview) and is_graph(graph.value):
            return foreign_kinds.META_GRAPH
    return None
