"""Writing the updated network: the same file with new numbers, which loads again to the same network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from .run import write_file

if TYPE_CHECKING:
    from ..network.model import Array, Cell, Network, Tensor
    from ..spec.model import Place, Spec
    from ..trace.trace import Trace

LONGEST_EXACT = 40


def check_free(path: Path, force: bool) -> None:
    """Refuse to replace a file unless that was asked for."""
    if path.exists() and not force:
        raise UserError(f"{path} is there already\n  choose another name, or replace it with --force")


def save_network(spec: Spec, network: Network, after: Trace, path: Path, force: bool) -> None:
    """Write the network with the numbers after the update. Arrays that came from files go into new files beside it."""
    from ..network.model import Element
    from ..spec.model import File
    from ..spec.rewrite import rewritten

    replacements: dict[Place, str] = {}
    moved = spec.folder is None or spec.folder.resolve() != path.parent.resolve()
    for tensor in network.tensors.values():
        if tensor.array is not None and tensor.whole is not None:
            if moved or tensor.role == "parameter":
                replacements[tensor.whole] = _array_file(
                    after.arrays[tensor.key], tensor.name or tensor.key, path, force
                )
        elif tensor.typed is not None:
            for cell, place in tensor.places.items():
                text = number_text(tensor, cell, after)
                if after.value(Element(tensor.key, cell)).exact != as_typed(spec, place):
                    replacements[place] = text
    if moved and isinstance(spec.samples, File):
        columns = [network.tensors[key].array for key in ("x", "y") if key in network.tensors]
        replacements[spec.samples.place] = _samples_file([one for one in columns if one is not None], path, force)
    write_file(path, iter(rewritten(spec, replacements).splitlines()))


def _samples_file(columns: Sequence[Array], path: Path, force: bool) -> str:
    """The rows of the samples, their inputs and then their targets."""
    import numpy as np

    return _array_file(np.concatenate(columns, axis=1), "samples", path, force)


def _array_file(array: Array, name: str, path: Path, force: bool) -> str:
    import io

    import numpy as np

    target = path.with_name(f"{path.stem}.{name}.npy")
    check_free(target, force)
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    write_file(target, content.getvalue())
    return f"{{file: '{target.name}'}}"


def as_typed(spec: Spec, place: Place) -> Fraction | None:
    """The number that the file has at a place: it is left as it was typed where it keeps its value."""
    from ..spec.scalars import Fault, number

    rest = spec.lines[place.line - 1][place.column - 1 :]
    value = number(re.split(r"[\s,}\]#]", rest, maxsplit=1)[0])
    return None if isinstance(value, Fault) else value


def number_text(tensor: Tensor, cell: Cell, after: Trace) -> str:
    """A number as a network file writes it: exact where it is short enough, else the float's shortest digits."""
    from ..network.model import Element
    from ..solution.numbers.digits import exact_decimal

    amount = after.value(Element(tensor.key, cell))
    if amount.exact is None:
        return repr(amount.number)
    ending = exact_decimal(amount.exact)
    if ending is not None and len(ending.as_tuple().digits) <= LONGEST_EXACT:
        text = f"{ending:f}" if -8 < ending.adjusted() < 16 else str(ending)
        return text + ".0" if text.lstrip("-").isdigit() else text
    return _ratio(amount.exact)


def _ratio(value: Fraction) -> str:
    text = f"{value.numerator}/{value.denominator}"
    return text if len(text) <= LONGEST_EXACT else repr(float(value))
