"""Notes are words and expressions: no name of a quantity stands among the words, whichever sheet it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from stepping import stepped

from nntrace.expr import Add, Sym
from nntrace.network.building.build import build
from nntrace.network.model import Network
from nntrace.solution.content.model import Remark, Solution, Table
from nntrace.solution.derive.question import Question
from nntrace.solution.derive.sheet import Derivation
from nntrace.solution.sheets.calculation import Sheet
from nntrace.solution.sheets.collapse import collapsed
from nntrace.solution.sheets.settings import Settings
from nntrace.spec import read

NAMES = ("qx1", "qx2", "qw1", "qw2", "qb", "qh", "qr", "qv", "qo", "qt", "QL", "QP", "QD")
LAYERS = """\
layers:
- dense: [qh]
  weights: {qh: {qw1: 0.5, qw2: -2}}
  bias: {qb: 0.25}
- relu: [qr]
- dense: [qo]
  weights: {qo: {qv: 1.5}}
loss: {mse: QL, penalty: {l2: 0.1, name: QP, data: QD}}
learning_rate: 0.1
"""
GIVEN = "inputs: {qx1: 1, qx2: 2}\ntargets: {qt: 1}\n"
SAMPLES = "inputs: [qx1, qx2]\ntargets: [qt]\nsamples: [[1, 2, 1], [3, 0.5, 0], [1, 1, 1], [2, 2, 0]]\n"
NOTES = {"agreed", "blocks", "addition", "title", "lines", "notes", "note", "reason", "words", "caption"}
"""The fields of a sheet's records that have words."""
FILES = {
    "one sample, a dead unit, a penalty": GIVEN + LAYERS,
    "many samples": SAMPLES.replace("]]", "], " + ", ".join(["[1, 2, 1]"] * 20) + "]") + LAYERS,
    "many iterations": GIVEN + LAYERS + "iterations: 40\n",
    "some samples each": SAMPLES + LAYERS + "iterations: 40\nsamples_per_step: 1\n",
    "another base of the logarithm": GIVEN + LAYERS + "log: 2\nvectors: rows\n",
}


def network(text: str) -> Network:
    return build(read(text, "net.yaml", None))


def sheets(text: str) -> Iterator[Solution]:
    own = network(text)
    yield stepped(own, Settings(view="all"))
    yield Derivation(own, Question()).solution()
    yield collapsed(own)


def words(node: Any) -> Iterator[str]:
    """The words of every note of a solution: the strings that stand beside expressions, in tables and in remarks."""
    if isinstance(node, Solution):
        yield from words(node.agreed)
        yield from words(node.sections)
        yield from words(node.iterations)
    elif isinstance(node, str):
        yield node
    elif isinstance(node, Table):
        yield from words((*node.columns, *node.rows))
    elif hasattr(node, "_fields"):
        kept = {
            "name",
            "id",
            "letter",
            "section",
            "kind",
            "relation",
            "status",
            "body",
            "left",
            "value",
            "exact",
            "step",
        }
        yield from (found for field in node._fields if field not in kept for found in words(getattr(node, field)))
    elif isinstance(node, tuple | list):
        yield from (found for part in node for found in words(part))
    elif hasattr(node, "ask"):  # blocks that are made when they are looked at
        yield from words(tuple(node))


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_no_name_stands_among_the_words(text: str) -> None:
    for solution in sheets(text):
        found = list(words(solution))
        assert len(found) > 5
        assert [one for one in found if any(name in one for name in NAMES)] == []


def test_the_conventions_have_their_formula_as_an_expression() -> None:
    sheet = Sheet(network(FILES["another base of the logarithm"]), Settings(view="matrix"))
    first, *_ = sheet.forward().agreed
    assert any(isinstance(part, Add) for part in first)


def test_a_name_among_the_words_is_caught() -> None:
    planted = (Remark(("QL before is the loss",)), Remark((Sym("QL"), " before is the loss")))
    assert [one for one in words(planted) if "QL" in one] == ["QL before is the loss"]
