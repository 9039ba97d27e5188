"""ONNX's files -> a plain description: operations by name, tensors that are read when asked for.

schema        the messages of the format (onnx.proto) that are read
reader        opens a model
model         what a model is here
process       reads one in a second process, server is that process, survey its work
description   makes a model of what that process says
functions     a model's own functions, put where they are called
external      the files beside a model that hold its tensors
"""
