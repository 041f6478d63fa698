"""A part of a sheet: some of its steps and sections, for whoever sets them into a text of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from ...errors import UserError, quoted, suggestion
from .model import Block, Family, Remark, Solution, Step, Table


def excerpt(solution: Solution, wanted: Sequence[str]) -> Solution:
    """The steps with these ids (``B*`` is all that begin so) and the sections with these names, without the head.

    A heading inside a section stays with the steps behind it. Raises a ``UserError`` for what the sheet does not have.
    """
    found: set[str] = set()
    sections = []
    for section in solution.sections:
        if section.name in wanted:
            found.add(section.name)
            sections.append(section)
        elif blocks := tuple(_chosen(section.blocks, wanted, found)):
            sections.append(section._replace(blocks=blocks))
    for name in wanted:
        if name not in found:
            known = [*(one.name for one in solution.sections), *(step.id for step in _steps(solution))]
            raise UserError(f"this sheet has no {quoted(name)} to show\n  {suggestion(name, dict.fromkeys(known))}")
    return solution._replace(title=None, agreed=(), sections=tuple(sections), is_excerpt=True, pictures=dict)


def _chosen(blocks: Iterable[Block], wanted: Sequence[str], found: set[str]) -> Iterator[Block]:
    heading: Remark | None = None
    for block in blocks:
        if isinstance(block, Remark):
            heading = block if block.heading else heading
        for step in _of_block(block):
            if names := [name for name in wanted if fnmatchcase(step.id, name)]:
                found.update(names)
                yield from (heading,) if heading is not None else ()
                yield step
                heading = None


def _steps(solution: Solution) -> Iterator[Step]:
    return (step for section in solution.sections for block in section.blocks for step in _of_block(block))


def _of_block(block: Block) -> Iterable[Step]:
    match block:
        case Step():
            return (block,)
        case Table():
            return block.steps
        case Family():
            return map(block.step, block.places)
        case _:
            return ()
