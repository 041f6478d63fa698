"""The chain rule over paths: one product for each way from the asked quantity to the loss, the largest first."""

from __future__ import annotations

from functools import reduce
from heapq import nlargest

from ...expr import Expr, Partial, Rest, product, terms_of
from ...expr.structure import as_sum
from ...network.model import Element
from ...network.quantities import Quantity
from ...record import Record
from ...trace.amount import NOTHING, Amount, carried, sum_of
from ...trace.update import given_gradient
from ..content.model import Line, Note, Step, listed
from ..formulas.element import Writer
from ..formulas.expansion import Expansion
from ..formulas.gradients import ElementGradients, Summand
from .backward import at_its_place, not_told_apart
from .ids import Ids

Places = set[tuple[Element, Element | None]]
"""Where a path starts and what it reaches first."""
MOST_PATHS = 6
LONGEST_PATH = 16
MOST_EDGES = 20_000
"""How many local derivatives the paths of one quantity may have: beyond, they are not followed."""


class Path(Record):
    """A way from an element to the loss: its edges in this order, and the product of their local derivatives."""

    start: Element
    edges: tuple[Summand, ...]
    size: Amount

    @property
    def elements(self) -> tuple[Element, ...]:
        """The elements passed, without the start and the loss."""
        return tuple(edge.output for edge in self.edges if edge.output is not None)


class MarkedPath(Record):
    """A path for a picture: where it starts, the units that it passes, and what it is, with its number."""

    start: Element
    elements: tuple[Element, ...]
    note: Note


class Found(Record):
    """The largest paths from an element, how many there are in all, and what the others come to."""

    best: list[Path]
    number: int
    rest: Amount


class Paths:
    """The paths of one sheet. Each element's best paths and their number are worked out once.

    What is cut are paths, so no sum on the way is: the gradients are those of a writer of full sums.
    """

    def __init__(self, writer: Writer, ids: Ids) -> None:
        self.writer = writer
        self.network = writer.network
        self.gradients = ElementGradients(Writer(writer.trace, writer.digits, full=True))
        self.ids = ids
        self._best: dict[Element, Found] = {}
        self._edges = 0

    def marked(self, found: Quantity) -> tuple[MarkedPath, ...]:
        """The largest paths of a quantity, each with what tells it apart and its number; none where there are many."""
        followed = self._followed(found)
        if followed is None or not followed.best:
            return ()
        again = not_told_apart((path.start, path.edges[0].reached) for path in followed.best)
        notes = self._notes(followed.best, again) or (("its only path",),)
        sizes = (self.writer.digits.show(path.size).number for path in followed.best)
        return tuple(
            MarkedPath(path.start, path.elements, (*note, ": ", size))
            for path, note, size in zip(followed.best, notes, sizes, strict=True)
        )

    def _followed(self, found: Quantity) -> Found | None:
        """The largest paths of all uses of a quantity; ``None`` where they are not followed."""
        each: list[Found] = []
        for use in found.uses:
            is_given = given_gradient(self.writer.trace, use) is not None
            followed = None if is_given else self.from_element(use)
            if followed is None:
                return None
            each.append(followed)
        return _together(each)

    def step(self, found: Quantity) -> Step | None:
        """∂L/∂quantity over its paths, or ``None`` where these are too long or too many to be written."""
        followed = self._followed(found)
        if followed is None:
            return None
        everything, count, rest = followed
        longest = max((len(path.edges) for path in everything), default=0)
        if longest in (0, 1) or longest > LONGEST_PATH:
            return None
        largest, rest = self._largest(everything, rest)
        if len(largest) < count:
            largest = sorted(largest, key=lambda path: -abs(path.size.number))
        first = found.uses[0]
        writer, value = self.writer, self.writer.trace.total(found)
        again = not_told_apart((path.start, path.edges[0].reached) for path in everything)
        expansion, chain = self._bodies(largest, count, rest, again)
        name = writer.partial(first)
        notes = self._notes(largest, again)
        before = (Line("chain", "=", chain, notes, summands=len(largest) > 1),)
        reason: Note = ()
        if writer.precise is not None:  # carried: the steps of the delta form were rounded, those of a path are not
            official = value
            value = carried(self._sum_of(expansion), self.network.conventions.rounding)
            if value.carried != official.carried:
                rounded = "the delta form, where each step is rounded, gives "
                reason = (rounded, writer.digits.show(official).number)
        return Step(
            self.ids.of("B", first) + "p",
            "paths",
            name,
            writer.lines(expansion, value, before, kind="local"),
            value.number,
            value.exact,
            reason,
        )

    def _sum_of(self, expansion: Expansion) -> Amount:
        """What the products of a path form come to."""
        known, terms = expansion.rests, terms_of(expansion.body)
        return sum_of([known[term] if isinstance(term, Rest) else self.writer.evaluate(term) for term in terms])

    def from_element(self, start: Element) -> Found | None:
        """The largest paths from an element to the loss, and how many there are; ``None`` where these are too many.

        Walks without recursion.
        """
        pending = [start]
        while pending:
            element = pending[-1]
            if element in self._best:
                pending.pop()
                continue
            if self._edges > MOST_EDGES and not self.writer.full:
                return None
            summands = self.gradients.summands(element)[0]
            waiting = [s.output for s in summands if s.output is not None and s.output not in self._best]
            if waiting:
                pending += waiting
                continue
            self._best[element] = self._continued(element, summands)
            self._edges += len(summands)
            pending.pop()
        return self._best[start]

    def _continued(self, element: Element, summands: list[Summand]) -> Found:
        each: list[Found] = []
        for summand in summands:
            local = self.writer.evaluate(summand.local)
            if summand.output is None:
                each.append(Found([Path(element, (summand,), local)], 1, NOTHING))
                continue
            best, count, rest = self._best[summand.output]
            longer = [Path(element, (summand, *path.edges), local.times(path.size)) for path in best]
            each.append(Found(longer, count, local.times(rest)))
        best, count, rest = _together(each)
        best, rest = self._largest(best, rest)
        return Found(best, count, rest)

    def _largest(self, paths: list[Path], rest: Amount) -> tuple[list[Path], Amount]:
        """The largest of some paths, in their order; the others are added to the rest."""
        if self.writer.full or len(paths) <= MOST_PATHS:
            return paths, rest
        kept = {id(path) for path in nlargest(MOST_PATHS, paths, key=lambda path: abs(path.size.number))}
        for path in paths:
            if id(path) not in kept:
                rest = rest.plus(path.size)
        return [path for path in paths if id(path) in kept], rest

    def _bodies(self, paths: list[Path], count: int, rest: Amount, again: Places) -> tuple[Expansion, Expr]:
        """The sum of products of local derivatives over keys, and the same as a chain of ∂/∂ symbols.

        ``again`` are the starts that only their places tell apart.
        """
        products = [product(edge.local for edge in reversed(path.edges)) for path in paths]
        chains = [self._chain(path, again) for path in paths]
        if len(paths) == count:
            return Expansion(as_sum(products)), as_sum(chains)
        others = Rest(count - len(paths), None, "path")
        return Expansion(as_sum([*products, others]), {others: rest}), as_sum([*chains, others])

    def _chain(self, path: Path, again: Places) -> Expr:
        """∂L/∂o1 × ∂o1/∂h3 × …, from the loss back to the start."""
        symbol = self.network.symbol
        factors: list[Expr] = []
        below = path.start
        for edge in path.edges:
            direct = edge.reader.step.is_penalty
            above = self.network.loss_symbol if edge.output is None and not direct else symbol(edge.reached)
            tied = (below, edge.reached) in again
            by = at_its_place(self.network, below) if tied else symbol(below)
            factors.append(Partial(above, by))
            if edge.output is not None:
                below = edge.output
        return product(reversed(factors))

    def _notes(self, paths: list[Path], again: Places) -> tuple[Note, ...]:
        """Which units tell the paths apart: the layers' results that are not on all of them."""
        if len(paths) < 2:
            return ()
        through = [path.elements for path in paths if not path.edges[-1].reader.step.is_penalty]
        common = set(through[0]).intersection(*through[1:]) if len(through) > 1 else set()
        return tuple(self._note(path, common, again) for path in paths)

    def _note(self, path: Path, common: set[Element], again: Places) -> Note:
        own = [element for element in path.elements if element not in common]
        results = [element for element in own if self.writer.naming.is_delta(element.key)] or own
        note: Note = ("via ", *listed(map(self.network.symbol, results)))
        if path.edges[-1].reader.step.is_penalty:
            return ("the penalty",)
        if (path.start, path.edges[0].reached) not in again:
            return note if results else ("directly",)
        place = at_its_place(self.network, path.start)
        return (*note, " as ", place) if results else ("as ", place)


def _together(each: list[Found]) -> Found:
    """The paths of several elements, or by several edges, and what all others come to."""
    best = [path for one in each for path in one.best]
    return Found(best, sum(one.number for one in each), reduce(Amount.plus, (one.rest for one in each), NOTHING))
