"""TensorFlow's operators, as the kinds of operations of the intermediate graph.

table           a function for each operator, of the rooms below
kernels pools norms activations arithmetic places slices shapes
node            an operation's attributes and inputs, checked
naming          what layers are called
network_graph   all operations as a graph
"""
