"""The numbered steps of a calculation: forward, backward, over paths, in matrix form, the update."""
