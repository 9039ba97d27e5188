"""The table of ONNX's operators, and what each is here.

https://onnx.ai/onnx/operators/, versions 7 and later. What is not in the table is named, with all
that depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...network.layers import RELU, Activation
from ..graph.kinds import Kind, Unknown
from ..graph.not_understood import NotUnderstood
from ..graph.operation import Operation
from . import activations, computations, kernels, norms, places, pools, resizing
from .activations import plain, with_constant
from .computations import computed, elementwise
from .node import Node
from .pools import global_pool, reduction

# what an operator is: of the same inputs and outputs where it is a Kind; raises NotUnderstood
Translation = Callable[[Node], "Kind | Operation | Sequence[Operation]"]

OPERATORS: dict[str, Translation] = {
    # kernels and matrices
    "Conv": kernels.convolution,
    "ConvTranspose": kernels.transposed_convolution,
    "Gemm": kernels.gemm,
    "MatMul": kernels.matrix_product,
    # norms
    "BatchNormalization": norms.batch_norm,
    "GroupNormalization": norms.group_norm,
    "InstanceNormalization": norms.instance_norm,
    "LayerNormalization": norms.layer_norm,
    "LpNormalization": pools.unit_length,
    "LRN": norms.local_response,
    "RMSNormalization": norms.rms_norm,
    # functions of each value
    "Abs": plain(Activation("abs"), "abs"),
    "Celu": with_constant("celu"),
    "Clip": activations.clip,
    "Elu": with_constant("elu"),
    "Erf": plain(Activation("erf")),
    "Exp": plain(Activation("exponential"), "exp"),
    "Gelu": activations.gelu,
    "HardSigmoid": activations.hard_sigmoid,
    "HardSwish": plain(Activation("hard_silu")),
    "LeakyRelu": activations.leaky_relu,
    "Log": plain(Activation("log"), "log"),
    "Mish": plain(Activation("mish")),
    "Neg": plain(Activation("negative"), "negative"),
    "PRelu": activations.learned_slope,
    "Reciprocal": plain(Activation("reciprocal"), "reciprocal"),
    "Relu": plain(RELU),
    "Selu": activations.selu,
    "Shrink": activations.shrink,
    "Sigmoid": plain(Activation("sigmoid")),
    "Softplus": plain(Activation("softplus")),
    "Softsign": plain(Activation("softsign")),
    "Sqrt": plain(Activation("sqrt"), "sqrt"),
    "Swish": activations.swish,
    "Tanh": plain(Activation("tanh")),
    "ThresholdedRelu": activations.thresholded_relu,
    # along the channels
    "LogSoftmax": activations.log_softmax,
    "Softmax": activations.softmax,
    # of several tensors
    "Add": elementwise("add"),
    "Div": elementwise("divide"),
    "Max": elementwise("maximum"),
    "Mean": elementwise("average"),
    "Min": elementwise("minimum"),
    "Mul": elementwise("multiply"),
    "Pow": computations.power,
    "Sub": elementwise("subtract"),
    "Sum": elementwise("add"),
    # pools and reductions
    "AveragePool": pools.average_pool,
    "GlobalAveragePool": global_pool("mean"),
    "GlobalMaxPool": global_pool("max"),
    "MaxPool": pools.max_pool,
    "ReduceL2": pools.length,
    "ReduceMax": reduction("max"),
    "ReduceMean": reduction("mean"),
    "ReduceMin": reduction("min"),
    "ReduceProd": pools.product,
    "ReduceSum": reduction("sum"),
    # places
    "Concat": places.concatenation,
    "DepthToSpace": places.depth_to_space,
    "Dropout": places.dropout,
    "Expand": places.expand,
    "Flatten": places.flatten,
    "Gather": places.gather,
    "GatherND": places.gather_cells,
    "Identity": places.idle,
    "Pad": places.pad,
    "Reshape": places.reshape,
    "Resize": resizing.resize,
    "Slice": places.slice_of,
    "SpaceToDepth": places.space_to_depth,
    "Split": places.split,
    "Squeeze": places.squeeze,
    "Tile": places.tile,
    "Transpose": places.transpose,
    "Unsqueeze": places.unsqueeze,
    "Upsample": resizing.upsample,
    # shapes and constants
    "And": computed("logical_and"),
    "Cast": computations.cast,
    "Ceil": computed("ceil"),
    "ConstantOfShape": computations.filled,
    "Equal": computed("equal"),
    "Floor": computed("floor"),
    "Greater": computed("greater"),
    "If": computations.choice,
    "Less": computed("less"),
    "Mod": computations.remainder,
    "Not": computed("logical_not"),
    "Or": computed("logical_or"),
    "Range": computed("range"),
    "Round": computed("round"),
    "Shape": computations.shape,
    "Size": computations.size,
    "Where": computed("where"),
}
QUANTISED = "it computes with quantised numbers: export the model in float32"
# operators that are known, and why they are not understood
REASONS = {
    "ConvInteger": QUANTISED,
    "DequantizeLinear": QUANTISED,
    "DynamicQuantizeLinear": QUANTISED,
    "Loop": "it runs a graph in a loop",
    "MatMulInteger": QUANTISED,
    "QLinearConv": QUANTISED,
    "QLinearMatMul": QUANTISED,
    "QuantizeLinear": QUANTISED,
    "Scan": "it runs a graph in a loop",
}


def operations_of(node: Node) -> Sequence[Operation]:
    """What an operation becomes: one or several of the graph, or one that says why it is none."""
    try:
        made = translated(node)
        node.check_all_read()
    except NotUnderstood as error:
        made = Unknown(str(error))
    if isinstance(made, Kind):
        return [node.operation_of(made)]
    if isinstance(made, Operation):
        return [made]
    return made


def translated(node: Node) -> Kind | Operation | Sequence[Operation]:
    own = node.operation
    translation = OPERATORS.get(own.type)
    if own.domain or translation is None:
        raise NotUnderstood(REASONS.get(own.type, "there is no layer for it"))
    return translation(node)
