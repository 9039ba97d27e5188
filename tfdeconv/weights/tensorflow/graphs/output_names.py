"""What operations call their outputs, which functions name them by.

An input in a function is `split:output:1`, in a graph `split:1`. Most operations have one output,
or one list of outputs; these have several, in this order (tensorflow/core/ops/*.cc).
"""

from __future__ import annotations

NORM = ("y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2")
OUTPUTS = {
    "FusedBatchNorm": NORM,
    "FusedBatchNormV2": NORM,
    "FusedBatchNormV3": (*NORM, "reserve_space_3"),
    "MaxPoolWithArgmax": ("output", "argmax"),
    "Merge": ("output", "value_index"),
    "RefMerge": ("output", "value_index"),
    "RefSwitch": ("output_false", "output_true"),
    "Switch": ("output_false", "output_true"),
    "TopK": ("values", "indices"),
    "TopKV2": ("values", "indices"),
    "Unique": ("y", "idx"),
    "UniqueV2": ("y", "idx"),
}
