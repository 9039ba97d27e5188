"""Local response normalisation, which torch writes in eight operations.

    x / (k + alpha * mean of squares over `size` channels around) ** beta

The mean is one of avg_pool3d over the channels, which are made the depth of a volume for that.
Krizhevsky et al. 2012, section 3.3
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ...formats.exported_argument import Argument, Reference, references
from ...formats.exported_program import Operation, Program
from ..graph.kinds import LocalResponse
from .table import operator_name


@dataclass(frozen=True)
class Found:
    """A norm: its input, and the operations before its last that nobody else needs."""

    kind: LocalResponse
    input: str
    inner: frozenset[str]


def local_responses(program: Program) -> dict[str, Found]:
    """{name of a norm's last operation: the norm}"""
    makers: dict[str, Operation] = {}
    uses = Counter(program.outputs)
    for operation in program.operations:
        uses.update(references(tuple(operation.arguments.values())))
        makers.update(dict.fromkeys(operation.results, operation))
    found = {}
    for operation in program.operations:
        if operator_name(operation.target) == "div":
            norm = norm_of(operation, makers, uses, program)
            if norm:
                found[operation.name] = norm
    return found


def norm_of(
    last: Operation, makers: Mapping[str, Operation], uses: Counter[str], program: Program
) -> Found | None:
    """The norm that a division is the last operation of."""
    x = last.arguments.get("self")
    chain = chain_before(last.arguments.get("other"), makers)
    if not isinstance(x, Reference) or chain is None:
        return None
    power, shift, scale, mean, pad, square = (links[-1] for links in chain)
    size = mean.arguments.get("kernel_size")
    if not isinstance(size, tuple) or len(size) != 3 or type(size[0]) is not int:
        return None
    depth = size[0]
    expected: list[tuple[Argument, Argument]] = [
        (size[1:], (1, 1)),
        (mean.arguments.get("stride", (1, 1, 1)), (1, 1, 1)),
        (pad.arguments.get("pad"), (0, 0, 0, 0, depth // 2, (depth - 1) // 2)),
        (square.arguments.get("self"), x),
        (square.arguments.get("other"), x),
    ]
    if any(value != wanted for value, wanted in expected) or has_more(mean, pad, shift):
        return None
    numbers = [power.arguments.get("exponent")]
    numbers += [each.arguments.get("other") for each in (shift, scale)]
    if not all(type(number) in (int, float) for number in numbers):
        return None
    shape = shape_of(x, program)
    volume = shape_of(pad.arguments.get("self"), program)
    if shape_of(scale.arguments.get("self"), program) != shape or not is_volume(volume, shape):
        return None
    beta, k, alpha = (float(number) for number in numbers)  # type: ignore[arg-type]
    operations = [each for links in chain for each in links]
    # a value that somebody else reads is still made
    lonely = all(uses[result] < 2 for each in operations for result in each.results)
    inner = frozenset(each.name for each in operations) if lonely else frozenset()
    return Found(LocalResponse(1, depth, k, alpha / depth, beta), x.name, inner)


# the operators from the last to the first, and those between them that only reshape
CHAIN = (("pow",), ("add",), ("mul",), ("avg_pool3d",), ("pad", "constant_pad_nd"), ("mul",))
MOST_LINKS = 4
RESHAPES = ("view", "reshape", "squeeze", "unsqueeze")


def chain_before(value: Argument, makers: Mapping[str, Operation]) -> list[list[Operation]] | None:
    """The operations of CHAIN that end in a value, each behind the reshapes that follow it."""
    chain = []
    for operators in CHAIN:
        links: list[Operation] = []
        while not links or operator_name(links[-1].target) in RESHAPES:
            # a file can say that an operation reads its own result
            if len(links) == MOST_LINKS:
                return None
            maker = makers.get(value.name) if isinstance(value, Reference) else None
            if maker is None:
                return None
            links.append(maker)
            value = maker.arguments.get("self")
        if operator_name(links[-1].target) not in operators:
            return None
        chain.append(links)
    return chain


def has_more(mean: Operation, pad: Operation, shift: Operation) -> bool:
    """Whether the mean, the pad or the sum has arguments that change what they come to."""
    if mean.arguments.keys() - {"self", "kernel_size", "stride"}:
        return True
    if pad.arguments.get("value") not in (None, 0) or "alpha" in shift.arguments:
        return True
    return pad.arguments.get("mode", "constant") != "constant"


def shape_of(argument: Argument, program: Program) -> tuple:
    value = program.values.get(argument.name) if isinstance(argument, Reference) else None
    return value.shape if value else ()


def is_volume(volume: tuple, shape: tuple) -> bool:
    """Whether a shape is that of maps whose channels are the depth of a volume."""
    return len(shape) == 4 and len(volume) == 5 and volume[:3] == (shape[0], 1, shape[1])
