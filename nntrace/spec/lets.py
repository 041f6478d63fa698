"""``- let:``, a formula for each name: ``{q: x + y, f: q * z}``."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ..errors import quoted
from . import tree, values
from .formula import LET, MisreadError
from .formula_parser import parse
from .model import Layer, Name, TypedFormula
from .problems import Problems
from .tree import Node, describe, is_null

if TYPE_CHECKING:
    from .yaml_errors import FormulaLine


def lines(node: tree.Mapping, problems: Problems) -> list[Layer]:
    """The lines of one ``let``, each as a layer with a formula."""
    found: list[Layer] = []
    for key, inner in node.entries:
        if key.text != LET:
            remedy = "give it an entry of its own, with its own `- `"
            problems.add(key.place, f"{quoted(key.text)} beside `{LET}`", remedy)
        elif is_null(inner):
            values.nothing_after(key, problems)
        elif not isinstance(inner, tree.Mapping) or not inner.entries:
            remedy = f"give each formula a name: {LET}: {{q: x + y}}"
            problems.add(inner.place, f"`{LET}` cannot be {describe(inner)}", remedy)
        elif not _is_split(inner, problems):
            for name, value in inner.entries:
                if is_null(value) and "=" in name.text:
                    own, _, body = (part.strip() for part in name.text.partition("="))
                    problems.add(name.place, f"{quoted(name.text)} has no colon", f"write {own}: {body}")
                    continue
                label, formula = values.name(name, problems, "a result"), _formula(name, value, problems)
                if label and formula:
                    found.append(Layer(Name(LET, key.place), label, formula=formula))
    return found


def _formula(name: tree.Scalar, node: Node, problems: Problems) -> TypedFormula | None:
    if is_null(node):
        values.nothing_after(name, problems)
        return None
    if not isinstance(node, tree.Scalar):
        remedy = "write it in quotes where it begins with a bracket"
        if line := _line_at(node, problems):
            remedy += f": {line.in_quotes()}"
        problems.add(node.place, f"a formula cannot be {describe(node)}", remedy)
        return None
    places = tree.places(node, problems.lines)
    try:
        return TypedFormula(node.text, parse(node.text), places)
    except MisreadError as wrong:
        problems.add(places[wrong.at], wrong.message, wrong.remedy)
        return None


def _line_at(node: Node, problems: Problems) -> FormulaLine | None:
    from .yaml_errors import formula_at

    return formula_at(node.place, problems.lines)


def _is_split(table: tree.Mapping, problems: Problems) -> bool:
    """Whether YAML has split a formula at a comma inside its brackets; that is noted."""
    for (_, value), (_, nothing) in pairwise(table.entries):
        text = value.text if isinstance(value, tree.Scalar) else ""
        if is_null(nothing) and text.count("(") > text.count(")"):
            message = "between { and } YAML takes the comma of this formula for the end of an entry"
            remedy = "write it in quotes, or on a line of its own"
            if line := _line_at(value, problems):
                own = f"{line.name}: {line.formula}"
                remedy = f"write it in quotes, {line.in_quotes()}, or on a line of its own:\n    {own}"
            problems.add(value.place, message, remedy)
            return True
    return False
