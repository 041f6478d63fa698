"""The numbers of the steps: ``F1``, ``L1``, ``B9``, ``U3``; counted in the full sheet, so that they never move."""

from __future__ import annotations

from math import prod

from ...expr import Sym
from ...network.model import Element, Network, own_number
from ...network.quantities import of_tensor, quantity


class Ids:
    """The ids of one network. Nothing is listed for a tensor without names: its ids are counted, not kept."""

    def __init__(self, network: Network) -> None:
        self.network = network
        tensors = network.tensors
        results = [step.output for step in network.layer_steps() if tensors[step.output].numbered]
        self._first: dict[tuple[str, str], int] = {}
        self._named: dict[tuple[str, Sym], int] = {}
        parameters = [tensors[key] for key in network.parameters]
        inputs = [tensor for tensor in tensors.values() if tensor.role == "input"]
        reached = network.reached()
        back = [tensors[key] for key in reversed(results) if key in reached]
        past = [tensors[step.key(edge.argument)] for step in network.steps for edge in step.bypassed]
        self.gradients = [tensor.key for tensor in back]
        """The keys of the results that have a gradient, from the last layer to the first."""
        by = {tensor.key: tensor for tensor in (*back, *parameters, *inputs, *past)}
        by |= {key: tensors[key] for key in results if key not in by}  # no way leads from them to the loss
        self._counted = {
            "F": [tensors[key] for key in results],
            "L": [tensors[step.output] for step in network.loss_steps()],
            "B": list(by.values()),
            "U": parameters,
            "A": parameters,
        }
        """What each letter counts, until it does."""

    def _count(self, letter: str) -> None:
        number = 1
        for tensor in self._counted.pop(letter):
            self._first[letter, tensor.key] = number
            if tensor.sampled or not (tensor.names or tensor.missing):
                number += prod(tensor.sample_shape)
                continue
            for found in of_tensor(self.network, tensor):
                if (letter, found.symbol) not in self._named:
                    self._named[letter, found.symbol] = number
                    number += 1

    def of(self, letter: str, element: Element) -> str:
        """The id of an element's step: ``F`` of its value, ``B`` of its gradient, ``U`` of its update.

        In a batch, an element of one sample has its number behind a point: ``F1.2``. Empty where it has no number.
        """
        tensor = self.network.tensors[element.key]
        if not tensor.numbered:
            return ""
        sample = f".{own_number(tensor.chosen, element.cell[0]) + 1}" if tensor.sampled else ""
        return f"{letter}{self.number(letter, element)}{sample}"

    def order(self, letter: str, element: Element) -> tuple[bool, int, int]:
        """Where a step stands on the sheet: sample by sample, then what all samples share."""
        sampled = self.network.tensors[element.key].sampled
        return not sampled, element.cell[0] if sampled else 0, self.number(letter, element)

    def number(self, letter: str, element: Element) -> int:
        """The number in an id."""
        if letter in self._counted:
            self._count(letter)
        tensor = self.network.tensors[element.key]
        if tensor.names or tensor.missing:
            named = self._named.get((letter, quantity(self.network, element).symbol))
            if named is not None:
                return named
        shape, cell = tensor.sample_shape, element.cell[tensor.sampled :]
        if tensor.by_column:
            shape, cell = shape[::-1], cell[::-1]
        place = 0
        for size, index in zip(shape, cell, strict=True):
            place = place * size + index
        return self._first[letter, element.key] + place
