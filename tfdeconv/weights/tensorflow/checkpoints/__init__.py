"""Checkpoints of TensorFlow -> tensors by name, and TF-Slim's names.

checkpoint_files    which files a checkpoint is made of, whichever of them is named
checkpoint          its tensors, read by a second process
checkpoint_server   that process, which alone imports TensorFlow
slim                networks of TF-Slim, by their tensors' names
"""
