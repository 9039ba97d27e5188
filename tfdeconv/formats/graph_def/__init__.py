"""TensorFlow's graphs as bytes: GraphDef (a frozen graph) and SavedModel -> plain nodes.

schema      the messages and their fields that are read
tensors     TensorProto -> arrays
survey      what is said of nodes and functions
server      the process that parses a file; nothing of the file is executed
attributes  what a node says of itself, as the process sends it, checked
nodes       nodes, functions and signatures
process     a file's nodes, read by that process
"""
