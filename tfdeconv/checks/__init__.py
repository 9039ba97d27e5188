"""Can it be believed: what comes down, checked against what it must equal."""
