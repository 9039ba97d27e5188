"""Converts a weight file to the project's own format, with how to preprocess, source, licence and digests in it.

    python scripts/convert_weights.py vgg16_weights_tf_dim_ordering_tf_kernels.h5 --network vgg16 --out weights/vgg16-full.h5
"""
from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tfdeconv import cli                    # noqa: E402
from tfdeconv.nets import NETWORKS          # noqa: E402


def main() -> int:
    parser = cli.Parser(__doc__)
    parser.add_argument("source", metavar="SOURCE",
                        help="of Keras (.h5), Caffe (.npy), torchvision's VGG (.pth, .safetensors), or of this format")
    parser.add_argument("--network", choices=NETWORKS, help="the network it is for; a file of this format knows it")
    parser.add_argument("--out", required=True, metavar="FILE", help="where to write")
    parser.add_argument("--half", action="store_true", help="in half precision: half the size, see weights/README.md")
    parser.add_argument("--origin", metavar="TEXT", help="what to write down as the source (default: the file's name)")
    parser.add_argument("--licence", metavar="TEXT", help="the licence of the weights, and who made them")
    options = parser.parse_args()

    from tfdeconv.weights import network_in, read_weights
    from tfdeconv.weights.own import save_weights
    network = network_in(options.source, options.network)
    weights = read_weights(options.source, network)
    digest = save_weights(options.out, network, weights, weights.preprocessing, options.origin or weights.source,
                          options.licence or weights.licence or "not stated", options.half)
    left = f"; left alone: {', '.join(weights.ignored)}" if weights.ignored else ""
    precision = "half" if options.half else "single"
    print(f"{options.out}: {network.name}, {len(weights)} layers, {precision} precision, sha256 {digest}{left}")
    return 0


if __name__ == "__main__":
    cli.call(main)
