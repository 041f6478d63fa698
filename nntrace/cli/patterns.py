"""Regular expressions that are compiled when they are first used: of all that a program defines, a start uses few."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_compiled = re.compile


class _Pattern:
    """What ``re.compile`` gives, once somebody asks it for anything."""

    def __init__(self, text: Any, flags: int) -> None:
        self._given = (text, flags)

    def __getattr__(self, name: str) -> Any:
        found = getattr(_compiled(*self._given), name)
        setattr(self, name, found)  # the next time it is there
        return found


def _later(text: Any, flags: int = 0) -> Any:
    return text if isinstance(text, re.Pattern | _Pattern) else _Pattern(text, flags)


@contextmanager
def compiled_later() -> Iterator[None]:
    """In this time patterns are made without being compiled: those of PyYAML, which its parser in C needs none of, were
    a tenth of a start."""
    re.compile = _later  # type: ignore[assignment]
    try:
        yield
    finally:
        re.compile = _compiled
