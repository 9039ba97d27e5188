"""TensorFlow Lite's operators, as the kinds of operations of the intermediate graph.

operators      the table: a function for each operator, of the rooms below
kernels values pieces shapes places
node           an operator's options and tensors, checked
naming         names that a person can type
network_graph  a model's operations and tensors as a graph
pixels         what goes into a model
reader         what reads a model's file
"""
