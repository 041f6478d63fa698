"""The keys ``loss``, ``penalty`` and ``report``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..catalogue.registry import names
from ..errors import nearest, quoted, suggestion
from . import arithmetic, kinds, scalars, shorthands, sources, tree, values
from .model import Items, Labelled, Layer, LossSpec, Name, Number, Penalty
from .problems import Problems
from .scalars import Fault
from .tree import Node, describe, is_null

LOSS_KEYS = ("parts", "over_outputs", "over_samples", "class_weights", "penalty", sources.FROM)
PENALTY_KEYS = ("on", "name", "data")
OF_RESULT = ("over_samples", "penalty")
"""What may stand beside a result that is the loss."""
UPSTREAM, OF = "upstream", "of"
LOG = "log"
MEAN = "mean"
REDUCTIONS = (MEAN, "sum")


def loss(node: Node, problems: Problems) -> LossSpec | None:
    """The one loss that is differentiated."""
    return _loss(node, "keep one; others are worked out under report: [{mse: M}]", problems)


def _loss(node: Node, second: str, problems: Problems) -> LossSpec | None:
    """``mse``, or ``{mse: MSE, parts: [E1, E2], over_outputs: mean}``: its kind, then its name."""
    match node:
        case tree.Mapping() if node.get(UPSTREAM) is not None:
            return _upstream(node, problems)
        case tree.Mapping() if (result := node.get(OF)) is not None:
            return _of_result(node, result, problems)
        case tree.Scalar(text) if text == UPSTREAM:
            problems.add(node.place, "`upstream` without its gradients", "write {upstream: [0.5, -1.0]}")
            return None
        case tree.Scalar(text) if not is_null(node) and text not in names("loss") and not _is_slip(text):
            return _of_result(tree.Mapping((), node.place), node, problems)
    of = kinds.kinded(node, "a loss", ("loss",), LOSS_KEYS, problems, second)
    if of is None:
        return None
    own = {key.text: inner for key, inner in of.other_keys if key.text in LOSS_KEYS}
    other_keys = [
        one
        for one in of.other_keys
        if one[0].text not in (*LOSS_KEYS, LOG) and not shorthands.refuse_inside(one, "a loss", problems)
    ]
    for key, _ in of.other_keys:
        if key.text == LOG:
            problems.add(key.place, "`log` is a key of the whole file", "write log: 2 on a line of its own")
    return LossSpec(
        kind=of.kind,
        name=values.name(of.content, problems, "a loss's name") if of.content is not None else None,
        parts=values.names(own["parts"], problems, "`parts`") if "parts" in own else (),
        over_outputs=_reduction("over_outputs", own, problems),
        over_samples=_reduction("over_samples", own, problems) or MEAN,
        options=kinds.options(of, other_keys, "a loss", LOSS_KEYS, problems),
        penalty=penalty(own["penalty"], problems) if "penalty" in own else None,
        source=sources.source(own[sources.FROM], problems) if sources.FROM in own else None,
        class_weights=values.value(own["class_weights"], problems) if "class_weights" in own else None,
    )


def _is_slip(text: str) -> bool:
    """Whether a word that no result can have is near to a kind: ``cross-entropy``."""
    return isinstance(scalars.element(text), Fault) and nearest(text, names("loss")) is not None


def _of_result(node: tree.Mapping, result: Node, problems: Problems) -> LossSpec | None:
    """``f``, ``h[3]`` or ``{of: f, over_samples: sum}``: a result of the network is the loss."""
    name = values.element(result, problems, "`of`")
    own: dict[str, Node] = {}
    for key, inner in node.entries:
        if key.text in OF_RESULT:
            own[key.text] = inner
        elif key.text != OF:
            values.unknown_key(key, "a loss that is a result", (OF, *OF_RESULT), problems)
    over_samples = _reduction("over_samples", own, problems) or MEAN
    own_penalty = penalty(own["penalty"], problems) if "penalty" in own else None
    return LossSpec(name, over_samples=over_samples, penalty=own_penalty, result=name) if name else None


def check_result(loss: LossSpec, layers: Sequence[Layer], problems: Problems) -> None:
    """A word for a loss that no layer has as a name, and that is near to a kind, is meant as that kind."""
    results = [name for layer in layers for one in (layer, layer.activation) if one for name in _results(one)]
    word = loss.kind.text.partition("[")[0]
    if word not in results and nearest(word, names("loss")):
        known = suggestion(word, (*names("loss"), *results))
        problems.add(loss.kind.place, f"a loss of unknown kind {quoted(loss.kind.text)}", known)


def _results(layer: Layer) -> Iterator[str]:
    """The names that a layer's result has."""
    waiting = [layer.result]
    while waiting:
        match waiting.pop():
            case Name(text):
                yield text
            case Items(items, _):
                waiting += items
            case Labelled(entries, _):
                for name, inner in entries:
                    yield name.text
                    waiting.append(inner)


def with_key(loss: Node | None, key: tree.Scalar, node: Node) -> str:
    """The line of a loss with a key that stood beside it."""
    match loss:
        case tree.Mapping(((kind, tree.Scalar(name)), *_), _):
            own = f"{kind.text}: {name}"
        case tree.Scalar(kind):
            own = f"{kind}: L"
        case _:
            own = "mse: L"
    content = node.text if isinstance(node, tree.Scalar) else "…"
    return f"put it into the loss: loss: {{{own}, {key.text}: {content}}}"


def _upstream(node: tree.Mapping, problems: Problems) -> LossSpec | None:
    """``{upstream: [0.5, -1.0]}``: a gradient for each output, of a loss that is not given."""
    found: LossSpec | None = None
    for key, inner in node.entries:
        if key.text != UPSTREAM:
            problems.add(key.place, f"{quoted(key.text)} beside `upstream`", "take one of the two out")
        elif is_null(inner):
            values.nothing_after(key, problems)
        elif (given := values.value(inner, problems)) is not None:
            found = LossSpec(Name(UPSTREAM, key.place), over_samples="sum", upstream=given)
    return found


def _reduction(key: str, own: dict[str, Node], problems: Problems) -> str | None:
    found = values.word(own[key], problems, f"`{key}`", REDUCTIONS) if key in own else None
    return found.text if found else None


def report(node: Node, problems: Problems) -> tuple[LossSpec, ...]:
    """A further loss, or a list of them, which are computed and not differentiated."""
    if is_null(node):
        remedy = "write a list, such as [{mse: MSE_mean}]"
        problems.add(node.place, f"`report` is not a list but {describe(node)}", remedy)
        return ()
    listed = node.items if isinstance(node, tree.Sequence) else (node,)
    second = "give each kind an entry of its own, as in [{mse: M}, {mae: A}]"
    found = tuple(found for item in listed if (found := _loss(item, second, problems)) is not None)
    for one in found:
        if one.penalty:
            problems.add(one.penalty.place, "a report has no penalty", "put it beside the loss, or leave it out")
        if one.class_weights:
            problems.add(one.class_weights.place, "a report has no class_weights", "put them into the loss")
        if one.upstream:
            problems.add(one.kind.place, "a report cannot be `upstream`", "report a loss, such as mse")
        if one.result:
            known = suggestion(one.kind.text, names("loss"))
            problems.add(one.kind.place, f"a report of unknown kind {quoted(one.kind.text)}", known)
    return found


def penalty(node: Node, problems: Problems) -> Penalty | None:
    """``{l2: 0.01}``, or ``{l1: 0.001, l2: 0.01, on: all, name: R, data: E}``: kinds with their factors."""
    known = names("penalty")
    if not isinstance(node, tree.Mapping):
        problems.add(node.place, f"a penalty cannot be {describe(node)}", "write its kind and its factor: {l2: 0.01}")
        return None
    own = {key.text: inner for key, inner in node.entries if key.text in PENALTY_KEYS}
    factors: list[tuple[Name, Number | Name]] = []
    for key, inner in node.entries:
        if key.text in known:
            factor = _factor(inner, problems, f"the factor of {quoted(key.text)}")
            if isinstance(factor, Number) and factor.value < 0:
                problems.add(factor.place, f"a penalty's factor cannot be {quoted(factor.text)}", "give 0 or more")
            elif factor is not None:
                factors.append((Name(key.text, key.place), factor))
        elif key.text not in PENALTY_KEYS:
            place, message = key.place, f"a penalty of unknown kind {quoted(key.text)}"
            problems.add(place, message, suggestion(key.text, (*known, *PENALTY_KEYS)))
    if not any(key.text not in PENALTY_KEYS for key, _ in node.entries):
        problems.add(node.place, "a penalty without its kind", f"give a kind and its factor; {suggestion('', known)}")
    return Penalty(
        tuple(factors),
        _penalised(own["on"], problems) if "on" in own else "weights",
        values.name(own["name"], problems, "a penalty's name") if "name" in own else None,
        values.name(own["data"], problems, "the name of the loss without its penalty") if "data" in own else None,
        node.place,
    )


def _factor(node: Node, problems: Problems, what: str) -> Number | Name | None:
    """A penalty's factor: a number, or a symbol such as lambda."""
    if isinstance(node, tree.Scalar) and node.plain and not is_null(node) and not arithmetic.is_arithmetic(node.text):
        word = scalars.name(node.text)
        if not isinstance(word, Fault):
            return Name(word, node.place)
    return values.number(node, problems, what)


def _penalised(node: Node, problems: Problems) -> str | tuple[Name, ...]:
    """What a penalty is on: a word, or a list of parameters."""
    match node:
        case tree.Scalar(text="weights" | "all" as word):
            return word
        case tree.Sequence(items) if items:
            return values.names(node, problems, "`on`", elements=True)
        case tree.Scalar() if not is_null(node):
            return values.names(node, problems, "`on`", elements=True)
        case _:
            remedy = "write weights, all (the biases too) or a list of parameters, such as [W1, b1]"
            problems.add(node.place, f"`on` cannot be {describe(node)}", remedy)
            return "weights"
