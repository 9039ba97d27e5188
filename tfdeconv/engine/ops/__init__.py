"""Tensor operations, a family a module, each with its transpose under it, and the pairs that layers are made of."""
