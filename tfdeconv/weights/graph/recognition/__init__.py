"""What exporters wrote in several operations, as the one that it is: norms, activations, biases.

What is put in their place is exactly equal. Inner tensors that anything else reads, or another
constant, and the operations stay as they are.
"""

from .passes import recognised

__all__ = ["recognised"]
