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
    from ..network.joined import refuse_joined
    from ..solution.sheets.flow import FlowVariant
    from ..spec.variation import repeated, with_activation

    kinds = [kind.strip() for text in activations for kind in text.split(",")]
    own, file = read_network(reading, changes)
    need_layers(file)
    need_loss(own.loss)
    if depth is not None:
        refuse_joined(own, "flow --depth")
    place = 0 if depth is None else _square(own, file)
    found = []
    nothing: list[str | None] = [None]
    for kind in kinds or nothing:
        for count in _depths(depth):

            def adjusted(spec: Spec, kind: str | None = kind, count: int = count) -> Spec:
                spec = spec if kind is None else with_activation(spec, kind)
                return spec if depth is None else repeated(spec, place, count, seed)

            network, _ = read_network(reading, changes, adjusted=adjusted)
            parts = [*([kind] if kind else []), *([f"depth {count}"] if depth is not None else [])]
            found.append(FlowVariant(", ".join(parts), network))
    return found


def _depths(text: str | None) -> list[int]:
    """``2:20`` or ``5`` as the depths to follow."""
    if text is None:
        return [1]
    match = re.fullmatch(r"([0-9]{1,4})(?::([0-9]{1,4}))?", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last <= DEEPEST:
        raise UserError(f"--depth {text!r} is no range\n  write how many layers: --depth 2:20, at most {DEEPEST}")
    if last - first < MOST_DEPTHS:
        return list(range(first, last + 1))
    width = (last - first) / (MOST_DEPTHS - 1)
    return sorted({round(first + number * width) for number in range(MOST_DEPTHS)})


def _square(network: Network, spec: Spec) -> int:
    """Which layer of the file is the square hidden one: as many inputs as units, and not the last one."""
    steps = [step for step in network.layer_steps() if step.edges]
    last = max((place for place, step in enumerate(steps) if step.is_learned), default=0)
    at = 0
    for place, layer in enumerate(spec.layers):
        step = steps[at]
        shapes = {network.tensors[key].sample_shape for key in (step.output, step.argument)}
        if step.is_learned and len(shapes) == 1 and at < last:
            return place
        at += 1 if layer.activation is None else 2
    raise UserError("--depth repeats a square hidden layer, and there is none\n  give one as many units as inputs")
