"""How much of a solution is told: all of it, less of each step, or the results alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Literal, get_args

from ...expr import Num
from .model import Again, Block, Family, Line, Note, Section, Solution, Step, Stretch, Table

Detail = Literal["full", "normal", "results"]
DETAILS: tuple[Detail, ...] = get_args(Detail)


def with_detail(solution: Solution, detail: Detail) -> Solution:
    """The solution with so much of each step.

    ``normal`` leaves out what one works out in the head: the terms of a sum, a chain and the local derivatives behind
    a formula. ``results`` leaves one line for each step, its name and its value, and the tables.
    """
    if detail == "full":
        return solution
    sections = (section._replace(blocks=Again(partial(_blocks, section, detail))) for section in solution.sections)
    return solution._replace(sections=tuple(sections))


def _blocks(section: Section, detail: Detail) -> Iterator[Block]:
    for block in section.blocks:
        match block:
            case Step():
                yield _step(block, detail)
            case Family() if detail == "results":
                yield Table((("id",), ("name",), ("value",)), _results(block))
            case Family():
                yield block._replace(has_terms=False)
            case _:
                yield block


def _step(step: Step, detail: Detail) -> Step:
    own = [line for line in step.lines if line.left is None]
    if detail == "results":
        return step._replace(lines=(own[-1]._replace(summands=False),), reason=(), compact=True)
    lines = tuple(line for line in step.lines if _is_kept(line, own))
    return step._replace(lines=lines or tuple(own[-1:]))


def _is_kept(line: Line, own: list[Line]) -> bool:
    if line.left is not None:
        return line.kind != "local"
    if line.kind in ("chain", "rule"):
        return not any(other.kind == "formula" for other in own) and line in (own[0], own[-1])
    return line.kind != "terms"


def _results(family: Family) -> Iterable[tuple[Note, ...] | Stretch]:
    result = family.result
    if family.start == 0:
        return [Stretch(family.letter, family.number, result.first, result.shape, (result.numbers,))]
    return Again(partial(_rows, family))


def _rows(family: Family) -> Iterator[tuple[Note, ...]]:
    for place in family.places:
        yield (family.id(place),), (family.step(place).name,), (Num(family.result.numbers.at(place)),)
