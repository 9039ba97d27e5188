"""The numbers of TensorFlow Lite's schema: of types, of operators, and of their options' fields.

tensorflow/compiler/mlir/lite/schema/schema.fbs, version 3. Numbers are only ever added to it.
"""

from __future__ import annotations

# the bytes from the fourth on, and the only version since 2017
MARK = b"TFL3"
VERSION = 3

# types of tensors, as numpy names them where it has them
TYPES = (
    "float32 float16 int32 uint8 int64 string bool int16 complex64 int8 float64 complex128 uint64 "
    "resource variant uint32 uint16 int4 bfloat16 int2 uint4"
).split()
# those whose values are not read here
OTHERS = {"string", "complex64", "complex128", "resource", "variant", "int4", "int2", "uint4"}
NUMBERS = frozenset(TYPES) - OTHERS

# operators, by their numbers
OPERATORS = """
ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE
EMBEDDING_LOOKUP FLOOR FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D
LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1
RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS SKIP_GRAM
CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER BATCH_TO_SPACE_ND
SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE
BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM
CAST PRELU MAXIMUM ARG_MAX MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE
SIN TRANSPOSE_CONV SPARSE_TO_DENSE TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW
ARG_MIN FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK
REDUCE_MIN FLOOR_DIV REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR
LEAKY_RELU SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS
WHERE RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE
NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM
BATCH_MATMUL PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D IMAG
REAL COMPLEX_ABS HASHTABLE HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL
CONV_3D_TRANSPOSE VAR_HANDLE READ_VARIABLE ASSIGN_VARIABLE BROADCAST_ARGS RANDOM_STANDARD_NORMAL
BUCKETIZE RANDOM_UNIFORM MULTINOMIAL GELU DYNAMIC_UPDATE_SLICE RELU_0_TO_1 UNSORTED_SEGMENT_PROD
UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_SUM ATAN2 UNSORTED_SEGMENT_MIN SIGN BITCAST BITWISE_XOR
RIGHT_SHIFT STABLEHLO_LOGISTIC STABLEHLO_ADD STABLEHLO_DIVIDE STABLEHLO_MULTIPLY
STABLEHLO_MAXIMUM STABLEHLO_RESHAPE STABLEHLO_CLAMP STABLEHLO_CONCATENATE
STABLEHLO_BROADCAST_IN_DIM STABLEHLO_CONVOLUTION STABLEHLO_SLICE STABLEHLO_CUSTOM_CALL
STABLEHLO_REDUCE STABLEHLO_ABS STABLEHLO_AND STABLEHLO_COSINE STABLEHLO_EXPONENTIAL
STABLEHLO_FLOOR STABLEHLO_LOG STABLEHLO_MINIMUM STABLEHLO_NEGATE STABLEHLO_OR STABLEHLO_POWER
STABLEHLO_REMAINDER STABLEHLO_RSQRT STABLEHLO_SELECT STABLEHLO_SUBTRACT STABLEHLO_TANH
STABLEHLO_SCATTER STABLEHLO_COMPARE STABLEHLO_CONVERT STABLEHLO_DYNAMIC_SLICE
STABLEHLO_DYNAMIC_UPDATE_SLICE STABLEHLO_PAD STABLEHLO_IOTA STABLEHLO_DOT_GENERAL
STABLEHLO_REDUCE_WINDOW STABLEHLO_SORT STABLEHLO_WHILE STABLEHLO_GATHER STABLEHLO_TRANSPOSE
DILATE STABLEHLO_RNG_BIT_GENERATOR REDUCE_WINDOW STABLEHLO_COMPOSITE STABLEHLO_SHIFT_LEFT
STABLEHLO_CBRT STABLEHLO_CASE
""".split()
CUSTOM = OPERATORS.index("CUSTOM")

# struct's formats of the fields
BYTE, FLAG, WHOLE, REAL = "<b", "<?", "<i", "<f"
U8, U32, U64 = "<B", "<I", "<Q"
# lists of 32 bits
WHOLES = "<i4"
# (name, number, format, default) of a field
Field = tuple[str, int, str, int | float | bool]


def whole(name: str, number: int, default: int = 0) -> Field:
    return name, number, WHOLE, default


def flag(name: str, number: int) -> Field:
    return name, number, FLAG, False


def real(name: str, number: int) -> Field:
    return name, number, REAL, 0.0


def enumerated(name: str, number: int) -> Field:
    """One of several things, by its number."""
    return name, number, BYTE, 0


PADDING = enumerated("padding", 0)
STRIDES = whole("stride_w", 1), whole("stride_h", 2)


def activation(number: int) -> Field:
    """The function that is applied to what an operator makes."""
    return enumerated("fused_activation_function", number)


# options of operators, by the numbers of BuiltinOptions; those without fields are left out
OPTIONS: dict[int, tuple[Field, ...]] = {
    # Conv2DOptions
    1: (
        PADDING,
        *STRIDES,
        activation(3),
        whole("dilation_w_factor", 4, 1),
        whole("dilation_h_factor", 5, 1),
        enumerated("quantized_bias_type", 6),
    ),
    # DepthwiseConv2DOptions
    2: (
        PADDING,
        *STRIDES,
        whole("depth_multiplier", 3),
        activation(4),
        whole("dilation_w_factor", 5, 1),
        whole("dilation_h_factor", 6, 1),
    ),
    # Pool2DOptions
    5: (PADDING, *STRIDES, whole("filter_width", 3), whole("filter_height", 4), activation(5)),
    # FullyConnectedOptions
    8: (
        activation(0),
        enumerated("weights_format", 1),
        flag("keep_num_dims", 2),
        flag("asymmetric_quantize_inputs", 3),
        enumerated("quantized_bias_type", 4),
    ),
    # SoftmaxOptions
    9: (real("beta", 0),),
    # ConcatenationOptions
    10: (whole("axis", 0), activation(1)),
    # AddOptions
    11: (activation(0), ("pot_scale_int16", 1, FLAG, True)),
    # L2NormOptions
    12: (activation(0),),
    # LocalResponseNormalizationOptions
    13: (whole("radius", 0), real("bias", 1), real("alpha", 2), real("beta", 3)),
    # ResizeBilinearOptions
    15: (flag("align_corners", 2), flag("half_pixel_centers", 3)),
    # ReshapeOptions
    17: (("new_shape", 0, WHOLES, 0),),
    # SpaceToDepthOptions
    19: (whole("block_size", 0),),
    # MulOptions
    21: (activation(0),),
    # GatherOptions
    23: (whole("axis", 0), whole("batch_dims", 1)),
    # ReducerOptions
    27: (flag("keep_dims", 0),),
    # SubOptions
    28: (activation(0), ("pot_scale_int16", 1, FLAG, True)),
    # DivOptions
    29: (activation(0),),
    # SqueezeOptions
    30: (("squeeze_dims", 0, WHOLES, 0),),
    # StridedSliceOptions
    32: (
        whole("begin_mask", 0),
        whole("end_mask", 1),
        whole("ellipsis_mask", 2),
        whole("new_axis_mask", 3),
        whole("shrink_axis_mask", 4),
        flag("offset", 5),
    ),
    # SplitOptions
    35: (whole("num_splits", 0),),
    # CastOptions
    37: (enumerated("in_data_type", 0), enumerated("out_data_type", 1)),
    # TransposeConvOptions
    49: (PADDING, *STRIDES, activation(3), enumerated("quantized_bias_type", 4)),
    # ShapeOptions
    55: (enumerated("out_type", 0),),
    # PackOptions
    59: (whole("values_count", 0), whole("axis", 1)),
    # UnpackOptions
    64: (whole("num", 0), whole("axis", 1)),
    # ResizeNearestNeighborOptions
    74: (flag("align_corners", 0), flag("half_pixel_centers", 1)),
    # LeakyReluOptions
    75: (real("alpha", 0),),
    # MirrorPadOptions
    77: (enumerated("mode", 0),),
    # SplitVOptions
    79: (whole("num_splits", 0),),
    # DepthToSpaceOptions
    94: (whole("block_size", 0),),
    # BatchMatMulOptions
    101: (flag("adj_x", 0), flag("adj_y", 1), flag("asymmetric_quantize_inputs", 2)),
    # GeluOptions
    116: (flag("approximate", 0),),
}
