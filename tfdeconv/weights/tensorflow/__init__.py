"""TensorFlow's own files.

checkpoints   tensors by name
graphs        operations of SavedModels and frozen graphs
operators     these, as the kinds of operations of the intermediate graph
"""
