"""A user's mistakes: one base class, each with what was tried, on what, and what would work."""

from __future__ import annotations


class UserError(Exception):
    """A mistake in the command or in a file. Its text is the whole message; the program ends with exit code 2."""
