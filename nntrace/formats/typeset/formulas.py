"""An expression in a language of formulas: one walk over the tree for all of them.

It is written in chunks, as plain text is in pieces: a line may be broken between two of them, best where ``depth`` is
least. Brackets are decided by ``expr.brackets`` from the tree. What plain text writes on one line and a formula does
not: a quotient is a fraction unless it is too wide, an index stands below, the number of a tensor's layer above.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Protocol, cast

from ...expr import (
    Add,
    Call,
    Cases,
    Condition,
    Delta,
    Dimensions,
    Div,
    Expr,
    Hadamard,
    HadamardDiv,
    HadamardPow,
    Indicator,
    Literal,
    MatMul,
    Max,
    Mul,
    Neg,
    Num,
    Ones,
    Partial,
    Pow,
    Rest,
    Size,
    Sum,
    Sym,
    Transpose,
    Whole,
    children,
)  # fmt: skip
from ...expr.brackets import is_fraction, is_link, is_positional, is_scientific, juxtaposed, needs_brackets
from ...expr.functions import notation
from ...expr.index import Affine, Index
from ...expr.notation import Exponent, Fences, Letter, Notation, Prefix, Radical, Spelling
from ...expr.text import scientific
from .language import Bracket, Chunk, Language, Sign
from .lettering import layer_of, lettered, mark_of

MOST_IN_FRACTION = 14
"""A quotient with more symbols and numbers above or below is written on one line, where it can be broken."""
WIDEST = 60
"""Brackets around more than this are no taller than a line, so that it can be broken inside."""
OPERATOR = 2.5
"""How wide an operator or a relation is with the room around it, against a digit."""
SMALL = 0.7
"""How wide an index is, against what it belongs to."""


class _Write(Protocol):
    """Writes a part in its place, in brackets where it needs them."""

    def __call__(self, part: Expr, place: str, at: int = ..., **position: bool) -> list[Chunk]: ...


class Formulas:
    """Writes the expressions of one sheet. ``tensors`` are the names that stand for whole vectors and matrices;
    ``symbolic``: symbols are multiplied without a sign."""

    def __init__(self, language: Language, tensors: frozenset[str] = frozenset(), symbolic: bool = False) -> None:
        self.language = language
        self.tensors = tensors
        self.symbolic = symbolic
        self._symbols: dict[Sym, Chunk] = {}
        self._bold: dict[Sym, Chunk] = {}
        self._taken: dict[str, str] = {}
        """The name that each written name stands for: two names are never written alike."""

    # -- the walk ----------------------------------------------------------------------------------------------------

    def chunks(self, node: Expr, depth: int = 0) -> list[Chunk]:
        """The expression in chunks, to be put beside each other; ``depth`` grows inside products and brackets."""
        language = self.language

        def write(part: Expr, place: str, at: int = depth + 1, **position: bool) -> list[Chunk]:
            if needs_brackets(part, place, **position, stacked=_is_stacked(part), raised=self._is_raised(part)):
                return self._enclosed("()", part, self.chunks(part, at + 2), at)
            return self.chunks(part, at)

        match node:
            case Num(value):
                return [self.number(value, depth)]
            case Sym() | Partial() | Size():
                return [self._symbol(node, depth)]
            case Add(()) | Mul(()):
                return [Chunk(language.number("0" if isinstance(node, Add) else "1"), 1, depth)]
            case Add(terms):
                result = write(terms[0], "first term", depth)
                for term in terms[1:]:
                    sign, body = ("-", term.body) if isinstance(term, Neg) else ("+", term)
                    added = self.chunks(body, depth) if isinstance(body, Rest) else write(body, "term", depth)
                    result += self.led(cast("Sign", sign), added, depth)
                return result
            case Neg(body):
                return self._around(language.sign("-"), write(body, "negated"), "")
            case Mul(factors):
                return self._product(node, factors, depth, write)
            case Div(top, bottom) if _is_stacked(node):
                return [self._fraction(self.one(top), self.one(bottom), depth)]
            case Div(top, bottom):
                return write(top, "top") + self.led("/", write(bottom, "bottom"), depth + 1)
            case Pow(base, exponent):
                return self._raised(write(base, "base"), self.one(exponent))
            case HadamardPow(base, exponent):
                power = self.one(exponent)
                return self._raised(write(base, "base"), self.joined([self._sign("∘"), power]))
            case Call(function, args):
                return self._applied(notation(function), function, args, depth)
            case Sum(over, body) | Max(over, body):
                return self._over(node, over, write(body, "summed"), depth)
            case Delta(i, j):
                sides = [self.joined([self._index(i)]), self._sign("="), self.joined([self._index(j)])]
                return self._indicator([self.joined(sides, depth)], depth)
            case Indicator(condition):
                return self._indicator(self._condition(condition, depth), depth)
            case Cases(condition, then, otherwise):
                return [self._cases(condition, then, otherwise, depth)]
            case Whole(symbol):
                return [self._whole(node, symbol, depth)]
            case Ones(over):
                one, size = language.letters("1", True), self._index(over)
                return [Chunk(language.scripts(one, size.text, ""), 1 + SMALL * size.width, depth)]
            case Dimensions(down, across):
                opening, closing = language.bracket("[]")
                sides = [self._index(down), Chunk(language.infix("×"), OPERATOR, 0), self._index(across)]
                return self._around(opening, [self.joined(sides, depth)], closing)
            case Transpose(body):
                return self._transposed(body, depth, write)
            case MatMul(factors):
                result = write(factors[0], "matrix")
                for factor in factors[1:]:
                    result += self._beside(language.beside, write(factor, "matrix", depth + 2), depth + 2)
                return result
            case Hadamard(factors):
                result = write(factors[0], "elementwise")
                for factor in factors[1:]:
                    result += self.led("⊙", write(factor, "elementwise"), depth + 1)
                return result
            case HadamardDiv(top, bottom):
                return write(top, "elementwise") + self.led("⊘", write(bottom, "elementwise"), depth + 1)
            case Literal(rows):
                return [self._matrix(rows, depth)]
            case Rest(count, total, noun):
                return self._rest(count, total, noun, depth)
            case _:
                raise TypeError(f"no formula for {node!r}")

    def one(self, node: Expr) -> Chunk:
        """The whole expression as one chunk."""
        return self.joined(self.chunks(node))

    def text(self, node: Expr | Condition) -> str:
        """The whole expression or condition."""
        return self.joined(self.condition_or_chunks(node)).text

    def condition_or_chunks(self, node: Expr | Condition) -> list[Chunk]:
        """The expression or condition in chunks."""
        return self._condition(node, 0) if isinstance(node, Condition) else self.chunks(node)

    def term(self, body: Expr) -> list[Chunk]:
        """What is added or taken away, without its sign."""
        if not isinstance(body, Rest) and needs_brackets(body, "term", stacked=_is_stacked(body)):
            return self._enclosed("()", body, self.chunks(body, 2), 0)
        return self.chunks(body)

    def led(self, sign: Sign, inner: list[Chunk], depth: int) -> list[Chunk]:
        """A sign before the first chunk, where a line may break."""
        return self._beside(self.language.infix(sign), inner, depth, OPERATOR)

    # -- products, calls, brackets -----------------------------------------------------------------------------------

    def _product(self, node: Mul, factors: tuple[Expr, ...], depth: int, write: _Write) -> list[Chunk]:
        result = write(factors[0], "factor", first=True, last=len(factors) == 1)
        beside = juxtaposed(factors) if self.symbolic else (False,) * (len(factors) - 1)
        for place, (unsigned, factor) in enumerate(zip(beside, factors[1:], strict=True), start=2):
            last = place == len(factors)
            if self.symbolic and is_link(factor, last):
                own = self.chunks(factor, depth + 1)
            else:
                own = write(factor, "factor", last=last)
            if unsigned:
                result += self._beside(self.language.beside, own, depth + 1)
            else:
                result += self.led("×", own, depth + 1)
        return result

    def _applied(self, pattern: Notation, function: str, args: tuple[Expr, ...], depth: int) -> list[Chunk]:
        """A function of its arguments, by the pattern it is written in."""
        match pattern:
            case Exponent(base) if not any(map(_has_matrix, args)):
                return self._raised([Chunk(self.language.letters(base, False), 1, depth)], self.one(args[0]))
            case Spelling(formula):
                return self.chunks(formula(*args), depth)
            case Letter(letter):
                return [self._sign(cast("Sign", letter), depth)]
            case Fences(left, right):
                return self._enclosed(cast("Bracket", left + right), args[0], self.chunks(args[0], depth + 3), depth)
            case Radical():
                inner = self.one(args[0])
                return [Chunk(self.language.root(inner.text), inner.width + 1, depth)]
            case Prefix(word):
                return self._call(word, args, depth)
            case _:
                return self._call(function, args, depth)

    def _call(self, function: str, args: tuple[Expr, ...], depth: int) -> list[Chunk]:
        written = [self.chunks(arg, depth + 3) for arg in args]
        comma = self.language.sign(",")
        joined = [chunk for arg in written[:-1] for chunk in self._around("", arg, comma)] + written[-1]
        name = self.language.function(function)
        whole = Call(function, args)
        first, *others = self._enclosed("()", whole, joined, depth)
        return [first._replace(text=name + first.text, width=first.width + len(function)), *others]

    def _indicator(self, inner: list[Chunk], depth: int) -> list[Chunk]:
        opening, closing = self.language.bracket("[]")
        return self._around(self.language.letters("1", True) + opening, inner, closing)

    def _enclosed(self, kind: Bracket, node: Expr, inner: list[Chunk], depth: int) -> list[Chunk]:
        """The chunks in brackets, which are as tall as what they enclose unless that has to be broken."""
        if any(map(_is_tall, children(node) if isinstance(node, Call) else (node,))):
            joined = self.joined(inner, depth)
            if joined.width <= WIDEST or len(inner) == 1:
                return [Chunk(self.language.enclosed(kind, joined.text), joined.width + 2, depth)]
        opening, closing = self.language.bracket(kind)
        return self._around(opening, inner, closing)

    def _condition(self, condition: Condition, depth: int) -> list[Chunk]:
        left, right = (
            self._enclosed("()", side, self.chunks(side, depth + 3), depth)
            if needs_brackets(side, "side", stacked=_is_stacked(side))
            else self.chunks(side, depth + 3)
            for side in (condition.left, condition.right)
        )
        return left + self.led(cast("Sign", condition.relation), right, depth + 3)

    # -- fractions, powers, matrices ---------------------------------------------------------------------------------

    def _fraction(self, top: Chunk, bottom: Chunk, depth: int) -> Chunk:
        return Chunk(self.language.fraction(top.text, bottom.text), max(top.width, bottom.width) + 1, depth)

    def _raised(self, base: list[Chunk], above: Chunk) -> list[Chunk]:
        *others, last = base
        width = last.width + SMALL * above.width
        return [*others, Chunk(self.language.scripts(last.text, "", above.text), width, last.depth)]

    def _transposed(self, body: Expr, depth: int, write: _Write) -> list[Chunk]:
        if isinstance(body, Whole) and isinstance(body.symbol, Sym):
            return [self._whole(body, body.symbol, depth, self.language.sign("ᵀ"))]
        return self._raised(write(body, "base"), self._sign("ᵀ"))

    def _matrix(self, rows: tuple[tuple[Expr | None, ...], ...], depth: int) -> Chunk:
        cells = [[self._sign("…") if cell is None else self.one(cell) for cell in row] for row in rows]
        columns = range(len(cells[0]))
        widths = [max(row[place].width for row in cells) for place in columns]
        behind = [[_behind_point(cell) for cell in row] for row in rows]
        most = [max(row[place] for row in behind) for place in columns]
        written = [
            [
                self.language.padded(cells[at][place].text, "." * (not own) + "0" * (most[place] - max(own, 1)))
                if isinstance(rows[at][place], Num) and own < most[place]
                else cells[at][place].text
                for place, own in enumerate(behind[at])
            ]
            for at in range(len(cells))
        ]
        return Chunk(self.language.matrix(written), sum(widths) + 2 * len(widths) + 2, depth)

    def _cases(self, condition: Condition, then: Expr, otherwise: Expr, depth: int) -> Chunk:
        where = self.joined([self._words("if "), *self._condition(condition, 0)])
        value, other = self.one(then), self.one(otherwise)
        rows = [(value.text, where.text), (other.text, self._words("otherwise").text)]
        return Chunk(self.language.cases(rows), max(value.width, other.width) + max(where.width, 9) + 4, depth)

    def _over(self, node: Sum | Max, over: str, body: list[Chunk], depth: int) -> list[Chunk]:
        index = self._index(over)
        sign = self.language.over("sum" if isinstance(node, Sum) else "max", index.text)
        first, *others = body
        return [first._replace(text=self._put(sign, first.text), width=first.width + 3), *others]

    def _rest(self, count: int, total: Num | None, noun: str, depth: int) -> list[Chunk]:
        more = f" {count} more {noun if count == 1 else noun + 's'}"
        dots = self._sign("…")
        if total is None:
            return [self.joined([dots, self._words(more)], depth)]
        together = self.joined([self._words("together "), self.number(total.value)], depth + 5)
        return [self.joined([dots, self._words(more + ", ")], depth), together]

    # -- symbols and numbers -----------------------------------------------------------------------------------------

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
                return Chunk(language.power_of_ten(digits, power), len(digits) + 5, depth)
            written = str(value if value else f"{value.copy_abs():f}")
            return Chunk(language.number(written), len(written), depth)
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

    def _whole(self, node: Whole, symbol: Sym | Partial, depth: int, above: str = "") -> Chunk:
        """A vector or a matrix is bold, a single number is not."""
        if isinstance(symbol, Partial):
            return self._symbol(symbol, depth)
        bold = node.down is not None or node.across is not None or symbol.name in self.tensors
        return self._letters(symbol, bold, depth, above)

    def _letters(self, symbol: Sym, bold: bool, depth: int, above: str = "") -> Chunk:
        if symbol.name[0] == "@":  # what stands for a factor of a family
            return Chunk(symbol.name, 3, depth)
        known = self._bold if bold else self._symbols
        found = known.get(symbol) if not above else None
        if found is None:
            found = self._written(symbol, bold, bold or bool(symbol.index), above)
            if not above:
                known[symbol] = found
        return found if found.depth == depth else found._replace(depth=depth)

    def _written(self, symbol: Sym, bold: bool, is_tensor: bool, above: str) -> Chunk:
        language = self.language
        name, layer = layer_of(symbol.name) if is_tensor else (symbol.name, "")
        raised = self._raised_marks(layer, mark_of(symbol.mark)) + above
        parts = lettered(name)
        index, behind = self._indices(symbol.index), ""
        if parts.lower is not None and symbol.index and "_" not in name:  # v_W says itself what is lowered
            opening, closing = language.bracket("[]")
            index, behind = "", opening + index + closing
        text = language.lowered(parts, bold, raised, index) + behind
        if self._taken.setdefault(text, symbol.name) != symbol.name:  # another name is written so
            text = language.scripts(language.words(symbol.name), index, raised) + behind
        width = sum(map(_width, name)) + SMALL * (2 * len(symbol.index) + len(symbol.mark) + (3 if layer else 0))
        return Chunk(text, width, 0)

    def _raised_marks(self, layer: str, mark: str) -> str:
        language = self.language
        opening, closing = language.bracket("[]")
        written = opening + language.number(layer) + closing if layer else ""
        for sign in re.findall(r"\d+|\D", mark):
            match sign:
                case "+" | "-":
                    written += language.sign(cast("Sign", sign))
                case "(" | ")":
                    written += language.bracket("()")[sign == ")"]
                case _:
                    written += language.number(sign) if sign.isdigit() else language.letters(sign, False)
        return written

    def _indices(self, index: Sequence[Index]) -> str:
        """Indices, counted from 1; with commas between them where one has two digits."""
        numbers = [place for place in index if isinstance(place, int)]
        affine = any(isinstance(place, Affine) for place in index)
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
        parts: list[Chunk] = []
        rest = index.from_one.offset
        for factor, letter in index.terms:
            sign: Sign = "-" if factor < 0 else "+"
            parts += [self._sign(sign)] if parts or factor < 0 else []
            parts += [self._index(abs(factor) - 1)] if abs(factor) > 1 else []
            parts.append(self._index(letter))
        if rest:
            parts += [self._sign("-" if rest < 0 else "+"), self._index(abs(rest) - 1)]
        return self.joined(parts)

    def _is_raised(self, node: Expr) -> bool:
        """Whether a symbol has something above at its right, which a power would seem to belong to."""
        match node:
            case Sym(name, index, mark):
                return bool(mark) or bool((index or name in self.tensors) and layer_of(name)[1])
            case Whole(Sym(name, _, mark), down, across):
                bold = down is not None or across is not None or name in self.tensors
                return bool(mark) or bool(bold and layer_of(name)[1])
            case _:
                return False

    # -- putting together --------------------------------------------------------------------------------------------

    def _sign(self, sign: Sign, depth: int = 0) -> Chunk:
        return Chunk(self.language.sign(sign), 1, depth)

    def _words(self, words: str, depth: int = 0) -> Chunk:
        return Chunk(self.language.words(words), 0.9 * len(words), depth)

    def _put(self, before: str, text: str) -> str:
        return f"{before}{self.language.between}{text}"

    def _beside(self, lead: str, inner: list[Chunk], depth: int, wide: float = 0.5) -> list[Chunk]:
        first, *others = inner
        return [Chunk(self._put(lead, first.text), first.width + wide, depth), *others]

    def _around(self, before: str, inner: list[Chunk], after: str) -> list[Chunk]:
        """Text set against the first and the last chunk, without a space."""
        first, *others = inner
        inner = [first._replace(text=before + first.text, width=first.width + (0.7 if before else 0)), *others]
        last = inner[-1]
        return [*inner[:-1], last._replace(text=last.text + after, width=last.width + (0.7 if after else 0))]

    def joined(self, chunks: Iterable[Chunk], depth: int = 0) -> Chunk:
        """The chunks beside each other as one."""
        parts = list(chunks)
        text = parts[0].text if len(parts) == 1 else self.language.between.join(chunk.text for chunk in parts)
        return Chunk(text, sum(chunk.width for chunk in parts), depth)


def _is_stacked(node: Expr) -> bool:
    """Whether a quotient is written as a fraction, one above the other."""
    match node:
        case Div(top, bottom):
            return is_fraction(node) or max(_leaves(top), _leaves(bottom)) <= MOST_IN_FRACTION
        case Num(Fraction() as value):
            return value >= 0 and value.denominator != 1
        case _:
            return False


def _width(letter: str) -> float:
    """About how wide a letter of a name is, against a digit."""
    return 1.1 if letter.islower() else 0.8 if letter.isdigit() else 2.0 if letter > "\u2e80" else 1.6


def _leaves(node: Expr) -> int:
    parts = children(node)
    return sum(map(_leaves, parts)) if parts else 1


def _is_tall(node: Expr) -> bool:
    """Whether it reaches above and below a line of letters."""
    match node:
        case Literal() | Cases() | Sum() | Max() | Partial():
            return True
        case Whole(symbol):
            return isinstance(symbol, Partial)
        case Div():
            return _is_stacked(node) or any(map(_is_tall, children(node)))
        case Num(Fraction() as value):
            return value.denominator != 1
        case Call(function, args) if isinstance(notation(function), Exponent):
            return any(map(_has_matrix, args))
        case Pow(base, _):
            return _is_tall(base)
        case _:
            return any(map(_is_tall, children(node)))


def _behind_point(cell: Expr | None) -> int:
    """How many characters a number has from its decimal point on; another cell is set like a whole number."""
    match cell:
        case Num(Decimal() as value) if is_positional(value) or not value:
            written = str(value)
            return len(written) - written.index(".") if "." in written else 0
        case _:
            return 0


def _has_matrix(node: Expr) -> bool:
    return isinstance(node, Literal) or any(map(_has_matrix, children(node)))
