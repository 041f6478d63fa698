"""The networks that ``nntrace flow`` is asked to follow the gradient through."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import UserError
from ..library.words import need_layers, need_loss
from .options import Reading
from .run import read_network

if TYPE_CHECKING:
    from ..network.model import Network
    from ..solution.sheets.flow import FlowVariant
    from ..spec import Spec

MOST_DEPTHS = 8
"""Of a longer range of depths so many are followed, the first and the last among them."""
DEEPEST = 500


def variants(
    reading: Reading, changes: Sequence[str], activations: Sequence[str], depth: str | None, seed: int | None
) -> list[FlowVariant]:
    """One network for each activation and each depth, with what tells it from the others."""
    from ..solution.sheets.flow import FlowVariant
    from ..spec.variation import repeated, with_activation

    kinds = [kind.strip() for text in activations for kind in text.split(",")]
    own, file = read_network(reading, changes)
    need_layers(file)
    need_loss(own.loss)
    place, names = (0, []) if depth is None else _square(own, file)
    found = []
    nothing: list[str | None] = [None]
    for kind in kinds or nothing:
        for count in _depths(depth) if depth is not None else [1]:

            def adjusted(spec: Spec, kind: str | None = kind, count: int = count) -> Spec:
                spec = spec if kind is None else with_activation(spec, kind)
                return spec if depth is None else repeated(spec, place, names, count, seed)

            network, _ = read_network(reading, changes, adjusted=adjusted)
            parts = [*([kind] if kind else []), *([f"depth {count}"] if depth is not None else [])]
            found.append(FlowVariant(", ".join(parts), network))
    return found


def depths_followed(text: str | None) -> str:
    """What a sheet says of a range of depths of which it has some alone."""
    depths = _depths(text) if text is not None else [1]
    if depths[-1] - depths[0] < len(depths):
        return ""
    return f"Of the depths {depths[0]} to {depths[-1]} these are followed: {', '.join(map(str, depths))}."


def _depths(text: str) -> list[int]:
    """``2:20`` or ``5`` as the depths to follow."""
    match = re.fullmatch(r"([0-9]{1,4})(?::([0-9]{1,4}))?", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last <= DEEPEST:
        raise UserError(f"--depth {text!r} is no range\n  write how many layers: --depth 2:20, at most {DEEPEST}")
    if last - first < MOST_DEPTHS:
        return list(range(first, last + 1))
    width = (last - first) / (MOST_DEPTHS - 1)
    return sorted({round(first + number * width) for number in range(MOST_DEPTHS)})


def _square(network: Network, spec: Spec) -> tuple[int, list[str]]:
    """Which layer of the file is the first square hidden one: as many units as inputs, and some layer after it. With
    the names of what it and the activations after it give."""
    from ..solution.formulas.naming import Naming
    from ..trace.flow import learned_layers

    naming = Naming(network)
    steps = [step for step in network.layer_steps() if step.edges]
    last = learned_layers(network)[-1:]
    places = (place for place, layer in enumerate(spec.layers) if layer.parameters)
    for step, place in zip((step for step in steps if step.is_learned), places, strict=False):
        shapes = (network.tensors[step.key(one.symbol.name)].shape for one in step.operation.parameters)
        if (step,) != last and any(len(shape) == 2 and len(set(shape)) == 1 for shape in shapes):
            following = (network.tensors[one.output] for one in steps[steps.index(step) :])
            return place, [
                naming.tensor(one.key).name if one.is_named_throughout else one.name or one.key for one in following
            ]
    formula = ", in place of a formula" if any(step.is_formula for step in steps) else ""
    message = "--depth repeats a square hidden layer, and there is none"
    raise UserError(f"{message}\n  give one as many units as inputs, such as dense: 4 after 4 inputs{formula}")
