"""TensorFlow's graphs -> operations: of a frozen graph, or of a SavedModel's signature.

operations      what comes out: operations in order, what goes in and out
output_names    what operations of several outputs call them
inlining        the functions that a graph calls, put in the place of their calls
variables       which value of the checkpoint each variable gets
saved_model     a file or folder -> its graph
"""
