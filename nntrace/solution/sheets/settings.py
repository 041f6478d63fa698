"""How a sheet is to be written, where somebody asks for it beside the file."""

from __future__ import annotations

from typing import Any, Literal

from ...record import Record
from ...spec.model import Conventions, Rounding

View = Literal["delta", "paths", "matrix", "all"]
"""How a calculation is shown: element by element from stored deltas, over its paths, between whole matrices, or all."""


class Settings(Record):
    """How a sheet is to be written, where this differs from the file: ``full`` cuts nothing.

    Without a ``view``, a small network is shown by its elements (what is asked for by name over its paths too), a
    large one in matrix form first. ``traced`` are the iterations that have a sheet of their own.
    """

    digits: int | None = None
    decimals: int | None = None
    full: bool = False
    rounding: Rounding | None = None
    view: View | None = None
    traced: tuple[int, ...] = ()

    @property
    def asked_digits(self) -> dict[str, Any]:
        """The conventions on digits, in place of the file's, where somebody asks for them here."""
        asked = {"digits": self.digits or Conventions().digits, "decimals": self.decimals, "bounded": True}
        return {} if self.digits is None and self.decimals is None else asked
