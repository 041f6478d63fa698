"""A network as ordered steps over named tensors, ready to be computed.

A tensor's ``key`` is its name inside the program (``x``, ``W1``, ``b1``, ``z1``, ``a1``, ``y``, ``L``) and always
unique; its ``name`` and its elements' names are the user's, and what a sheet shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product as cells_of
from math import prod
from typing import TYPE_CHECKING, Any, Literal

from ..catalogue import Operation
from ..expr import Call, Expr, Sym
from ..record import Record
from ..spec.formula import LET
from ..spec.model import Conventions, Place
from .training import Training

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

Cell = tuple[int, ...]
PENALTY, TOTAL, UPSTREAM, FORMULA = "penalty", "total", "upstream", LET
"""The kinds of the steps that no entry of the catalogue gives: a loss's penalty, its sum with what the data add, what
stands in for a loss of which the gradient alone is given, and a formula of the file."""
WEIGHT = "ω"
"""The key of how much each sample's class counts in the loss."""
Role = Literal["input", "target", "parameter", "unit", "loss", "constant", "factor"]
GIVEN: tuple[Role, ...] = ("input", "target", "parameter", "factor")


class Element(Record):
    """One element of a tensor: which tensor, where. Indices count from 0."""

    key: str
    cell: Cell


class Tensor(Record):
    """A tensor: its shape, whose names its elements have, and its numbers where they are given.

    ``names`` holds the user's name of an element by its cell, in the order of the file; ``missing`` the cells where
    there is no connection; ``typed`` the exact numbers as they were typed. ``decimal``: the floats
    of the ``array`` stand for the shortest decimals next to them. ``by_column``: the file lists the elements of a
    column one after the other. ``sampled``: the first index counts the samples, the ``chosen`` ones; names and the
    order are those of the other ones. ``structural``: its zeros and ones are no numbers but the shape of a formula (a
    class target, what a penalty counts). ``text`` says where numbers come from that were not typed; ``places`` tells
    where the file has the number of a cell, ``file_place`` where it has the array's file. ``sizes`` are those of its
    shape as the file writes them, where some are symbols; ``one_hot`` is the letter of the index at which a target is
    1. ``overridden`` are numbers that are given in place of what a step works out, by their cells in one sample.
    ``numbered``: whether the steps that work it out have ids; ``left_out``: it is no part of a formula where it is 0.
    """

    key: str
    name: str | None
    shape: tuple[int, ...]
    role: Role
    names: Mapping[Cell, str] = {}
    missing: frozenset[Cell] = frozenset()
    array: Array | None = None
    decimal: bool = False
    typed: Mapping[Cell, Fraction] | None = None
    by_column: bool = False
    text: str = ""
    places: Mapping[Cell, Place] = {}
    file_place: Place | None = None
    sampled: bool = False
    structural: bool = False
    sizes: tuple[str | int, ...] = ()
    one_hot: str | None = None
    chosen: Sequence[int] | None = None
    overridden: Mapping[Cell, Fraction] = {}
    numbered: bool = True
    left_out: bool = False

    def cells(self) -> Iterator[Cell]:
        """The cells that there are, in the order of the file."""
        ranges = [range(size) for size in self.shape]
        cells = (cell[::-1] for cell in cells_of(*ranges[::-1])) if self.by_column else cells_of(*ranges)
        return (cell for cell in cells if cell not in self.missing)

    @property
    def written_shape(self) -> tuple[str | int, ...]:
        """Its shape as the file writes it."""
        return self.sizes or self.shape

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Its shape in one sample: without the index that counts them."""
        return self.shape[1:] if self.sampled else self.shape

    @property
    def is_named_throughout(self) -> bool:
        """Whether each element has a name of its own: a default name of the tensor is then not shown."""
        return len(self.names) + len(self.missing) >= prod(self.sample_shape)

    def symbol(self, cell: Cell) -> Sym:
        """The element as a sheet writes it: the user's name for it, else the tensor's with an index."""
        mark, cell = (sample_mark(own_number(self.chosen, cell[0])), cell[1:]) if self.sampled else ("", cell)
        given = self.names.get(cell)
        return Sym(given, (), mark) if given is not None else Sym(self.name or self.key, cell, mark)

    def unmarked(self, cell: Cell) -> Sym:
        """The same without the mark of its sample."""
        symbol = self.symbol(cell)
        return Sym(symbol.name, symbol.index)

    def typed_number(self, cell: Cell) -> Fraction | None:
        """The number of an element as it was typed, in the file or in a table; none of what was given as a float."""
        if self.array is None:
            return (self.typed or {}).get(cell)
        return Fraction(repr(float(self.array[cell]))) if self.decimal else None

    def given_name(self, cell: Cell) -> str | None:
        """The user's name of an element, the same in every sample."""
        return self.names.get(cell[1:] if self.sampled else cell)


def own_number(chosen: Sequence[int] | None, place: int) -> int:
    """Which sample of the file stands at a place, both from 0, where some were ``chosen``."""
    return place if chosen is None else chosen[place]


def sample_mark(sample: int) -> str:
    """What is written after a symbol to tell its sample: ``h1⁽²⁾``, counted from 1."""
    return "⁽" + str(sample + 1).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")) + "⁾"


class Edge(Record):
    """One way that the gradient takes through a step: back from its output to an argument, by this operation."""

    operation: Operation
    argument: str


class BoundOperation(Record):
    """One operation of the catalogue, bound: which tensors its symbols stand for, how far its indices run.

    ``kind`` is the catalogue's name (``dense``, ``relu``, ``half_squared_error``); ``arguments`` gives the tensor's
    key for each symbol that it reads. ``edges`` are the ways of the gradient: one for each argument of the formula;
    none for a line of a program; where a loss is fused with the activation before it, they lead past that activation,
    and ``bypassed`` has the edge to its result, for whoever asks. ``numeric`` computes the numbers.
    ``reasons`` say what a line of a program is for, one for each case that its numbers have; ``after`` which activation
    gives the outputs between 0 and 1 that a loss takes alone. ``options`` tell an activation from another one of its
    kind.
    """

    kind: str
    operation: Operation
    output: str
    arguments: Mapping[str, str]
    sizes: Mapping[str, int]
    edges: tuple[Edge, ...]
    numeric: Expr
    bypassed: tuple[Edge, ...] = ()
    reasons: tuple[str, ...] = ()
    after: str = ""
    options: tuple[Expr, ...] = ()

    def of(self, *arguments: Expr, mark: str = "") -> Call:
        """An activation as a function by its kind, with a mark behind it: relu(z), elu(z; 0.5), relu′(z)."""
        return Call(self.kind + mark, arguments, self.options)

    @property
    def is_penalty(self) -> bool:
        """Whether it is the penalty of a loss, which reads the tensors that it counts under their keys."""
        return self.kind == PENALTY

    @property
    def is_upstream(self) -> bool:
        """Whether it stands in for a loss of which the gradient alone is given."""
        return self.kind == UPSTREAM

    @property
    def is_formula(self) -> bool:
        """Whether it is a formula of the file, which has no name as a function."""
        return self.kind == FORMULA

    @property
    def argument(self) -> str:
        """The key of the tensor that it reads, the first where it reads several."""
        return self.arguments[self.operation.arguments[0]]

    @property
    def is_learned(self) -> bool:
        """Whether it owns parameters: then ∂L/∂result is called δ."""
        return bool(self.operation.parameters)

    @property
    def has_logits(self) -> bool:
        """Whether a loss is computed from the logits, past the activation's result that its formula reads."""
        return self.numeric is not self.operation.numeric

    def at(self, cell: Sequence[int]) -> dict[str, int]:
        """Where the indices of its result are at a cell."""
        return dict(zip(map(str, self.operation.output.index), cell, strict=True))

    def key(self, symbol: str) -> str:
        """The key of the tensor that one of the operation's symbols stands for."""
        return self.output if symbol == self.operation.output.name else self.arguments[symbol]


class Divisor(Record):
    """What a formula of the file divides by: over the tensors of these ``keys``, with a letter for each of its axes."""

    formula: Expr
    axes: tuple[str, ...]
    sizes: Mapping[str, int]
    keys: tuple[str, ...]
    text: str
    place: Place


class Network(Record):
    """A checked network. ``steps`` compute the layers' results, then the loss's parts (if named) and the loss.

    ``parameters`` are the keys of the learned tensors in file order; ``uses`` the elements that a name stands for
    where these are more than one (a tied parameter) or the name is not a tensor's element alone; ``frozen`` the
    names that keep their values. ``integers``: every given number is an integer. ``samples``: how many there are in
    a batch; ``None`` where the network has a single one, whose tensors then have no index for it. ``data`` is the key
    of the loss without its penalty, where it has one. ``samples_per_step``: how many samples an update uses, where it
    is not all of them; ``shuffle``: the seed of their order in each pass, where it is not the file's; ``chosen``: of
    one update's network, its samples, from 0. ``epochs``: how many passes over the samples were asked for.
    ``only_mistakes``: a training ends with the first of them that makes no mistake.
    ``changes``: the given numbers that the command has changed, each as it was typed. ``divisors``: of free formulas.
    """

    title: str | None
    source: str
    tensors: Mapping[str, Tensor]
    steps: tuple[BoundOperation, ...]
    parameters: tuple[str, ...]
    uses: Mapping[str, tuple[Element, ...]]
    frozen: frozenset[str]
    loss: str | None
    training: Training
    conventions: Conventions
    integers: bool
    samples: int | None = None
    iterations: int = 1
    data: str | None = None
    samples_per_step: int | None = None
    shuffle: int | None = None
    chosen: Sequence[int] | None = None
    epochs: int | None = None
    only_mistakes: bool = False
    changes: tuple[tuple[Sym, str], ...] = ()
    divisors: tuple[Divisor, ...] = ()

    @property
    def steps_per_pass(self) -> int:
        """How many steps it takes to use every sample once; without samples, one."""
        samples = self.samples or 1
        return -(-samples // (self.samples_per_step or samples))

    def symbol(self, element: Element) -> Sym:
        """An element as a sheet writes it."""
        return self.tensors[element.key].symbol(element.cell)

    @property
    def loss_symbol(self) -> Sym:
        """The loss as a sheet writes it."""
        return self.tensors[self.loss or ""].symbol(())

    @property
    def made_by(self) -> Mapping[str, BoundOperation]:
        """The step that gives each result, by the result's key."""
        return {step.output: step for step in self.steps}

    def before_given(self) -> set[str]:
        """The keys of the tensors from which a way leads to a result that has given numbers."""
        results = {key for key, tensor in self.tensors.items() if tensor.overridden}
        found: set[str] = set()
        for step in reversed(self.steps) if results else ():
            if step.output in results or step.output in found:
                found |= set(step.arguments.values())
        return found

    def reached(self) -> set[str]:
        """The keys of the tensors that the gradient comes to; a result that a fused loss leads past is none.

        Without a loss these are all that some step reads.
        """
        found = {self.loss or ""}
        for step in reversed(self.steps):
            if self.loss is None or step.output in found:
                found |= {step.key(edge.argument) for edge in step.edges}
        return found

    def passed_over(self) -> set[str]:
        """The keys of the results that are read and that the gradient leads past: a program's lines, and what a loss
        holds fixed."""
        read = {key for step in self.steps for key in step.arguments.values() if self.tensors[key].role == "unit"}
        return read - {step.key(edge.argument) for step in self.steps for edge in (*step.edges, *step.bypassed)}

    @property
    def has_numbers(self) -> bool:
        """Whether every given tensor has its numbers, so that the network can be computed."""
        given = (tensor for tensor in self.tensors.values() if tensor.role in GIVEN)
        return all(tensor.typed is not None or tensor.array is not None for tensor in given)

    @property
    def loss_is_known(self) -> bool:
        """Whether there is a loss with a value, and not only with a gradient that is given."""
        return self.loss is not None and not self.steps[-1].is_upstream

    def layer_steps(self) -> tuple[BoundOperation, ...]:
        """The steps of the layers, without those of the loss."""
        return tuple(step for step in self.steps if self.tensors[step.output].role == "unit")

    def loss_steps(self) -> tuple[BoundOperation, ...]:
        """The steps of the loss: its parts if they have names, then the loss; none of a loss that is not known."""
        steps = self.steps if self.loss_is_known else ()
        return tuple(step for step in steps if self.tensors[step.output].role == "loss")
