"""What a network file says, checked for form: every value keeps its text, its line and its column.

``Spec`` names things as the file does; what the names mean (sizes, ties, numbers) is for ``network``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path

from ..limits import USUAL, Limits
from ..record import Record
from .formula import FormulaPart


class Place(Record):
    """A position in the file, both counted from 1; or the ``option`` of the command that stands in for the file."""

    line: int
    column: int
    option: str = ""


class Irrational(Fraction):
    """The float next to a number that is no fraction, such as the one that ``sqrt(2)`` gives: it is never exact."""

    __slots__ = ()


class Number(Record):
    """A finite number, with the text that was typed: ``0.5``, ``-.5``, ``1e-3``, ``3/4``, ``sqrt(2)``."""

    text: str
    value: Fraction
    place: Place


class Name(Record):
    """A name: letters of any script, digits, ``_`` and primes."""

    text: str
    place: Place


class Null(Record):
    """``null``: no connection."""

    place: Place


class Items(Record):
    """A list of values."""

    items: tuple[Value, ...]
    place: Place

    @property
    def names(self) -> tuple[Name, ...]:
        """Those of its values that are names."""
        return tuple(item for item in self.items if isinstance(item, Name))


class Labelled(Record):
    """Labels and their values, in the order of the file."""

    entries: tuple[tuple[Name, Value], ...]
    place: Place


class File(Record):
    """``{file: w.npy}``; ``key`` names an array of an ``.npz``."""

    path: str
    key: str | None
    place: Place


class Init(Record):
    """``{init: he_normal, seed: 0}``."""

    scheme: str
    options: Mapping[str, Number]
    place: Place


class GivenSize(Record):
    """A size for a value: a count, or a symbol such as ``D_x``; ``one_hot`` is a one-hot target's class, a symbol."""

    size: int | str
    one_hot: str | None
    place: Place


Value = Number | Name | Null | Items | Labelled | File | Init | GivenSize


def inside(*values: Value | None) -> Iterator[Value]:
    """The values and those inside them, in the order of the file."""
    waiting = [value for value in reversed(values) if value is not None]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Items):
            waiting += reversed(value.items)
        elif isinstance(value, Labelled):
            waiting += [inner for _, inner in reversed(value.entries)]
        yield value


class SourceNames(Record):
    """``from:``: what is read, one argument after the other; by the arguments' names where the file gives these.

    Several names for one argument are joined. Names without arguments are one each, or all of them joined for the
    only one that there is.
    """

    arguments: tuple[tuple[Name | None, tuple[Name, ...]], ...]
    place: Place


class TypedFormula(Record):
    """A formula of the file: its text, its parts, and where each of its characters (and its end) stands."""

    text: str
    root: FormulaPart
    places: tuple[Place, ...]


class Layer(Record):
    """One entry of ``layers``: its kind, what names its result (if anything), its parameters by key, its options.

    ``source`` is what it reads where that is not the result before it. A line of ``let`` is one too: its kind is
    ``let``, its result a name, and it has a ``formula``. ``again``: a command repeats the layer before it, whose
    parameters and whose number it has; it draws its own where it says how.
    """

    kind: Name
    result: Value | None = None
    parameters: Mapping[str, Value] = {}
    options: Mapping[str, OptionValue] = {}
    activation: Layer | None = None
    source: SourceNames | None = None
    formula: TypedFormula | None = None
    again: bool = False


class Penalty(Record):
    """``penalty: {l2: 0.01, on: all}``: each kind with its factor, a number or a symbol for one.

    ``on`` is ``weights``, ``all`` (the biases too) or the names of parameters; ``name`` and ``data`` are what the file
    calls the penalty and the loss without it.
    """

    kinds: tuple[tuple[Name, Number | Name], ...]
    on: str | tuple[Name, ...]
    name: Name | None
    data: Name | None
    place: Place

    @property
    def symbols(self) -> tuple[Name, ...]:
        """The factors that have no number."""
        return tuple(factor for _, factor in self.kinds if isinstance(factor, Name))


class LossSpec(Record):
    """``loss: {half_squared_error: MSE, parts: [...]}``. ``name`` is ``None`` where the file gives none.

    ``upstream`` has the gradients by the outputs where these are given and the loss is not; ``source`` is what it
    reads where that is not the last result. Of ``loss: f`` the ``result`` is f, and the kind says so too.
    ``class_weights`` say how much each class counts.
    """

    kind: Name
    name: Name | None = None
    parts: tuple[Name, ...] = ()
    over_outputs: str | None = None
    over_samples: str = "mean"
    options: Mapping[str, OptionValue] = {}
    penalty: Penalty | None = None
    upstream: Value | None = None
    source: SourceNames | None = None
    result: Name | None = None
    class_weights: Value | None = None


class Inside(Record):
    """``{inside: 1e-8}``: a small number that stands under a root, not beside it."""

    number: Number

    @property
    def text(self) -> str:
        """As the file has it."""
        return f"{{inside: {self.number.text}}}"


OptionValue = Number | Name | Inside


class Chosen(Record):
    """A kind of the catalogue with its options, as ``{step: {every: 10, times: 0.5}}``."""

    kind: Name
    options: Mapping[str, OptionValue]


class Optimizer(Record):
    """``optimizer: adam`` or ``optimizer: {momentum: {beta: 0.9, start: {v: 0.1}}}``.

    ``start`` has the states, each a number or a table by parameters, and ``t``, the count of steps. ``place`` is where
    the file has the value of its key; ``None`` where it has no such key.
    """

    kind: Name
    options: Mapping[str, OptionValue]
    start: Labelled | None
    place: Place | None


class LearningRate(Record):
    """``0.1``, or ``{default: 0.1, W2: 0.01}``, a list for one step after another, or a ``schedule`` from a start.

    ``first`` is the number, the default, the first of the list or the start; ``others`` are by tensor or result.
    ``per`` is what a schedule or a list counts, ``epoch`` or ``iteration``, where the file says so.
    """

    first: Number
    others: tuple[tuple[Name, Number], ...] = ()
    listed: tuple[Number, ...] = ()
    schedule: Chosen | None = None
    per: str | None = None


class Passes(Record):
    """How often the samples are gone through: so many ``iterations`` or ``epochs`` (one at most is given), in steps of
    ``samples_per_step`` (``None``: of all), in an order drawn anew for each epoch with the seed ``shuffle``."""

    iterations: Number | None = None
    epochs: Number | None = None
    samples_per_step: Number | None = None
    shuffle: Number | None = None


class Split(Record):
    """``{split: 0.2, seed: 7}``: the share of the samples that a training is validated with, drawn by a seed."""

    share: Number
    seed: Number | None
    place: Place


class Validation(Record):
    """``samples`` are the other samples: rows, a file or a split; ``None`` where there are none. A training ends when
    these (without any, its own) have not become better for ``patience`` epochs; ``restore`` says which parameters it
    leaves then, the ``best`` or the ``last``."""

    samples: Value | Split | None = None
    patience: Number | None = None
    restore: str = "last"


class Rounding(Record):
    """``full`` (``places`` is ``None``), or ``carry``: each result is rounded to ``places`` decimals (keeping at
    least ``at_least`` significant digits), or to ``places`` significant digits."""

    places: int | None = None
    significant: bool = False
    at_least: int = 3


class Conventions(Record):
    """The conventions of a file, each with its default. ``bounded``: somebody has asked for so many ``digits``, or
    ``decimals``, so that they hold for every number that is computed."""

    vectors: str = "columns"
    relu_at_zero: int = 0
    log: str = "e"
    rounding: Rounding = Rounding()
    digits: int = 6
    decimals: int | None = None
    bounded: bool = False


class Spec(Record):
    """One network file. ``lines`` is its text, for messages; ``folder`` is where relative files are looked for;
    ``places`` has the place of each top-level key that the file gives; ``limits`` hold for what it describes."""

    source: str
    lines: tuple[str, ...]
    folder: Path | None
    title: str | None = None
    inputs: Value | None = None
    targets: Value | None = None
    samples: Value | None = None
    layers: tuple[Layer, ...] = ()
    loss: LossSpec | None = None
    penalty: Penalty | None = None
    report: tuple[LossSpec, ...] = ()
    values: Labelled = Labelled((), Place(1, 1))
    frozen: tuple[Name, ...] = ()
    learning_rate: LearningRate | None = None
    passes: Passes = Passes()
    validation: Validation = Validation()
    optimizer: Optimizer | None = None
    clip: Chosen | None = None
    parameters: Labelled | None = None
    gradients: Labelled | None = None
    conventions: Conventions = Conventions()
    places: Mapping[str, Place] = {}
    limits: Limits = USUAL
