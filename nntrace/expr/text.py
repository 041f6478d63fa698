"""Expressions as plain text, in Unicode or in ASCII. The two differ in the signs of a ``Script``, and in nothing else.

An expression is written as pieces: a line may be broken between two of them, best where ``depth`` is least.
"""

from __future__ import annotations

from ..record import Record
from .atoms import SUPERSCRIPTS, index_text, number_text, subscript, symbol
from .brackets import is_fraction, is_link, juxtaposed, needs_brackets
from .functions import notation
from .matrix_nodes import Dimensions, Hadamard, HadamardDiv, HadamardPow, Literal, MatMul, Ones, Transpose, Whole
from .nodes import (
    Add,
    Call,
    Cases,
    Condition,
    Delta,
    Div,
    Expr,
    Indicator,
    Max,
    Mul,
    Neg,
    Num,
    Partial,
    Pow,
    Rest,
    Size,
    Sum,
    Sym,
)  # fmt: skip
from .notation import Exponent, Fences, Letter, Prefix, Radical, Spelling
from .script import UNICODE, Script, plain
from .tree import children


class Piece(Record):
    """Text that is never broken; a break before it is better the smaller ``depth`` is.

    ``sign`` is the operator that is written at such a break alone: inside a line there is none.
    """

    text: str
    depth: int
    sign: str = ""


def text(node: Expr, script: Script = UNICODE) -> str:
    """The whole expression on one line."""
    return " ".join(piece.text for piece in pieces(node, script))


def element_texts(first: Expr, shape: tuple[int, ...], script: Script) -> list[str]:
    """The texts of a tensor's elements, row by row: that of the first, with the other indices."""
    head = text(first, script).removesuffix(subscript((0,) * len(shape)))
    if not shape:
        return [head]
    cells = [f"{head}["]
    for place, size in enumerate(shape):
        end = "]" if place == len(shape) - 1 else ","
        each = [f"{index + 1}{end}" for index in range(size)]
        cells = [cell + index for cell in cells for index in each]
    return cells


def pieces(node: Expr, script: Script = UNICODE, depth: int = 0) -> list[Piece]:
    """The expression in pieces to be joined by single spaces; ``depth`` grows inside products and brackets."""
    if isinstance(node, Num):  # most often
        return [Piece(number_text(node.value, script), depth)]
    if isinstance(node, Sym):
        return [Piece(symbol(node, script), depth)]

    def write(part: Expr, place: str, at: int = depth + 1, **position: bool) -> list[Piece]:
        if needs_brackets(part, place, **position):
            return _around("(", pieces(part, script, at + 2), ")")
        return pieces(part, script, at)

    match node:
        case Partial() | Size():
            return [Piece(symbol(node, script), depth)]
        case Add(()) | Mul(()):
            return [Piece("0" if isinstance(node, Add) else "1", depth)]
        case Add(terms):
            result = write(terms[0], "first term", depth)
            for term in terms[1:]:
                sign, body = ("-", term.body) if isinstance(term, Neg) else ("+", term)
                result += _led(f"{sign} ", term_pieces(body, script, depth), depth)
            return result
        case Neg(body):
            return _around("-", write(body, "negated"), "")
        case Mul(factors):
            result = write(factors[0], "factor", first=True, last=len(factors) == 1)
            times = f"{script.times} "
            touching = juxtaposed(factors) if script.symbolic else (False,) * (len(factors) - 1)
            for place, (unsigned, factor) in enumerate(zip(touching, factors[1:], strict=True), start=2):
                last = place == len(factors)
                if script.symbolic and is_link(factor, last):
                    own = pieces(factor, script, depth + 1)
                else:
                    own = write(factor, "factor", last=last)
                result += _juxtaposed(times, own, depth + 1) if unsigned else _led(times, own, depth + 1)
            return result
        case Div(top, bottom):
            if is_fraction(node) or (script.symbolic and all(isinstance(part, Num | Sym) for part in (top, bottom))):
                return [Piece(f"{text(top, script)}/{text(bottom, script)}", depth)]
            return write(top, "top") + _led("/ ", write(bottom, "bottom"), depth + 1)
        case Pow(base, exponent):
            return _raised(write(base, "base"), exponent, script, depth)
        case Call():
            return _call(node, script, depth)
        case Sum(over, body):
            return _around(f"{script.sum}_{plain(over, script)} ", write(body, "summed"), "")
        case Max(over, body):
            return _around(f"max_{plain(over, script)} ", write(body, "summed"), "")
        case Delta(i, j):
            return [Piece(plain(f"1[{index_text(i, ' ')} = {index_text(j, ' ')}]", script), depth)]
        case Indicator(condition):
            return _around("1[", _condition(condition, script, depth), "]")
        case Cases(condition, then, otherwise):
            case = _around("", write(then, "case"), " if")
            case += _around("", _condition(condition, script, depth + 1), ",")
            return case + _around("else ", pieces(otherwise, script, depth + 1), "")
        case Whole(tensor):
            return pieces(tensor, script, depth)
        case Ones(over):
            return [Piece(f"1_{plain(index_text(over), script)}", depth)]
        case Dimensions(sizes):
            return [Piece(f"[{script.times.join(plain(size, script) for size in sizes)}]", depth)]
        case Transpose(body):
            return _around("", write(body, "base"), plain("ᵀ", script))
        case MatMul(factors):
            result = write(factors[0], "matrix")
            for factor in factors[1:]:
                result += _juxtaposed(plain("· ", script), write(factor, "matrix", depth + 2), depth + 2)
            return result
        case Hadamard() | HadamardDiv():
            sign = plain("⊙" if isinstance(node, Hadamard) else "⊘", script)
            first, *others = children(node)
            result = write(first, "elementwise")
            for other in others:
                result += _led(f"{sign} ", write(other, "elementwise"), depth + 1)
            return result
        case HadamardPow(base, exponent):
            return _raised(write(base, "base"), exponent, script, depth, plain("∘", script))
        case Literal(matrix):
            return _literal(matrix, script, depth)
        case Rest(count, total, noun):
            words = f"{script.ellipsis} {count} more {noun if count == 1 else noun + 's'}"
            if total is None:
                return [Piece(words, depth)]
            return [Piece(f"{words},", depth), Piece(f"together {text(total, script)}", depth + 5)]
        case _:
            raise TypeError(f"no text for {node!r}")


def term_pieces(body: Expr, script: Script, depth: int = 0) -> list[Piece]:
    """What is added or taken away, without its sign."""
    if not isinstance(body, Rest) and needs_brackets(body, "term"):
        return _around("(", pieces(body, script, depth + 2), ")")
    return pieces(body, script, depth)


def _call(node: Call, script: Script, depth: int) -> list[Piece]:
    """A function of its arguments, by the pattern it is written in."""
    match notation(node.function):
        case Letter(sign):
            return [Piece(plain(sign, script), depth)]
        case Spelling(formula):
            return pieces(formula(*node.args), script, depth)
        case Exponent(base):
            before, after = base + "^{", "}"
        case Fences(before, after) if needs_brackets(node.args[0], "fenced"):
            before, after = f"{before}(", f"){after}"
        case Fences(before, after):
            pass
        case Prefix(word) | Radical(word):
            before, after = f"{plain(word, script)}(", ")"
    inner = [piece for arg, sign in node.listed() for piece in _around("", pieces(arg, script, depth + 3), sign)]
    return _around(before, inner, after)


def _literal(rows: tuple[tuple[Expr | None, ...], ...], script: Script, depth: int) -> list[Piece]:
    """``[[1.0, 0.5], [-0.5, -1.0]]``, which may be broken between its numbers, better between its rows."""
    result: list[Piece] = []
    for place, row in enumerate(rows, start=1):
        cells = [script.ellipsis if cell is None else text(cell, script) for cell in row]
        row_pieces = [Piece(cell, depth + 4) for cell in cells[:1]] + [Piece(cell, depth + 5) for cell in cells[1:]]
        row_pieces = [Piece(f"{one.text},", one.depth) for one in row_pieces[:-1]] + row_pieces[-1:]
        result += _around("[", row_pieces, "]," if place < len(rows) else "]")
    return _around("[", result, "]")


def _condition(condition: Condition, script: Script, depth: int) -> list[Piece]:
    left, right = (
        _around("(", pieces(side, script, depth + 3), ")")
        if needs_brackets(side, "side")
        else pieces(side, script, depth + 3)
        for side in (condition.left, condition.right)
    )
    return left + _led(f"{plain(condition.relation, script)} ", right, depth + 3)


def _around(before: str, inner: list[Piece], after: str) -> list[Piece]:
    """Text set against the first and the last piece, without a space."""
    first, *others = inner
    inner = [first._replace(text=before + first.text), *others]
    last = inner[-1]
    return [*inner[:-1], last._replace(text=last.text + after)]


def _led(operator: str, inner: list[Piece], depth: int) -> list[Piece]:
    """An operator before the first piece, where a line may break."""
    return [Piece(operator + inner[0].text, depth), *inner[1:]]


def _juxtaposed(operator: str, inner: list[Piece], depth: int) -> list[Piece]:
    """What stands without an operator inside a line, and with it where the line breaks."""
    return [Piece(inner[0].text, depth, operator), *inner[1:]]


def _raised(base: list[Piece], exponent: Expr, script: Script, depth: int, sign: str = "") -> list[Piece]:
    """A base in its pieces to a power, which is small in height where it is a count and no ``sign`` stands before it;
    a line may break inside another one."""
    match exponent:
        case Num(int(value)) if not sign:
            small = f"^{value}" if value >= 0 else f"^({value})"
            return _around("", base, small if script.ascii else str(value).translate(SUPERSCRIPTS))
        case _:
            first, *others = _around(f"^{{{sign}", pieces(exponent, script, depth + 3), "}")
            return [*_around("", base, first.text), *others]
