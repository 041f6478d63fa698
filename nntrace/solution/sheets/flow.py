"""How the gradient shrinks or grows from layer to layer: norms, the factors between, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf, isnan, log10, prod
from sys import float_info

from ...errors import UserError
from ...expr import Expr, Hadamard, MatMul, Sym, Transpose, Whole
from ...network.model import Cell, Network
from ...network.quantities import of_tensor
from ...record import Record
from ...trace.flow import FLAT, LayerFlow, flow, learned_layers, ratio
from ..content.model import Block, Curve, Note, Plot, Remark, Section, Solution, Table, listed
from ..content.results import Results, RunResults
from ..numbers.results import value_results
from .calculation import Sheet
from .settings import Settings
from .train import number_words

WORDS = ((0.1, "vanishes"), (0.5, "shrinks"), (2.0, "keeps its size"), (10.0, "grows"), (inf, "explodes"))
"""What the gradient does from the last layer to the first: the word of the first limit that the ratio is below."""
SMALLER = [word for limit, word in WORDS if limit < 1]
MOST_NAMED = 8
_W, _DELTA, _V = Whole(Sym("W"), "j", "i"), Whole(Sym("δ"), "j", None), Whole(Sym("v"), "i", None)
_BACK, _SLOPED = MatMul((Transpose(_W), _DELTA)), Hadamard((Sym("f′"), _V))
ALIKE = 1.01


class FlowVariant(Record):
    """A network to follow the gradient through, and what tells it from the others."""

    name: str
    network: Network


class _Followed(Record):
    name: str
    sheet: Sheet
    layers: list[LayerFlow]

    @property
    def ratio(self) -> float:
        """How the root mean square of δ at the first layer stands to that at the last."""
        first, last = self.layers[0].root_mean_square, self.layers[-1].root_mean_square
        return ratio(first, last) if last or not first else inf

    @property
    def points(self) -> list[tuple[float, float]]:
        """The logarithm of the root mean square of δ, layer by layer."""
        sizes = [layer.root_mean_square for layer in self.layers]
        return [(float(place), log10(size)) for place, size in enumerate(sizes, start=1) if size > float_info.min]

    @property
    def word(self) -> str:
        if not self.layers[-1].norm:
            return "is 0"
        if isnan(self.ratio):
            return "is too small to follow"
        return next(word for limit, word in WORDS if self.ratio < limit or limit == inf)

    def tensor(self, key: str) -> Sym:
        """What a layer's result is called in every sheet."""
        return Sym(self.sheet.writer.naming.tensor(key).name)

    def unit(self, key: str, cell: Cell) -> Sym:
        """A unit of a layer's result, of all samples."""
        given = self.sheet.network.tensors[key].names.get(cell)
        return Sym(given) if given is not None else Sym(self.tensor(key).name, cell)


def flows(variants: Sequence[FlowVariant], settings: Settings, choice: str = "") -> Solution:
    """Follow the gradient through each network, and set them side by side; ``choice`` says how they were chosen."""
    followed = []
    for variant in variants:
        if len(learned_layers(variant.network)) < 2:
            message = "the gradient is followed along layers with parameters, and formulas that read parameters"
            raise UserError(f"{message}\n  this network has fewer than two of them; nntrace grad shows its gradients")
        sheet = Sheet(variant.network, settings)
        sheet.exact_iterations = 0
        followed.append(_Followed(variant.name, sheet, flow(sheet.trace)))
    return _Flows(followed, choice).solution()


class _Flows:
    def __init__(self, followed: Sequence[_Followed], choice: str) -> None:
        self.followed = followed
        self.choice = choice
        self.sheet = followed[0].sheet
        self.digits = self.sheet.writer.digits

    def solution(self) -> Solution:
        sections = [Section("flow", tuple(self._blocks(one)), (one.name,) if one.name else ()) for one in self.followed]
        if len(self.followed) == 1 and self._is_chain_of_units():
            sections += self._product()
        sections.append(Section("comparison", tuple(self._conclusions()), (), ("What follows",)))
        results = Results(values=value_results(self.sheet.trace), runs=[_results(one) for one in self.followed])
        return self.sheet.solution(sections, results)

    def _blocks(self, one: _Followed) -> Iterator[Block]:
        rows: list[tuple[Note, ...]] = []
        for place, layer in enumerate(one.layers):
            factors = [one for one in (layer.through_weights, layer.through_slopes) if one is not None]
            numbers = [*factors, prod(factors)] if factors else []
            words: list[Note] = [(self._factor(number),) for number in numbers] or [(), (), ()]
            root = number_words(self.digits, layer.root_mean_square)
            norm = number_words(self.digits, layer.norm)
            rows.append(((str(place + 1),), (one.tensor(layer.key),), (root,), (norm,), *words))
        heads: tuple[Note, ...] = (("layer",), ("result",), ("RMS of ", _DELTA), ("‖", _DELTA, "‖"))
        yield Table((*heads, ("weights",), ("slopes",), ("both",)), tuple(rows))
        weights: Note = ("weights: ‖", _BACK, "‖/‖", _DELTA, "‖ with ", _W, " and ", _DELTA, " of the layer after it; ")
        slopes: Note = ("slopes: ‖", _SLOPED, "‖/‖", _V, "‖ with ", _V, " the gradient that arrives there; ")
        both: Note = ("both: their product, ‖", _DELTA, "‖ here over ‖", _DELTA, "‖ there.")
        yield Remark((*weights, *slopes, *both))
        if any(step.is_formula for step in learned_layers(one.sheet.network)):
            yield Remark(
                ("For a formula, ", _DELTA, " is ∂L/∂ of its result, and ", _BACK, " what comes back through it.")
            )
        if forks := [one.tensor(layer.key) for layer in one.layers if layer.forks]:
            verb = "leads" if len(forks) == 1 else "lead"
            rest = f" {verb} to several steps: what comes back from these is added, and has no factors."
            yield Remark((*listed(forks), rest))
        for word, cells in (("dead (slope 0", "dead"), (f"saturated (slope at most {FLAT}", "saturated")):
            names = [one.unit(layer.key, cell) for layer in one.layers for cell in getattr(layer, cells)]
            if names:
                more = f", … {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
                yield Remark((f"Units that are {word} in every sample): ", *listed(names[:MOST_NAMED]), more))

    def _factor(self, number: float) -> Expr | str:
        return "unknown" if isnan(number) else number_words(self.digits, number)

    def _is_chain_of_units(self) -> bool:
        network = self.sheet.network
        sizes = (prod(network.tensors[step.output].shape) for step in network.layer_steps())
        return network.samples is None and set(sizes) == {1}

    def _product(self) -> list[Section]:
        """The first δ of a chain of single units as the product that it is."""
        network = self.sheet.network
        first = next(iter(of_tensor(network, network.tensors[self.followed[0].layers[0].key])))
        return self.sheet.gradients.over_paths([first], "The first δ as a product of weights and slopes")

    def _conclusions(self) -> Iterator[Block]:
        if self.choice:
            yield Remark((self.choice,))
        curves = [Curve((one.name or "δ",), one.points) for one in self.followed]
        heights = [y for curve in curves for _, y in curve.points]
        if heights:
            low, high = min(heights), max(heights)
            room = max(0.05 * (high - low), 0.05)
            drawn = tuple(curve for curve in curves if curve.points)
            yield Plot(("layer",), ("logarithm of the RMS of ", _DELTA, ", to base 10"), drawn, low - room, high + room)
        for one in self.followed:
            yield Remark(self._outcome(one))
        if len(self.followed) > 1:
            yield Remark((self._side_by_side(),))
        limits = ", ".join(f"below {limit:g} it {word}" for limit, word in WORDS[:-1])
        yield Remark((f"The words, by the ratio: {limits}, else it {WORDS[-1][1]}.",))

    def _side_by_side(self) -> str:
        """With which the gradient shrinks or vanishes, and with which its size changes least."""
        smaller = [one.name for one in self.followed if one.word in SMALLER]
        others = [one.name for one in self.followed if one.name not in smaller]
        apart = f", not with {_listed(others)}" if smaller and others else ""
        change = {one.name: abs(log10(one.ratio)) if 0 < one.ratio < inf else inf for one in self.followed}
        least = [name for name, size in change.items() if size <= min(change.values()) + 1e-9]
        shrinks = _listed(smaller) if others else "each of them"
        words = f"Towards the first layer δ shrinks or vanishes with {shrinks}{apart}."
        return f"{words} Its size changes least with {_listed(least)}."

    def _outcome(self, one: _Followed) -> Note:
        """What becomes of δ, and which layers learn most slowly."""
        first, last = (number_words(self.digits, layer.root_mean_square) for layer in (one.layers[0], one.layers[-1]))
        if not one.layers[-1].norm:
            name = f"{one.name}: " if one.name else ""
            return (f"{name}δ is 0 at the last layer already: there is nothing to follow.",)
        start = f"{one.name}: from" if one.name else "From"
        way: Note = (f"{start} the last layer to the first the RMS of ", _DELTA, " goes from ", last, " to ", first)
        if isnan(one.ratio):
            return (*way, ": double precision does not tell by how much it changes.")
        words: Note = (*way, ", times ", number_words(self.digits, one.ratio), f": it {one.word}")
        sizes = [layer.root_mean_square for layer in one.layers]
        if max(sizes) <= ALIKE * min(sizes):
            return (*words, ". No layer learns more slowly than the others.")
        slowest = sizes.index(min(sizes))
        where = {0: "the first", len(sizes) - 1: "the last"}.get(slowest, f"number {slowest + 1}")
        return (*words, f". The layer that learns most slowly is {where}.")


def _listed(names: Sequence[str]) -> str:
    """Names one after the other, apart by semicolons where a comma is in one."""
    return ("; " if any("," in name for name in names) else ", ").join(names) or "none"


def _results(one: _Followed) -> RunResults:
    curves: dict[str, list[float | None]] = {
        "layer": [place + 1 for place in range(len(one.layers))],
        "RMS of δ": [layer.root_mean_square for layer in one.layers],
        "‖δ‖": [layer.norm for layer in one.layers],
        "through the weights": [layer.through_weights for layer in one.layers],
        "through the slopes": [layer.through_slopes for layer in one.layers],
    }
    return RunResults(one.name, one.word, curves)
