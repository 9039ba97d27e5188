"""What a Lambda layer does, as a user writes it down: `x / 127.5 - 1`.

The code of such a layer is in the file, but is not run. The formula that stands for it is not run
either: it is taken apart, and becomes layers of this program's. It is Python with one variable, the
layer's input: numbers, + - * / **, slices, and the functions of FUNCTIONS by any of their names:

    x / 127.5 - 1
    lambda image: image[..., ::-1] - [103.939, 116.779, 123.68]
    tf.nn.l2_normalize(x, axis=-1)
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...errors import UserError
from ...limits import MAX_FORMULA
from .function_calls import FunctionCall, Operand
from .functions import add_function
from .layer_operations import LayerOperations
from .options import is_number
from .slices import ELLIPSIS

OPERATORS: Mapping[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "power",
}
# the input itself
INPUT = Operand(0)


class Unreadable(Exception):
    """Why a formula cannot be read, as a clause."""


def read_formula(layer: str, text: str) -> tuple[FunctionCall, ...]:
    """The functions that a formula applies to the input, one after the other.

    Raises UserError for what is no such formula.
    """
    try:
        tree = ast.parse(text[: MAX_FORMULA + 1].strip(), mode="eval").body
        if len(text) > MAX_FORMULA:
            raise Unreadable(f"it has more than {MAX_FORMULA:,} characters")
        variable = "x"
        if isinstance(tree, ast.Lambda):
            variable = lambda_variable(tree)
            tree = tree.body
        reader = FormulaReader(variable)
        if reader.value(tree) != INPUT:
            raise Unreadable(f"it does not depend on {variable}")
        return tuple(reader.calls)
    except Unreadable as error:
        reason = str(error)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        reason = str(getattr(error, "msg", None) or error)
    raise UserError(
        f"--lambda {layer}: {ascii(text)[:100]} cannot be read as a formula: {reason}; "
        f"expected one of x in Python, such as x / 127.5 - 1"
    )


def lambda_variable(tree: ast.Lambda) -> str:
    arguments = tree.args.args
    if len(arguments) != 1:
        raise Unreadable(f"its lambda has {len(arguments)} arguments")
    return arguments[0].arg


class FormulaReader:
    """Takes a formula apart; `calls` are its functions, from the inside out.

    A value is INPUT for the input with all functions so far applied to it, otherwise a constant.
    """

    def __init__(self, variable: str) -> None:
        self.variable = variable
        self.calls: list[FunctionCall] = []
        self.uses = 0

    def value(self, tree: ast.AST) -> Any:
        match tree:
            case ast.Name(name) if name == self.variable:
                self.uses += 1
                if self.uses > 1:
                    raise Unreadable(f"{name} is used more than once")
                return INPUT
            case ast.Constant(value) if value is None or isinstance(value, int | float | str):
                return value
            case ast.List(elements) | ast.Tuple(elements):
                return [self.constant(element) for element in elements]
            case ast.UnaryOp(ast.USub(), operand):
                return self.negative(self.value(operand))
            case ast.UnaryOp(ast.UAdd(), operand):
                return self.value(operand)
            case ast.BinOp(left, operator, right) if type(operator) in OPERATORS:
                return self.operation(OPERATORS[type(operator)], left, right)
            case ast.Subscript(value, key):
                if self.value(value) != INPUT:
                    raise Unreadable("it indexes a constant")
                return self.apply("get_item", "a slice", INPUT, key_of(self, key))
            case ast.Call(function, arguments, keywords):
                return self.call(dotted(function), arguments, keywords)
            case ast.Attribute():
                # a name such as tf.float32
                return dotted(tree).rpartition(".")[2]
        raise Unreadable(f"{ast.unparse(tree)[:60]} is not understood")

    def constant(self, tree: ast.AST) -> Any:
        value = self.value(tree)
        if value == INPUT:
            raise Unreadable(f"{self.variable} is inside a list")
        return value

    def negative(self, value: Any) -> Any:
        if value == INPUT:
            return self.apply("negative", "a minus", INPUT)
        if not is_number(value):
            raise Unreadable("a minus sign is before something that is not a number")
        return -value

    def operation(self, name: str, left_tree: ast.AST, right_tree: ast.AST) -> Any:
        left = self.value(left_tree)
        right = self.value(right_tree)
        if INPUT in (left, right):
            return self.apply(name, f"a function ({name})", left, right)
        if not is_number(left) or not is_number(right):
            raise Unreadable("it calculates with something that is not a number")
        return folded(name, left, right)

    def call(self, name: str, arguments: Sequence[ast.AST], keywords: Sequence[ast.keyword]) -> Any:
        values = [self.value(argument) for argument in arguments]
        named: dict[str, Any] = {}
        for keyword in keywords:
            if keyword.arg is None:
                raise Unreadable("** is not understood")
            named[keyword.arg] = self.value(keyword.value)
        if INPUT not in [*values, *named.values()]:
            raise Unreadable(f"{name} is not applied to {self.variable}")
        return self.apply(name.rpartition(".")[2].lower(), name, *values, **named)

    def apply(self, name: str, title: str, *values: Any, **named: Any) -> Operand:
        self.calls.append(FunctionCall(name, title, values, named))
        return INPUT


def folded(name: str, left: float, right: float) -> float:
    """An operation on two numbers."""
    if name == "add":
        return left + right
    if name == "subtract":
        return left - right
    if name == "multiply":
        return left * right
    if name == "divide" and right:
        return left / right
    raise Unreadable(
        "it divides by 0, or calculates with constants in a way that is not understood"
    )


def dotted(tree: ast.AST) -> str:
    """`tf.nn.relu` as it is written."""
    match tree:
        case ast.Name(name):
            return name
        case ast.Attribute(value, name):
            return f"{dotted(value)}.{name}"
    raise Unreadable(f"{ast.unparse(tree)[:60]} is not understood")


def key_of(reader: FormulaReader, tree: ast.AST) -> list[Any]:
    """The key of `x[key]` as files have it."""
    items = tree.elts if isinstance(tree, ast.Tuple) else [tree]
    key: list[Any] = []
    for item in items:
        if isinstance(item, ast.Slice):
            ends = (item.lower, item.upper, item.step)
            start, stop, step = [end if end is None else reader.constant(end) for end in ends]
            key.append({"start": start, "stop": stop, "step": step})
        elif isinstance(item, ast.Constant) and item.value is Ellipsis:
            key.append(ELLIPSIS)
        else:
            key.append(reader.constant(item))
    return key


def add_formula(layer: LayerOperations, calls: Sequence[FunctionCall]) -> None:
    """Adds the operations that the functions of a formula become, one after the other."""
    x = layer.x
    for call in calls or (FunctionCall("identity", "x", (INPUT,)),):
        add_function(replace(layer, inputs=(x,)), call)
        (x,) = layer.operations[-1].outputs
    for number, operation in enumerate(layer.operations, 1):
        layer.operations[number - 1] = replace(operation, name=f"{layer.name}/{number}")
