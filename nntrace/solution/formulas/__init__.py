"""The network's formulas, for one element and for whole tensors, in the user's names."""
