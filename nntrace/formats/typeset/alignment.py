"""The rows of a step as LaTeX and Typst align them: lines of names, relations and notes, with ``&`` between."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import fsum
from typing import cast

from ...solution.content.model import Note, listed
from .formulas import Formulas
from .language import Chunk, Sign
from .rows import BESIDE, FormulaRow, lines
from .running_text import words_and_formulas

GAP = 3.0
"""The space between a row and its note."""
LETTER = 0.92
"""How wide a letter of a note is, against a digit."""


def aligned(rows: Sequence[FormulaRow], formulas: Formulas, width: float) -> list[str]:
    """The lines of the environment, without what ends each of them.

    Notes stand in a column of their own where all of them fit beside the rows, else below what they belong to.
    """
    language = formulas.language
    name = max((row.name.width for row in rows if row.name), default=0)
    room = width - name - BESIDE
    placed = [lines(row, room) for row in rows]
    notes = [_note(row.notes, formulas) for row in rows]
    widest = max(_width(chunks) + 2 * indent for row in placed for indent, chunks in row)
    longest = max((_width(note) for note in notes), default=0)
    fits = name + BESIDE + widest + GAP + longest <= width
    result = []
    for row, broken, note in zip(rows, placed, notes, strict=True):
        lead = row.name.text if row.name else ""
        relation = language.sign(cast("Sign", row.sign or row.relation))
        for place, (indent, chunks) in enumerate(broken):
            body = language.between.join(chunk.text for chunk in chunks)
            if place:
                line = f"&{language.indent * max(1, indent // 2)}{body}"
            else:
                line = f"{lead} &{relation} {body}" if not row.sign else f"&{relation} {body}"
                if note and fits:
                    line += f" && {language.gap}{_in_formula(note, formulas)}"
            result.append(line.strip())
        if note and not fits:
            result += [f"&{language.indent}{_in_formula(part, formulas)}" for part in _lines(note, room - 2)]
    return result


def note_in_formula(notes: Sequence[Note], formulas: Formulas) -> str:
    """Notes on one line inside a formula."""
    return _in_formula(_note(notes, formulas), formulas)


def _note(notes: Sequence[Note], formulas: Formulas) -> list[Chunk]:
    """What is said beside a row, word for word, each to stand on a line with the next where they fit."""
    words: list[Chunk] = []
    for part in words_and_formulas(listed(notes), formulas):
        if not isinstance(part, str):
            words.append(formulas.joined(part, depth=1))
            continue
        for place, word in enumerate(part.split(" ")):
            if word or place:
                apart = " " if place else ""
                words.append(Chunk(apart + word, LETTER * len(word) + 0.67 * bool(place), 0))
    return words


def _lines(words: list[Chunk], width: float) -> list[list[Chunk]]:
    """The words in lines of this width, broken between words only."""
    result: list[list[Chunk]] = [[]]
    used = 0.0
    for word in words:
        above = result[-1]
        parted = (word.text[:1] == " " and not word.depth) or (above and above[-1].text == " ")
        if parted and above and used + word.width > width:
            if above[-1].text == " ":
                above.pop()
            else:
                word = word._replace(text=word.text[1:])
            result.append([])
            used = 0.0
        result[-1].append(word)
        used += word.width
    return result


def _in_formula(words: Sequence[Chunk], formulas: Formulas) -> str:
    """Words and expressions inside a formula; words that follow each other are written as one."""
    result = []
    for is_formula, group in groupby(words, key=lambda word: bool(word.depth)):
        texts = [word.text for word in group]
        result += texts if is_formula else [formulas.language.words("".join(texts))]
    return formulas.language.joint.join(result)


def _width(chunks: Sequence[Chunk]) -> float:
    return fsum(chunk.width for chunk in chunks)
