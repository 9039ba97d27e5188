"""The intermediate graph: what every framework's file is before it is a network.

A framework's table (onnx/, torch/, tensorflow/, tflite/) turns each of its operators into kinds of
operations and knows no layer; what is here knows no framework.

    operation       a graph: operations, inputs, constants
    kinds/          the vocabulary: each kind of operation with its inputs and attributes
    folding         what is worked out with numpy: constant_arithmetic, shape_arithmetic
    recognition/    operations that exporters take apart, put together: norms, activations, biases
    strided_slices  TensorFlow's slices, as simpler operations
    translation     the network: translator, builder, call
    translations/   from each kind to layers
    axes            the order of a tensor's axes: feature_map, rearrangement
    image, sizes    what is assumed of the image's size, and which layers hold for others
    pixels          what pixels go in, where the first layers show it; assumption, where not
    scales, logits  layers that are joined, and outputs without their softmax
    reading         what reads a file that describes its own network
"""
