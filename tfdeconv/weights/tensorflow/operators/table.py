"""The table of TensorFlow's operators, and what each is here.

tensorflow/core/ops/*.cc; arguments that are left out of a file have the values that are theirs
there. What is not in the table is named, with all that depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ....network.layers import RELU, Activation, LogSoftmax, Softmax
from ...graph.kinds import Kind, Unknown
from ...graph.not_understood import NotUnderstood
from ...graph.operation import Operation
from . import activations, arithmetic, kernels, norms, places, pools, shapes, slices
from .activations import along_channels, plain
from .arithmetic import computed, elementwise
from .node import Node
from .pools import pool, reduction

# what an operator is: of the same inputs and outputs where it is a Kind; raises NotUnderstood
Translation = Callable[[Node], "Kind | Operation | Sequence[Operation]"]

# outputs of these are their inputs
PASSING = (
    "CheckNumerics",
    "DeepCopy",
    "EnsureShape",
    "GuaranteeConst",
    "Identity",
    "IdentityN",
    "PlaceholderWithDefault",
    "PreventGradient",
    "ReadVariableOp",
    "Snapshot",
    "StopGradient",
)
OPERATORS: dict[str, Translation] = {
    # kernels and matrices
    "BatchMatMul": kernels.matrix_product,
    "BatchMatMulV2": kernels.matrix_product,
    "BatchMatMulV3": kernels.matrix_product,
    "Conv2D": kernels.convolution,
    "Conv2DBackpropInput": kernels.transposed_convolution,
    "DepthwiseConv2dNative": kernels.depthwise_convolution,
    "MatMul": kernels.matrix_product,
    # norms
    "BatchNormWithGlobalNormalization": norms.old_batch_norm,
    "FusedBatchNorm": norms.batch_norm,
    "FusedBatchNormV2": norms.batch_norm,
    "FusedBatchNormV3": norms.batch_norm,
    "LRN": norms.local_response,
    # functions of each value
    "Abs": plain(Activation("abs"), "abs"),
    "ClipByValue": activations.clip,
    "Elu": plain(Activation("elu")),
    "Erf": plain(Activation("erf")),
    "Erfc": activations.complementary_error,
    "Exp": plain(Activation("exponential"), "exp"),
    "Expm1": activations.exponential_less_one,
    "Inv": plain(Activation("reciprocal"), "reciprocal"),
    "LeakyRelu": activations.leaky_relu,
    "Log": plain(Activation("log"), "log"),
    "Log1p": activations.logarithm_of_one_more,
    "Neg": plain(Activation("negative"), "negative"),
    "Pow": activations.power,
    "Reciprocal": plain(Activation("reciprocal"), "reciprocal"),
    "Relu": plain(RELU),
    "Relu6": plain(Activation(ceiling=6.0)),
    "Rsqrt": plain(Activation("power", constant=-0.5), "rsqrt"),
    "Selu": plain(Activation("selu")),
    "Sigmoid": plain(Activation("sigmoid")),
    "Softplus": plain(Activation("softplus")),
    "Softsign": plain(Activation("softsign")),
    "Sqrt": plain(Activation("sqrt"), "sqrt"),
    "Square": plain(Activation("square"), "square"),
    "Tanh": plain(Activation("tanh")),
    # along the channels
    "LogSoftmax": along_channels(LogSoftmax()),
    "Softmax": along_channels(Softmax()),
    # of several tensors
    "Add": elementwise("add"),
    "AddN": elementwise("add"),
    "AddV2": elementwise("add"),
    "BiasAdd": arithmetic.bias,
    "BiasAddV1": elementwise("add"),
    "Div": elementwise("divide"),
    "Maximum": elementwise("maximum"),
    "Minimum": elementwise("minimum"),
    "Mul": elementwise("multiply"),
    "RealDiv": elementwise("divide"),
    "SquaredDifference": activations.squared_difference,
    "Sub": elementwise("subtract"),
    # pools and reductions
    "AvgPool": pool("mean"),
    "Max": reduction("max"),
    "MaxPool": pool("max"),
    "MaxPoolV2": pools.max_pool_v2,
    "MaxPoolWithArgmax": pool("max"),
    "Mean": reduction("mean"),
    "Min": reduction("min"),
    "Prod": pools.product,
    "Sum": reduction("sum"),
    # places
    "BatchToSpaceND": places.batch_to_space,
    "BroadcastTo": places.broadcast,
    "Concat": places.old_concatenation,
    "ConcatV2": places.concatenation,
    "DepthToSpace": places.depth_to_space,
    "ExpandDims": places.expand_dims,
    "Gather": places.gather,
    "GatherV2": places.gather,
    "MirrorPad": places.mirror_pad,
    "Pack": places.pack,
    "Pad": places.pad,
    "PadV2": places.pad,
    "Reshape": places.reshape,
    "ResizeBilinear": places.resize_bilinear,
    "ResizeNearestNeighbor": places.resize_nearest,
    "ReverseV2": slices.reverse,
    "Slice": slices.slice_of,
    "SpaceToBatchND": places.space_to_batch,
    "SpaceToDepth": places.space_to_depth,
    "Split": places.split,
    "SplitV": places.split_in_sizes,
    "Squeeze": places.squeeze,
    "StridedSlice": slices.strided_slice,
    "Tile": places.tile,
    "Transpose": places.transpose,
    "Unpack": places.unpack,
    # shapes and constants
    "Cast": arithmetic.cast,
    "Ceil": computed("ceil"),
    "Equal": computed("equal"),
    "Fill": computed("fill"),
    "Floor": computed("floor"),
    "FloorDiv": computed("floor_divide"),
    "FloorMod": computed("mod"),
    "Greater": computed("greater"),
    "Less": computed("less"),
    "LogicalAnd": computed("logical_and"),
    "LogicalNot": computed("logical_not"),
    "LogicalOr": computed("logical_or"),
    "Range": computed("range"),
    "Rank": shapes.rank,
    "Round": computed("round"),
    "SelectV2": computed("where"),
    "Shape": shapes.shape,
    "ShapeN": shapes.shapes,
    "Size": shapes.size,
}
BRANCHES = "it chooses between functions when it runs"
RANDOM = "its output is random"
TRAINING = "it computes with simulated quantisation: save the model without it"
QUANTISED = "it computes with quantised numbers: save the model in float32"
VALUELESS = "its values are not in the checkpoint, or are changed while the model runs"
# operators that are known, and why they are not understood
REASONS = {
    "Case": BRANCHES,
    "Dequantize": QUANTISED,
    "FakeQuantWithMinMaxArgs": TRAINING,
    "FakeQuantWithMinMaxVars": TRAINING,
    "FakeQuantWithMinMaxVarsPerChannel": TRAINING,
    "If": BRANCHES,
    "Merge": BRANCHES,
    "PartitionedCall": "it calls a function that is not in the file, or of too many",
    "QuantizeV2": QUANTISED,
    "RandomStandardNormal": RANDOM,
    "RandomUniform": RANDOM,
    "ResizeBicubic": "TensorFlow rounds where it interpolates, as no layer here does",
    "StatefulPartitionedCall": "it calls a function that is not in the file, or of too many",
    "StatelessCase": BRANCHES,
    "StatelessIf": BRANCHES,
    "StatelessRandomUniformV2": RANDOM,
    "StatelessWhile": "it runs a function in a loop",
    "Switch": BRANCHES,
    "VarHandleOp": VALUELESS,
    "Variable": VALUELESS,
    "VariableV2": VALUELESS,
    "While": "it runs a function in a loop",
}


def operations_of(node: Node, count: int) -> Sequence[Operation]:
    """What an operation becomes: one or several of the graph, or one that says why it is none.

    count: of its outputs that are read.
    """
    try:
        made = translated(node)
        node.check_all_read()
    except NotUnderstood as error:
        made = Unknown(str(error))
    if isinstance(made, Kind):
        return [node.operation_of(made, count=count)]
    if isinstance(made, Operation):
        return [made]
    return made


def translated(node: Node) -> Kind | Operation | Sequence[Operation]:
    op = node.operation.op
    translation = OPERATORS.get(op)
    if translation is None:
        raise NotUnderstood(REASONS.get(op, "there is no layer for it"))
    return translation(node)
