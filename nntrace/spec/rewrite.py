"""A network file with some of its numbers replaced: names, comments and everything else stay as they were typed."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from .model import Place, Spec


def rewritten(spec: Spec, replacements: Mapping[Place, str]) -> str:
    """The file's text with other text for the values that stand at these places."""
    lines = list(spec.lines)
    ends = _ends("\n".join(lines))
    for place in sorted(replacements, reverse=True):
        line, column = place.line - 1, place.column - 1
        last_line, last_column = ends[line, column]
        tail = lines[last_line][last_column:]
        lines[line : last_line + 1] = [lines[line][:column] + replacements[place] + tail]
    return "\n".join(lines)


def _ends(text: str) -> dict[tuple[int, int], tuple[int, int]]:
    """Where each value ends, by where it starts; both count from 0."""
    ends: dict[tuple[int, int], tuple[int, int]] = {}
    opened: list[tuple[tuple[int, int], bool]] = []
    last = (0, 0)  # where the value before ends: a block ends there, its event only where the next token begins
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        start, end = ((mark.line, mark.column) for mark in (event.start_mark, event.end_mark) if mark is not None)
        if isinstance(event, yaml.ScalarEvent):
            ends[start] = last = end
        elif isinstance(event, yaml.CollectionStartEvent):
            opened.append((start, bool(event.flow_style)))
        elif isinstance(event, yaml.CollectionEndEvent):
            start, flow = opened.pop()
            ends[start] = last = end if flow else last
    return ends
