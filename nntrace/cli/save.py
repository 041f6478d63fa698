"""Writing the updated network: the same file with new numbers, which loads again to the same network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from .saved_states import SavedStates
from .writing import Content, check_free, same_file

if TYPE_CHECKING:
    from ..network.model import Array, Network
    from ..spec.model import Place, Spec
    from ..trace.amount import Amount
    from ..trace.trace import Trace

LONGEST_EXACT = 40
DIGITS = 24
"""Of a number that is not written exactly: 7 more than tell a float, for what a loss makes of its error."""


class Copy:
    """The network with the numbers after an update, as it will be written to ``path``.

    Arrays that came from files go into new files beside it. Raises a ``UserError`` where one of them is there already
    (unless that is allowed by ``force``) or cannot be written.
    """

    def __init__(self, spec: Spec, network: Network, path: Path, force: bool, anywhere: bool = False) -> None:
        """``anywhere``: the network's own files may be outside of its folder."""
        from ..spec.model import File

        self.spec = spec
        self.network = network
        self.path = path
        self.moved = spec.folder is None or not same_file(spec.folder, path.parent)
        self.arrays = {
            key: self._array_file(tensor.name or key)
            for key, tensor in network.tensors.items()
            if tensor.array is not None and tensor.file_place is not None and (self.moved or tensor.role == "parameter")
        }
        """The new file of each tensor that goes along."""
        self.samples: dict[Path, tuple[Place, Network]] = {}
        """The new files of samples, each with where the file has them, and a network on them."""
        if self.moved and isinstance(spec.samples, File):
            self.samples[self._array_file("samples")] = spec.samples.place, network
        if self.moved and isinstance(other := spec.validation.samples, File):
            from ..network.building.validation import sets

            validated = sets(network, spec, anywhere).validation
            assert validated is not None
            self.samples[self._array_file("validation")] = other.place, validated
        self.states = SavedStates(spec, network, self._array_file)
        files = [*self.arrays.values(), *self.states.files.values(), *self.samples]
        for file in files:
            check_free(file, force)

    def _array_file(self, name: str) -> Path:
        return self.path.with_name(f"{self.path.stem}.{name}.npy")

    def contents(self, after: Trace) -> dict[Path, Content]:
        """All files with what they will hold."""
        from ..network.model import Element
        from ..spec.rewrite import rewritten
        from ..trace.arrays import array_of

        after = after.in_network(self.network)  # a training has the samples that it learned from
        contents: dict[Path, Content] = {}
        replacements: dict[Place, str] = {}
        for key, tensor in self.network.tensors.items():
            if key in self.arrays and tensor.file_place is not None:
                contents[self.arrays[key]] = _npy(after.arrays[key])
                replacements[tensor.file_place] = _file_entry(self.arrays[key])
            elif tensor.typed is not None:
                for cell, place in tensor.places.items():
                    amount = after.value(Element(key, cell))
                    text = amount_text(amount)
                    if not _is_same(amount, as_typed(self.spec, place)):
                        replacements[place] = text
        for file, (place, network) in self.samples.items():
            columns = [array_of(network.tensors[key]) for key in ("x", "y") if key in network.tensors]
            contents[file] = _rows(columns)
            replacements[place] = _file_entry(file)
        lines: list[str] = []
        if self.states.is_needed:
            contents |= {file: _npy(array) for file, array in self.states.arrays(after)}
            text = self.states.text(after, amount_text, _file_entry)
            given = self.spec.optimizer
            if given is None or given.place is None:
                lines = [f"optimizer: {text}"]
            else:
                replacements[given.place] = text
        contents[self.path] = [*rewritten(self.spec, replacements).splitlines(), *lines]
        return contents


def _rows(columns: Sequence[Array]) -> bytes:
    """The rows of the samples, their inputs and then their targets."""
    import numpy as np

    return _npy(np.concatenate(columns, axis=1))


def _npy(array: Array) -> bytes:
    import io

    import numpy as np

    _check_finite(bool(np.isfinite(array).all()))
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    return content.getvalue()


def _file_entry(file: Path) -> str:
    name = file.name.replace("'", "''")
    return f"{{file: '{name}'}}"


def _is_same(amount: Amount, typed: Fraction | None) -> bool:
    """Whether a number is the one that the file has."""
    if amount.exact is not None or amount.real is not None:
        return amount.exact == typed
    return typed is not None and amount.number == float(typed)


def as_typed(spec: Spec, place: Place) -> Fraction | None:
    """The number that the file has at a place: it is left as it was typed where it keeps its value."""
    from ..spec.scalars import Fault, number

    rest = spec.lines[place.line - 1][place.column - 1 :]
    value = number(re.split(r"[\s,}\]#]", rest, maxsplit=1)[0])
    return None if isinstance(value, Fault) else value


def amount_text(amount: Amount) -> str:
    """A number as a network file writes it: exact where it is short enough, else with the digits that a run needs to go
    on to the same floats; of a float of arrays, its shortest digits. What is lost to 0 as a float is written so.

    Raises a ``UserError`` for what a file cannot hold.
    """
    from ..solution.numbers.digits import Digits, exact_decimal, trimmed

    _check_finite(isfinite(amount.number))
    if amount.number == 0:
        return "0.0"
    if amount.exact is not None:
        ending = exact_decimal(amount.exact)
        if ending is not None and len(ending.as_tuple().digits) <= LONGEST_EXACT:
            text = f"{ending:f}" if -8 < ending.adjusted() < 16 else str(ending)
            return text + ".0" if text.lstrip("-").isdigit() else text
        ratio = f"{amount.exact.numerator}/{amount.exact.denominator}"
        if len(ratio) <= LONGEST_EXACT:
            return ratio
    elif amount.real is None:
        return repr(amount.number)
    return str(trimmed(Digits(DIGITS).show(amount).decimal))


def _check_finite(finite: bool) -> None:
    if not finite:
        raise UserError("the updated network has numbers beyond 1.8e308, or undefined ones, which no file holds\n"
                        "  take a smaller learning rate or fewer steps, or leave --save out")  # fmt: skip
