"""What the scripts do: their command lines, and what comes of them."""
