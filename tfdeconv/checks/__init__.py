"""Can it be believed: projections, checked against what they must equal."""
