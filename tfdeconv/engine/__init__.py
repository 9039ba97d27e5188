"""Forward and backward. Tensors in, tensors out; no files, no pictures."""
