"""The networks that are shipped: those with layers, and the files whose gradients are given instead."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

FILES = sorted((Path(__file__).resolve().parent.parent / "configs").glob("*.yaml"))
CONFIGS = [path for path in FILES if "\nlayers:" in path.read_text(encoding="utf-8")]
"""The files with layers, which every command takes."""

One = TypeVar("One")


def tried(every: Sequence[One]) -> list[One]:
    """Those that a property is tried on: each fifth, so that a run stays short; with ``SHIPPED=rest`` all others, with
    ``SHIPPED=all`` every one."""
    which = os.environ.get("SHIPPED")
    return [one for place, one in enumerate(every) if which == "all" or (place % 5 > 0) == (which == "rest")]
