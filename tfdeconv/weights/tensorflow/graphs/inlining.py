"""The functions that a graph calls, put in the place of their calls.

Keras's models are functions: the graph calls one with the image and all variables, and that calls
others. An operation `conv` of the function that `Call` calls becomes `Call/conv`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ....formats.graph_def.attributes import FunctionName
from ....formats.graph_def.nodes import Function, GraphNodes, Node
from ....limits import MAX_CALLS_DEEP, MAX_OPERATIONS
from .operations import Operation, Source, renamed
from .output_names import OUTPUTS

CALLS = ("PartitionedCall", "StatefulPartitionedCall")
CONTROL = "^"


class Inlining:
    """Nodes of a graph, and those of all functions that they call, as operations by name."""

    def __init__(self, graph: GraphNodes, starts: Iterable[str] | None) -> None:
        """starts: the nodes, or tensors, that are run with all that they wait for; None: all.

        Raises ValueError for calls that do not end, and for more operations than are allowed.
        """
        self.functions = graph.functions
        self.operations: dict[str, Operation] = {}
        # arguments of functions and outputs of calls: what each is
        self.aliases: dict[Source, Source] = {}
        self.count = 0
        nodes = {node.name: node for node in graph.nodes}
        if starts is not None:
            nodes = run_with(nodes, starts)
        self.expand(nodes, "", 0)
        for name, operation in self.operations.items():
            self.operations[name] = renamed(operation, self.source)

    def expand(self, nodes: Mapping[str, Node], scope: str, depth: int) -> None:
        """Adds nodes, whose names begin with a scope from now on."""
        for node in nodes.values():
            self.count += 1 + len(node.inputs)
            if self.count > MAX_OPERATIONS:
                raise ValueError(
                    f"its graph, with all functions inlined, has more than "
                    f"{MAX_OPERATIONS:,} operations and inputs"
                )
            name = scope + node.name
            inputs = []
            for text in node.inputs:
                if not text.startswith(CONTROL):
                    inputs.append(self.reference(text, nodes, scope))
            function = self.called(node)
            if function is not None and depth < MAX_CALLS_DEEP:
                self.call(name, function, inputs, depth)
            elif name in self.operations:
                raise ValueError(f"it has two operations called {ascii(name)[:80]}")
            else:
                self.operations[name] = Operation(name, node.op, tuple(inputs), node.attributes)

    def called(self, node: Node) -> Function | None:
        """The function that a node calls; None for another operation."""
        if node.op in self.functions:
            return self.functions[node.op]
        name = node.attributes.get("f")
        if node.op in CALLS and isinstance(name, FunctionName):
            return self.functions.get(name)
        return None

    def call(self, name: str, function: Function, inputs: list[Source], depth: int) -> None:
        """Adds a function's nodes in the place of a call."""
        if len(inputs) != len(function.arguments):
            raise ValueError(
                f"its call {ascii(name)[:80]} has {len(inputs)} inputs, and the function "
                f"{len(function.arguments)} arguments"
            )
        scope = f"{name}/"
        nodes = {node.name: node for node in function.nodes}
        for argument, source in zip(function.arguments, inputs):
            self.aliases[Source(scope + argument, 0)] = source
        for number, (_, text) in enumerate(function.results):
            self.aliases[Source(name, number)] = self.reference(text, nodes, scope)
        self.expand(nodes, scope, depth + 1)

    def reference(self, text: str, nodes: Mapping[str, Node], scope: str) -> Source:
        """What an input means: `node`, `node:1`, or in a function `node:output:1`."""
        name, _, rest = text.partition(":")
        output, _, index = rest.rpartition(":")
        index = index or "0"
        if not index.isdecimal() or len(index) > len(str(MAX_OPERATIONS)):
            raise ValueError(f"it has an input {ascii(text)[:80]}")
        number = int(index)
        node = nodes.get(name)
        if output and node:
            number = self.output_number(node.op, output, number)
        return Source(scope + name, number)

    def output_number(self, op: str, output: str, index: int) -> int:
        """The number of the output of a name; an operation may be a function."""
        names = OUTPUTS.get(op, (output,))
        if op in self.functions:
            names = tuple(result for result, _ in self.functions[op].results)
        if output not in names:
            raise ValueError(f"its operation {ascii(op)[:40]} has no output {ascii(output)[:40]}")
        return names.index(output) + index

    def source(self, source: Source) -> Source:
        """The output of an operation that an argument, or a call's output, is in the end."""
        passed: list[Source] = []
        while source in self.aliases:
            passed.append(source)
            if len(passed) > len(self.aliases):
                raise ValueError(f"its call {ascii(source.operation)[:80]} is its own input")
            source = self.aliases[source]
        for each in passed:
            self.aliases[each] = source
        return source


def run_with(nodes: Mapping[str, Node], starts: Iterable[str]) -> dict[str, Node]:
    """The nodes that are run with some: what they take, and what they wait for."""
    waiting = list(starts)
    reached: set[str] = set()
    while waiting:
        name = waiting.pop().removeprefix(CONTROL).partition(":")[0]
        if name in nodes and name not in reached:
            reached.add(name)
            waiting += nodes[name].inputs
    return {name: node for name, node in nodes.items() if name in reached}
