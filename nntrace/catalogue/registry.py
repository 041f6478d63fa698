"""Where the catalogue's entries are kept: a decorator for each kind; a function's signature is its options' schema.

An entry is a function that returns formulas. Its ordinary parameters are the options a network file may give
(their defaults and types are the schema); its keyword-only parameters are conventions that the network fills in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, get_args, get_origin

from ..expr import Expr, Num, Rule, Sym


class Same(NamedTuple):
    """An equal form of the one before it, and by what rule it is equal: in words, and expressions over its symbols."""

    rule: str | Rule
    form: Expr

    @property
    def words(self) -> Rule:
        """The rule as words and expressions."""
        return (self.rule,) if isinstance(self.rule, str) else self.rule

    def map(self, change: Callable[[Expr], Expr]) -> Same:
        """The same over other symbols, in the form as in the rule."""
        return Same(tuple(part if isinstance(part, str) else change(part) for part in self.words), change(self.form))


class Operation(NamedTuple):
    """One textbook formula, ``output = formula``, over the arguments' own symbols.

    ``declared`` gives the partial by an argument in the textbook's forms, where these take algebra that
    ``differentiate`` does not do: each form, with the rule that leads to it, equals the derived one, the last is the
    one that is used. ``stable`` is
    an equal formula from which the numbers are computed, where the textbook's would overflow. ``by`` has the argument
    of a declared partial with indices of its own, where it is no elementwise one. ``program`` are the lines that a
    sheet works out first, each a symbol and its formula; then ``stable`` is the last line, in terms of these. ``equal``
    are the forms that lead from ``stable`` to ``formula``, which is the last of them.
    """

    output: Sym
    formula: Expr
    declared: Mapping[str, tuple[Same, ...]] = {}
    stable: Expr | None = None
    by: Mapping[str, Sym] = {}
    program: tuple[tuple[Sym, Expr], ...] = ()
    equal: tuple[Same, ...] = ()

    @property
    def numeric(self) -> Expr:
        """The formula that the numbers are computed from."""
        return self.formula if self.stable is None else self.stable

    @property
    def shown(self) -> Expr:
        """The formula that a sheet works out."""
        return self.numeric if self.program else self.formula


Real = float | Fraction
"""A real option of an entry, as typed where a file gives it."""

Positive = Annotated[Real, "positive"]
"""A real option that makes sense above 0 alone."""

Share = Annotated[Real, "share"]
"""A real option from 0 on that stays below 1, such as how much of a mean is kept."""


def real(value: Real) -> Num:
    """A real number in a formula, with its digits: 0.01, not the float next to it."""
    if isinstance(value, Fraction):
        decimal = Decimal(value.numerator) / Decimal(value.denominator)
        return Num(decimal if Fraction(decimal) == value else value)
    return Num(Decimal(str(value)))


class Fusion(NamedTuple):
    """A loss right after an activation, as one operation: what cancels, and numbers that cannot overflow.

    ``part`` is the loss's part in the activation's argument ``z[k]`` (and its program's symbols), ``derivative`` is
    ∂L/∂z[k] of the sum over the parts, brought to its textbook form; ``normal`` is what this comes to where the
    targets sum to 1. ``equal`` are the forms that lead from ``part`` to the loss's own with the activation written in,
    which is the last of them.
    """

    part: Expr
    derivative: Expr
    normal: Expr | None = None
    equal: tuple[Same, ...] = ()


class Loss(NamedTuple):
    """A loss as what each output ``y[k]`` adds against its target ``t[k]``, and how these are put together.

    ``reduction`` is ``sum`` or ``mean``, over the outputs. ``fused`` has the activations that it cancels against.
    ``targets`` says which targets it takes: ``any`` numbers, ``bits`` from 0 to 1, a distribution over
    ``classes``, or one ``class``.
    """

    part: Expr
    reduction: str
    fused: Mapping[str, Fusion] = {}
    targets: str = "any"


class Option(NamedTuple):
    """One option of an entry: ``type`` is ``number``, ``count``, ``flag`` or ``word``; ``choices`` are a word's.

    ``range`` says which numbers make sense: ``positive`` above 0, ``share`` from 0 on and below 1; empty for any.
    """

    type: str
    default: Any
    choices: tuple[str, ...] = ()
    range: str = ""


class Entry(NamedTuple):
    """One entry of the catalogue."""

    kind: str
    name: str
    aliases: tuple[str, ...]
    build: Callable[..., Any]

    @property
    def summary(self) -> str:
        """The first line of the entry's docstring."""
        return (self.build.__doc__ or "").strip().splitlines()[0]

    def options(self) -> dict[str, Option]:
        """The options a network file may give, read from the function's signature."""
        import inspect

        signature = inspect.signature(self.build, eval_str=True)
        return {
            name: _option(parameter.annotation, parameter.default)
            for name, parameter in signature.parameters.items()
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        }

    def conventions(self) -> tuple[str, ...]:
        """The names of the conventions that the network fills in."""
        code = self.build.__code__
        start = code.co_argcount
        return code.co_varnames[start : start + code.co_kwonlyargcount]


def _option(annotation: Any, default: Any) -> Option:
    if annotation is bool:
        return Option("flag", default)
    if annotation is int:
        return Option("count", default)
    if get_origin(annotation) is Literal:
        return Option("word", default, get_args(annotation))
    return Option("number", default, range="".join(getattr(annotation, "__metadata__", ())))


KINDS: dict[str, dict[str, Entry]] = {"layer": {}, "activation": {}, "loss": {}, "penalty": {}, "optimizer": {}}


Build = TypeVar("Build", bound=Callable[..., Any])


def _decorator(kind: str) -> Callable[..., Callable[[Build], Build]]:
    """A decorator that keeps a function as an entry of this kind, under its own name and these aliases."""

    def register(*aliases: str) -> Callable[[Build], Build]:
        def keep(build: Build) -> Build:
            KINDS[kind][build.__name__] = Entry(kind, build.__name__, aliases, build)
            return build

        return keep

    return register


layer = _decorator("layer")
activation = _decorator("activation")
loss = _decorator("loss")
penalty = _decorator("penalty")
optimizer = _decorator("optimizer")


def names(kind: str) -> tuple[str, ...]:
    """Every word that a network file may write for this kind, aliases included."""
    return tuple(word for entry in KINDS[kind].values() for word in (entry.name, *entry.aliases))


def find(kind: str, word: str) -> Entry | None:
    """The entry of a name or an alias, or ``None``."""
    entries = KINDS[kind]
    return entries.get(word) or next((entry for entry in entries.values() if word in entry.aliases), None)
