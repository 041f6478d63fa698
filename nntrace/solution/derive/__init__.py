"""The symbolic solution: what a network's formulas give without its numbers, each line by a named rule."""
