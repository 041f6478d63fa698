"""Index letters that are no name of the network's: where it calls something ``i``, another letter runs in its place.

A sheet is made with the letters of the formulas, and written with these others at last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from itertools import count as counting

from ...expr import Condition, Delta, Expr, Max, Partial, Sum, Sym, Whole
from ...expr.bind import transform
from ...expr.index import Index, bound
from ...expr.letters import OTHERS as MORE
from ...expr.letters import index_letters
from ...network.batch import SAMPLE
from ...network.model import Network
from ..content.model import Block, Line, Matrix, Note, Remark, Section, Step
from .naming import PRIME, SAMPLES, Naming

LETTERS = "kjilqrsuv"
INDICES = (SAMPLE, *dict.fromkeys("ijklp" + LETTERS))
"""Every letter that a formula may have for an index."""
OTHERS: Mapping[str, str] = dict(zip("hgtdcfwbaxyzo", "ʰᵍᵗᵈᶜᶠʷᵇᵃˣʸᶻᵒ", strict=True))
"""What may stand in their place; and each as it is written after what belongs to one sample."""


def names_of(naming: Naming) -> set[str]:
    """The names of a network's tensors and elements, and the symbols of its sizes."""
    tensors = naming.network.tensors.values()
    names = {name for tensor in tensors for name in tensor.names.values()}
    return {*names, *(str(size) for tensor in tensors for size in tensor.sizes), *_wholes(naming)}


def _wholes(naming: Naming) -> set[str]:
    """The names of the tensors; the parts of a loss are written by their elements alone."""
    keys = (key for key, one in naming.network.tensors.items() if one.name or one.role != "loss")
    return {naming.tensor(key).name for key in keys}


def classes_of(network: Network) -> set[str]:
    """The user's letters for the classes of one-hot targets."""
    return {tensor.one_hot for tensor in network.tensors.values() if tensor.one_hot is not None}


def letters_of(naming: Naming, more: Iterable[str] = (), avoided: Iterable[str] = ()) -> dict[str, str]:
    """The letters in whose place others are written on a sheet, which has ``more`` names of its own."""
    operations = [step.operation for step in naming.network.steps]
    formulas = (part for one in operations for part in (one.formula, *map(one.argument, one.letters)))
    indices = {letter for formula in formulas for letter in index_letters(formula) if letter.isalpha()}
    names, avoided = {*names_of(naming), *more}, {*classes_of(naming.network), *avoided}
    return other_letters(names, _wholes(naming), avoided, sorted(indices))


def more_letters(naming: Naming, more: Iterable[str] = ()) -> Iterator[str]:
    """Letters for where ``LETTERS`` are not enough: no names, and none that stands in the place of another one."""
    names, others = {*names_of(naming), *more}, letters_of(naming, more).values()
    taken = {*LETTERS, *names, *"".join(_ends(names, _wholes(naming))), *classes_of(naming.network), *others}
    forms = chain(MORE, (LETTERS[0] + PRIME * count for count in counting(1)))
    return (letter for letter in forms if letter not in taken)


def _ends(names: set[str], wholes: set[str]) -> set[str]:
    """What stands behind a tensor's name in these names, as an index would."""
    lines = ((name, place) for name in names for place, letter in enumerate(name) if letter == "_")
    return {name[place + 1 :] for name, place in lines if name[:place] in wholes}


def other_letters(names: set[str], wholes: set[str], avoided: set[str], indices: Iterable[str]) -> dict[str, str]:
    """Another letter for each index letter that is a name, or would make one behind a tensor's (``x_i`` beside ``x``).

    Those that are ``avoided`` are no names that an index could be taken for, but are not to be used again. ``indices``
    are the letters of the network's own formulas.
    """
    indices = dict.fromkeys((*INDICES, *indices))
    behind = _ends(names, wholes)
    taken = {*names, *(letter for letters in behind if set(letters) <= set(indices) for letter in letters)}
    used = {*taken, *avoided, *"".join(behind), *(letter for letter in indices if letter not in INDICES)}
    found: dict[str, str] = {}
    for letter in indices:
        if letter in taken:
            forms = (*OTHERS, *(letter + PRIME * count for count in range(1, 100)))
            found[letter] = next(form for form in forms if form not in {*used, *found.values()})
    return found


class Lettering:
    """Writes sections with other index letters."""

    def __init__(self, letters: Mapping[str, str]) -> None:
        self.letters = letters
        sample = letters.get(SAMPLE, SAMPLE)
        self.mark = f"⁽{OTHERS.get(sample, sample.replace(SAMPLE, 'ⁿ'))}⁾"

    def sections(self, sections: Iterable[Section]) -> Iterator[Section]:
        """The same sections; as they are where no letter changes."""
        for section in sections:
            if self.letters:
                blocks = tuple(self._block(block) for block in section.blocks)
                section = section._replace(blocks=blocks, addition=self.note(section.addition))
            yield section

    def _block(self, block: Block) -> Block:
        match block:
            case Step():
                lines = tuple(map(self._line, block.lines))
                return block._replace(name=self.expression(block.name), lines=lines, reason=self.note(block.reason))
            case Remark():
                return block._replace(words=self.note(block.words))
            case Matrix():
                return block._replace(name=self.expression(block.name))
            case _:
                return block

    def _line(self, line: Line) -> Line:
        left = None if line.left is None else self.expression(line.left)
        return line._replace(body=self.expression(line.body), left=left, notes=tuple(map(self.note, line.notes)))

    def note(self, note: Note) -> Note:
        """Its expressions in these letters; its words have them already."""
        return tuple(self._part(part) for part in note)

    def _part(self, part: str | Expr | Condition) -> str | Expr | Condition:
        match part:
            case Condition(left, relation, right):
                return Condition(self.expression(left), relation, self.expression(right))
            case Expr():
                return self.expression(part)
            case _:
                return part

    def expression(self, node: Expr) -> Expr:
        """An expression in these letters. Columns of ones have their sizes, which stay."""
        return transform(node, self._leaf)

    def _leaf(self, node: Expr) -> Expr | None:
        match node:
            case Sym(name, index, mark):
                return Sym(name, tuple(map(self._index, index)), self.mark if mark == SAMPLES else mark)
            case Delta(i, j):
                return Delta(self._index(i), self._index(j))
            case Sum(over, body) | Max(over, body):
                return type(node)(str(self._index(over)), self.expression(body))
            case Whole(symbol, down, across):
                inner = self.expression(symbol)
                assert isinstance(inner, Sym | Partial)
                return Whole(inner, down, across)
            case _:
                return None

    def _index(self, index: Index) -> Index:
        return bound(index, self.letters)


def of_samples(naming: Naming) -> Lettering:
    """The lettering of a sheet of numbers, whose one index is that of the samples."""
    return Lettering({old: new for old, new in letters_of(naming).items() if old == SAMPLE})
