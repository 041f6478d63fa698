"""``kind: what names it`` with options beside: the form that layers, activations, losses and optimizers share.

The kinds and their options are the catalogue's; an entry's signature is the schema of its options.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from ..catalogue.registry import Entry, Option, find, names
from ..errors import quoted, shortens, suggestion
from ..record import Record
from . import tree, values
from .model import Inside, Name, Number, OptionValue
from .problems import Problems
from .tree import Node, describe, is_null

SLIP = 2
"""How much longer or shorter a slip may be than the word that was meant: by sign, nobody means softsign."""
OTHER_KINDS = frozenset(("relu6", "prelu", "rrelu", "crelu", "celu", "logsigmoid", "tan"))
"""Words that only look like a slip: they are functions of their own, which are not in the catalogue."""

Entries = Sequence[tuple[tree.Scalar, Node]]


class Kinded(Record):
    """A kind, its catalogue entry (``None`` if unknown), what stands behind it, and the keys beside it."""

    kind: Name
    entry: Entry | None
    content: Node | None
    other_keys: Entries


def kinded(
    node: Node,
    what: str,
    sorts: Sequence[str],
    own_keys: Sequence[str],
    problems: Problems,
    second: str = "keep one of the two",
) -> Kinded | None:
    """Read ``relu`` or ``{relu: …, option: …}``, noting a problem and giving ``None`` where there is no kind.

    ``what`` is its word in a message, ``sorts`` are the catalogue's, ``own_keys`` stand beside it and are no options,
    ``second`` is what works instead of a second kind.
    """
    known = [word for sort in sorts for word in names(sort)]
    match node:
        case tree.Scalar() if not is_null(node):
            return Kinded(Name(node.text, node.place), _entry(node, what, sorts, problems), None, ())
        case tree.Mapping() if node.entries:
            place = _kind_index(node.entries, known, own_keys)
            if place is None:
                inner = [one.text for _, one in node.entries if isinstance(one, tree.Scalar) and one.text in known]
                remedy = f"write {inner[0]} alone" if inner else f"begin with the kind; {suggestion('', known)}"
                problems.add(node.place, f"{what} without its kind", remedy)
                return None
            key, content = node.entries[place]
            if key.text not in known and isinstance(content, tree.Scalar) and content.text in known:
                message = f"{what} begins with its kind, and {quoted(key.text)} is none"
                remedy = f"write `{content.text}: …` in place of `{key.text}: {content.text}`"
                problems.add(key.place, message, remedy)
                return None
            others = node.entries[:place] + node.entries[place + 1 :]
            for other, _ in others:
                if other.text in known:
                    problems.add(other.place, f"{what} with a second kind, {quoted(other.text)}", second)
            other_keys = [one for one in others if one[0].text not in known]
            entry = _entry(key, what, sorts, problems)
            return Kinded(Name(key.text, key.place), entry, None if is_null(content) else content, other_keys)
    problems.add(node.place, f"{what} cannot be {describe(node)}", f"write its kind; {suggestion('', known)}")
    return None


def _kind_index(entries: Entries, known: Sequence[str], own_keys: Sequence[str]) -> int | None:
    words = [key.text for key, _ in entries]
    sure = (at for at, word in enumerate(words) if word in known)
    perhaps = (at for at, word in enumerate(words) if word not in own_keys)
    return next(sure, next(perhaps, None))


def _entry(word: tree.Scalar, what: str, sorts: Sequence[str], problems: Problems) -> Entry | None:
    for sort in sorts:
        if entry := find(sort, word.text):
            return entry
    known = [word for sort in sorts for word in names(sort)]
    if word.text in values.NOT_YET:
        values.unknown_key(word, what, known, problems)
        return None
    first, _, rest = word.text.partition(" ")
    if rest and first in known:
        message = f"{quoted(word.text)} is {what} without a colon behind its kind"
        problems.add(word.place, message, f"write {first}: {rest}")
        return None
    from ..expr.functions import FUNCTIONS

    lower = word.text.lower()
    other = lower in OTHER_KINDS or lower in FUNCTIONS
    meant = [one for one in known if not other and (abs(len(one) - len(lower)) <= SLIP or shortens(lower, one))]
    problems.add(word.place, f"{what} of unknown kind {quoted(word.text)}", suggestion(word.text, known, meant))
    return None


def options(
    of: Kinded, other_keys: Entries, where: str, own_keys: Sequence[str], problems: Problems
) -> Mapping[str, OptionValue]:
    """The options among ``other_keys``, by the signature of the kind's entry. An unknown kind has none."""
    found: dict[str, OptionValue] = {}
    if not other_keys or of.entry is None:
        return found
    schema = of.entry.options()
    for key, node in other_keys:
        if key.text not in schema:
            values.unknown_key(key, where, (*own_keys, *schema), problems)
        elif (option := _option(schema[key.text], node, f"`{key.text}`", problems)) is not None:
            found[key.text] = option
    return found


def _option(option: Option, node: Node, what: str, problems: Problems) -> OptionValue | None:
    match option.type:
        case "count":
            return values.count(node, problems, what)
        case "flag":
            return values.word(node, problems, what, ("true", "false"))
        case "word":
            return values.word(node, problems, what, option.choices)
        case _ if option.range == "epsilon" and isinstance(node, tree.Mapping):
            return _inside(node, what, problems)
        case _:
            return _number(option, node, what, problems)


def _number(option: Option, node: Node, what: str, problems: Problems) -> Number | None:
    number = values.number(node, problems, what)
    if number is None or option.range not in RANGES:
        return number
    fits, remedy = RANGES[option.range]
    if not fits(number.value):
        problems.add(number.place, f"{what} cannot be {quoted(number.text)}", remedy)
        return None
    return number


def _inside(node: tree.Mapping, what: str, problems: Problems) -> Inside | None:
    """``{inside: 1e-8}``."""
    values.refuse_others(node, (INSIDE,), what, problems)
    inner = node.get(INSIDE)
    if inner is None:
        problems.add(node.place, f"{what} has no number", f"write {{{INSIDE}: 1e-8}}, or the number alone")
        return None
    number = _number(Option("number", None, range="epsilon"), inner, what, problems)
    return None if number is None else Inside(number)


INSIDE = "inside"


RANGES: dict[str, tuple[Callable[[Fraction], bool], str]] = {
    "positive": (lambda value: value > 0, "give a number above 0"),
    "not negative": (lambda value: value >= 0, "give 0 or more"),
    "epsilon": (lambda value: value >= 0, "give 0 or more, such as 1e-8"),
    "share": (lambda value: 0 <= value < 1, "give a number from 0 on, below 1"),
}
"""Which numbers an option may be, and what to say where one is not."""
