"""A weight file -> a network's tensors, whoever made the file.

A file's way: detect (which format) -> its reader (what it has of a network, as a
contents.WeightFile) -> requirements (checked against the network, read) -> load (as tensors).

native           this program's own format; the other way: native_write
state_dict       tensors by name, of torch, Caffe and others
recognition/     of which network they are, for any file that only names its tensors
resnets/         ResNets by their authors' names, of 2015 to 2018
graph/           networks that a file describes itself: operations, of which layers are made
onnx/ torch/ tflite/    each a table from a framework's operators to the graph's kinds
tensorflow/      likewise, of SavedModels and frozen graphs; and checkpoints of TF-Slim
keras/           whole models and weights of Keras's; theano: kernels on their heads
*_reader         what reads the files of each of these
foreign_files    files that are not read, each told by what it is
downloads/       fetches Keras's ImageNet weights
report           says in words what a file holds
"""
