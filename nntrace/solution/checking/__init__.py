"""Checks of a sheet's own numbers, and against numbers that somebody expects."""
