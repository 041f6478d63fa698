"""How parameters learn: the keys ``optimizer``, ``learning_rate``, ``clip``, ``parameters`` and ``gradients``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ..catalogue.registry import find, names
from ..errors import quoted, suggestion
from . import kinds, tree, values
from .kinds import Kinded
from .model import Chosen, Labelled, LearningRate, Name, Number, Optimizer, Place
from .problems import Problems
from .tree import Node, describe, is_null

START = "start"
DEFAULT = "default"
PER = "per"
LIST = "list"
COUNTED = ("epoch", "iteration")
START_FORMS = "write a number for each state, {v: 0.1}, or {v: {w21: 0.1}}"
RATE_FORMS = (
    "write a number, {default: 0.1, W2: 0.01} for some tensors, a list, or a schedule such as "
    "{start: 0.1, step: {every: 10, times: 0.5}}"
)


def optimizer(node: Node, problems: Problems) -> Optimizer | None:
    """``adam``, or ``{momentum: {beta: 0.9, start: {v: 0.1}}}``: its kind, its options, its states."""
    of = kinds.kinded(node, "an optimizer", ("optimizer",), (), problems)
    if of is None or of.entry is None:
        return None
    for key, _ in of.other_keys:
        problems.add(key.place, f"{quoted(key.text)} beside the optimizer",
                     "put its options behind its kind, as in {momentum: {beta: 0.9}}")  # fmt: skip
    inner = _inner_options(of, problems)
    own = [(key, one) for key, one in inner if key.text != START]
    start = next((one for key, one in inner if key.text == START), None)
    return Optimizer(
        of.kind,
        kinds.options(of, own, f"the optimizer {quoted(of.kind.text)}", (START,), problems),
        None if start is None else _table(start, problems, "`start`", START_FORMS),
        node.place,
    )


def typed_optimizer(text: str, where: str) -> Optimizer | None:
    """An optimizer as it is typed on the command line, in the file's form. Raises a ``SpecError``."""
    problems = Problems(where, (text,))
    found = optimizer(tree.parse(text, problems), problems)
    problems.raise_if_any()
    placed: Optimizer | None = _of_option(found, f"{where} {text}")
    return placed


def _of_option(value: Any, option: str) -> Any:
    """A value of the file's form, all of whose places are an option of the command."""
    match value:
        case Place():
            return value._replace(option=option)
        case Mapping():
            return {key: _of_option(inner, option) for key, inner in value.items()}
        case tuple():
            inside = [_of_option(inner, option) for inner in value]
            return tuple(inside) if type(value) is tuple else type(value)(*inside)
        case _:
            return value


def _inner_options(of: Kinded, problems: Problems) -> kinds.Entries:
    match of.content:
        case None:
            return ()
        case tree.Mapping():
            return of.content.entries
        case _:
            problems.add(of.content.place, f"an optimizer's options cannot be {describe(of.content)}",
                         "write a table, such as {beta: 0.9}, or the optimizer's word alone")  # fmt: skip
            return ()


def _table(node: Node, problems: Problems, what: str, remedy: str) -> Labelled | None:
    if not isinstance(node, tree.Mapping):
        problems.add(node.place, f"{what} is not a table but {describe(node)}", remedy)
        return None
    return values.table(node, problems)


def learning_rate(node: Node, problems: Problems) -> LearningRate | None:
    """A number, numbers for some tensors, a list, or a schedule."""
    match node:
        case tree.Sequence(items) if items:
            return _listed(items, None, problems)
        case tree.Mapping():
            kinds_known = names("schedule")
            words = [key.text for key, _ in node.entries]
            if START in words or LIST in words or any(word in kinds_known for word in words):
                return _schedule(node, problems)
            return _by_tensor(node, problems)
        case tree.Scalar() if not is_null(node):
            number = values.number(node, problems, "`learning_rate`")
            return None if number is None else LearningRate(number)
        case _:
            problems.add(node.place, f"`learning_rate` cannot be {describe(node)}", RATE_FORMS)
            return None


def _by_tensor(node: tree.Mapping, problems: Problems) -> LearningRate | None:
    """``{default: 0.1, W2: 0.01}``."""
    first: Number | None = None
    others: list[tuple[Name, Number]] = []
    for key, inner in node.entries:
        number = values.number(inner, problems, f"the learning rate of {quoted(key.text)}")
        name = None if key.text == DEFAULT else values.name(key, problems, "what a learning rate is for")
        if number is not None and key.text == DEFAULT:
            first = number
        elif number is not None and name is not None:
            others.append((name, number))
    if node.get(DEFAULT) is None:
        problems.add(node.place, "`learning_rate` has no `default`", "add the rate of everything else: default: 0.1")
    return None if first is None else LearningRate(first, tuple(others))


def _listed(items: Sequence[Node], counted: Name | None, problems: Problems) -> LearningRate | None:
    """``[0.1, 0.05]``: one rate after another, the last of which holds."""
    found = [values.number(item, problems, "a learning rate") for item in items]
    numbers = tuple(one for one in found if one is not None)
    return LearningRate(numbers[0], listed=numbers, per=counted.text if counted else None) if numbers else None


def _schedule(node: tree.Mapping, problems: Problems) -> LearningRate | None:
    """``{start: 0.1, step: {every: 10, times: 0.5}}``: a kind beside where it starts, or ``{list: [0.1, 0.05]}``."""
    start, per, listed = node.get(START), node.get(PER), node.get(LIST)
    counted = None if per is None else values.word(per, problems, f"`{PER}`", COUNTED)
    if listed is not None:
        for key, _ in node.entries:
            if key.text not in (LIST, PER):
                problems.add(key.place, f"{quoted(key.text)} beside a list of rates", "a list has only `per` beside it")
        if isinstance(listed, tree.Sequence) and listed.items:
            return _listed(listed.items, counted, problems)
        problems.add(listed.place, f"`{LIST}` cannot be {describe(listed)}", "write the rates, as in [0.1, 0.05]")
        return None
    if start is None:
        problems.add(node.place, "a schedule without its `start`", "add the first rate: start: 0.1")
    first = None if start is None else values.number(start, problems, "`start`")
    other_keys = [(key, inner) for key, inner in node.entries if key.text not in (START, PER)]
    chosen = _one_of(other_keys, node.place, "schedule", (START, PER), problems)
    if first is None or chosen is None:
        return None
    return LearningRate(first, schedule=chosen, per=counted.text if counted else None)


def clip(node: Node, problems: Problems) -> Chosen | None:
    """``{norm: 1}`` or ``{value: 0.5}``."""
    if not isinstance(node, tree.Mapping):
        problems.add(node.place, f"`clip` cannot be {describe(node)}", "write {norm: 1} or {value: 0.5}")
        return None
    return _one_of(node.entries, node.place, "clip", (), problems)


def _one_of(
    entries: kinds.Entries, place: Place, sort: str, other_keys: tuple[str, ...], problems: Problems
) -> Chosen | None:
    """One kind with its options behind it; of an entry that needs a single one, this alone may stand there."""
    known = names(sort)
    if not entries:
        problems.add(place, f"a {sort} without its kind", suggestion("", known))
        return None
    (key, content), *others = entries
    for other, _ in others:
        if other.text in known:
            problems.add(other.place, f"a second {sort}, {quoted(other.text)}", "keep one of the two")
        else:
            values.unknown_key(other, f"a {sort}", (*other_keys, *known), problems)
    entry = find(sort, key.text)
    if entry is None:
        problems.add(key.place, f"a {sort} of unknown kind {quoted(key.text)}", suggestion(key.text, known))
        return None
    schema, needed = entry.options(), entry.needed()
    if isinstance(content, tree.Mapping):
        given: Sequence[tuple[tree.Scalar, Node]] = content.entries
    elif len(needed) == 1 and not is_null(content):
        given = [(tree.Scalar(needed[0], True, content.place), content)]
    else:
        form = ", ".join(f"{name}: {schema[name].example}" for name in needed)
        problems.add(content.place, f"{quoted(key.text)} cannot be {describe(content)}", f"write {{{form}}}")
        return None
    kind = Kinded(Name(key.text, key.place), entry, content, ())
    options = kinds.options(kind, given, f"the {sort} {quoted(key.text)}", (), problems)
    typed = {one.text for one, _ in given}
    for name in needed:
        if name not in typed:
            form = f"add {name}: {schema[name].example}"
            problems.add(key.place, f"{quoted(key.text)} has no `{name}`", form)
    return Chosen(kind.kind, options) if all(name in options for name in needed) else None


TABLES: dict[str, values.KeyReader] = {
    "parameters": partial(_table, what="`parameters`", remedy="write their names and numbers, {w: 1.0}"),
    "gradients": partial(
        _table, what="`gradients`", remedy="write the gradient of each parameter, {w: [2.0, 1.5, -0.5]}"
    ),
}
"""Parameters of no layer, ``{w: 1.0}``, and the gradient of each, the same each time or one for each iteration."""
