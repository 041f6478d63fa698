"""The networks that are shipped: those with layers, and the files whose gradients are given instead."""

from __future__ import annotations

from pathlib import Path

FILES = sorted((Path(__file__).resolve().parent.parent / "configs").glob("*.yaml"))
CONFIGS = [path for path in FILES if "\nlayers:" in path.read_text(encoding="utf-8")]
"""The files with layers, which every command takes."""
