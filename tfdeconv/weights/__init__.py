"""A weight file -> a network's tensors, whoever made the file."""
