"""Where lines break: an expression before an operator, words between words, a number never."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, islice

from ...expr import Condition, Expr
from ...expr.script import Script, plain
from ...expr.text import Piece, pieces
from ...record import Record
from ...solution.content.model import Note
from .rows import columns

_CONTROLS = dict.fromkeys((*range(32), *range(127, 160), 8232, 8233), " ")


class Body(Record):
    """An expression in its pieces: their texts, how deep each lies, and the sign that a break before it shows (none
    has one where there are no ``signs``)."""

    texts: list[str]
    depths: list[int]
    signs: Sequence[str] = ()


def body_of(expression: Iterable[Piece]) -> Body:
    """The pieces' texts, depths and signs."""
    texts, depths, signs = zip(*expression, strict=True)
    return Body(list(texts), list(depths), signs if any(signs) else ())


def broken(expression: Body, width: int, inside: bool = False) -> list[tuple[int, str]]:
    """The expression's lines, each with its extra indent: 2 more than the line that it continues the inside of.

    A line is as full as its best break allows: the one of least depth, of those the last; where it has no break and is
    too wide, it stands less far in. ``inside``: the whole expression is an addend.
    """
    texts, depths, signs = expression
    one_line = " ".join(texts)
    wide = columns(one_line)
    if len(texts) < 2 or wide <= width:
        return [(0, one_line)]
    least = min(islice(depths, 1, None))
    best = [place for place, depth in enumerate(depths) if depth == least]
    plain = wide == len(one_line) and not inside and not signs
    if len(best) == len(texts) and plain and max(map(len, texts)) <= width:
        return [(0, line.replace("\n", " ")) for line in full_lines("\n".join(texts), width)]
    from bisect import bisect_right  # most lines need no break

    ends = list(accumulate(map(len if wide == len(one_line) else columns, texts), lambda end, size: end + size + 1))
    lines: list[tuple[int, str]] = []
    open_lines = [(least - inside, 0)]
    """The depth and the indent of each line that the next one may go on with or inside of."""
    start = used = indent = 0
    while start < len(texts):
        sign = signs[start] if signs and start else ""
        if start:
            indent = _indent(open_lines, depths[start], width)
        end = max(start + 1, bisect_right(ends, used + width - indent - len(sign)))
        if start and depths[start] > least:  # the rest of what was broken: what comes after it has a line of its own
            end = min(end, next((place for place in best if place > start), end))
        if end < len(texts):
            last = bisect_right(best, end) - 1
            end = (
                best[last]
                if last >= 0 and best[last] > start
                else min(range(start + 1, end + 1), key=lambda at: (depths[at], -at))
            )
        text = sign + " ".join(texts[start:end])
        lines.append((max(min(indent, width - columns(text)), 0), text))
        start, used = end, ends[end - 1] + 1
    return lines


def _indent(open_lines: list[tuple[int, int]], depth: int, width: int) -> int:
    """Where a line of this depth begins: under the last line of its depth, or inside the last one of less."""
    while open_lines[-1][0] > depth:
        open_lines.pop()
    above, indent = open_lines[-1]
    if above < depth:
        indent = min(indent + 2, width // 3)
        open_lines.append((depth, indent))
    return indent


def full_lines(terms: str, width: int) -> list[str]:
    """Terms, with a line end between them and none wider than this, on lines as full as can be: of many, ten times as
    fast as place by place. Between the terms of a line, the line end is left."""
    lines, start, last = [], 0, len(terms) - width
    find = terms.rindex
    while start < last:
        end = find("\n", start, start + width + 1)
        lines.append(terms[start:end])
        start = end + 1
    return [*lines, terms[start:]]


_RELATIONS = ("=", "≈", "~=")

Word = tuple[str, ...]
"""What stands without a break: a word, or an expression in its pieces (to be broken only if no line could hold it)."""


def words(note: Note, script: Script) -> list[Word]:
    """A note's words; an expression sticks to the words beside it unless a space parts them."""
    result: list[Word] = []
    apart = True
    for part in note:
        if isinstance(part, str):
            text = plain(part.translate(_CONTROLS), script)
            new: list[Word] = [(word,) for word in text.split(" ") if word]
            leads, ends = text.startswith(" "), text.endswith(" ")
        else:
            new, leads, ends = [_pieces(part, script)], False, False
        if new and result and new[0][0] in _RELATIONS:  # a line that began with = would look like one more form
            sign = new.pop(0)[0]
            result[-1] = (*result[-1][:-1], f"{result[-1][-1]} {sign}")
        elif new and result and not (apart or leads):
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


def sentence(text: Sequence[Word]) -> str:
    """The words on one line."""
    return " ".join(" ".join(word) for word in text)


def wrapped(text: Sequence[Word], width: int) -> list[str]:
    """The words in lines of this width."""
    lines: list[str] = []
    line = ""
    for word in text:
        joined = " ".join(word)
        for part in (joined,) if columns(joined) <= width else word:
            longer = f"{line} {part}" if line else part
            if line and columns(longer) > width:
                lines.append(line)
                line = part
            else:
                line = longer
    return [*lines, line] if line else lines


def filled(note: Note, width: int, script: Script) -> list[str]:
    """A note in lines of this width; a word that is no formula and wider than a line goes on in the next."""
    return wrapped([part for word in words(note, script) for part in _cut(word, width)], width)


def _cut(word: Word, width: int) -> list[Word]:
    if len(word) > 1 or columns(word[0]) <= width:
        return [word]
    pieces, used = [""], 0
    for char in word[0]:
        wide = columns(char)
        if used + wide > width:
            pieces.append("")
            used = 0
        pieces[-1] += char
        used += wide
    return [(part,) for part in pieces]
