"""A sheet of fixed width: a solution as rows of spans, each text with its role. Printing joins the texts, a terminal
colours them by role; where things stand is decided here, once."""

from .layout import rows
from .rows import Row, Span, joined

__all__ = ["Row", "Span", "joined", "rows"]
