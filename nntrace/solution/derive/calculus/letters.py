"""The index letters that an operation is differentiated in, picked from its formula: those that a result and an
argument share become two, so that an element of the one can be derived by any element of the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from itertools import count as counting

from ....catalogue import Operation
from ....expr.bind import origin
from ....expr.letters import index_letters
from ....network.batch import SAMPLE
from ....record import Record
from ...formulas.lettering import LETTERS

Pair = tuple[str, str]


class DerivativeLetters(Record):
    """Letters for the derivative of an operation's result by one of its arguments.

    ``formula`` renames those of the operation's formula and result, ``declared`` those of the textbook's forms; ``by``
    is the argument's index. ``shared`` are a letter of the result and one of the argument that it is tied to: where the
    two differ, the derivative is 0. ``mixed`` are those that run along the same axis of an argument whose elements are
    mixed: where they are equal, the result reads its own place.
    """

    formula: Mapping[str, str]
    declared: Mapping[str, str]
    by: tuple[str, ...]
    shared: tuple[Pair, ...]
    mixed: tuple[Pair, ...]


def derivative_letters(operation: Operation, argument: str) -> DerivativeLetters:
    """Of ``z[j] → a[j]`` j and i; of a softmax k and i, its sum over j; of ``x[i], W[j,i] → z[j]`` by W p and i, its
    sum over l."""
    result = [str(letter) for letter in operation.output.index if letter != SAMPLE]
    own = [str(letter) for letter in operation.argument(argument).index]
    inside = [letter for letter in dict.fromkeys(index_letters(operation.formula)) if letter not in result]
    forms = operation.declared.get(argument, ())
    declared = [letter for form in forms for letter in index_letters(form.form)]
    declared += [letter for form in forms for part in form.words if not isinstance(part, str)
                 for letter in index_letters(part)]  # fmt: skip
    names = _Names({*result, *own, *inside, SAMPLE})
    freed: list[str] = []
    changed: dict[str, str] = {}
    if operation.mixes(argument):
        freed = [letter for letter in result if letter not in own]
        changed = {letter: names.new("k" + LETTERS) for letter in freed}
    by = tuple(names.new("ip" + LETTERS) if letter in result else letter for letter in own)
    shared = tuple((letter, new) for letter, new in zip(own, by, strict=True) if letter in result)
    places = zip(map(str, operation.output.index), by, strict=False)
    mixed = tuple((changed[letter], new) for letter, new in places if letter in changed)
    summed = [letter for letter in inside if letter in own and letter != SAMPLE]
    others = [letter for letter in dict.fromkeys(declared) if letter not in {*result, *own, SAMPLE}]
    apart = _Names({*result, *own, *by, *changed.values(), SAMPLE})  # these forms have no letter of the formula's sums
    return DerivativeLetters(
        {**changed, **names.instead(summed, freed, "l")}, {**changed, **apart.instead(others, freed)}, by, shared, mixed
    )


class _Names:
    """Letters that nothing has yet."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken

    def new(self, wanted: str) -> str:
        """The first of these letters that is free."""
        primed = (wanted[0] + "′" * count for count in counting(1))
        found = next(letter for letter in chain(wanted, primed) if letter not in self.taken)
        self.taken.add(found)
        return found

    def instead(self, letters: Iterable[str], freed: Iterable[str], wanted: str = "") -> dict[str, str]:
        """Another letter for each of these, ``freed`` ones first; without one that is ``wanted``, a letter stays that
        nothing else has."""
        free = list(freed)
        found = {}
        for letter in letters:
            keeps = not wanted and letter not in self.taken and origin(letter) == letter
            found[letter] = free.pop(0) if free else letter if keeps else self.new(wanted + LETTERS)
            self.taken.add(found[letter])
        return found
