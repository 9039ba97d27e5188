"""The table of TensorFlow Lite's operators, and what each is here.

https://www.tensorflow.org/mlir/tfl_ops; tensorflow/lite/kernels where that does not say it. What is
not in the table is named, with all that depends on it.
"""

from __future__ import annotations

from dataclasses import replace

from ...network.layers import RELU, Activation
from ..graph.kinds import Kind, Unknown
from ..graph.not_understood import NotUnderstood
from ..graph.operation import Operation
from . import kernels, places, shapes, values
from .node import Node, Translation
from .places import reduction, resized
from .shapes import computed
from .values import elementwise, plain

OPERATORS: dict[str, Translation] = {
    # kernels, matrices and pools
    "AVERAGE_POOL_2D": kernels.pool("mean"),
    "BATCH_MATMUL": kernels.matrix_product,
    "CONV_2D": kernels.convolution,
    "DEPTHWISE_CONV_2D": kernels.depthwise,
    "FULLY_CONNECTED": kernels.fully_connected,
    "MAX_POOL_2D": kernels.pool("max"),
    "TRANSPOSE_CONV": kernels.transposed_convolution,
    # functions of each value
    "ABS": plain(Activation("abs"), "abs"),
    "ELU": plain(Activation("elu")),
    "EXP": plain(Activation("exponential"), "exp"),
    "GELU": values.gelu,
    "HARD_SWISH": plain(Activation("hard_silu")),
    "LEAKY_RELU": values.leaky_relu,
    "LOG": plain(Activation("log"), "log"),
    "LOGISTIC": plain(Activation("sigmoid")),
    "NEG": plain(Activation("negative"), "negative"),
    "PRELU": values.learned_slope,
    "RELU": plain(RELU),
    "RELU6": plain(replace(RELU, ceiling=6.0)),
    "RELU_0_TO_1": plain(replace(RELU, ceiling=1.0)),
    "RELU_N1_TO_1": plain(Activation("clip", floor=-1.0, ceiling=1.0)),
    "RSQRT": plain(Activation("power", constant=-0.5), "rsqrt"),
    "SQRT": plain(Activation("sqrt"), "sqrt"),
    "SQUARE": plain(Activation("square"), "square"),
    "TANH": plain(Activation("tanh")),
    # along the channels
    "L2_NORMALIZATION": values.unit_length,
    "LOCAL_RESPONSE_NORMALIZATION": values.local_response,
    "LOG_SOFTMAX": values.log_softmax,
    "SOFTMAX": values.softmax,
    # of several tensors
    "ADD": elementwise("add"),
    "ADD_N": elementwise("add"),
    "DIV": elementwise("divide"),
    "MAXIMUM": elementwise("maximum"),
    "MINIMUM": elementwise("minimum"),
    "MUL": elementwise("multiply"),
    "POW": values.power,
    "SQUARED_DIFFERENCE": values.squared_difference,
    "SUB": elementwise("subtract"),
    # reductions
    "MEAN": reduction("mean"),
    "REDUCE_MAX": reduction("max"),
    "REDUCE_MIN": reduction("min"),
    "REDUCE_PROD": shapes.product,
    "SUM": reduction("sum"),
    # what moves values, or takes some of them
    "BATCH_TO_SPACE_ND": places.batch_to_space,
    "BROADCAST_TO": places.broadcast,
    "CONCATENATION": places.joined,
    "DEPTH_TO_SPACE": places.blocks_to_cells,
    "EXPAND_DIMS": places.expand_axes,
    "GATHER": places.gather,
    "MIRROR_PAD": places.mirrored,
    "PACK": places.stacked,
    "PAD": places.padded,
    "PADV2": places.padded,
    "RESHAPE": places.reshape,
    "RESIZE_BILINEAR": resized("bilinear"),
    "RESIZE_NEAREST_NEIGHBOR": resized("nearest"),
    "SLICE": places.piece,
    "SPACE_TO_BATCH_ND": places.space_to_batch,
    "SPACE_TO_DEPTH": places.cells_to_blocks,
    "SPLIT": places.split,
    "SPLIT_V": places.split_by_sizes,
    "SQUEEZE": places.squeeze,
    "STRIDED_SLICE": places.strided_slice,
    "TILE": places.repeated,
    "TRANSPOSE": places.transpose,
    "UNPACK": places.unstacked,
    # shapes, types and numbers
    "CAST": shapes.cast,
    "CEIL": computed("ceil"),
    "DEQUANTIZE": shapes.cast,
    "EQUAL": computed("equal"),
    "FILL": computed("fill"),
    "FLOOR": computed("floor"),
    "FLOOR_DIV": computed("floor_divide"),
    "FLOOR_MOD": computed("mod"),
    "GREATER": computed("greater"),
    "LESS": computed("less"),
    "LOGICAL_AND": computed("logical_and"),
    "LOGICAL_NOT": computed("logical_not"),
    "LOGICAL_OR": computed("logical_or"),
    "RANGE": computed("range"),
    "RANK": shapes.rank,
    "ROUND": computed("round"),
    "SELECT": computed("where"),
    "SELECT_V2": computed("where"),
    "SHAPE": shapes.shape,
}


def operations_of(node: Node) -> list[Operation]:
    """What an operation becomes; one that is not understood says so itself."""
    try:
        translation = OPERATORS.get(node.operation.type)
        if node.operation.is_custom or translation is None:
            raise NotUnderstood(
                f"its operator is {node.operation.type[:80]}, which is not understood"
            )
        made = translation(node)
        node.check_all_read()
    except NotUnderstood as error:
        made = Unknown(str(error))
    return [node.operation_of(made)] if isinstance(made, Kind) else list(made)
