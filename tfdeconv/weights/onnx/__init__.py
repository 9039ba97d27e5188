"""ONNX's operators, as the kinds of operations of the intermediate graph.

operators      the table: a function for each operator, of the rooms below
kernels pools activations norms values places resizing computations
node           an operator's attributes and inputs, checked
network_graph  a model's operations and tensors as a graph
reader         what reads a model's file
"""
