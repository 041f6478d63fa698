"""A part of a sheet: some of its steps and sections, for whoever sets them into a text of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from ...errors import UserError, quoted, suggestion
from .blocks import steps_by_section, steps_of
from .model import Block, Remark, Solution
from .outline import CONVENTIONS, outline


def excerpt(solution: Solution, wanted: Sequence[str]) -> Solution:
    """The steps with these ids (``B*`` is all that begin so) and the sections with these names, without the head.

    A heading inside a section stays with the steps behind it. Raises a ``UserError`` for what the sheet does not have.
    """
    found: set[str] = set()
    sections = []
    for section in outline(solution):
        if section.name in wanted:
            found.add(section.name)
            sections += [section] if section is not CONVENTIONS else []
        elif blocks := tuple(_chosen(section.blocks, wanted, found)):
            sections.append(section._replace(blocks=blocks))
    for name in wanted:
        if name not in found:
            known = [*(one.name for one in outline(solution)), *(step.id for _, step in steps_by_section(solution))]
            raise UserError(f"this sheet has no {quoted(name)} to show\n  {suggestion(name, dict.fromkeys(known))}")
    agreed = solution.agreed if CONVENTIONS.name in found else ()
    return solution._replace(title=None, agreed=agreed, sections=tuple(sections), is_excerpt=True, pictures=dict)


def _chosen(blocks: Iterable[Block], wanted: Sequence[str], found: set[str]) -> Iterator[Block]:
    def names(id: str) -> list[str]:
        return [name for name in wanted if fnmatchcase(id, name)]

    heading: Remark | None = None
    for block in blocks:
        if isinstance(block, Remark):
            heading = block if block.heading else heading
        for step in steps_of(block, lambda id: bool(names(id))):
            found.update(names(step.id))
            yield from (heading,) if heading is not None else ()
            yield step
            heading = None
