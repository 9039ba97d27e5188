"""Local response normalisation, which torch writes in eight operations.

    x / (k + alpha * mean of squares over `size` channels around) ** beta

The mean is one of avg_pool3d over the channels, which are made the depth of a volume for that.
Krizhevsky et al. 2012, section 3.3
"""

from __future__ import annotations

from collections.abc import Mapping

from ...formats.exported_argument import Argument, Reference
from ...formats.exported_program import Program
from ..graph.kinds import LocalResponse
from .expressions import Expression, Expressions

Arguments = Mapping[str, Argument]


def local_responses(expressions: Expressions) -> dict[int, Expression]:
    """{number of a norm's last operation: the norm}"""
    found = {}
    for number in range(len(expressions.program.operations)):
        if expressions.operator(number) == "div":
            norm = norm_of(expressions, number)
            if norm:
                found[number] = norm
    return found


def norm_of(expressions: Expressions, last: int) -> Expression | None:
    """The norm that a division is the last operation of."""
    arguments = expressions.operation(last).arguments
    x = arguments.get("self")
    chain = chain_before(arguments.get("other"), expressions)
    if not isinstance(x, Reference) or chain is None or "rounding_mode" in arguments:
        return None
    power, shift, scale, mean, pad, square = (
        expressions.operation(links[-1]).arguments for links in chain
    )
    size = mean.get("kernel_size")
    if not isinstance(size, tuple) or len(size) != 3 or type(size[0]) is not int:
        return None
    depth = size[0]
    expected: list[tuple[Argument, Argument]] = [
        (size[1:], (1, 1)),
        (mean.get("stride", (1, 1, 1)), (1, 1, 1)),
        (pad.get("pad"), (0, 0, 0, 0, depth // 2, (depth - 1) // 2)),
        (square.get("self"), x),
        (square.get("other"), x),
    ]
    if any(value != wanted for value, wanted in expected) or has_more(mean, pad, shift):
        return None
    numbers = [power.get("exponent"), shift.get("other"), scale.get("other")]
    if not all(type(number) in (int, float) for number in numbers):
        return None
    program = expressions.program
    shape = shape_of(x, program)
    volume = shape_of(pad.get("self"), program)
    if shape_of(scale.get("self"), program) != shape or not is_volume(volume, shape):
        return None
    beta, k, alpha = (float(number) for number in numbers)  # type: ignore[arg-type]
    kind = LocalResponse(1, depth, k, alpha / depth, beta)
    inner = [number for links in chain for number in links]
    return Expression(kind, (x.name,), expressions.read_by_none_but(last, inner))


# the operators from the last to the first, and those between them that only reshape
CHAIN = (("pow",), ("add",), ("mul",), ("avg_pool3d",), ("pad", "constant_pad_nd"), ("mul",))
MOST_LINKS = 4
RESHAPES = ("view", "reshape", "squeeze", "unsqueeze")


def chain_before(value: Argument, expressions: Expressions) -> list[list[int]] | None:
    """The operations of CHAIN that end in a value, each behind the reshapes that follow it."""
    chain = []
    for operators in CHAIN:
        links: list[int] = []
        while not links or expressions.operator(links[-1]) in RESHAPES:
            maker = expressions.maker(value)
            # a file can say that an operation reads its own result
            if maker is None or len(links) == MOST_LINKS:
                return None
            links.append(maker)
            value = expressions.operation(maker).arguments.get("self")
        if expressions.operator(links[-1]) not in operators:
            return None
        chain.append(links)
    return chain


def has_more(mean: Arguments, pad: Arguments, shift: Arguments) -> bool:
    """Whether the mean, the pad or the sum has arguments that change what they come to."""
    if mean.keys() - {"self", "kernel_size", "stride"} or "alpha" in shift:
        return True
    return pad.get("value") not in (None, 0) or pad.get("mode", "constant") != "constant"


def shape_of(argument: Argument, program: Program) -> tuple:
    value = program.values.get(argument.name) if isinstance(argument, Reference) else None
    return value.shape if value else ()


def is_volume(volume: tuple, shape: tuple) -> bool:
    """Whether a shape is that of maps whose channels are the depth of a volume."""
    return len(shape) == 4 and len(volume) == 5 and volume[:3] == (shape[0], 1, shape[1])
