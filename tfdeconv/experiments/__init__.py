"""The paper's other figures: what is computed for them, as plain arrays."""
