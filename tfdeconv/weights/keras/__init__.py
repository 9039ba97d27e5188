"""Keras's files and models, read without Keras: from JSON and HDF5 to a network and its tensors.

archive          a `.keras` file or folder -> its JSON and HDF5 file; a whole `.h5` is both
description      a file of JSON that describes a model whose weights are elsewhere
calls, entries   one layer of the JSON -> Entry: its class, options, and what it is called with
graph            JSON -> Model: the entries in order, with models within models
function_calls   a function of tensors (`x / 127.5`) in the JSON -> FunctionCall
formulas         what a Lambda does, as the user says -> FunctionCalls; lambdas: which are such
functions        a FunctionCall and its inputs -> parts (ONE table, FUNCTIONS; operands, slices,
                 arithmetic, elementwise, reductions)
training         what it means that a layer is called with training=True
options          a layer's config -> checked values; FeatureMap: what is known of a layer's input
layers           an entry and its inputs -> parts: layers of this program's, how their parameters
                 are made (ONE table of classes, CLASSES; parts, activations, convolutions, ...)
layouts          channels first, read as if they were last
call_order       which call of a layer a tensor comes from; all calls in order
parallel         models that multi_gpu_model made, and the one within
nodes            Model -> the network's nodes, where their parameters are (sources), what is
                 unavailable and why
architecture     JSON -> Architecture: the network, and by node where in the file its parameters are
variables        Architecture, and a function that finds a layer's variables -> WeightFile, with the
                 preprocessing that the network's layers or name point to
legacy_h5, v3    the two layouts of HDF5; and which built-in network a file is of that has no JSON
legacy_model     which variables are a layer's in the older layout, where a model has its JSON; for
                 models within models, by variable_order: what Keras trains first
v3_model         the same in Keras 3's layout

Imports point from the bottom up. A class of layers to add is a function from options and inputs to
parts, in the room that fits, and a line in CLASSES.
"""
