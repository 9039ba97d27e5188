"""Makes tests/data/golden.json: projections of the sample photo by Keras and autodiff.

    python tests/golden.py

For VGG16 on weights/vgg16.h5 (the tensors set into keras.applications' VGG16) and
tests/data/chelsea.jpg squashed to 224 x 224 by Pillow and preprocessed by keras.applications.vgg16.
For each layer the channel that fires strongest and every hundredth: activation, place, and of its
projection under each rule (tf.custom_gradient, test_keras.py) the extent, the Euclidean norm, and
ten values at fixed places.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import h5py
import keras
import numpy as np
import tensorflow as tf
from PIL import Image

LAYERS = (
    "block1_conv2",
    "block2_pool",
    "block3_conv3",
    "block4_conv2",
    "block5_conv3",
    "block5_pool",
)
ROOT = Path(__file__).parents[1]
FILE = ROOT / "tests" / "data" / "golden.json"


def places(height: int, width: int, count: int = 10) -> np.ndarray:
    """Pixels spread over a box by the golden ratio, [count, 2]."""
    i = np.arange(count)
    return np.stack(
        [(i * 0.7548776662 % 1 * height).astype(int), (i * 0.5698402910 % 1 * width).astype(int)], 1
    )


def main() -> None:
    sys.path[:0] = [str(ROOT / "tests" / "engine"), str(ROOT / "tests" / "support")]
    from test_keras import Rule, with_rule

    model = keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
    with h5py.File(ROOT / "weights" / "vgg16.h5") as file:
        for layer in file:
            model.get_layer(layer).set_weights(
                [file[layer][name][()].astype("float32") for name in ("kernel", "bias")]
            )
    photo = (
        Image.open(ROOT / "tests" / "data" / "chelsea.jpg")
        .convert("RGB")
        .resize((224, 224), Image.Resampling.BILINEAR)
    )
    x = keras.applications.vgg16.preprocess_input(np.asarray(photo, "float32")[None])
    rule = Rule()
    with_rule(model, rule)
    images = tf.constant(x)
    rows = []
    for layer in LAYERS:
        part = keras.Model(model.input, model.get_layer(layer).output)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(images)
            y = part(images)
        maps = y.numpy()[0]
        for channel in sorted({int(maps.max((0, 1)).argmax()), *range(0, maps.shape[2], 100)}):
            row, column = np.unravel_index(maps[..., channel].argmax(), maps.shape[:2])
            if maps[row, column, channel] <= 0:
                continue
            seed = np.zeros_like(maps)[None]
            seed[0, row, column, channel] = maps[row, column, channel]
            told = {
                "layer": layer,
                "channel": channel,
                "activation": float(maps[row, column, channel]),
                "position": [int(row), int(column)],
                "rules": {},
            }
            for rule.name in ("deconvnet", "guided", "gradient"):
                pixels = tape.gradient(y, images, tf.constant(seed)).numpy()[0]
                at = np.argwhere(pixels.any(2))
                (top, left), (bottom, right) = at.min(0), at.max(0) + 1
                sample = pixels[top:bottom, left:right][tuple(places(bottom - top, right - left).T)]
                told["rules"][rule.name] = {
                    "box": [int(edge) for edge in (top, left, bottom, right)],
                    "norm": float(np.linalg.norm(pixels)),
                    "sample": sample.astype(float).round(6).tolist(),
                }
            rows.append(told)
    FILE.write_text(
        json.dumps(
            {"made by": f"keras {keras.__version__}, tests/golden.py", "rows": rows}, indent=1
        )
        + "\n"
    )


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
