"""How large things may be. Beyond a limit a command refuses, and says how large the thing is.

The limits of ``Limits`` are a matter of taste, and ``--limit NAME=NUMBER`` moves them; the others belong to the form of
the file.
"""

from __future__ import annotations

from .record import Record

DEEPEST = 40
"""Lists and tables inside each other."""
LONGEST_NUMBER = 400
"""Characters of a number."""
LONGEST_FORMULA = 2_000
"""Characters of a formula."""
LONGEST_KEY = 1024
"""Characters of a key, by the rules of YAML."""
LONGEST_ROW = 4_000_000
"""Characters of a line of a ``.csv``."""
LARGEST_LIMIT = 10**12
"""What a limit may be moved to."""
MOST_PROBLEMS = 200
"""Mistakes of one file after which the rest of it is not read."""
MOST_PROBLEMS_SHOWN = 20
"""Mistakes of one file that are told."""


class Limits(Record):
    """What ``--limit`` moves, each with its default."""

    bytes: int = 8_000_000
    """Of a network file."""
    names: int = 400_000
    """Names and numbers of a network file."""
    layers: int = 2_000
    """Layers of a network, its activations among them."""
    elements: int = 50_000_000
    """Numbers of one tensor, or of one array file."""
    samples: int = 2_000_000
    """Samples of a batch."""
    iterations: int = 10_000
    """Updates of one command."""


USUAL = Limits()

UNITS = {
    "bytes": ("the network file", "bytes"),
    "names": ("the network file", "names and numbers"),
    "layers": ("the network", "layers"),
    "elements": ("the tensor", "elements"),
    "samples": ("the batch", "samples"),
    "iterations": ("the command", "iterations"),
}
"""For each limit what has it, and what it counts."""


def beyond(limit: str, size: int, most: int, what: str | None = None) -> tuple[str, str]:
    """What is wrong where a thing is larger than its limit, and what would work. ``what`` is its word in a message."""
    subject, unit = UNITS[limit]
    message = f"{what or subject} has {size:,} {unit}, and the limit is {most:,}"
    return message, f"make it smaller, or move the limit: --limit {limit}={size}"
