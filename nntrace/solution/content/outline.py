"""The order of a sheet and the words over its parts, the same in every format."""

from __future__ import annotations

from collections.abc import Iterator

from .model import Note, Section, SectionName, Solution, listed

TITLES: dict[SectionName, str] = {
    "given": "Given",
    "conventions": "Conventions",
    "forward": "Forward",
    "loss": "Loss",
    "backward": "Backward",
    "update": "Update",
    "checks": "Checks",
    "network": "Network",
    "shapes": "Shapes",
    "jacobian": "Jacobian",
    "loss gradient": "Gradient of the loss",
    "gradients": "Gradients of the parameters",
    "stability": "Numerical stability",
    "collapse": "Layers",
    "training": "Training",
    "comparison": "Comparison",
    "flow": "Flow of the gradient",
}
"""The sections' names. The paths have none: they are a part of the backward pass, under a heading of their own."""
CONVENTIONS = Section("conventions", ())
"""Stands in the outline where the sentences of ``Solution.agreed`` do."""


def outline(solution: Solution) -> Iterator[Section]:
    """The sections in the order of a sheet: the conventions come after what is given."""
    with_conventions = not solution.agreed
    for section in solution.sections:
        if not with_conventions and section.name != "given":
            yield CONVENTIONS
            with_conventions = True
        yield section
    if not with_conventions:
        yield CONVENTIONS


def is_pictures_alone(solution: Solution) -> bool:
    """Whether a sheet has pictures and nothing else."""
    return not solution.agreed and not any(section.blocks for section in solution.sections)


def heading(section: Section) -> Note:
    """What stands over a section; nothing over one that belongs to the section before it."""
    title = section.title or ((TITLES[section.name],) if section.name in TITLES else ())
    return (*title, ", ", *section.addition) if title and section.addition else title


def source(solution: Solution) -> Note:
    """Which network the sheet is of, and which of its numbers the command has changed."""
    changes = listed((symbol, f" = {typed}") for symbol, typed in solution.changes)
    return (f"network: {solution.source}", *((", with ", *changes, " (--set)") if changes else ()))
