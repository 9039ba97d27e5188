"""A frozen graph's file, or a SavedModel's folder -> its graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ....errors import UserError, one_line, printable
from ....formats.graph_def.attributes import Shape, Type
from ....formats.graph_def.nodes import GraphNodes, Signature, TensorInfo
from ....formats.graph_def.process import open_graph
from ....formats.lazy_tensor import Tensor, Tensors
from ..checkpoints import checkpoint, checkpoint_files
from ..checkpoints.checkpoint_files import CheckpointFiles
from . import objects, variables
from .inlining import Inlining
from .operations import Graph, Operation, Source, in_order
from .recognition import MODEL_FILE

CHECKPOINT = "variables/variables"
# what serves, where there are several; of TensorFlow Hub's old modules the second
DEFAULTS = ("serving_default", "default")
# of those, what has a value of its own is given one only where nothing else takes images
PLACEHOLDERS = (("Placeholder", "PlaceholderV2"), ("PlaceholderWithDefault",))
SHOWN = 8  # signatures that an error lists


@contextmanager
def open_saved_model(folder: str | Path, signature: str | None = None) -> Iterator[Graph]:
    """The graph of a signature of a SavedModel, whose tensors can be read while the block lasts.

    signature: None for the usual one. Raises UserError for a damaged one, for one whose variables
    are not there, and where there are several signatures and none is the usual one.
    """
    path = Path(folder)
    with ExitStack() as stack:
        nodes = stack.enter_context(open_graph(path / MODEL_FILE))
        tensors = Tensors()
        if any(node.op in variables.RESOURCES + variables.REFERENCES for node in nodes.nodes):
            files = variables_of(path)
            tensors = stack.enter_context(checkpoint.open_tensors(path, files))
        with of_file(path):
            graph = signature_graph(nodes, chosen(path, nodes.signatures, signature), tensors)
        yield graph


def variables_of(folder: Path) -> CheckpointFiles:
    """The checkpoint of a SavedModel; UserError where a file of it is missing, or elsewhere.

    A folder that somebody sends can have links to any file of this computer.
    """
    found = checkpoint_files.named(folder, folder / CHECKPOINT)
    for file in found.files:
        if folder.resolve() not in file.resolve().parents:
            raise UserError(
                f"{folder} has its variables in {printable(file.name)[:80]}, a link to a file that "
                "is not in its own folder: copy it there"
            )
    return found


def files_of(folder: str | Path) -> list[Path]:
    """The files of a SavedModel that are read, for its digest."""
    path = Path(folder)
    files = [path / MODEL_FILE]
    if (path / f"{CHECKPOINT}.index").is_file():
        files += variables_of(path).files
    return files


@contextmanager
def open_frozen_graph(path: str | Path) -> Iterator[Graph]:
    """The graph in a file, whose tensors can be read while the block lasts."""
    with open_graph(path) as nodes:
        with of_file(path):
            graph = frozen_graph(nodes)
        yield graph


@contextmanager
def of_file(path: str | Path) -> Iterator[None]:
    """Raises what is wrong with a graph as a UserError of one line."""
    try:
        yield
    except ValueError as error:
        raise UserError(f"cannot read weights from {path}: {one_line(error)}") from None


def chosen(path: str | Path, signatures: Mapping[str, Signature], name: str | None) -> Signature:
    """The signature of a name, or the usual one."""
    wanted: tuple[str, ...] = DEFAULTS if name is None else (name,)
    if name is None and len(signatures) == 1:
        wanted = tuple(signatures)
    for each in wanted:
        if each in signatures:
            return signatures[each]
    names = ", ".join(printable(each)[:80] for each in list(signatures)[:SHOWN])
    if not signatures:
        raise UserError(
            f"{path} has no signature, which says where the image goes in: save it again with "
            f'model.export("folder"), or tf.saved_model.save(model, "folder", signatures=...)'
        )
    raise UserError(f"{path} has no signature {printable(wanted[0])}: it has {names}")


def signature_graph(nodes: GraphNodes, signature: Signature, tensors: Tensors) -> Graph:
    """What a signature computes, with the values of its variables."""
    inlined = Inlining(nodes, [each.name for each in signature.outputs])
    values = {**objects.captured(nodes, tensors), **variables.restored(nodes, tensors)}
    inputs: list[TensorInfo] = []
    operations = dict(inlined.operations)
    for info in signature.inputs:
        source = inlined.source(tensor_source(info.name))
        inputs.append(TensorInfo(info.key, source.operation, info.dtype, info.shape))
        # what is given takes the place of what would be computed
        if source.operation in operations:
            operations[source.operation] = Operation(source.operation, "Placeholder", (), {})
    changing = Inlining(nodes, nodes.initial).operations
    changed = variables.changed(operations) | variables.changed(changing)
    known = {name: value for name, value in values.items() if name not in changed}
    outputs = [inlined.source(tensor_source(each.name)) for each in signature.outputs]
    return made(operations, known, inputs, outputs)


def frozen_graph(nodes: GraphNodes) -> Graph:
    """All that is in a graph: its placeholders go in, and what nobody takes comes out.

    What has nothing to do with what goes in is left out: constants, nodes that only wait.
    """
    operations = Inlining(nodes, None).operations
    inputs: list[TensorInfo] = []
    for kinds in PLACEHOLDERS:
        if not inputs:
            inputs = placeholders(operations, kinds)
    reached = reached_from(operations, [each.name for each in inputs])
    taken = {source.operation for name in reached for source in operations[name].inputs}
    last = reached - taken
    outputs = [Source(name, 0) for name in operations if name in last]
    return made(operations, {}, inputs, outputs)


def placeholders(operations: Mapping[str, Operation], kinds: Sequence[str]) -> list[TensorInfo]:
    """The operations of some kinds that stand for what is given."""
    inputs = []
    for operation in operations.values():
        if operation.op in kinds:
            dtype = operation.attributes.get("dtype", Type(""))
            shape = operation.attributes.get("shape")
            shape = shape if isinstance(shape, Shape) else None
            inputs.append(TensorInfo(operation.name, operation.name, dtype, shape))
    return inputs


def reached_from(operations: Mapping[str, Operation], names: Iterable[str]) -> set[str]:
    """The operations that take what others make, these others included."""
    takers: dict[str, list[str]] = {}
    for operation in operations.values():
        for source in operation.inputs:
            takers.setdefault(source.operation, []).append(operation.name)
    waiting = list(names)
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += takers.get(name, [])
    return reached


def made(
    operations: Mapping[str, Operation],
    values: Mapping[str, Tensor],
    inputs: list[TensorInfo],
    outputs: list[Source],
) -> Graph:
    """The graph of the operations that outputs depend on."""
    with_values = variables.with_values(operations.values(), values)
    return Graph(in_order(with_values, outputs), tuple(inputs), tuple(outputs))


def tensor_source(name: str) -> Source:
    """The output that a tensor's name means: `conv:1`."""
    operation, _, number = name.partition(":")
    if number not in ("", *map(str, range(10))):
        raise ValueError(f"its signature has a tensor {ascii(name)[:80]}")
    return Source(operation, int(number or 0))
