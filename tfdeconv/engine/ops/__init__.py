"""Tensor operations and the pairs of functions that layers are made of, a family a module.

Each transpose stands under its operation, each layer's backward under its forward. dispatch.py says
what these take and return, and binds them to their layers.
"""
