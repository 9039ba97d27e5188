"""A network as data: layers, the graph of them, and what a unit sees. Standard library only."""
