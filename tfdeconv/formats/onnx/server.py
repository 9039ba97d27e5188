"""The other end of process.py: a process that reads one ONNX model, within limits."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import reading_server
from ..lazy_tensor import mapped
from ..protobuf_schema import parse
from .schema import CLASSES
from .survey import Survey

LIBRARY = "the library of protocol buffers"


class ModelFile:
    """A model that is open, described as survey.py does it."""

    def __init__(self, path: str) -> None:
        survey = Survey()
        model: Any = parse(CLASSES["ModelProto"], mapped(path), "an ONNX model")
        if not model.HasField("graph"):
            raise ValueError("it is not an ONNX model: it has no graph")
        self.description = survey.model(model)
        self.tensors = survey.tensors

    def values(self, number: int, rows: list[int] | None) -> np.ndarray:
        """All values of a tensor; halves of either kind are float32."""
        return self.tensors[number].read()


def main() -> None:
    """Serves one model until nobody asks any more."""
    reading_server.run(ModelFile, LIBRARY)
