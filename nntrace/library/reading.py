"""A network file, or the same as Python's dictionaries and lists, as a network to be asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..network.building.build import all_told, build
from ..spec import load as load_file
from ..spec import read
from .net import Net

if TYPE_CHECKING:
    from ..network.model import Array
    from ..spec import Spec

SOURCE = "a dict"
"""What a network without a file is called."""


def load(network: str | os.PathLike[str] | Mapping[str, Any], *, allow_files: bool = False) -> Net:
    """The network of a file, or of a dict with a network file's keys.

    A numpy array in a dict stands for an array file: its numbers are floats, and none of them is exact. Lists and
    numbers count as they are written. ``allow_files`` lets a network read array files outside its own folder (of a
    dict: outside the current one). Raises a ``UserError``.
    """
    if isinstance(network, (str, os.PathLike)):
        with all_told(allow_files, numbers=False):
            spec = load_file(os.fspath(network))
        return _net(spec, allow_files, {})
    from ..spec.writing import yaml_text

    arrays: dict[str, Array] = {}
    plain = _plain(network, (), arrays)
    if not isinstance(plain, dict):
        raise UserError(f"a network is no {type(network).__name__}\n  give the path of a network file, or a dict")
    with all_told(allow_files, False, arrays):
        spec = read(yaml_text(plain), SOURCE, None)
    return _net(spec, allow_files, arrays)


def _net(spec: Spec, anywhere: bool, arrays: Mapping[str, Array]) -> Net:
    """Sizes are enough for some questions; the others build the network again, which says what is missing."""
    return Net(build(spec, anywhere, False, arrays), spec, lambda: build(spec, anywhere, True, arrays))


def _plain(value: Any, keys: tuple[str, ...], arrays: dict[str, Array]) -> Any:
    """The value with nothing in it but what a file can say; its arrays go into ``arrays``, by paths of their keys."""
    match value:
        case None | bool() | str():
            return value
        case Mapping():
            return {str(key): _plain(inner, (*keys, str(key)), arrays) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner, (*keys, str(place + 1)), arrays) for place, inner in enumerate(value)]
        case int():
            return int(value)
        case float():
            return float(value)
    if hasattr(value, "__array__"):
        import numpy as np

        array = np.asarray(value)
        if array.ndim == 0:
            return _plain(array.item(), keys, arrays)
        path = f"{'.'.join(keys)}.npy"
        arrays[path] = array
        return {"file": path}
    if hasattr(value, "numerator"):  # a fraction
        return str(value)
    raise UserError(f"{'.'.join(keys) or 'a network'} cannot be of type {type(value).__name__}\n"
                    "  give a number, a text, a list, a dict or a numpy array")  # fmt: skip
