"""Why a decision fell as it did: ``h1 = 2.0 > 0``, and by which convention."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from fractions import Fraction

from ...expr import ZERO, Add, Condition, Expr, Indicator, Neg, Num, Sym, children, rebuild, symbols
from ...expr.bind import walk
from ...expr.functions import at_jump, row_of, spelled_out
from ...network.model import BoundOperation, Cell, Element, Network
from ...trace.amount import Amount, compared, decided, fraction
from ..content.model import Note, listed
from ..formulas.element import Writer

OPPOSITE = {">": "≤", "≥": "<", "<": "≥", "≤": ">", "=": "≠", "≠": "="}
MOST_NAMED = 6
BESIDE = Fraction(1, 10**9)
"""How far from a kink its sides are looked at."""
NO_WAY: Note = ("no path leads from it to the loss",)


def cancels_softmax(network: Network, loss: BoundOperation) -> bool:
    """Whether a step of the loss cancels against an activation whose results sum to 1, as a softmax's do."""
    result = loss.key(loss.bypassed[0].argument) if loss.bypassed else None
    return any(step.output == result and step.operation.sums_to_one for step in network.layer_steps())


def inactive(writer: Writer, body: Expr) -> Note:
    """For a maximum or minimum that is its constant: how its argument lies to that, ``inactive: h2 = -0.5 ≤ 0``.

    At the kink a maximum is active where the convention takes the right slope, a minimum where it takes the left one.
    """
    row, side = row_of(body), writer.network.conventions.relu_at_zero
    if row is None or not row.choice:
        return ()
    match sorted(children(body), key=lambda part: not isinstance(part, Num)):
        case [Num() as bound, Sym() as symbol]:
            equal, beyond = Condition(symbol, "=", bound), Condition(symbol, row.choice, bound)
            if writer.holds(equal) and writer.evaluate(row.derivative((bound, symbol), side)[1]).sign:
                return (*_valued(writer, symbol), f", at the kink: active (relu_at_zero: {side})")
            if writer.holds(beyond):
                return ("inactive: ", *_compared(writer, beyond))
    return ()


def decisions(writer: Writer, decided: Iterable[tuple[Condition, bool]], by: Collection[Element] = ()) -> Note:
    """Conditions as they turned out; for a slope ``by`` some element also the convention, where it decided."""
    notes: list[Note] = []
    found = (one if is_true else Condition(one.left, OPPOSITE[one.relation], one.right) for one, is_true in decided)
    for condition in _strictest(found):
        relation = condition.relation
        notes.append(_compared(writer, condition))
        is_kink = by and relation not in ("=", "≠")
        if is_kink and writer.holds(Condition(condition.left, "=", condition.right)):
            here, before, after = (_with_moved(writer, condition, by, step) for step in (0, -BESIDE, BESIDE))
            if not here == before == after:
                from ..formulas.kinks import side_taken, slope_taken

                sides = {side_taken(here, before, after)} - {""}
                notes.append((slope_taken(sides, writer.network.conventions.relu_at_zero, "the"),))
    return listed(notes)


def _with_moved(writer: Writer, condition: Condition, by: Collection[Element], step: Fraction | int) -> bool:
    """Whether a condition over keys holds with some elements moved by a step."""

    def amount(name: str, cell: Cell) -> Amount:
        found = writer.amount(name, cell)
        return found.plus(fraction(step)) if Element(name, cell) in by else found

    return decided(condition, amount)


def _strictest(conditions: Iterable[Condition]) -> Iterator[Condition]:
    """Of several conditions on the same two numbers one: ``<`` for ≤ and ≠, ``=`` for ≤ and =."""
    sides: dict[tuple[Expr, Expr], list[str]] = {}
    for condition in dict.fromkeys(conditions):
        sides.setdefault((condition.left, condition.right), []).append(condition.relation)
    for (left, right), relations in sides.items():
        if len(relations) > 1 and "=" in relations:
            relations = ["="]
        elif len(relations) > 1 and "≠" in relations:
            relations = ["<" if {"≤", "<"} & {*relations} else ">"]
        yield from (Condition(left, relation, right) for relation in relations)


def indicators(writer: Writer, body: Expr) -> dict[Condition, bool]:
    """The conditions of the indicators in a formula over keys, each with whether it holds; none of what is not a
    number."""
    conditions = (node.condition for node in walk(body) if isinstance(node, Indicator))
    return {one: held for one in conditions if (held := compared(one, writer.amount)) is not None}


def zero_signs(writer: Writer, body: Expr) -> Note:
    """Where a formula over keys has a sign of 0: what is equal, and the convention."""
    for node in walk(body):
        for argument in children(node) if (convention := at_jump(node)) else ():
            taken: Note = (", at the kink the slope is taken as ", *convention)
            match argument:
                case Add((left, Neg(right))) if writer.holds(Condition(left, "=", right)):
                    return (writer.named(left), " = ", writer.named(right), *taken)
            if writer.holds(Condition(argument, "=", ZERO)):
                return (*_valued(writer, argument), *taken)
    return ()


def weightless(writer: Writer, body: Expr) -> Note:
    """Where a formula over keys has 0 × ln(0), or the 0 / 0 that is its slope: that it counts as 0, and why."""
    for node in walk(body):
        if spelled_out(node) is None:
            continue
        weight, argument = children(node)
        if not writer.evaluate(weight).sign and not writer.evaluate(argument).sign:
            zeros, names = spelled_out(rebuild(node, (ZERO, ZERO))), tuple(map(writer.named, (weight, argument)))
            assert zeros is not None
            weightless, at_zero = (Condition(name, "=", ZERO) for name in names)
            if {*symbols(weight)} & {*symbols(argument)}:
                return (zeros, " counts as 0: the limit of ", rebuild(node, names), " at ", at_zero)
            return (zeros, " counts as 0: where ", weightless, " this term is 0 for every ", names[1])
    return ()


def _compared(writer: Writer, condition: Condition) -> Note:
    """``h2 = -0.5 ≤ 0``, ``a = 1 ≤ 2 = b``: the quantity, its number, and how this compares."""
    left, right = _valued(writer, condition.left), condition.right
    if any(symbols(right)):
        relation, number = writer.equal_to(writer.evaluate(right))
        return (*left, f" {condition.relation} ", number, relation, writer.named(right))
    return left if condition.relation == "=" else (*left, f" {condition.relation} ", right)


def _valued(writer: Writer, body: Expr) -> Note:
    """``h2 = -0.5``."""
    return (writer.named(body), *writer.equal_to(writer.evaluate(body)))
