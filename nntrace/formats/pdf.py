"""PDF, made of the Typst document by the compiler that the ``typst`` package carries.

It is a PDF/A, whose rules want a letter for every character: one that the fonts at hand lack is an error there, and is
then written by its number instead of a box.
"""

from __future__ import annotations

import re
from types import ModuleType

from ..errors import UserError
from ..expr.script import Script
from ..solution.content.model import Solution
from . import typ
from .typeset.typst import quoted

_LACKING = re.compile(r'the text `"(.*?)"` could not be displayed with font', re.DOTALL)


def write(solution: Solution, width: int, script: Script) -> bytes:
    """The file's bytes. Raises a ``UserError`` where the extra is not installed."""
    return compiled("\n".join(typ.write(solution, width, script)))


def require() -> None:
    """Raises a ``UserError`` where the extra is not installed."""
    compiler("a PDF")


def compiler(what: str) -> ModuleType:
    """The package that makes PDFs and PNGs. Raises a ``UserError`` where it is not installed."""
    try:
        import typst
    except ImportError:
        raise UserError(f"{what} needs the typst package\n  install it: pip install 'nntrace[pdf]'") from None
    return typst


def compiled(document: str) -> bytes:
    """A Typst document as PDF; characters that no font has are named."""
    return _compiled(document)[0]


def with_lacking_named(drawing: str) -> str:
    """The text of a drawing in which characters that no font has are named: they are tried in a document."""
    signs = "".join(sorted({sign for sign in drawing if not sign.isascii()}))
    return named(drawing, _compiled(f"#{quoted(signs, ascii=False)}")[1]) if signs else drawing


def _compiled(document: str) -> tuple[bytes, set[str]]:
    """The file's bytes, and the characters in the document that no font has."""
    typst = compiler("a PDF")
    every: set[str] = set()
    while True:
        try:
            return typst.compile(document.encode(), format="pdf", pdf_standards="a-2b"), every
        except typst.TypstError as error:
            lacking = {sign for text in _LACKING.findall(error.diagnostic) for sign in text if not sign.isascii()}
            if not lacking & set(document):
                raise
            every |= lacking
            document = named(document, lacking)


def named(document: str, signs: set[str]) -> str:
    """The document with each of these characters written by its number."""
    return document.translate({ord(sign): f"[U+{ord(sign):04X}]" for sign in signs})
