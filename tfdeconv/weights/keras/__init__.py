"""Keras's files and models, read without Keras: from JSON and HDF5 to a network and its tensors.

archive          a `.keras` file or folder -> its JSON and HDF5 file; a whole `.h5` is both
description      a file of JSON that describes a model whose weights are elsewhere
calls, entries   one layer of the JSON -> Entry: its class, options, and what it is called with
graph            JSON -> Model: the entries in order, with models within models
function_calls   a function of tensors (`x / 127.5`) in the JSON -> FunctionCall
formulas         what a Lambda does, as the user says -> FunctionCalls; lambdas: which are such
options          a layer's config -> checked values; operands: a FunctionCall's arguments as such
layer_operations what one call of a layer becomes: operations and constants of the graph
layers           ONE table of classes, CLASSES -> operations (activations, convolutions, norms, ...)
functions        ONE table of functions, FUNCTIONS -> operations (arithmetic, elementwise, slices)
training         what it means that a layer is called with training=True
layouts          which axis of the images the channels are
call_order       which call of a layer a tensor comes from; all calls in order
parallel         models that multi_gpu_model made, and the one within
model_graph      Model -> operations of the intermediate graph (../graph), by their names
sources          Variable: a constant of the graph that is in a file opened later
architecture     JSON -> Architecture: the network, and by node what its parameters are made from
variables        Architecture, and a function that finds a layer's variables -> WeightFile, with the
                 preprocessing that the network's layers or name point to
legacy_h5, v3    the two layouts of HDF5; and which built-in network a file is of that has no JSON
legacy_model     which variables are a layer's in the older layout, where a model has its JSON; for
                 models within models, by variable_order: what Keras trains first
v3_model         the same in Keras 3's layout

Imports point from the bottom up. A class of layers to add is a function that adds operations, in
the room that fits, and a line in CLASSES; what operations become is ../graph's.
"""
