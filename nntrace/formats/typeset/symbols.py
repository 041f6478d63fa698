"""Symbols, their indices and numbers in a language of formulas: an index stands below, a tensor's layer above."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import fsum
from typing import cast

from ...expr import Expr, Partial, Size, Sym, Whole
from ...expr.atoms import scientific
from ...expr.brackets import is_scientific
from ...expr.index import Affine, Index
from .chunks import ChunkWriter
from .language import Chunk, Language, Sign
from .lettering import layer_of, lettered, mark_of

SMALL = 0.7
"""How wide an index is, against what it belongs to."""


class SymbolWriter(ChunkWriter):
    """Writes the symbols of one sheet. ``tensors`` are the names that stand for whole vectors and matrices."""

    def __init__(self, language: Language, tensors: frozenset[str]) -> None:
        super().__init__(language)
        self.tensors = tensors
        self._symbols: dict[tuple[Sym, bool, str], Chunk] = {}
        self._taken: dict[str, str] = {}
        """The name that each written name stands for: two names are never written alike."""

    def number(self, value: int | Fraction | Decimal, depth: int = 0) -> Chunk:
        """A number without brackets."""
        language = self.language
        if isinstance(value, Decimal):
            if value.is_nan():
                return self._words("undefined", depth)
            if value.is_infinite():
                sign = language.sign("-") if value < 0 else ""
                return Chunk(sign + language.sign("∞"), 2, depth)
            if value and is_scientific(value):
                digits, power = scientific(value)
                width = len(digits) + 5 + SMALL * len(str(power))
                return Chunk(language.power_of_ten(digits, power), width, depth)
            typed = str(value if value else f"{value.copy_abs():f}")
            return Chunk(language.number(typed), len(typed), depth)
        if isinstance(value, Fraction) and value.denominator != 1:
            top, bottom = language.number(str(abs(value.numerator))), language.number(str(value.denominator))
            sign = language.sign("-") if value < 0 else ""
            return Chunk(sign + language.fraction(top, bottom), len(str(value.denominator)) + 1, depth)
        return Chunk(language.number(str(value)), len(str(value)), depth)

    def _symbol(self, node: Sym | Partial | Size, depth: int) -> Chunk:
        match node:
            case Sym():
                return self._letters(node, not node.index and node.name in self.tensors, depth)
            case Partial(of, by):
                slope = self._sign("∂")
                top, bottom = (self.joined([slope, self._symbol(one, 0)]) for one in (of, by))
                return self._fraction(top, bottom, depth)
            case Size(over):
                index = self._index(over)
                base = self.language.letters("n", False)
                return Chunk(self.language.scripts(base, index.text, ""), 1 + SMALL * index.width, depth)

    def _matrix_symbol(self, node: Whole, symbol: Sym | Partial, depth: int, above: str = "") -> Chunk:
        """A vector or a matrix is bold, a single number is not."""
        if isinstance(symbol, Partial):
            return self._symbol(symbol, depth)
        return self._letters(symbol, self._is_bold(node, symbol), depth, above)

    def _is_bold(self, node: Whole, symbol: Sym) -> bool:
        has_axes = node.down is not None or node.across is not None
        return not symbol.index and (has_axes or symbol.name in self.tensors)

    def _letters(self, symbol: Sym, bold: bool, depth: int, above: str = "") -> Chunk:
        if symbol.name[0] == "@":  # what stands for a factor of a family
            return Chunk(symbol.name, 3, depth)
        found = self._symbols.get((symbol, bold, above))
        if found is None:
            found = self._symbols[symbol, bold, above] = self._typeset(symbol, bold, above)
        return found if found.depth == depth else found._replace(depth=depth)

    def _typeset(self, symbol: Sym, bold: bool, above: str) -> Chunk:
        language = self.language
        name, layer = layer_of(symbol.name) if bold or symbol.index else (symbol.name, "")
        raised = self._raised_marks(layer, mark_of(symbol.mark)) + above
        lettered_name = lettered(name)
        index, behind = self._indices(symbol.index), ""
        if lettered_name.lower is not None and symbol.index and "_" not in name:  # v_W says itself what is lowered
            opening, closing = language.bracket("[]")
            index, behind = "", opening + index + closing
        text = language.lowered(lettered_name, bold, raised, index) + behind
        if self._taken.setdefault(text, symbol.name) != symbol.name:  # another name is written so
            text = language.scripts(language.words(symbol.name), index, raised) + behind
        width = fsum(map(_width, name)) + SMALL * (2 * len(symbol.index) + len(symbol.mark) + (3 if layer else 0))
        return Chunk(text, width, 0)

    def _raised_marks(self, layer: str, mark: str) -> str:
        language = self.language
        opening, closing = language.bracket("[]")
        layer_mark = opening + language.number(layer) + closing if layer else ""
        for sign in re.findall(r"\d+|\D", mark):
            match sign:
                case "+" | "-":
                    layer_mark += language.sign(cast("Sign", sign))
                case "(" | ")":
                    layer_mark += language.bracket("()")[sign == ")"]
                case _:
                    layer_mark += language.number(sign) if sign.isdigit() else language.letters(sign, False)
        return layer_mark

    def _indices(self, index: Sequence[Index]) -> str:
        """Indices, counted from 1; with commas between them where one has two digits."""
        numbers = [place for place in index if isinstance(place, int)]
        affine = any(isinstance(place, Affine) and not place.is_letter for place in index)
        apart = affine or (numbers and (len(numbers) < len(index) or max(numbers) > 8))
        comma = self.language.sign(",") if apart else "" if numbers else self.language.between
        return comma.join(self._index(place).text for place in index)

    def index(self, letter: str) -> str:
        """An index letter, or another sign that stands for one."""
        return self._index(letter).text

    def _index(self, index: Index) -> Chunk:
        if index == "\0":  # what stands for the indices of each element of a tensor
            return Chunk("\0", 1, 0)
        if isinstance(index, Affine):
            return self._affine(index)
        if isinstance(index, int):
            return Chunk(self.language.number(str(index + 1)), len(str(index + 1)), 0)
        if index.isdigit():
            return Chunk(self.language.number(index), len(index), 0)
        return Chunk(self.language.lowered(lettered(index)), len(index), 0)

    def _affine(self, index: Affine) -> Chunk:
        """``p + r - 1``, where everything counts from 1."""
        terms: list[Chunk] = []
        rest = index.from_one.offset
        for factor, letter in index.terms:
            sign: Sign = "-" if factor < 0 else "+"
            terms += [self._sign(sign)] if terms or factor < 0 else []
            terms += [self._index(abs(factor) - 1)] if abs(factor) > 1 else []
            terms.append(self._index(letter))
        if rest:
            terms += [self._sign("-" if rest < 0 else "+"), self._index(abs(rest) - 1)]
        return self.joined(terms)

    def _is_raised(self, node: Expr) -> bool:
        """Whether a symbol has something above at its right, which a power would seem to belong to."""
        match node:
            case Sym(name, index, mark):
                return bool(mark) or bool((index or name in self.tensors) and layer_of(name)[1])
            case Whole(Sym(name, index, mark) as symbol):
                return bool(mark) or bool((index or self._is_bold(node, symbol)) and layer_of(name)[1])
            case _:
                return False


def _width(letter: str) -> float:
    """About how wide a letter of a name is, against a digit."""
    return 1.1 if letter.islower() else 0.8 if letter.isdigit() else 2.0 if letter > "\u2e80" else 1.6
