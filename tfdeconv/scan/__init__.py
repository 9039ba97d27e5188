"""The strongest units of a dataset: a scan, its run, and the workers that share it."""
