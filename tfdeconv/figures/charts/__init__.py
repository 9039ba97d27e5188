"""Charts: panels that a sheet lays out, each in its own room."""
