"""An expression in a language of formulas: one walk over the tree for all of them.

It is written in chunks, as plain text is in pieces: a line may be broken between two of them, best where ``depth`` is
least. Brackets are decided by ``expr.brackets`` from the tree. What plain text writes on one line and a formula does
not: a quotient is a fraction unless it is too wide, an index stands below, the number of a tensor's layer above.
"""

from __future__ import annotations

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
from ...expr.brackets import is_link, juxtaposed, needs_brackets
from ...expr.functions import notation
from ...expr.notation import Exponent, Fences, Letter, Prefix, Radical, Spelling
from .chunks import OPERATOR
from .heights import has_matrix, is_stacked, is_tall
from .language import Bracket, Chunk, Language, Sign
from .matrices import WIDEST, MatrixWriter
from .symbols import SMALL


class _Write(Protocol):
    """Writes a part in its place, in brackets where it needs them."""

    def __call__(self, part: Expr, place: str, at: int = ..., **position: bool) -> list[Chunk]: ...


class Formulas(MatrixWriter):
    """Writes the expressions of one sheet. ``symbolic``: symbols are multiplied without a sign."""

    def __init__(self, language: Language, tensors: frozenset[str] = frozenset(), symbolic: bool = False) -> None:
        super().__init__(language, tensors)
        self.symbolic = symbolic

    # -- the walk ----------------------------------------------------------------------------------------------------

    def chunks(self, node: Expr, depth: int = 0) -> list[Chunk]:
        """The expression in chunks, to be put beside each other; ``depth`` grows inside products and brackets."""
        language = self.language

        def write(part: Expr, place: str, at: int = depth + 1, **position: bool) -> list[Chunk]:
            if needs_brackets(part, place, **position, stacked=is_stacked(part), raised=self._is_raised(part)):
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
                    result += self.led(cast("Sign", sign), self.term(body, depth), depth)
                return result
            case Neg(body):
                return self._around(language.sign("-"), write(body, "negated"), "")
            case Mul(factors):
                return self._product(node, factors, depth, write)
            case Div(top, bottom) if is_stacked(node):
                return [self._fraction(self.one(top), self.one(bottom), depth)]
            case Div(top, bottom):
                return write(top, "top") + self.led("/", write(bottom, "bottom"), depth + 1)
            case Pow(base, exponent):
                return self._raised(write(base, "base"), self.one(exponent))
            case HadamardPow(base, exponent):
                power = self.one(exponent)
                return self._raised(write(base, "base"), self.joined([self._sign("∘"), power]))
            case Call():
                return self._applied(node, depth)
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
                return [self._matrix_symbol(node, symbol, depth)]
            case Ones(over):
                one, size = language.letters("1", True), self._index(over)
                return [Chunk(language.scripts(one, size.text, ""), 1 + SMALL * size.width, depth)]
            case Dimensions(sizes):
                opening, closing = language.bracket("[]")
                times = Chunk(language.infix("×"), OPERATOR, 0)
                sides = [part for size in sizes for part in (times, self._index(size))][1:]
                return self._around(opening, [self.joined(sides, depth)], closing)
            case Transpose(body):
                return self._transposed(body, depth, write)
            case MatMul(factors):
                result = write(factors[0], "matrix")
                for factor in factors[1:]:
                    result += self._juxtaposed(language.juxtaposition, write(factor, "matrix", depth + 2), depth + 2)
                return result
            case Hadamard(factors):
                result = write(factors[0], "elementwise")
                for factor in factors[1:]:
                    result += self.led("⊙", write(factor, "elementwise"), depth + 1)
                return result
            case HadamardDiv(top, bottom):
                return write(top, "elementwise") + self.led("⊘", write(bottom, "elementwise"), depth + 1)
            case Literal(rows):
                cells = [[None if cell is None else self.one(cell) for cell in row] for row in rows]
                return self._matrix(rows, cells, depth)
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

    def term(self, body: Expr, depth: int = 0) -> list[Chunk]:
        """What is added or taken away, without its sign."""
        if not isinstance(body, Rest) and needs_brackets(body, "term", stacked=is_stacked(body)):
            return self._enclosed("()", body, self.chunks(body, depth + 2), depth)
        return self.chunks(body, depth)

    # -- products, calls, brackets -----------------------------------------------------------------------------------

    def _product(self, node: Mul, factors: tuple[Expr, ...], depth: int, write: _Write) -> list[Chunk]:
        result = write(factors[0], "factor", first=True, last=len(factors) == 1)
        touching = juxtaposed(factors) if self.symbolic else (False,) * (len(factors) - 1)
        for place, (unsigned, factor) in enumerate(zip(touching, factors[1:], strict=True), start=2):
            last = place == len(factors)
            if self.symbolic and is_link(factor, last):
                own = self.chunks(factor, depth + 1)
            else:
                own = write(factor, "factor", last=last)
            if unsigned:
                result += self._juxtaposed(self.language.juxtaposition, own, depth + 1)
            else:
                result += self.led("×", own, depth + 1)
        return result

    def _applied(self, node: Call, depth: int) -> list[Chunk]:
        """A function of its arguments, by the pattern it is written in."""
        args = node.args
        match notation(node.function):
            case Exponent(base) if not any(map(has_matrix, args)):
                return self._raised([Chunk(self.language.letters(base, False), 1, depth)], self.one(args[0]))
            case Spelling(formula):
                return self.chunks(formula(*args), depth)
            case Letter(letter):
                return [self._sign(cast("Sign", letter), depth)]
            case Fences(left, right):
                inner = self.chunks(args[0], depth + 3)
                if needs_brackets(args[0], "fenced"):
                    inner = self._enclosed("()", args[0], inner, depth + 3)
                return self._enclosed(cast("Bracket", left + right), args[0], inner, depth)
            case Radical() if (under := self.one(args[0])).width <= WIDEST:
                return [Chunk(self.language.root(under.text), under.width + 1, depth)]
            case Prefix(word):
                return self._call(word, node, depth)
            case _:
                return self._call(node.function, node, depth)

    def _call(self, word: str, node: Call, depth: int) -> list[Chunk]:
        inner: list[Chunk] = []
        for arg, sign in node.listed():
            inner += self._around("", self.chunks(arg, depth + 3), self.language.sign(sign) if sign else "")
        first, *others = self._enclosed("()", node, inner, depth)
        return [first._replace(text=self.language.function(word) + first.text, width=first.width + len(word)), *others]

    def _indicator(self, inner: list[Chunk], depth: int) -> list[Chunk]:
        opening, closing = self.language.bracket("[]")
        return self._around(self.language.letters("1", True) + opening, inner, closing)

    def _enclosed(self, kind: Bracket, node: Expr, inner: list[Chunk], depth: int) -> list[Chunk]:
        """The chunks in brackets, which are as tall as what they enclose unless that has to be broken."""
        if any(map(is_tall, children(node) if isinstance(node, Call) else (node,))):
            joined = self.joined(inner, depth)
            if joined.width <= WIDEST or len(inner) == 1:
                return [Chunk(self.language.enclosed(kind, joined.text), joined.width + 2, depth)]
        opening, closing = self.language.bracket(kind)
        return self._around(opening, inner, closing)

    def _condition(self, condition: Condition, depth: int) -> list[Chunk]:
        left, right = (
            self._enclosed("()", side, self.chunks(side, depth + 3), depth)
            if needs_brackets(side, "side", stacked=is_stacked(side))
            else self.chunks(side, depth + 3)
            for side in (condition.left, condition.right)
        )
        return left + self.led(cast("Sign", condition.relation), right, depth + 3)

    # -- fractions, powers, matrices ---------------------------------------------------------------------------------

    def _raised(self, base: list[Chunk], above: Chunk) -> list[Chunk]:
        *others, last = base
        width = last.width + SMALL * above.width
        return [*others, Chunk(self.language.scripts(last.text, "", above.text), width, last.depth)]

    def _transposed(self, body: Expr, depth: int, write: _Write) -> list[Chunk]:
        if isinstance(body, Whole) and isinstance(body.symbol, Sym):
            return [self._matrix_symbol(body, body.symbol, depth, self.language.sign("ᵀ"))]
        return self._raised(write(body, "base"), self._sign("ᵀ"))

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
