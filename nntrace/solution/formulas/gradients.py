"""What the gradient by one element is made of: its addends, read from the chain rule's adjoints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ...expr import (
    ONE,
    ZERO,
    Add,
    Condition,
    Expr,
    Index,
    Mul,
    Neg,
    Num,
    Partial,
    Rest,
    Sym,
    product,
    rename,
    simplify,
    total,
)
from ...expr.bind import transform
from ...expr.structure import is_zero, negative
from ...network.chain_rule import LOSS, ChainRule, Reader
from ...network.model import Cell, Element, Network
from ...record import Record
from ...trace.amount import Amount
from .element import Writer
from .expansion import Expansion

_Locals = list[tuple[Element | None, Expr]]


class Summand(Record):
    """One addend of ∂L/∂use, over keys: ∂L/∂output × local. ``output`` is ``None`` next to the loss itself.

    A ``Rest`` stands for the addends left out of a long sum: then ``local`` is that, and nothing else counts.
    ``decided`` are the conditions that chose between cases, ``cases`` how each of the formula turned out.
    """

    use: Element
    reader: Reader
    output: Element | None
    local: Expr
    decided: tuple[tuple[Condition, bool], ...] = ()
    cases: tuple[bool, ...] = ()

    @property
    def reached(self) -> Element:
        """What the local derivative is of: the output, or next to the loss the term of it."""
        return Element(self.reader.step.output, ()) if self.output is None else self.output

    @property
    def body(self) -> Expr:
        """The addend as it stands in the formula."""
        if self.output is None:
            return self.local
        return product((Partial(LOSS, Sym(self.output.key, self.output.cell)), self.local))


class ElementGradients:
    """The chain rule at one element: what a gradient is made of, read from the adjoints of the steps."""

    def __init__(self, writer: Writer, everywhere: bool = False) -> None:
        self.writer = writer
        self.network: Network = writer.network
        self._known: dict[Element, tuple[list[Summand], Mapping[Expr, Amount]]] = {}
        self.chain = ChainRule(self.network, everywhere)

    def summands(self, use: Element) -> tuple[list[Summand], Mapping[Expr, Amount]]:
        """The addends of ∂L/∂element through this one use, and what the parts left out of long sums come to."""
        if use not in self._known:
            self._known[use] = self._summands(use)
        return self._known[use]

    def _summands(self, use: Element) -> tuple[list[Summand], Mapping[Expr, Amount]]:
        found: list[Summand] = []
        rests: dict[Expr, Amount] = {}
        for reader in self.chain.readers(use.key):
            expansion, addends = self._addends(reader, use.cell)
            cases = tuple(held for _, held in expansion.decided)
            rests.update(expansion.rests)
            for output, local in addends:
                if not is_zero(local):
                    found.append(Summand(use, reader, output, local, expansion.deciding, cases))
        return found, rests

    def _addends(self, reader: Reader, cell: Cell) -> tuple[Expansion, _Locals]:
        """What comes back by a reader: each addend as the output that it comes from, and the local derivative."""
        derived, declared = self.chain.adjoint(reader), reader.is_declared or self.chain.is_given(reader)
        expansion, locals_of = self._by_output(derived.formula if declared else derived.derived, reader, cell)
        return expansion, [(output, local if declared else simplify(local)) for output, local in locals_of]

    def general(self, key: str) -> tuple[list[Summand], tuple[Index, ...]] | None:
        """The addends of ∂L/∂tensor with its indices left free, and these; ``None`` where the cell makes a difference.

        That is so where several steps read the tensor, or one that distinguishes cases or the places of a Jacobian.
        """
        readers = self.chain.readers(key)
        if len(readers) != 1 or readers[0].step.bypassed or readers[0].tells_places_apart:
            return None
        (reader,) = readers
        if self.network.tensors[reader.step.output].role == "loss":
            return None
        expansion, addends = self._addends(reader, ())
        outputs = [output.cell for output, _ in addends if output is not None]
        several = len(addends) > 1 and any(isinstance(index, str) for cell in outputs for index in cell)
        if expansion.rests or expansion.decided or len(outputs) < len(addends) or several:
            return None
        found = [Summand(Element(key, ()), reader, output, local) for output, local in addends]
        return found, self.chain.adjoint(reader).argument.index

    def forms(self, summand: Summand) -> tuple[Expr, ...]:
        """A local derivative from what the rules give to what is used; a single form needs no derivation."""
        reader = summand.reader
        if reader.leads_past:
            return (*self._uncancelled(summand), summand.local)
        _, locals_of = self._by_output(self.chain.adjoint(reader).derived, reader, summand.use.cell)
        derived = dict(locals_of).get(summand.output)
        if derived is None:  # nothing is left of it: the declared form says so by itself
            return (summand.local,)
        short = simplify(derived)
        if isinstance(derived, Mul) and isinstance(short, Mul) and Counter(derived.factors) == Counter(short.factors):
            derived = short  # the same factors in another order
        return tuple({_as_written(form): form for form in (derived, short, summand.local)}.values())

    def _uncancelled(self, summand: Summand) -> tuple[Expr, ...]:
        """A fused loss's long form: Σ_k ∂L/∂y_k × ∂y_k/∂z, as symbols and with the local derivatives written in."""
        loss = summand.reader.step
        result = loss.key(loss.bypassed[0].argument)
        activation = self.network.made_by[result]
        reader = Reader(activation, activation.edges[0])
        expansion = self._at_cell(self.chain.adjoint(reader).formula, reader, summand.use.cell)
        if expansion.rests:
            return ()
        chain: list[Expr] = []
        long: list[Expr] = []
        for term in _terms(expansion.body):
            output, local = _chained(term)
            assert output is not None
            before = total(one.body for one in self.summands(output)[0])
            if before != ZERO:
                by = Sym(summand.use.key, summand.use.cell)
                chain.append(product((Partial(LOSS, Sym(*output)), Partial(Sym(*output), by))))
                long.append(product((before, local)))
        return total(chain), total(long)

    def _by_output(self, formula: Expr, reader: Reader, cell: Cell) -> tuple[Expansion, _Locals]:
        """A formula of what comes back, and each output in it with all of ∂output/∂argument, be it in several
        addends."""
        expansion = self._at_cell(formula, reader, cell)
        found: dict[Element | int, list[Expr]] = {}
        for place, term in enumerate(_terms(self._with_parts_inlined(expansion.body))):
            output, local = _chained(term)
            found.setdefault(place if output is None else output, []).append(local)
        return expansion, [(None if isinstance(key, int) else key, total(addends)) for key, addends in found.items()]

    def _at_cell(self, formula: Expr, reader: Reader, cell: Cell) -> Expansion:
        """A formula of a reader for one cell of what it reads; without a cell, its indices are left free."""
        index = dict(zip(self.chain.adjoint(reader).axes, cell, strict=bool(cell)))
        return self.writer.write(formula, reader.step, index)

    def _with_parts_inlined(self, body: Expr) -> Expr:
        """The parts of a loss have no steps of their own: ∂L/∂part is written in as it is, 1 or 1/n."""

        def inline(symbol: Sym | Partial) -> Expr:
            if isinstance(symbol, Partial) and self.network.tensors[symbol.by.name].role == "loss":
                if symbol.by.name == self.network.loss:
                    return ONE
                element = Element(symbol.by.name, symbol.by.index)  # type: ignore[arg-type]
                return total(summand.body for summand in self.summands(element)[0])
            return symbol

        return _without_ones(rename(body, inline))


def _as_written(body: Expr) -> Expr:
    """The same for what is written the same: a negative number, and the negative of a number."""
    return transform(
        body, lambda node: negative(node.body) if isinstance(node, Neg) and isinstance(node.body, Num) else None
    )


def _without_ones(body: Expr) -> Expr:
    if isinstance(body, Add):
        return total(_without_ones(term) for term in body.terms)
    return product(body.factors) if isinstance(body, Mul) else body


def _terms(body: Expr) -> tuple[Expr, ...]:
    """The addends of a gradient; one that starts at the loss is a single local derivative, whatever its shape."""
    if isinstance(body, Add) and all(isinstance(term, Rest) or _chained(term)[0] for term in body.terms):
        return body.terms
    return (body,)


def _chained(term: Expr) -> tuple[Element | None, Expr]:
    """An addend as (the output that ∂L/∂output is of, the local derivative)."""
    first, *others = term.factors if isinstance(term, Mul) else (term,)
    if isinstance(first, Partial):
        return Element(first.by.name, first.by.index), product(others)  # type: ignore[arg-type]
    return None, term
