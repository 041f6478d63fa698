"""The functions that a formula may call, and the catalogue's activations as parts of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ... import catalogue
from ...catalogue import Operation
from ...expr import Call, Delta, Expr, Sym, at, product, rename
from ...expr.functions import FUNCTIONS, OTHER_WORDS

if TYPE_CHECKING:
    from ..model import Cell


def _calls(arity: int | None) -> dict[str, Callable[..., Expr]]:
    """The functions of the table that take so many arguments (``None``: any number), by all that they are called."""
    names = {**{name: name for name in FUNCTIONS}, **OTHER_WORDS}
    return {
        word: lambda *arguments, name=name: Call(name, arguments)
        for word, name in names.items()
        if FUNCTIONS[name].arity == arity
    }


ELEMENTWISE: Mapping[str, Callable[..., Expr]] = _calls(1)
CHOICES: Mapping[str, Callable[..., Expr]] = _calls(None)
CONSTANTS: Mapping[str, Callable[..., Expr]] = _calls(0)
TOTALS = ("sum", "mean")
TRANSPOSE = "transpose"


def function_names() -> tuple[str, ...]:
    """Every function that a formula may call."""
    return (*ELEMENTWISE, *CHOICES, *TOTALS, TRANSPOSE, *catalogue.names("activation"))


def put_into(read: str, axis: str | None, formula: Expr, body: Expr) -> Expr:
    """A formula with an expression in place of its argument; where it reads other places along an axis, at these."""

    def put(symbol: Expr) -> Expr:
        if not isinstance(symbol, Sym) or symbol.name != read:
            return symbol
        return body if axis is None else at(body, {axis: symbol.index[0]})

    return rename(formula, put)


def inlined(operation: Operation) -> Expr:
    """The formula for the numbers, with the lines that are worked out first written into it."""
    lines = {line.symbol.name: line for line in operation.program}

    def put(symbol: Expr) -> Expr:
        if not isinstance(symbol, Sym) or symbol.name not in lines:
            return symbol
        line = lines[symbol.name]
        places = dict(zip(map(str, line.symbol.index), symbol.index, strict=True))
        return rename(at(line.formula, places), put)

    return rename(operation.numeric, put)


def activated(name: str, cell: Cell, output: str) -> Operation | None:
    """An activation of one number, with the textbook's derivative: of a scalar, or of one element of a tensor."""
    entry = catalogue.find("activation", name)
    operation: Operation | None = entry.build() if entry else None
    if operation is None or not operation.is_elementwise or operation.program:
        return None
    (read,) = operation.arguments
    names = {read: Sym(read, cell), operation.output.name: Sym(output)}
    made = operation.over(
        lambda node: rename(node, lambda symbol: names[symbol.name] if isinstance(symbol, Sym) else symbol)
    )
    if cell:
        places = zip(made.argument(read).index, cell, strict=True)
        deltas = tuple(Delta(letter, place) for letter, place in places)
        made = made._replace(
            declared={
                one: tuple(form._replace(form=product((form.form, *deltas))) for form in forms)
                for one, forms in made.declared.items()
            }
        )
    return made
