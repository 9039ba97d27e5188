"""Official weight files, fetched: which there are, and how they come whole and unchanged."""
