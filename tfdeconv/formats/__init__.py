"""Bytes that nobody vouches for -> names and lazy arrays. Knows no network and no TensorFlow."""
