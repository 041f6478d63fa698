"""Random network files, each with a plain description of what it says. Nothing here goes through nntrace's reader.

``generate(seed)`` draws one; ``networks()`` is the same as a hypothesis strategy. Kinds, aliases and options come from
the catalogue, so an entry is drawn from the day it is added. What an entry needs beside it (targets of a certain sort,
a certain activation in front) stands in the tables below.

To draw more (samples, reports): a field in ``Network``, a method in ``_Drawing`` that sets it and adds lines
to the text, and its meaning in ``oracle``.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import formulas
from hypothesis import strategies as st

from nntrace.catalogue import KINDS, Entry

TARGETS = {"binary_cross_entropy": "binary", "perceptron": "binary", "cross_entropy": "one hot", "hinge": "one hot"}
"""The losses that want targets of their own sort; a one-hot target may be the name of an element of the last result."""
IN_FRONT = {"binary_cross_entropy": "sigmoid", "perceptron": "step", "cross_entropy": "softmax"}
"""The activation that a loss wants in front of it."""
OF_ANY_OUTPUTS = [name for name, entry in KINDS["loss"].items() if not entry.build().reads_argument]
"""The losses that do not ask for a certain activation before them."""
OPTIONS: dict[str, tuple[Fraction, ...]] = {}
"""Where an option may not be just any positive number: those to draw from."""

MOST_LAYERS, MOST_UNITS = 6, 5
DRAWN = int(os.environ.get("NETWORKS", "24"))
"""How many networks a property is tried on: ``NETWORKS=1000 pytest …`` for a long run."""


def share_of_drawn(share: float) -> int:
    """How many of them a property is tried on that takes long: this share in a short run, all in a long one."""
    return DRAWN if "NETWORKS" in os.environ else math.ceil(share * DRAWN)


@dataclass(frozen=True)
class Layer:
    """One entry: its result's names; for one with weights, ``weights[unit][input]`` and ``biases[unit]`` by name.

    ``reads`` are the names of each argument's elements, ``whole`` says that they are one tensor's as it is. A line of
    ``let`` has a ``formula``, and no ``reads``.
    """

    kind: str
    units: tuple[str, ...]
    reads: tuple[tuple[str, ...], ...]
    options: dict[str, Any] = field(default_factory=dict)
    weights: tuple[tuple[str | None, ...], ...] | None = None
    biases: tuple[str | None, ...] = ()
    whole: bool = True
    formula: formulas.Tree | None = None


@dataclass(frozen=True)
class Loss:
    """The loss: its name, what parts are called if anything, ``sum`` or ``mean`` where the file says it."""

    kind: str
    name: str
    parts: tuple[str, ...] = ()
    over_outputs: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    reads: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Penalty:
    """The penalty on the loss: each kind with its factor, the parameters that count, what its two terms are called."""

    kinds: dict[str, Fraction]
    on: tuple[str, ...]
    name: str
    data: str


@dataclass(frozen=True)
class Network:
    """What the file says, by the names that a sheet prints."""

    text: str
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    layers: tuple[Layer, ...]
    loss: Loss
    penalty: Penalty | None
    numbers: dict[str, Fraction]
    parameters: tuple[str, ...]
    frozen: frozenset[str]
    rate: Fraction
    kink: int
    digits: int
    integers: bool

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names that the loss reads."""
        if self.loss.reads is not None:
            return self.loss.reads
        return self.layers[-1].units if self.layers else self.inputs

    @property
    def units(self) -> tuple[str, ...]:
        """Every layer's results."""
        return tuple(name for layer in self.layers for name in layer.units)

    @property
    def learned(self) -> tuple[str, ...]:
        """The parameters that an update changes."""
        return tuple(name for name in self.parameters if name not in self.frozen)


SCRIPTS = (
    ("w", "h", "b", "i", "t", "net_", "out_", "θ", "Wxh_", "a_b", "E_", "d", "e", "v'", "lnx", "max_"),
    ("вес", "слой", "β", "ŷ", "é", "ß", "ñ"),
    ("权重", "隠れ層", "وزن", "क", "ω̂"),
)


def generate(seed: int) -> Network:
    """The network of a seed."""
    return _Drawing(random.Random(seed)).network()


def networks() -> st.SearchStrategy[Network]:
    """The same for hypothesis; a failing example shows its text."""
    return st.integers(0, 2**32 - 1).map(generate)


class _Drawing:
    def __init__(self, random: random.Random) -> None:
        self.random = random
        self.integers = random.random() < 0.1
        self.rows = random.random() < 0.3
        self.kink = int(random.random() < 0.3)
        self.scripts = random.choice((SCRIPTS[:1], SCRIPTS[:1], SCRIPTS[:2], SCRIPTS))
        self.ending = random.random() < 0.4
        """Decimals only, so that everything stays exact for long."""
        self.names = 9  # no W1, b1: those are default names
        self.numbers: dict[str, Fraction] = {}
        self.typed: dict[str, str] = {}
        self.values: dict[str, str] = {}
        self.values_tensors: dict[str, str] = {}
        self.tensors: dict[str, tuple[tuple[str | None, ...], ...]] = {}
        self.scalars: list[str] = []
        """The user's own parameter names, to be tied."""
        self.parameters: list[str] = []
        self.level = 0
        self.layers: list[Layer] = []
        self.lines: list[str] = []
        self.is_graph = random.random() < 0.6
        """Whether layers read other than the result before them."""
        self.wholes: dict[str, tuple[str, ...]] = {}
        """Each input or result that has a name as a tensor."""
        self.activated_units: set[str] = set()
        self.formula_parameters: list[str] = []
        self.own_tensors: list[str] = []
        self.is_of_weights = False
        """Whether the penalty is on the weights, whatever they are called."""

    # ------------------------------------------------------------------------------------------------------- drawing

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def fresh(self, base: str | None = None) -> str:
        """A name that nothing has yet."""
        self.names += 1
        return f"{base or self.random.choice(self.random.choice(self.scripts))}{self.names}"

    def number(self, value: Fraction | None = None) -> str:
        """A number as it is typed, in every form there is."""
        choose = self.random
        if value is None:
            if self.integers:
                return choose.choice(("-3", "-2", "-1", "0", "1", "2", "3", "+2"))
            form = choose.randrange(12)
            sign = choose.choice(("", "-"))
            if form == 0:
                return sign + str(choose.randint(0, 3))
            if form == 1 and not self.ending:
                return f"{sign}{choose.randint(0, 7)}/{choose.randint(1, 9)}"
            if form == 2:
                return f"{sign}.{choose.randint(0, 99)}"
            if form == 3:
                return f"{sign}{choose.randint(1, 20)}e-{choose.randint(1, 5)}"
            if form == 4:
                return f"{sign}{choose.randint(0, 2)}.{choose.randint(0, 9)}0"
            if form == 5:
                return choose.choice(("0", "0.0", "-0.0", "5.", "+1.5", "1E0", "-.5", "0.25e1"))
            if form == 6 and not self.ending:
                return f"{sign}{choose.random():.{choose.randint(5, 13)}f}"
            return f"{sign}{choose.choice((0, 0, 1, 2))}.{choose.randint(1, 99):02}"
        if value.denominator == 1:
            return str(value)
        places = 0
        while (value * 10**places).denominator != 1:
            places += 1
            if places > 30:
                return f"{value.numerator}/{value.denominator}"
        digits = f"{abs(int(value * 10**places)):0{places + 1}}"
        return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"

    def keep(self, name: str, typed: str) -> str:
        """Give a name its number."""
        self.numbers[name] = Fraction(typed)
        self.typed[name] = typed
        return typed

    def scalar(self, name: str) -> str:
        """A number for a new name of the user's, inline: ``w: 0.5``."""
        return f"{quoted(name)}: {self.keep(name, self.number())}"

    def options(self, entry: Entry) -> dict[str, Any]:
        drawn: dict[str, Any] = {}
        for name, option in entry.options().items():
            if self.chance(0.5):
                continue
            if option.type == "word":
                drawn[name] = self.random.choice(option.choices)
            elif option.type == "flag":
                drawn[name] = self.random.choice(("true", "false"))
            elif option.type == "count":
                drawn[name] = Fraction(self.random.randint(1, 3))
            else:
                known = OPTIONS.get(
                    name, (Fraction(1, 100), Fraction(1, 5), Fraction(1, 2), Fraction(1), Fraction(3, 2))
                )
                drawn[name] = self.random.choice(known)
        return drawn

    def word(self, entry: Entry) -> str:
        """The entry's name, or an alias of it."""
        return self.random.choice((entry.name, *entry.aliases))

    # -------------------------------------------------------------------------------------------------------- layout

    def network(self) -> Network:
        random = self.random
        if self.chance(0.3):
            self.lines.append("title: A network, drawn at random")
        self.inputs = self.given("inputs", random.randint(1, MOST_UNITS), "x")
        loss = random.choice(list(KINDS["loss"].values()))
        self.stack(IN_FRONT.get(loss.name))
        outputs = self.layers[-1].units if self.layers else self.inputs
        read = self.source() if loss.name not in IN_FRONT and self.is_graph and self.chance(0.2) else None
        if read is not None:
            outputs = read[1]
        if loss.name == "hinge" and len(outputs) == 1:  # it is over the classes beside the right one
            loss = KINDS["loss"]["squared_error"]
        sort = TARGETS.get(loss.name)
        if sort == "one hot" and self.chance(0.5) and "[" not in outputs[0] and self.layers and read is None:
            chosen = random.randrange(len(outputs))
            self.lines.append(f"targets: {outputs[chosen]}")
            targets = tuple(f"y[{place + 1}]" for place in range(len(outputs)))
            self.numbers.update({name: Fraction(place == chosen) for place, name in enumerate(targets)})
        else:
            hot = random.randrange(len(outputs))
            numbers = {
                None: None,
                "binary": [random.choice("01") for _ in outputs],
                "one hot": ["1" if place == hot else "0" for place in range(len(outputs))],
            }[sort]
            targets = self.given("targets", len(outputs), "y", numbers)
        described, penalty = self.loss(loss, len(outputs), read)
        frozen, penalty = self.frozen(penalty)
        rate = random.choice(("1", "2")) if self.integers else random.choice(("0.1", "1/3", "1e-2", "0.5", ".05"))
        if self.chance(0.9):
            self.lines.append(f"learning_rate: {rate}")
        else:
            rate = "0.1"
        digits = 6
        if self.kink:
            self.lines.append("relu_at_zero: 1")
        if self.rows:
            self.lines.append("vectors: rows")
        if self.chance(0.15):
            digits = random.randint(3, 9)
            self.lines.append(f"digits: {digits}")
        table = [f"{quoted(name)}: {typed}" for name, typed in {**self.values, **self.values_tensors}.items()]
        if table:
            self.lines.append(f"values: {{{', '.join(table)}}}")
        if self.chance(0.3):
            random.shuffle(self.lines)
        given = {*self.inputs, *targets}
        return Network(
            "\n".join(self.lines) + "\n",
            self.inputs,
            targets,
            tuple(self.layers),
            described,
            penalty,
            self.numbers,
            tuple(dict.fromkeys(self.parameters)),
            frozenset(frozen | {name for name in self.parameters if name in given}),
            Fraction(rate),
            self.kink,
            digits,
            all(typed.lstrip("+-").isdigit() for typed in self.typed.values()),
        )

    def given(self, key: str, count: int, default: str, numbers: list[str] | None = None) -> tuple[str, ...]:
        """``inputs`` or ``targets`` in one of their forms."""
        typed = numbers or [self.number() for _ in range(count)]
        form = self.random.choice(("table", "table", "list", "tensor", "names"))
        if form == "table":
            names = tuple(self.fresh() for _ in typed)
            written = (
                "{" + ", ".join(f"{quoted(name)}: {number}" for name, number in zip(names, typed, strict=False)) + "}"
            )
        elif form == "names":
            names = tuple(self.fresh() for _ in typed)
            written = f"[{', '.join(map(quoted, names))}]"
            self.values.update(zip(names, typed, strict=False))
        else:
            tensor = self.fresh() if form == "tensor" else default
            names = tuple(f"{tensor}[{place + 1}]" for place in range(count))
            written = f"[{', '.join(typed)}]"
            if form == "tensor":
                written = f"{{{quoted(tensor)}: {written}}}"
        self.lines.append(f"{key}: {written}")
        for name, number in zip(names, typed, strict=False):
            self.keep(name, number)
        if key == "inputs":
            self.wholes[tensor if form in ("list", "tensor") else default] = names
        return names

    def stack(self, last: str | None) -> None:
        """The list of layers, ``last`` at its end if anything."""
        written: list[str] = []
        count = 0 if self.chance(0.02) else self.random.randint(1, MOST_LAYERS)
        names = self.inputs
        while len(self.layers) < count - (last is not None):
            if self.is_graph and self.chance(0.35):
                names = self.formula(written) if self.chance(0.5) else self.joining(names, written)
            elif self.chance(0.65):
                names = self.weighted(names, written, len(self.layers) < count - 1 - (last is not None))
            else:
                entry = self.random.choice(list(KINDS["activation"].values()))
                names = self.activation(entry, names, written)
        if last is not None and (not self.layers or self.layers[-1].kind != last or not self.layers[-1].whole):
            joined = last != IN_FRONT["perceptron"]
            if not joined and self.is_single(names):
                names = self.joining(names, written, "concat")
            self.activation(KINDS["activation"][last], names, written, joined)
        self.lines.append("layers:" + ("".join(f"\n  {line}" for line in written) if written else " []"))

    def source(self, least: int = 1, distinct: bool = False) -> tuple[str, tuple[str, ...], bool]:
        """What ``from:`` may have, the elements of it, and whether it is one tensor as it is."""
        units = [name for names in (self.inputs, *(layer.units for layer in self.layers)) for name in names]
        if self.chance(0.5):
            name = self.random.choice(list(self.wholes))
            if len(self.wholes[name]) >= least and (len(self.wholes[name]) > 1 or name not in self.wholes[name]):
                return self.random.choice((quoted(name), f"[{quoted(name)}]")), self.wholes[name], True
        parts: list[str] = []
        elements: list[str] = []
        wanted = self.random.randint(1, 4)
        for _ in range(50):
            name = self.random.choice([*self.wholes, *units, *units])
            own = self.wholes.get(name, (name,))
            if not (distinct and set(own) & set(elements)) and len(elements) + len(own) <= 2 * MOST_UNITS:
                parts.append(name)
                elements += own
            if len(parts) >= wanted and len(elements) >= least:
                break
        return f"[{', '.join(map(quoted, parts))}]", tuple(elements), False

    def is_single(self, names: tuple[str, ...]) -> bool:
        """Whether a result is a formula's single number, and no vector of one."""
        return (
            bool(self.layers)
            and self.layers[-1].formula is not None
            and self.layers[-1].units == names[:1] == names
            and "[" not in names[0]
        )

    def joining(self, names: tuple[str, ...], written: list[str], kind: str = "") -> tuple[str, ...]:
        """A sum or a product of arguments of one size, or several things one after the other."""
        kind = kind or self.random.choice(("add", "multiply", "concat"))
        if kind == "concat":
            source, elements, whole = self.source(2)
            reads: tuple[tuple[str, ...], ...] = (elements,)
        else:
            every = [names, self.inputs, *self.wholes.values()]
            first = self.random.choice(every)
            tensors = {name: own for name, own in self.wholes.items() if len(own) == len(first)}
            reads, listed = (), []
            for _ in range(self.random.choice((2, 2, 3))):
                if tensors and self.chance(0.7):
                    name = self.random.choice(list(tensors))
                    listed.append(quoted(name))
                    reads += (tensors[name],)
                else:
                    one = self.random.choice([own for own in every if len(own) == len(first)])
                    one = tuple(self.random.sample(one, len(one)))
                    listed.append(f"[{', '.join(map(quoted, one))}]")
                    reads += (one,)
            source, whole = f"[{', '.join(listed)}]", False
            if "[" in "".join(one[0] for one in listed) or self.chance(0.3):
                entries = [f"x{place + 1}: {one}" for place, one in enumerate(listed)]
                source = f"{{{', '.join(self.random.sample(entries, len(entries)))}}}"
            elements = reads[0]
        name = self.fresh()
        units: tuple[str, ...] = (name,) if len(elements) == 1 else self.named(name, len(elements))
        text = name
        if self.chance(0.4):
            units = tuple(self.fresh() for _ in elements)
            text = f"[{', '.join(map(quoted, units))}]"
        else:
            self.wholes[name] = units
        written.append(f"- {kind}: {text}\n    from: {source}")
        self.layers.append(Layer(kind, units, reads, whole=whole))
        return units

    @staticmethod
    def named(tensor: str, count: int) -> tuple[str, ...]:
        """The elements of a tensor that have no names of their own."""
        return tuple(f"{tensor}[{place + 1}]" for place in range(count))

    def formula(self, written: list[str]) -> tuple[str, ...]:
        """A line or two of ``let``."""
        written.append("- let:")
        units: tuple[str, ...] = ()
        for _ in range(self.random.choice((1, 1, 2))):
            elements = [one for names in (self.inputs, *(layer.units for layer in self.layers)) for one in names]
            tensors = {name: own for name, own in self.wholes.items() if own != (name,)}
            drawing = formulas.FormulaDrawing(self.random, tensors, elements, self.parameter, self.integers)
            like = self.random.choice(list(tensors)) if tensors and self.chance(0.6) else None
            tree = drawing.vector(like, 3) if like else drawing.scalar(3)
            if not formulas.names(tree):
                continue
            name = self.fresh()
            units = self.named(name, len(tensors[like])) if like else (name,)
            self.wholes[name] = units
            written.append(f"    {name}: {formulas.typed(tree)}")
            self.layers.append(Layer("let", units, (), formula=tree))
            self.activated_units |= formulas.names(tree)
        return units

    def parameter(self) -> str:
        """A number of a formula's own, or one that the file has already."""
        if self.scalars and self.chance(0.4):
            return self.random.choice(self.scalars)
        name = self.fresh()
        self.values[name] = self.keep(name, self.number())
        self.scalars.append(name)
        self.parameters.append(name)
        self.formula_parameters.append(name)
        return name

    def result(self, count: int, default: str, taken: bool) -> tuple[str | None, tuple[str, ...], bool]:
        """How a result is named: the text behind the kind, its elements' names, whether the text gives their number."""
        form = self.random.choice(("list", "list", "list", "word", "count", "nothing", "table"))
        if taken and form in ("count", "nothing"):
            form = "word"
        if form in ("count", "nothing"):
            names = self.wholes[default] = self.named(default, count)
            return (str(count) if form == "count" else None), names, form == "count"
        if form == "word":
            name = self.fresh()
            names = self.wholes[name] = self.named(name, count) if count > 1 else (name,)
            return name, names, False
        names = tuple(self.fresh() for _ in range(count))
        listed = f"[{', '.join(map(quoted, names))}]"
        if form == "list":
            return listed, names, True
        tensor = self.fresh()
        self.wholes[tensor] = names
        return f"{{{quoted(tensor)}: {listed}}}", names, True

    def activation(
        self, entry: Entry, names: tuple[str, ...], written: list[str], joined: bool = True
    ) -> tuple[str, ...]:
        """An activation as a layer of its own."""
        source, whole = "", not self.is_single(names)
        if joined and self.is_graph and self.chance(0.25):
            source, names, whole = self.source()
        text, units, options = self.activated(entry, names, whole)
        written.append(f"- {self.word(entry)}{': ' + text if text else ':' if options or source else ''}")
        written += [f"  {name}: {value}" for name, value in options.items()]
        written += [f"  from: {source}"] if source else []
        return units

    def activated(
        self, entry: Entry, names: tuple[str, ...], whole: bool = True
    ) -> tuple[str | None, tuple[str, ...], dict[str, Any]]:
        default = f"a{self.level}"
        text, units, _ = self.result(len(names), default, default in self.wholes)
        options = self.options(entry)
        self.layers.append(Layer(entry.name, units, (names,), options, whole=whole))
        self.activated_units |= {
            one for layer in self.layers for one in layer.units if set(names) & set(layer.units)
        } | {one for one in self.inputs if set(names) & set(self.inputs)}
        return text, units, options

    def weighted(self, inputs: tuple[str, ...], written: list[str], more: bool) -> tuple[str, ...]:
        """A layer with weights, perhaps with its activation."""
        entry = self.random.choice([one for one in KINDS["layer"].values() if one.parameters()])
        self.level += 1
        count = self.random.randint(1, MOST_UNITS)
        source, whole, skips = "", True, False
        if self.is_graph and self.chance(0.3):
            source, inputs, whole = self.source(distinct=True)
        elif self.is_graph and self.chance(0.3):
            inputs, whole = self.skipping(inputs)
            skips = not whole
        text, units, counted = self.result(count, f"z{self.level}", False)
        options = self.options(entry)
        own = [f"- {entry.name}{': ' + text if text else ':'}"]
        weights = self.weights(inputs, units, counted, own, "by input" if skips else "")
        biases = self.biases(count, inputs, weights, own)
        self.layers.append(Layer(entry.name, units, (inputs,), options, weights, biases, whole))
        own += [f"  {name}: {value}" for name, value in options.items()]
        own += [f"  from: {source}"] if source else []
        if more and self.chance(0.4):
            chosen = self.random.choice(list(KINDS["activation"].values()))
            word = self.word(chosen)
            text, units, options = self.activated(chosen, units)
            parts = [f"{word}: {text}" if text else f"{word}: null", *(f"{k}: {v}" for k, v in options.items())]
            own.append(f"  activation: {word if not text and not options else '{' + ', '.join(parts) + '}'}")
        if self.chance(0.2):
            own[1:] = own[:0:-1]  # the keys in another order: parameters follow the file
        written += own
        return units

    def skipping(self, inputs: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
        """What the rows of a table name: of the result before it, and other units and inputs; whether it is that alone.

        A row may not name a pre-activation whose activation lies between.
        """
        every = [name for names in (self.inputs, *(layer.units for layer in self.layers)) for name in names]
        others = [name for name in every if name not in self.activated_units and name not in inputs]
        if not others:
            return inputs, True
        kept = self.random.sample(inputs, self.random.randint(0, len(inputs)))
        chosen = self.random.sample(others, self.random.randint(1, min(3, len(others))))
        return tuple(self.random.sample([*kept, *chosen], len(kept) + len(chosen))), False

    def weights(
        self, inputs: tuple[str, ...], units: tuple[str, ...], counted: bool, own: list[str], form: str = ""
    ) -> tuple[tuple[str | None, ...], ...]:
        """The matrix, ``[unit][input]`` by name, in one of its forms; its text goes to ``own``."""
        in_order = bool(form)  # rows that say what is read
        form = form or self.random.choice(("by input", "by unit", "by input", "by unit", "matrix", "tensor", "values"))
        if form == "by unit" and not counted:
            form = "by input"
        if form in ("by unit", "by input") and not own_labels(inputs, units):
            form = "matrix"
        shape = (len(inputs), len(units)) if self.rows else (len(units), len(inputs))
        turned = [name for name, rows in self.tensors.items() if (len(rows[0]), len(rows)) == shape]
        if form in ("matrix", "values") and turned and self.is_graph and self.chance(0.3):
            tensor = self.random.choice(turned)
            own.append(f"  weights: {{transpose: {quoted(tensor)}}}")
            return _turned(tuple(zip(*self.tensors[tensor], strict=True)), self.rows)
        if form == "values":
            fit = [name for name, rows in self.tensors.items() if (len(rows), len(rows[0])) == shape]
            if fit and self.chance(0.7):
                tensor = self.random.choice(fit)
            else:
                tensor = self.fresh()
                self.tensors[tensor], self.values_tensors[tensor] = self.matrix(tensor, *shape)
            own.append(f"  weights: {quoted(tensor)}")
            return _turned(self.tensors[tensor], self.rows)
        if form in ("matrix", "tensor"):
            tensor = self.fresh() if form == "tensor" else f"W{self.level}"
            names, text = self.matrix(tensor, *shape)
            if self.is_graph:
                self.tensors[tensor] = names
            own.append(f"  weights: {text if form == 'matrix' else f'{{{quoted(tensor)}: {text}}}'}")
            return _turned(names, self.rows)
        by_input = form == "by input"
        side, other = (inputs, units) if by_input else (units, inputs)
        cells: list[tuple[str | None, ...]] = []
        lines: list[str] = []
        for row, label in enumerate(side):

            def element(column: int, row: int = row) -> str:
                first, second = (row, column) if by_input == self.rows else (column, row)
                return f"W{self.level}[{first + 1},{second + 1}]"

            names, text = self.row(len(other), element, tables=True)
            cells.append(names)
            lines.append(f"{quoted(label)}: {text}")
        if not in_order and self.chance(0.2):
            order = self.random.sample(range(len(side)), len(side))
            lines = [lines[place] for place in order]
        if self.chance(0.5):
            own.append("  weights:" + "".join(f"\n      {line}" for line in lines))
        else:
            own.append(f"  weights: {{{', '.join(lines)}}}")
        return _turned(tuple(cells), by_input)

    def matrix(self, tensor: str, height: int, width: int) -> tuple[tuple[tuple[str | None, ...], ...], str]:
        """A matrix without labels: the names of its cells, and its text."""
        rows = []
        for row in range(height):
            rows.append(self.row(width, lambda column, row=row: f"{tensor}[{row + 1},{column + 1}]", tables=False))
        return tuple(names for names, _ in rows), f"[{', '.join(text for _, text in rows)}]"

    def row(self, width: int, element: Any, tables: bool) -> tuple[tuple[str | None, ...], str]:
        """A row of weights: a table of names with their numbers, or a list of numbers, names and nulls."""
        names: list[str | None] = []
        entries: list[str] = []
        table = tables and self.chance(0.7)
        for column in range(width):
            if self.chance(0.06):
                names.append(None)
                entries.append(f"{self.fresh()}: null" if table else "null")
                continue
            if table:
                name = self.fresh()
                entries.append(self.scalar(name))
                self.scalars.append(name)
            else:
                name, text = self.entry(element(column))
                entries.append(text)
            names.append(name)
            self.parameters.append(name)
        written = ", ".join(entries)
        return tuple(names), f"{{{written}}}" if table else f"[{written}]"

    def entry(self, default: str) -> tuple[str, str]:
        """An entry of a list: a number, a name that is used elsewhere too, or one with its number in ``values``."""
        if self.scalars and self.chance(0.2):
            name = self.random.choice(self.scalars)
            return name, quoted(name)
        if self.chance(0.02) and all("[" not in name for name in self.inputs):
            name = self.random.choice(self.inputs)
            return name, quoted(name)
        if self.chance(0.25):
            name = self.fresh()
            self.values[name] = self.keep(name, self.number())
            self.scalars.append(name)
            return name, quoted(name)
        return default, self.keep(default, self.number())

    def biases(
        self, count: int, inputs: tuple[str, ...], weights: Sequence[Sequence[str | None]], own: list[str]
    ) -> tuple[str | None, ...]:
        form = self.random.choice(("table", "table", "list", "tensor", "shared", "bare", "tied", "none"))
        default = f"b{self.level}"
        if form == "none" or (form == "tied" and not self.scalars):
            return (None,) * count
        names: tuple[str | None, ...]
        if form == "table":
            names = tuple(self.fresh() for _ in range(count))
            typed = [self.bias(inputs, row) for row in weights]
            entries = [f"{quoted(name)}: {self.keep(name, number)}" for name, number in zip(names, typed, strict=True)]
            own.append(f"  biases: {{{', '.join(entries)}}}")
            self.scalars += [name for name in names if name]
        elif form in ("list", "tensor"):
            tensor = self.fresh() if form == "tensor" else default
            drawn = [self.entry(f"{tensor}[{place + 1}]") for place in range(count)]
            names = tuple(name for name, _ in drawn)
            listed = f"[{', '.join(text for _, text in drawn)}]"
            own.append(f"  biases: {listed if form == 'list' else f'{{{quoted(tensor)}: {listed}}}'}")
        elif form == "shared":
            name = self.fresh()
            own.append(f"  bias: {{{self.scalar(name)}}}")
            names = (name,) * count
            self.scalars.append(name)
        elif form == "bare":
            own.append(f"  bias: {self.keep(default, self.number())}")
            names = (default,) * count
        else:
            name = self.random.choice(self.scalars)
            own.append(f"  bias: {quoted(name)}")
            names = (name,) * count
        self.parameters += [name for name in names if name]
        return names

    def bias(self, inputs: tuple[str, ...], row: Sequence[str | None]) -> str:
        """A bias that now and then brings its unit to 0 exactly, where that can be known."""
        if self.chance(0.1) and all(name in self.numbers for name in inputs):
            total = sum(
                (self.numbers[i] * self.numbers[w] for i, w in zip(inputs, row, strict=False) if w), Fraction(0)
            )
            if not self.integers or total.denominator == 1:
                return self.number(-total)
        return self.number()

    def loss(self, entry: Entry, count: int, read: tuple[str, tuple[str, ...]] | None) -> tuple[Loss, Penalty | None]:
        name = self.fresh() if self.chance(0.6) else None
        options = self.options(entry)
        parts = tuple(self.fresh() for _ in range(count)) if self.chance(0.25) else ()
        over = self.random.choice((None, None, "sum", "mean"))
        beside = [f"{key}: {value}" for key, value in options.items()]
        beside += [f"parts: [{', '.join(map(quoted, parts))}]"] if parts else []
        beside += [f"over_outputs: {over}"] if over else []
        beside += [f"from: {read[0]}"] if read else []
        penalty, written = self.penalty(name or "L")
        if penalty is not None and self.chance(0.5):
            self.lines.append(f"penalty: {written}")
        elif penalty is not None:
            beside.append(f"penalty: {written}")
        word = self.word(entry)
        if name is None and not beside:
            self.lines.append(f"loss: {word}")
        else:
            called = f"{word}: {quoted(name) if name else 'null'}"
            self.lines.append(f"loss: {{{', '.join([called, *beside])}}}")
        return Loss(entry.name, name or "L", parts, over, options, read[1] if read else None), penalty

    def penalty(self, loss: str) -> tuple[Penalty | None, str]:
        """Perhaps a penalty on the weights, on all parameters or on some; and its text."""
        weights = [*self.layer_weights(), *self.formula_parameters]
        if not weights or self.chance(0.6):
            return None, ""
        every = list(KINDS["penalty"].values())
        kinds = {
            entry.name: self.random.choice(("0.01", "0.1", "1e-3", "1/3", "2", "0"))
            for entry in self.random.sample(every, self.random.choice((1, 1, 2)))
        }
        beside = [f"{kind}: {factor}" for kind, factor in kinds.items()]
        on = self.random.choice(("", "weights", "all", "some"))
        counted = weights if on in ("", "weights") else self.parameters
        if on == "some":
            counted = self.random.sample(self.parameters, min(len(self.parameters), 3))
        if on:
            listed = ", ".join(map(quoted, counted))
            beside.append(f"on: [{listed}]" if on == "some" else f"on: {on}")
        name, data = (self.fresh() if self.chance(0.3) else None for _ in range(2))
        beside += [f"name: {quoted(name)}"] if name else []
        beside += [f"data: {quoted(data)}"] if data else []
        self.random.shuffle(beside)
        factors = {kind: Fraction(factor) for kind, factor in kinds.items()}
        terms = name or f"{loss}_penalty", data or f"{loss}_data"
        self.is_of_weights = on in ("", "weights")
        return Penalty(factors, tuple(dict.fromkeys(counted)), *terms), f"{{{', '.join(beside)}}}"

    def layer_weights(self) -> list[str]:
        return [name for layer in self.layers for row in layer.weights or () for name in row if name]

    def frozen(self, penalty: Penalty | None) -> tuple[set[str], Penalty | None]:
        """Some names, and the penalty: a frozen value of a formula is no weight, and one weight at least stays."""
        names = list(dict.fromkeys(name for name in self.parameters if name not in self.inputs))
        if not names or self.chance(0.6):
            return set(), penalty
        chosen = self.random.sample(names, min(len(names), self.random.randint(1, 3)))
        if penalty is not None and self.is_of_weights:
            given = {*self.formula_parameters} - {*self.layer_weights()}
            kept = [name for name in penalty.on if name not in given or name not in chosen] or [penalty.on[0]]
            chosen = [name for name in chosen if name not in given or name not in kept]
            penalty = replace(penalty, on=tuple(kept))
        if chosen:
            self.lines.append(f"frozen: [{', '.join(map(quoted, chosen))}]")
        return set(chosen), penalty


def _turned(rows: tuple[tuple[str | None, ...], ...], by_input: bool) -> tuple[tuple[str | None, ...], ...]:
    """``[unit][input]`` from rows for the inputs or for the units."""
    return tuple(zip(*rows, strict=False)) if by_input else rows


def own_labels(inputs: tuple[str, ...], units: tuple[str, ...]) -> bool:
    """Whether each of the labels of a table of weights has a name of its own."""
    return len({*inputs, *units}) == len(inputs) + len(units)


def quoted(name: str) -> str:
    """A name as YAML takes it."""
    return f'"{name}"' if "[" in name or name[0] in "'\"" else name


def batched(network: Network, draw: random.Random) -> tuple[str, list[dict[str, Fraction]]] | None:
    """The network's text with samples in place of its numbers, and the numbers of each sample."""
    given = {*network.inputs, *network.targets}
    lines = network.text.splitlines()
    values = next((line for line in lines if line.startswith("values:")), "")
    if given & {*network.parameters} or any(f"{quoted(name)}: " in values for name in given):
        return None  # a name of ``values`` that a sample gives its number has two
    count = draw.randint(1, 4)
    samples = []
    for _ in range(count):
        numbers = {name: Fraction(draw.randint(-200, 200), 100) for name in network.inputs}
        targets = [network.numbers[name] for name in network.targets]
        draw.shuffle(targets)
        samples.append(numbers | dict(zip(network.targets, targets, strict=True)))
    rows = [[str(float(one[name])) for name in (*network.inputs, *network.targets)] for one in samples]
    listed = ", ".join(f"[{', '.join(row)}]" for row in rows)
    lines = [line for line in lines if not line.startswith(("inputs:", "targets:"))]
    inputs, targets = declared(network.inputs), declared(network.targets)
    head = [f"inputs: {inputs}", f"targets: {targets}", f"samples: [{listed}]"]
    return "\n".join([*head, *lines]) + "\n", samples


def sampled(seed: int) -> str:
    """The text of a seed's network; of each fourth with samples, where it can have some."""
    network = generate(seed)
    in_turn = network.loss.kind == "perceptron"  # which takes one sample after another, in sheets of their own
    several = batched(network, random.Random(seed)) if seed % 4 == 3 and not in_turn else None
    return several[0] if several else network.text


def declared(names: tuple[str, ...]) -> str:
    if "[" in names[0]:
        return f"{{{quoted(names[0].partition('[')[0])}: {{size: {len(names)}}}}}"
    return f"[{', '.join(map(quoted, names))}]"


ALIKE = """\
inputs: {x: [1, -2]}
targets: {t: [0.7, 0.2]}
layers:
- dense: z
  weights: [[0.5, -0.25], [-0.5, 1]]
- {elu: p, alpha: 0.5, from: z}
- {elu: q, alpha: 0.25, from: z}
- {add: s, from: [p, q]}
- gelu: r
- {gelu: v, form: tanh}
- softmax: m
- {softmax: n, shift: true}
loss: {mse: J}
"""
"""Functions of one kind, of which options are all that tells some apart; both softmaxes are the same function."""


BATCH = """
inputs: {x: {size: 3}}
targets: {y: {size: 2}}
samples: [[1, 2, 3, 0, 1], [0.5, -1, 2, 1, 0]]
vectors: VECTORS
layers:
  - dense: 4
    weights: {init: he_normal, seed: 1}
    biases: {init: he_normal, seed: 3}
    activation: tanh
  - dense: 2
    weights: {init: he_normal, seed: 2}
    bias: {b: 0.1}
    activation: softmax
loss: LOSS
"""
