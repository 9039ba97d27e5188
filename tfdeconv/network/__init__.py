"""A network as data: layers with their geometry, the graph of them, and what a unit sees. Standard library only."""
