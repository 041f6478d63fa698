"""Where the catalogue's entries are kept: a decorator for each kind; a function's signature is its options' schema.

An entry is a function that returns formulas. Its ordinary parameters are the options a network file may give
(their defaults and types are the schema); its keyword-only parameters are conventions that the network fills in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args, get_origin

from ..expr import Expr, Num, Sym, symbols
from ..expr.simplify import constant
from ..record import Record
from .operation import Operation, Parameter, Same

if TYPE_CHECKING:
    import inspect

Real = float | Fraction
"""A real option of an entry, as typed where a file gives it."""

Positive = Annotated[Real, "positive"]
"""A real option that makes sense above 0 alone."""

Share = Annotated[Real, "share"]
"""A real option from 0 on that stays below 1, such as how much of a mean is kept."""

NotNegative = Annotated[Real, "not negative"]
"""A real option from 0 on."""


class Under(Record):
    """The small number of a quotient where it stands under the root: √(v + ε), not √v + ε."""

    value: Real


Epsilon = Annotated[Real | Under, "epsilon"]
"""The small number beside a root, or under it."""


LONGEST_WHOLE = 20
"""A whole number with more digits behind its first is written with a power of ten."""


def real(value: Real) -> Expr:
    """A real number in a formula, with its digits: 0.01, not the float next to it; one that does not end as 1/3."""
    if isinstance(value, Fraction):
        decimal = Decimal(value.numerator) / Decimal(value.denominator)
        decimal = decimal.normalize() if decimal.adjusted() > LONGEST_WHOLE else decimal  # 10³⁰⁰, not with its zeros
        return Num(decimal) if Fraction(decimal) == value else constant(value)
    return Num(Decimal(str(value)))


OUTPUT, TARGET, LOGIT = "y", "t", "z"
"""What the formulas of losses call what they read: an output, its target, and the argument of an activation that they
cancel against."""


class Fusion(Record):
    """A loss right after an activation, as one operation: what cancels, and numbers that cannot overflow.

    ``part`` is the loss's part in the activation's argument ``z[k]`` (and its program's symbols), ``derivative`` is
    ∂L/∂z[k] of the sum over the parts, brought to its textbook form; ``normal`` is what this comes to where the
    targets sum to 1. ``uncancelled`` is the derivative that numbers are computed from, beside ``normal`` only where one
    target is 1 and the others 0. ``equal`` are the forms that lead from ``part`` to the loss's own with the activation
    written in, which is the last of them.
    """

    part: Expr
    derivative: Expr
    uncancelled: Expr | None = None
    normal: Expr | None = None
    equal: tuple[Same, ...] = ()


class Loss(Record):
    """A loss of outputs ``y[k]`` against their targets ``t[k]``.

    ``part`` is what each output adds, and ``reduction`` (``sum`` or ``mean``) puts these together; where the
    reduction is ``whole``, ``part`` is the loss of all outputs, which is no sum over them. ``fused`` has the
    activations that it cancels against. ``targets`` says which targets it takes: ``any`` numbers, ``bits`` from 0 to
    1, a distribution over ``classes``, or one ``class``. ``after`` is the activation that gives outputs between 0 and
    1, where the loss takes no others. ``only_mistakes``: it is learned from one sample after another, until a pass over
    them makes no mistake.
    """

    part: Expr
    reduction: str
    fused: Mapping[str, Fusion] = {}
    targets: str = "any"
    after: str = ""
    only_mistakes: bool = False

    @property
    def reads_argument(self) -> bool:
        """Whether it takes what the last activation takes, beside its result, which is then held fixed."""
        return any(isinstance(one, Sym) and one.name == LOGIT for one in symbols(self.part))

    @property
    def is_joint(self) -> bool:
        """Whether it is no sum over the outputs, so that no output has a part of its own."""
        return self.reduction == "whole"


NEEDED = object()
"""In place of a default: the option must be given."""


class Option(Record):
    """One option of an entry: ``type`` is ``number``, ``count``, ``flag`` or ``word``; ``choices`` are a word's.

    ``range`` says which numbers make sense: ``positive`` above 0, ``not negative`` from 0 on, ``share`` from 0 on and
    below 1; empty for any. An ``epsilon`` is not negative, and may stand ``{inside: 1e-8}`` a root.
    """

    type: str
    default: Any
    choices: tuple[str, ...] = ()
    range: str = ""

    @property
    def is_needed(self) -> bool:
        """Whether the entry has no default for it."""
        return self.default is NEEDED

    @property
    def example(self) -> Any:
        """Some value that it may have."""
        return self.choices[0] if self.choices else 1


class Entry(Record):
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
        return {
            name: _option(parameter.annotation, NEEDED if parameter.default is parameter.empty else parameter.default)
            for name, parameter in self._signature().parameters.items()
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        }

    def result(self) -> Any:
        """The type of what the function returns, as its signature says."""
        return self._signature().return_annotation

    def _signature(self) -> inspect.Signature:
        from inspect import signature

        return signature(self.build, eval_str=True)

    def needed(self) -> list[str]:
        """The options that a file must give."""
        return [name for name, option in self.options().items() if option.is_needed]

    def example(self) -> Any:
        """It for some values of the options that it needs."""
        code, defaults = self.build.__code__, self.build.__defaults__ or ()
        needed = {}
        if code.co_argcount > len(defaults):
            needed = {name: option.example for name, option in self.options().items() if option.is_needed}
        return self.build(**needed)

    def parameters(self) -> tuple[Parameter, ...]:
        """The tensors that an operation of this entry owns, whatever its options are."""
        built = self.example()
        return built.parameters if isinstance(built, Operation) else ()

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


KINDS: dict[str, dict[str, Entry]] = {
    "layer": {},
    "activation": {},
    "loss": {},
    "penalty": {},
    "optimizer": {},
    "schedule": {},
    "clip": {},
    "init": {},
}


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
schedule = _decorator("schedule")
clip = _decorator("clip")
scheme = _decorator("init")


def names(kind: str) -> tuple[str, ...]:
    """Every word that a network file may write for this kind, aliases included."""
    return tuple(word for entry in KINDS[kind].values() for word in (entry.name, *entry.aliases))


def find(kind: str, word: str) -> Entry | None:
    """The entry of a name or an alias, or ``None``."""
    entries = KINDS[kind]
    return entries.get(word) or next((entry for entry in entries.values() if word in entry.aliases), None)


def known(kind: str, word: str) -> Entry:
    """The entry of a word that was found before."""
    entry = find(kind, word)
    assert entry is not None
    return entry
