"""Which network a file of named tensors is of, and which tensor is which parameter.

In reading order: inventory, naming, conventions (whose names they are), places, heads, evidence
(what speaks for a network and what against it), verdict (recognised, or refused in one line),
pixels.
"""
