"""An operation as its textbook formula, with all that there is to know about it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property, partial

from ..expr import ZERO, Add, Cases, Condition, Delta, Expr, Index, Max, Rule, Sym, rename, symbols, total
from ..expr.bind import contains, is_absent, transform
from ..expr.letters import index_letters, plain_letters
from ..record import Record

GENERAL = frozenset({Sym("u"), Sym("v")})
"""Any numbers: a rule over these holds whatever a formula's symbols are called."""


def is_general(part: Expr) -> bool:
    """Whether a part of a rule is about any numbers."""
    return GENERAL.issuperset(symbols(part))


class Same(Record):
    """An equal form of the one before it, and by what rule it is equal: in words, and expressions over its symbols."""

    rule: str | Rule
    form: Expr

    @property
    def words(self) -> Rule:
        """The rule as words and expressions."""
        return (self.rule,) if isinstance(self.rule, str) else self.rule

    def map(self, change: Callable[[Expr], Expr]) -> Same:
        """The same over other symbols, in the form as in the rule."""
        words = tuple(part if isinstance(part, str) or is_general(part) else change(part) for part in self.words)
        return Same(words, change(self.form))


class Parameter(Record):
    """A tensor that a layer learns: ``symbol`` has its default name and, by index letters, its shape (``W["j", "i"]``).

    A network file gives it under ``key``. Where it is ``optional``, a file that does not give it leaves its term out;
    ``shared`` is the key under which one number for all places stands in its stead. ``is_bias``: it is only added, so
    that a penalty on the weights leaves it out.
    """

    symbol: Sym
    key: str
    optional: bool = False
    shared: str | None = None
    is_bias: bool = False


class Need(Record):
    """That a number is above a limit, and why this asks for a quantity."""

    number: Expr
    above: Expr
    reason: str


class Auxiliary(Record):
    """A quantity that a sheet works out before the result, as a line of its own: ``symbol = formula``.

    ``letters`` are what it may be called, the first that the user's names leave free; ``reason`` says what it is for.
    ``needs`` are numbers, each with what it must be above and the reason that holds then: where there are some and none
    of them is, in any sample of a batch, the quantity is 0 and left out of every formula. ``numbered``: whether its
    lines have ids.
    """

    symbol: Sym
    formula: Expr
    letters: str = ""
    reason: str = ""
    needs: tuple[Need, ...] = ()
    numbered: bool = True

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is worked out: one for each of its needs, else what it is for."""
        return tuple(need.reason for need in self.needs) or ((self.reason,) if self.reason else ())

    def operation(self, over: str | None) -> Operation:
        """The line by itself; ``over`` is the letter of a batch's samples."""
        found: Expr = ZERO
        for need in reversed(self.needs):
            number = need.number if over is None else Max(over, need.number)
            found = Cases(Condition(number, ">", need.above), self.formula, found)
        return Operation(self.symbol, self.formula, stable=found if self.needs else None)


class _OperationFields(Record):
    output: Sym
    formula: Expr
    declared: Mapping[str, tuple[Same, ...]] = {}
    stable: Expr | None = None
    program: tuple[Auxiliary, ...] = ()
    equal: tuple[Same, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    sums_to_one: bool = False
    logarithm_of: str = ""
    complements: Mapping[Expr, Expr] = {}
    uncancelled: Mapping[str, Expr] = {}


class Operation(_OperationFields):
    """One textbook formula, ``output = formula``, over its arguments' and its parameters' own symbols.

    ``declared`` gives the partial by an argument in the textbook's forms, where these take algebra that
    ``differentiate`` does not do: each form, with the rule that leads to it, equals the derived one, the last is the
    one that is used; where results mix the argument's elements, the argument has there the index that the formula sums
    over. ``stable`` is an equal formula from which the numbers are computed, where the textbook's would overflow.
    ``program`` are the lines that a sheet works out first; then ``stable`` is the last line, in terms of these.
    ``equal`` are the forms that lead from ``stable`` to ``formula``, which is the last of them. ``parameters`` are the
    tensors that the operation owns. ``sums_to_one``: its results are a distribution; ``logarithm_of``: they are the
    logarithms of the results of that entry. ``complements`` are sums with the output, such as 1 - a, and
    what they come to from the argument or from other outputs, so that nothing cancels. ``uncancelled``
    has a partial that numbers are computed from, where the form that is used cancels.
    """

    @property
    def numeric(self) -> Expr:
        """The formula that the numbers are computed from."""
        return self.formula if self.stable is None else self.stable

    @property
    def sheet_formula(self) -> Expr:
        """The formula that a sheet works out."""
        return self.numeric if self.program else self.formula

    @cached_property
    def arguments(self) -> tuple[str, ...]:
        """The names of what it reads and does not own, in the order of the formula."""
        own = {parameter.symbol.name for parameter in self.parameters}
        return tuple(name for name in dict.fromkeys(one.name for one in _read(self.formula)) if name not in own)

    def argument(self, name: str) -> Sym:
        """An argument or parameter with an index of plain letters, by which it is differentiated.

        They are the formula's own: where results mix an argument's elements, those that it sums over; where it is read
        in several parts otherwise, those that all of them share.
        """
        return Sym(name, self.letters[name])

    def extents(self, name: str, shape: tuple[int, ...]) -> dict[str, int]:
        """How far the letters run by which an argument of this shape is differentiated."""
        return dict(zip(self.letters[name], shape, strict=True))

    @cached_property
    def letters(self) -> dict[str, tuple[str, ...]]:
        """The letters of every argument and parameter; one that is not the formula's own belongs to a single place."""
        used = set(index_letters(self.formula))
        letters: dict[str, tuple[str, ...]] = {}
        for name in dict.fromkeys(one.name for one in _read(self.formula)):
            letters[name] = plain_letters(self._place(name), used)
            used |= set(letters[name])
        return letters

    def _place(self, name: str) -> tuple[Index, ...]:
        found = self._places(name)
        if self.mixes(name):
            return next(index for index in found if index != self.output.index)
        if all(isinstance(one, str) for index in found for one in index):  # each of them runs over all of its axis
            return min(found, key=lambda index: sum(one in self.output.index for one in index))
        return tuple(same[0] if len(set(same)) == 1 else 0 for same in zip(*found, strict=True))

    def _places(self, name: str) -> list[tuple[Index, ...]]:
        return [one.index for one in _read(self.formula) if one.name == name]

    def mixes(self, name: str) -> bool:
        """Whether a result reads an argument at its own place and at others too, as a softmax does."""
        return len({place == self.output.index for place in self._places(name)}) > 1

    def shared(self, name: str) -> set[Index]:
        """The letters that a result has in common with every element of an argument that it reads: j of W[j,i] x[i]."""
        return {
            same[0]
            for same in zip(*self._places(name), strict=True)
            if len(set(same)) == 1 and same[0] in self.output.index
        }

    def is_read_in_ways(self, name: str) -> bool:
        """Whether a result reads an argument's elements in several ways, some of them with a letter of its own that
        others lack: W[j,i] and W[i,j], or as what it mixes."""
        own = {letter for place in self._places(name) for letter in place if letter in self.output.index}
        return not own <= self.shared(name)

    @cached_property
    def is_elementwise(self) -> bool:
        """Whether each result reads one argument, at its own place alone, and the operation owns nothing."""
        read = {(one.name, one.index) for one in _read(self.formula)}
        return not self.parameters and len(read) == 1 and read == {(self.arguments[0], self.output.index)}

    @property
    def reads_whole(self) -> bool:
        """Whether it reads no argument at a place of its own, as what joins parts of several does, nor one twice."""
        joins = contains(self.formula, Delta)
        return not joins and all(isinstance(place, str) for one in _read(self.formula) for place in one.index)

    @property
    def is_identity(self) -> bool:
        """Whether the result is the argument."""
        return isinstance(self.formula, Sym) and self.formula.index == self.output.index

    def over(self, change: Callable[[Expr], Expr]) -> Operation:
        """The operation with every expression changed, its output and its program's symbols among them."""

        def symbol(one: Sym) -> Sym:
            found = change(one)
            assert isinstance(found, Sym)
            return found

        return Operation(
            symbol(self.output),
            change(self.formula),
            {name: tuple(form.map(change) for form in forms) for name, forms in self.declared.items()},
            None if self.stable is None else change(self.stable),
            tuple(
                one._replace(
                    symbol=symbol(one.symbol),
                    formula=change(one.formula),
                    needs=tuple(need._replace(number=change(need.number)) for need in one.needs),
                )
                for one in self.program
            ),
            tuple(one.map(change) for one in self.equal),
            tuple(one._replace(symbol=symbol(one.symbol)) for one in self.parameters),
            self.sums_to_one,
            self.logarithm_of,
            {change(part): change(left) for part, left in self.complements.items()},
            {name: change(form) for name, form in self.uncancelled.items()},
        )

    def with_parameters(self, given: Collection[str]) -> Operation:
        """The operation as a file has it that gives parameters under these keys: one that is optional and not given
        leaves its term out, one that is shared has no index."""
        found = self
        for parameter in self.parameters:
            name = parameter.symbol.name
            if parameter.shared in given:
                found = found.over(lambda node, name=name: rename(node, partial(_shared, name)))  # type: ignore[misc]
            elif parameter.optional and parameter.key not in given:
                kept = tuple(one for one in found.parameters if one.symbol.name != name)
                found = found._replace(formula=_without(found.formula, name), parameters=kept)
        return found


def _read(formula: Expr) -> Iterator[Sym]:
    return (one for one in symbols(formula) if isinstance(one, Sym))


def _shared(name: str, symbol: Expr) -> Expr:
    return Sym(name) if isinstance(symbol, Sym) and symbol.name == name else symbol


def _without(formula: Expr, name: str) -> Expr:
    """A formula without the terms that have a symbol."""
    absent = partial(is_absent, absent=lambda symbol: symbol.name == name)
    return transform(
        formula, lambda node: total(t for t in node.terms if not absent(t)) if isinstance(node, Add) else None
    )
