"""Where lines break: an expression before an operator, words between words, a number never."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...expr import Condition, Expr
from ...expr.text import Piece, Script, pieces, plain
from ...solution.model import Note
from .rows import columns

_CONTROLS = dict.fromkeys((*range(32), *range(127, 160), 8232, 8233), " ")


def broken(expression: Sequence[Piece], width: int, inside: bool = False) -> list[tuple[int, str]]:
    """The expression's lines, each with its extra indent: 2 where it continues an addend, 4 in brackets of that.

    A line is as full as its best break allows: the one of least depth, of those the last. ``inside``: the whole
    expression is an addend.
    """
    whole = " ".join(piece.text for piece in expression)
    if len(expression) < 2 or columns(whole) <= width:
        return [(0, whole)]
    outermost = min(piece.depth for piece in expression[1:]) - inside
    lines: list[tuple[int, str]] = []
    start = 0
    while start < len(expression):
        indent = 2 * min(2, expression[start].depth - outermost) if start else 0
        end = _fitting(expression, start, width - indent)
        if end < len(expression):
            end = min(range(start + 1, end + 1), key=lambda place: (expression[place].depth, -place))
        lines.append((indent, " ".join(piece.text for piece in expression[start:end])))
        start = end
    return lines


def _fitting(expression: Sequence[Piece], start: int, width: int) -> int:
    """The end of the longest run of pieces from ``start`` that fits the width; at least one piece."""
    used = columns(expression[start].text)
    for end in range(start + 1, len(expression)):
        used += 1 + columns(expression[end].text)
        if used > width:
            return end
    return len(expression)


Word = tuple[str, ...]
"""What stands without a break: a word, or an expression in its pieces (to be broken only if no line could hold it)."""


def words(note: Note, script: Script) -> list[Word]:
    """A note's words; an expression sticks to the words beside it unless a space parts them."""
    result: list[Word] = []
    apart = True
    for part in note:
        if isinstance(part, str):
            written = plain(part.translate(_CONTROLS), script)
            new: list[Word] = [(word,) for word in written.split(" ") if word]
            leads, ends = written.startswith(" "), written.endswith(" ")
        else:
            new, leads, ends = [_pieces(part, script)], False, False
        if new and result and not (apart or leads):
            glued = new.pop(0)
            result[-1] = (*result[-1][:-1], result[-1][-1] + glued[0], *glued[1:])
        result += new
        apart = ends or ((apart or leads) and not new)
    return result


def _pieces(part: Expr | Condition, script: Script) -> Word:
    if isinstance(part, Condition):
        first, *others = _pieces(part.right, script)
        return (*_pieces(part.left, script), f"{plain(part.relation, script)} {first}", *others)
    return tuple(piece.text for piece in pieces(part, script))


def enumerated(notes: Iterable[Note], script: Script) -> list[Word]:
    """Several notes on one line, with commas between them."""
    result: list[Word] = []
    for note in notes:
        if result:
            result[-1] = (*result[-1][:-1], result[-1][-1] + ",")
        result += words(note, script)
    return result


def sentence(written: Sequence[Word]) -> str:
    """The words on one line."""
    return " ".join(" ".join(word) for word in written)


def wrapped(written: Sequence[Word], width: int) -> list[str]:
    """The words in lines of this width."""
    lines: list[str] = []
    line = ""
    for word in written:
        whole = " ".join(word)
        for part in (whole,) if columns(whole) <= width else word:
            longer = f"{line} {part}" if line else part
            if line and columns(longer) > width:
                lines.append(line)
                line = part
            else:
                line = longer
    return [*lines, line] if line else lines
