"""Whole sheets: for each question the sections that answer it."""
