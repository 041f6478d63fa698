"""What a network's loss reads, and with which index letters it is derived."""

from __future__ import annotations

from ....expr import Condition, Expr, Mul, Partial, Sym
from ....network.batch import SAMPLE
from ....network.model import BoundOperation
from ..naming.symbols import Symbols
from ..steps import case_of


class LossReads:
    """The step of the loss, the tensors that it reads, and the letters of its indices.

    ``output`` is what its formula reads, ``fused`` what an activation reads that it cancels.
    """

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.network = symbols.network
        self.formulas = symbols.formulas
        tensors = self.network.tensors
        steps = [step for step in self.network.steps if step.edges and tensors[step.output].role == "loss"]
        self.steps = {step.output: step for step in steps}
        self.data = self.network.data or str(self.network.loss)
        """The key of the loss without a penalty: of all samples together, in a batch."""
        self.step: BoundOperation = next(step for step in steps if "y" in step.arguments)
        self.output = self.step.arguments["y"]
        self.fused = self.step.bypassed and self.step.arguments.get("z")
        self.targets = self.step.arguments.get("t")
        self.letter = self.targets and self.symbols.class_letter(self.targets)
        self.running = next(letter for letter in "jki" if letter != self.letter)
        """The index that the loss sums over."""
        self.other = next(letter for letter in "ikj" if letter != (self.letter or "k"))
        """The index of the logit that the loss is derived by."""
        self.batch = (SAMPLE,) if self.network.samples is not None else ()
        self.per_sample = next((step.output for step in steps if self.network.tensors[step.output].sampled), None)

    def case(self, letter: str, same: bool) -> Condition:
        """Whether the loss is derived by the right class's output, or by another one's."""
        return case_of(self.symbols, self.other, "=" if same else "≠", letter)

    def name(self, key: str | None) -> str:
        """What a tensor is called."""
        return self.formulas.name(key or "").name

    def chain(self, loss: Sym, middle: Sym, by: Sym) -> Expr:
        """∂L/∂middle × ∂middle/∂by, as symbols."""
        between, end = self.symbols.tensor(middle), self.symbols.tensor(by)
        return Mul((self.symbols.slope(loss, middle), Partial(between, end)))
