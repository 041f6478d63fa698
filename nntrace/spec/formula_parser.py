"""A formula as a text → its parts.

Operators from loose to tight: ``+ -``, ``* / @``, the sign, ``^`` (also ``**``, from the right). So -x^2 is -(x²).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import quoted
from ..limits import DEEPEST, LONGEST_FORMULA
from ..record import Record
from . import scalars
from .formula import Application, Combination, FormulaNumber, FormulaPart, MisreadError, Negative, Pick, Reference
from .scalars import Fault


class _Token(Record):
    """A number, a name, a sign, or (with the kind ``end``) nothing more."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<mark>\*\*|[-+*/^@()\[\],])|(?P<name>[^\s\-+*/^@()\[\],]+)"
)
_LOOKALIKES = {"×": "*", "·": "*", "⋅": "*", "−": "-", "–": "-", "÷": "/", "²": "^2", "³": "^3", "√": "sqrt(…)"}
"""Signs that people paste, and what to type in their place."""
_NOT_HERE = {
    ".": "write a function alone, as in sum(x)",
    ":": "name one element, as in x[2]",
    "=": "a formula compares nothing; the name of its result stands before the colon",
    "%": "a formula has + - * / ^ and @",
}
"""Signs that programs have and formulas have not, and what works."""


def parse(text: str) -> FormulaPart:
    """The whole of a formula. Raises a ``MisreadError``."""
    if len(text) > LONGEST_FORMULA:
        remedy = f"give names to parts of it, a line each, of at most {LONGEST_FORMULA:,} characters"
        raise MisreadError(0, f"a formula of {len(text):,} characters is too long", remedy)
    return _Parser(text).formula()


def _tokens(text: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text):
        if found.lastgroup == "name":
            yield _word(found[0], found.start())
        else:
            yield _Token(str(found.lastgroup), found[0].replace("**", "^"), found.start())
    yield _Token("end", "", len(text))


def _word(text: str, at: int) -> _Token:
    """A name, as it was typed."""
    for place, char in enumerate(text):
        if char in _LOOKALIKES:
            remedy = f"write {_LOOKALIKES[char]} in its place"
            raise MisreadError(at + place, f"{quoted(char)} is no sign of a formula", remedy)
    found = scalars.name(text)
    if isinstance(found, Fault):
        remedy = next((_NOT_HERE[char] for char in text if char in _NOT_HERE), found.remedy)
        raise MisreadError(at, found.message, remedy)
    return _Token("name", text, at)


class _Parser:
    """One walk over the tokens; what calls itself goes down at most ``DEEPEST`` levels."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0
        self.depth = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def takes(self, *signs: str) -> _Token | None:
        """The next token, if it is one of these signs."""
        return self.take() if self.next.kind == "mark" and self.next.text in signs else None

    def end(self) -> int:
        """Where the last token ended."""
        return self.tokens[self.at - 1].end

    def formula(self) -> FormulaPart:
        if self.next.kind == "end":
            raise MisreadError(0, "this formula is empty", "write what the name stands for, such as x + y")
        found = self.sum()
        if self.next.kind != "end":
            raise self._unexpected(self.next)
        return found

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            remedy = f"nest at most {DEEPEST} levels; give names to parts of the formula, a line each"
            raise MisreadError(self.next.start, "the formula is nested too deeply here", remedy)

    def sum(self) -> FormulaPart:
        self.deeper()
        terms = [self.product()]
        while sign := self.takes("+", "-"):
            term = self.product()
            terms.append(term if sign.text == "+" else Negative(term, sign.start, term.end))
        self.depth -= 1
        return terms[0] if len(terms) == 1 else Combination("+", tuple(terms), terms[0].start, self.end())

    def product(self) -> FormulaPart:
        found, levels = self.signed(), 0
        while sign := self.takes("*", "/", "@"):
            right = self.signed()
            if sign.text == "*" and isinstance(found, Combination) and found.operator == "*" and levels:
                found = found._replace(operands=(*found.operands, right), end=right.end)
                continue
            self.deeper()
            levels += 1
            found = Combination(sign.text, (found, right), found.start, right.end)
        self.depth -= levels
        return found

    def signed(self) -> FormulaPart:
        sign = self.takes("-", "+")
        if sign is None:
            return self.power()
        self.deeper()
        body = self.signed()
        self.depth -= 1
        return body if sign.text == "+" else Negative(body, sign.start, body.end)

    def power(self) -> FormulaPart:
        base = self.picked()
        if not self.takes("^"):
            return base
        self.deeper()
        exponent = self.signed()  # from the right: a^b^c is a^(b^c)
        self.depth -= 1
        return Combination("^", (base, exponent), base.start, exponent.end)

    def picked(self) -> FormulaPart:
        found = self.operand()
        while opened := self.takes("["):
            places = [self.place()]
            while self.takes(","):
                places.append(self.place())
            if not self.takes("]"):
                raise MisreadError(opened.start, "this bracket is not closed", "write the element's number, as in x[2]")
            found = Pick(found, tuple(places), found.start, self.end())
        if self.next.kind in ("number", "name") or (self.next.kind == "mark" and self.next.text == "("):
            remedy = "write * for a product, as in 2*x"
            if isinstance(found, Reference) and _is_function(found.name):
                remedy = f"write {found.name}({self.next.text if self.next.kind != 'mark' else '…'})"
            raise MisreadError(self.next.start, "there is no operator here", remedy)
        return found

    def place(self) -> int:
        token = self.take()
        if token.kind != "number" or not token.text.isdigit() or not 0 < int(token.text) < 10**9:
            raise MisreadError(token.start, "an element has a number, counted from 1", "write it as in x[2] or W[2,1]")
        return int(token.text)

    def operand(self) -> FormulaPart:
        token = self.take()
        if token.kind == "number":
            value = scalars.number(token.text)
            if isinstance(value, Fault):
                raise MisreadError(token.start, *value)
            return FormulaNumber(token.text, value, token.start, token.end)
        if token.kind == "name":
            name = Reference(str(scalars.name(token.text)), token.start, token.end)
            return self.application(name) if self.next.text == "(" else name
        if token.text != "(":
            raise self._unexpected(token)
        inner = self.sum()
        self.close(token)
        return inner._replace(start=token.start, end=self.end())

    def application(self, function: Reference) -> FormulaPart:
        opened = self.take()
        if self.next.text == ")":
            message = f"{quoted(function.name)} has no argument here"
            raise MisreadError(self.next.start, message, f"write what it is of: {function.name}(x)")
        arguments = [self.sum()]
        while self.takes(","):
            arguments.append(self.sum())
        self.close(opened)
        return Application(function, tuple(arguments), function.start, self.end())

    def close(self, opened: _Token) -> None:
        if self.takes(")"):
            return
        if self.next.kind == "end":
            raise MisreadError(opened.start, "this bracket is not closed", "write ) where it ends")
        raise self._unexpected(self.next)

    def _unexpected(self, token: _Token) -> MisreadError:
        if token.kind == "end":
            return MisreadError(token.start, "the formula ends too early", "write what comes after its last sign")
        if token.text in ")]":
            message = f"{quoted(token.text)} closes no bracket"
            return MisreadError(token.start, message, "remove it, or open one before it")
        return MisreadError(token.start, f"{quoted(token.text)} cannot stand here", "put a name or a number before it")


def _is_function(name: str) -> bool:
    from ..catalogue.registry import find
    from ..expr.functions import FUNCTIONS

    return name in FUNCTIONS or find("activation", name) is not None
