"""The formulas of an optimizer as lines over a network's tensors: the same for each parameter, in place.

Beside a tensor's own key there is one for its gradient and one for each of its states; a number that all share has one
too. No tensor's own key has a space.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..catalogue.update_rule import NEW, g, lr, w
from ..expr import Expr, Num, Partial, Sym, rename
from ..network.model import Network
from .source import SourceLine, slope_key
from .update import exactly

_LETTERS = "jihgfedcba"


def state_key(symbol: Sym, key: str) -> str:
    """The key of a state of a tensor's parameters, or of what a line of the optimizer gives for them."""
    return f"{'new ' if symbol.mark == NEW else ''}{symbol.name} {key}"


def common_key(symbol: Sym) -> str:
    """The key of a number that all parameters share."""
    return f" {symbol.name}{symbol.mark}"


def rates(network: Network) -> Iterator[tuple[str, str]]:
    """Each parameter's key, and the key of its learning rate."""
    given, is_shared = network.training.rates, any(symbol == lr for symbol, _ in network.training.rule.shared)
    own = given.by_tensor if given is not None and not is_shared else {}
    return ((key, f"{lr.name} {key}" if key in own else common_key(lr)) for key in network.parameters)


def learning(network: Network) -> Collection[str]:
    """The keys of the parameters that have gradients."""
    return network.parameters if network.loss is not None else network.training.gradients


def update_lines(network: Network) -> list[SourceLine]:
    """What one step does with each parameter, in order; states and parameters are overwritten last."""
    rule = network.training.rule
    constants: dict[Expr, Expr] = {symbol: Num(exactly(value)) for symbol, value in rule.constants.items()}
    own = {*rule.states, *(symbol for symbol, _ in rule.lines)}
    rate = dict(rates(network))
    lines: list[SourceLine] = []
    for key in learning(network):
        shape = network.tensors[key].shape
        axes = tuple(_LETTERS[: len(shape)])
        sizes = dict(zip(axes, shape, strict=True))

        def named(one: Sym | Partial, key: str = key, axes: tuple[str, ...] = axes) -> Expr:
            assert isinstance(one, Sym)
            if one in constants:
                return constants[one]
            if one == w:
                return Sym(key, axes)
            if one == g:
                return Sym(slope_key(key), axes)
            if one == lr:
                return Sym(rate[key])
            return Sym(state_key(one, key), axes) if one in own else Sym(common_key(one))

        *before, (_, last) = rule.lines
        lines += (SourceLine(state_key(symbol, key), axes, rename(formula, named), sizes) for symbol, formula in before)
        lines.append(SourceLine(key, axes, rename(last, named), sizes, in_place=True))
        for symbol in rule.states:
            new = Sym(state_key(Sym(symbol.name, mark=NEW), key), axes)
            lines.append(SourceLine(state_key(symbol, key), axes, new, sizes, in_place=True))
    return lines
