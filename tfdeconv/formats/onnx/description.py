"""Makes a model of the description that the process gives which read it (survey.py).

The process may have gone wrong on a damaged file, so each part is checked for its type here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from ...errors import UserError, printable
from ...limits import MAX_EXPANSION, MAX_VALUE_NAME
from .. import lazy_tensor
from ..lazy_tensor import Tensor, is_plausible
from .external import ExternalFiles
from .functions import Attributes, Branch, Call, Function, FunctionName, Inliner
from .model import Attribute, Model, Reference, Unread, Value
from .process import ModelProcess
from .schema import DATA_FIELDS

# what this program calls ONNX's own domain, and what files call it
OWN_DOMAINS = ("", "ai.onnx")


class Description:
    """A model's description, and where its tensors are."""

    def __init__(self, process: ModelProcess, external: ExternalFiles, size: int) -> None:
        """size: bytes of the model's own file."""
        self.process = process
        self.external = external
        self.size = size

    def model(self, plain: Mapping[str, Any]) -> Model:
        """The model; raises ValueError for one that cannot be, UserError for missing files."""
        try:
            return self.checked_model(plain)
        except (LookupError, TypeError, AttributeError):
            raise ValueError("the description of its contents is invalid") from None

    def checked_model(self, plain: Mapping[str, Any]) -> Model:
        initializers = self.initializers(plain["initializers"])
        versions = opsets(plain["opsets"])
        functions: dict[FunctionName, Function] = {}
        for each in plain["functions"]:
            function = self.function(each)
            if function.name in functions:
                raise ValueError(f"it has two functions called {printable(function.name[1])[:80]}")
            functions[function.name] = function
        calls = [self.call(each, versions) for each in plain["operations"]]
        inputs = [value(each) for each in plain["inputs"]]
        inliner = Inliner(functions)
        operations = inliner.operations(calls)
        producer, producer_version = plain["producer"]
        model = Model(
            whole(plain["ir_version"]),
            text(producer),
            text(producer_version),
            versions,
            {text(key): text(said) for key, said in plain["metadata"]},
            tuple(each for each in inputs if each.name not in initializers),
            tuple(value(each) for each in plain["outputs"]),
            {each[0]: value(each) for each in plain["values"]},
            initializers | inliner.initializers,
            operations,
            (self.external.model, *self.external.files.values()),
        )
        check_names(model)
        return model

    def function(self, plain: Mapping[str, Any]) -> Function:
        versions = opsets(plain["opsets"])
        return Function(
            (domain(plain["domain"]), value_name(plain["name"]), text(plain["overload"])),
            names(plain["inputs"]),
            names(plain["outputs"]),
            self.attributes(plain["defaults"], versions),
            tuple(self.call(each, versions) for each in plain["operations"]),
        )

    def call(self, plain: Mapping[str, Any], versions: Mapping[str, int]) -> Call:
        own_domain = domain(plain["domain"])
        return Call(
            value_name(plain["name"]),
            value_name(plain["type"]),
            own_domain,
            versions.get(own_domain, 0),
            names(plain["inputs"]),
            names(plain["outputs"]),
            self.attributes(plain["attributes"], versions),
            text(plain["overload"]),
        )

    def attributes(self, plain: Sequence[Any], versions: Mapping[str, int]) -> Attributes:
        found: dict[str, Attribute | Reference | Branch] = {}
        for name, said in plain:
            if name in found:
                raise ValueError(f"an operation has two attributes {printable(name)[:80]}")
            found[value_name(name)] = self.attribute(said, versions)
        return found

    def attribute(self, plain: Any, versions: Mapping[str, int]) -> Attribute | Reference | Branch:
        match plain:
            case int() | float() | str():
                return plain
            case list() if all(isinstance(each, (int, float, str)) for each in plain):
                return tuple(plain)
            case {"tensor": described}:
                return self.tensor(described)
            case {"tensors": list() as described}:
                return tuple(self.tensor(each) for each in described)
            case {"reference": str() as name}:
                return Reference(name)
            case {"unread": str() as title}:
                return Unread(title)
            case {"graph": {"inputs": []} as graph}:
                return self.branch(graph, versions)
            case {"graph": dict()}:
                return Unread("a graph")
        raise TypeError

    def branch(self, plain: Mapping[str, Any], versions: Mapping[str, int]) -> Branch:
        return Branch(
            names(plain["outputs"]),
            tuple(self.call(each, versions) for each in plain["operations"]),
            self.initializers(plain["initializers"]),
        )

    def initializers(self, plain: Sequence[Any]) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}
        for each in plain:
            name = value_name(each["name"])
            if name in found:
                raise ValueError(f"it has two tensors called {printable(name)[:80]}")
            found[name] = self.tensor(each)
        return found

    def tensor(self, plain: Mapping[str, Any]) -> Tensor:
        """A tensor; one of elements that are no plain numbers is refused when it is read."""
        name, shape, dtype = text(plain["name"]), plain["shape"], text(plain["type"])
        if not is_plausible(shape):
            raise ValueError(f"its tensor {printable(name)[:80]} has an impossible shape")
        if dtype not in DATA_FIELDS:
            return Tensor(tuple(shape), dtype, partial(self.refuse, name, dtype))
        if "external" in plain:
            entries = {text(key): text(said) for key, said in plain["external"]}
            return self.external.tensor(name, dtype, shape, entries)
        widened = dtype
        if dtype in ("float16", "bfloat16"):
            widened = "float32"
        code = np.dtype(widened).str
        # as bits, or as numbers of a byte and more each
        if math.prod(shape) * np.dtype(code).itemsize > MAX_EXPANSION * self.size:
            raise ValueError(
                f"its tensor {printable(name)[:80]} declares the shape {shape}, "
                f"far more than a file of {self.size:,} bytes can hold"
            )
        number = whole(plain["number"])
        return Tensor(tuple(shape), dtype, partial(self.read, number, tuple(shape), code))

    def read(self, number: int, shape: tuple[int, ...], code: str) -> np.ndarray:
        with lazy_tensor.reading(self.external.model):
            return self.process.values(number, shape, code)

    def refuse(self, name: str, dtype: str) -> np.ndarray:
        raise UserError(
            f"cannot read weights from {self.external.model}: the values of its tensor "
            f"{printable(name)[:80]} are {dtype}, which are not read; "
            "export the model in float32 or float16"
        )


def value(plain: Sequence[Any]) -> Value:
    name, dtype, shape = plain
    if shape is None:
        return Value(value_name(name), text(dtype), None)
    if not all(each is None or isinstance(each, (int, str)) for each in shape):
        raise TypeError
    return Value(value_name(name), text(dtype), tuple(shape))


def opsets(plain: Sequence[Any]) -> dict[str, int]:
    """Versions by domain."""
    return {domain(name): whole(version) for name, version in plain}


def domain(plain: Any) -> str:
    name = value_name(plain)
    if name in OWN_DOMAINS:
        return ""
    return name


def names(plain: Sequence[Any]) -> tuple[str, ...]:
    return tuple(map(value_name, plain))


def value_name(plain: Any) -> str:
    """A name, or "" for none; raises ValueError for what cannot be one."""
    name = text(plain)
    if len(name) > MAX_VALUE_NAME or not name.isprintable():
        raise ValueError(
            f"it has the name {ascii(name[:40])}, "
            f"expected at most {MAX_VALUE_NAME} printable characters"
        )
    return name


def text(plain: Any) -> str:
    return of_type(str, plain)


def whole(plain: Any) -> int:
    return of_type(int, plain)


def of_type(kind: Callable[[Any], Any], plain: Any) -> Any:
    """A value that must be of a type; raises TypeError for any other."""
    if type(plain) is not kind:
        raise TypeError
    return plain


def check_names(model: Model) -> None:
    """Raises ValueError where two operations, or an operation and a tensor, give the same value."""
    taken = {each.name for each in model.inputs} | set(model.initializers)
    for operation in model.operations:
        for name in operation.outputs:
            if name and name in taken:
                raise ValueError(f"two of its operations make {printable(name)[:80]}")
            taken.add(name)
