"""Pictures: of photos, of runs, of residual stages; PNGs with what it takes to make them again."""
