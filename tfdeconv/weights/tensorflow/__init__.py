"""Checkpoints of TensorFlow 1 -> tensors by name.

checkpoint_files    which files a checkpoint is made of, whichever of them is named
checkpoint          its tensors, read by a second process
checkpoint_server   that process, which alone imports TensorFlow
"""
