"""The same network with other numbers: for ``--set``, and for the network after an update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from ..errors import UserError, quoted, shape_text, suggestion
from ..expr import Sym
from .model import GIVEN, Cell, Network, Tensor
from .quantities import Quantity, find, known_names


def with_number(network: Network, name: str, value: Fraction, typed: str) -> Network:
    """The network with one given number changed, in every place that uses it, and how it was typed."""
    found = find(network, name)
    if found and len({one.uses[0].key for one in found}) == 1 and _is_unit(network, found):
        from .building.loss import unfused

        tensor = network.tensors[found[0].uses[0].key]
        overridden = {**tensor.overridden, found[0].uses[0].cell[tensor.sampled :]: value}
        steps = tuple(unfused(step, tensor.key) for step in network.steps)
        tensors = {**network.tensors, tensor.key: tensor._replace(overridden=overridden)}
        return network._replace(tensors=tensors, steps=steps, changes=(*network.changes, (found[0].symbol, typed)))
    if len(found) != 1 or found[0].role not in GIVEN:
        several = len(found) > 1
        what = f"{quoted(name)} is no single given number" if found else f"there is no given number {quoted(name)}"
        remedy = f"give one of its elements, such as {found[0].name}" if several else ""
        raise UserError(f"{what}\n  {remedy or suggestion(name, known_names(network, *GIVEN))}")
    if any(network.tensors[use.key].structural for use in found[0].uses):
        raise UserError(f"{quoted(name)} is 0 or 1 by the class that the file names\n  change the class: targets: …")
    if found[0].role == "factor" and value < 0:
        message = f"a penalty's factor cannot be negative, and {quoted(name)} is {quoted(typed)}"
        raise UserError(f"{message}\n  give 0 or more")
    cells: dict[str, dict[Cell, Fraction]] = {}
    for use in found[0].uses:
        cells.setdefault(use.key, {})[use.cell] = value
    changed = network._replace(
        integers=network.integers and typed.lstrip("+-").isdigit(),
        changes=(*network.changes, (found[0].symbol, typed)),
    )
    return with_typed(changed, cells)


def with_array(network: Network, name: str, numbers: object) -> Network:
    """The network with the numbers of a given tensor replaced by an array of its shape, none of them exact.

    A tensor whose elements have other uses, or that has none at some places, is changed number by number.
    """
    import numpy as np

    tensors = {tensor.name or key: tensor for key, tensor in network.tensors.items() if tensor.role in GIVEN}
    if name not in tensors:
        raise UserError(f"there is no given tensor {quoted(name)}\n  {suggestion(name, tensors)}")
    tensor = tensors[name]
    tied = any(len(network.uses.get(used, ())) > 1 for used in tensor.names.values())
    if tied or tensor.missing or tensor.structural:
        raise UserError(f"{quoted(name)} cannot be set as a whole\n  set its numbers one by one, by their names")
    array = np.asarray(numbers)
    if array.dtype.kind not in "iufb" or array.shape != tensor.shape or not np.isfinite(array).all():
        message = f"{quoted(name)} is no array of {shape_text(tensor.shape)} finite numbers here"
        raise UserError(f"{message}\n  give one of its shape")
    changed = tensor._replace(array=array.astype(float), decimal=False, typed=None, text="an array")
    return network._replace(
        integers=False,
        changes=(*network.changes, (Sym(name), "an array")),
        tensors={**network.tensors, tensor.key: changed},
    )


def _is_unit(network: Network, found: Sequence[Quantity]) -> bool:
    """Whether these are one unit, in a batch that of every sample."""
    cells = {one.uses[0].cell[network.tensors[one.uses[0].key].sampled :] for one in found}
    return len(cells) == 1 and all(one.role == "unit" for one in found)


def with_typed(network: Network, cells: Mapping[str, Mapping[Cell, Fraction]]) -> Network:
    """The network with some cells' numbers replaced, by tensor key."""
    tensors = dict(network.tensors)
    for key, numbers in cells.items():
        tensors[key] = _changed(tensors[key], numbers)
    return network._replace(tensors=tensors)


def _changed(tensor: Tensor, numbers: Mapping[Cell, Fraction]) -> Tensor:
    if tensor.array is None:
        return tensor._replace(typed={**(tensor.typed or {}), **numbers})
    array = tensor.array.copy()
    for cell, number in numbers.items():
        array[cell] = float(number)
    decimal = tensor.decimal and all(Fraction(repr(float(one))) == one for one in numbers.values())
    return tensor._replace(array=array, decimal=decimal)
