"""Free formulas drawn at random: their text as a file has it, and what they come to. Nothing of nntrace's own.

A formula is a tree of tuples: ``("number", "0.5")``, ``("element", name)``, ``("tensor", name, its elements)``,
``("call", function, argument)``, ``("larger", one, other)`` and ``(operator, one, other)``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Tree = tuple[Any, ...]
ACTIVATIONS = ("relu", "sigmoid", "tanh", "softplus", "leaky_relu", "silu", "softsign", "elu", "selu", "gelu")
FUNCTIONS = ("sin", "cos", "exp", "abs", "ln", "sqrt")
"""Those that an oracle has beside the activations; ln and sqrt are drawn of 1 + u², exp of tanh(u)."""


class FormulaDrawing:
    """Draws formulas over scalars and vectors by name; ``parameter`` gives a number's name that is learned."""

    def __init__(
        self,
        random: random.Random,
        tensors: Mapping[str, Sequence[str]],
        elements: Sequence[str],
        parameter: Callable[[], str],
        integers: bool,
    ) -> None:
        self.random, self.tensors, self.elements = random, tensors, elements
        self.parameter, self.integers = parameter, integers

    def scalar(self, depth: int = 2) -> Tree:
        """A single number."""
        draw = self.random
        forms: list[Callable[[], Tree]] = [
            lambda: ("element", draw.choice(self.elements)),
            lambda: ("element", draw.choice(self.elements)),
            lambda: ("element", self.parameter()),
        ]
        if depth:
            below = depth - 1
            forms += [
                lambda: (draw.choice("+-*"), self.scalar(below), self.scalar(below)),
                lambda: (draw.choice("+-*"), self.scalar(below), self.scalar(below)),
                lambda: ("^", self.scalar(below), ("number", draw.choice("23"))),
                lambda: ("larger", self.scalar(below), self.scalar(0)),
                lambda: self._called(self.scalar(below)),
                lambda: ("-", ("number", self._number()), self.scalar(below)),
            ]
            if self.tensors:
                forms += [
                    lambda: ("call", draw.choice(("sum", "mean")), self.vector(self._name(), below)),
                    lambda: ("call", draw.choice(("max", "min")), self.vector(self._name(), 0)),
                    lambda: self._scalar_product(below),
                ]
        return draw.choice(forms)()

    def vector(self, like: str, depth: int = 2) -> Tree:
        """As many numbers as a tensor has."""
        draw, size = self.random, len(self.tensors[like])
        same = [name for name, elements in self.tensors.items() if len(elements) == size]

        def tensor() -> Tree:
            name = draw.choice(same)
            return ("tensor", name, tuple(self.tensors[name]))

        forms: list[Callable[[], Tree]] = [tensor]
        if depth:
            below = depth - 1
            forms += [
                lambda: (draw.choice("+-*"), self.vector(like, below), self.vector(like, below)),
                lambda: (draw.choice("+-*"), self.vector(like, below), self.scalar(0)),
                lambda: ("*", ("number", self._number()), self.vector(like, below)),
                lambda: ("^", self.vector(like, below), ("number", "2")),
                lambda: self._called(self.vector(like, below)),
                lambda: ("call", "softmax", self.vector(like, 0)),
                lambda: ("larger", self.vector(like, below), self.scalar(0)),
            ]
        return draw.choice(forms)()

    def _scalar_product(self, depth: int) -> Tree:
        name = self._name()
        return ("@", self.vector(name, depth), self.vector(name, depth))

    def _name(self) -> str:
        return self.random.choice(list(self.tensors))

    def _number(self) -> str:
        return self.random.choice(("1", "2", "3") if self.integers else ("1", "2", "0.5", "1.5", ".25"))

    def _called(self, argument: Tree) -> Tree:
        """A function of it, kept from poles, and from numbers that are too large."""
        function = self.random.choice((*ACTIVATIONS, *FUNCTIONS, "quotient"))
        above_one = ("+", ("number", "1"), ("^", argument, ("number", "2")))
        match function:
            case "ln" | "sqrt":
                return ("call", function, above_one)
            case "exp":
                return ("call", "exp", ("call", "tanh", argument))
            case "quotient":
                return ("/", ("number", self._number()), above_one)
            case _:
                return ("call", function, argument)


LEVELS = {"+": 1, "-": 1, "*": 2, "/": 2, "@": 2, "^": 4}


def typed(tree: Tree, level: int = 0) -> str:
    """The formula as it is typed; inside an operator of a ``level``, in brackets where it is looser."""
    match tree:
        case ("number", text) | ("element", text) | ("tensor", text, _):
            return str(text)
        case ("call", function, argument):
            return f"{function}({typed(argument)})"
        case ("larger", one, other):
            return f"max({typed(one)}, {typed(other)})"
        case (operator, one, other):
            own = LEVELS[operator]
            text = f"{typed(one, own + (operator == '^'))} {operator} {typed(other, own + (operator in '-/@'))}"
            return f"({text})" if own < level or (operator == "@" and level > 1) else text
    raise AssertionError(tree)


def names(tree: Tree) -> set[str]:
    """The elements that a formula reads."""
    match tree:
        case ("element", name):
            return {name}
        case ("tensor", _, elements):
            return set(elements)
        case _:
            return {name for part in tree if isinstance(part, tuple) for name in names(part)}


Vector = list[Any]


class Meaning:
    """What formulas come to, by one oracle's numbers: a vector is a list of them.

    ``function(name, z)`` gives FUNCTIONS, ``activation(name, zs)`` those of a list, ``above(a, b)`` whether a > b. Of
    two equal numbers max takes the first, with ``kink`` the second, and min the other one.
    """

    def __init__(
        self,
        function: Callable[[str, Any], Any],
        activation: Callable[[str, Vector], Vector],
        above: Callable[[Any, Any], bool],
        number: Callable[[str], Any],
        kink: int = 0,
    ) -> None:
        self.function, self.activation, self.above, self.number = function, activation, above, number
        self.kink = kink

    def of(self, tree: Tree, values: Mapping[str, Any]) -> Any:
        """The formula's value: a number, or a list of them."""
        match tree:
            case ("number", text):
                return self.number(text)
            case ("element", name):
                return values[name]
            case ("tensor", _, elements):
                return [values[name] for name in elements]
            case ("call", function, argument):
                return self._call(function, self.of(argument, values))
            case ("@", one, other):
                products = self._each(lambda a, b: a * b, self.of(one, values), self.of(other, values))
                return sum(products[1:], products[0])
            case ("larger", one, other):
                return self._each(self._larger, self.of(one, values), self.of(other, values))
            case ("^", one, ("number", exponent)):
                return self._each(lambda a, _: a * a if exponent == "2" else a * a * a, self.of(one, values), None)
            case (operator, one, other):
                return self._each(OPERATORS[operator], self.of(one, values), self.of(other, values))
        raise AssertionError(tree)

    def _larger(self, one: Any, other: Any) -> Any:
        if self.kink:
            return one if self.above(one, other) else other
        return other if self.above(other, one) else one

    def _each(self, operation: Callable[[Any, Any], Any], one: Any, other: Any) -> Any:
        if not isinstance(one, list) and not isinstance(other, list):
            return operation(one, other)
        count = len(one if isinstance(one, list) else other)
        pairs = zip(*(each if isinstance(each, list) else [each] * count for each in (one, other)), strict=True)
        return [operation(*pair) for pair in pairs]

    def _call(self, function: str, argument: Any) -> Any:
        if function in ("sum", "mean"):
            total = sum(argument[1:], argument[0])
            return total / len(argument) if function == "mean" else total
        if function in ("max", "min"):
            best = argument[0]
            for each in argument[1:]:
                higher, lower = self.above(each, best), self.above(best, each)
                is_later = (function == "max") == bool(self.kink)  # of two equal ones: the slope on that side
                if (higher if function == "max" else lower) or (is_later and not (higher or lower)):
                    best = each
            return best
        if function in FUNCTIONS:
            return self._each(lambda z, _: self.function(function, z), argument, None)
        every = argument if isinstance(argument, list) else [argument]
        found = self.activation(function, every)
        return found if isinstance(argument, list) else found[0]


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
