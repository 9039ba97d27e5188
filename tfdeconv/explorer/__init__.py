"""A page on this machine that shows, as one clicks, what in one's photo made a unit fire."""
