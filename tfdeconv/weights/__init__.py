"""A weight file -> a network's tensors, whoever made the file.

A file's way: detect (which format) -> native, state_dict or keras/ (what it has of a network, as a
contents.WeightFile) -> load (checked against the network, read). The other way: native_write.
official and download fetch Keras's ImageNet weights; report says in words what a file holds.
"""
