"""Where a formula overflows or divides by zero, and the one that does not."""
