"""The numbered steps in the blocks of a sheet, whatever form these have."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .model import Block, Family, Section, Solution, Step, Table


def steps_of(block: Block, wanted: Callable[[str], bool] = lambda id: True) -> Iterator[Step]:
    """A block's steps whose ids are wanted: of a table those that its rows stand for; a family makes no others."""
    match block:
        case Step():
            yield from (block,) if wanted(block.id) else ()
        case Table():
            yield from (step for step in block.steps if wanted(step.id))
        case Family():
            yield from map(block.step, (place for place in block.places if wanted(block.id(place))))


def steps_by_section(
    solution: Solution, wanted: Callable[[str], bool] = lambda id: True
) -> Iterator[tuple[Section, Step]]:
    """A sheet's steps whose ids are wanted, each with its section."""
    return (
        (section, step) for section in solution.sections for block in section.blocks for step in steps_of(block, wanted)
    )
