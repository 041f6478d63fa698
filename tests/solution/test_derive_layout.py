"""How derivations are laid out on a page: where their lines break, and what stands beside each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from networks import DRAWN, OF_ANY_OUTPUTS, generate
from shipped import CONFIGS, tried

from nntrace.catalogue import KINDS
from nntrace.expr import Add, Mul, Sym
from nntrace.expr.script import ASCII, UNICODE, Script
from nntrace.expr.text import pieces
from nntrace.formats import render
from nntrace.formats.page.breaking import body_of, broken
from nntrace.formats.page.rows import columns
from nntrace.network.building.build import build
from nntrace.solution.content.model import Solution, Step
from nntrace.solution.derive.question import Question
from nntrace.solution.derive.sheet import Derivation
from nntrace.spec import read

WIDTHS = (40, 60, 80, 120)
SYMBOLIC = UNICODE._replace(symbolic=True)
OPERATOR = re.compile(r"[-+×/⊙⊘·=≠<>≤≥] |else ")
BATCH = """
inputs: {x: {size: 2}}
targets: {y: {size: 2}}
samples: [[1, 2, 0, 1], [0.5, -1, 1, 0], [3, 0.25, 1, 0]]
layers:
  - dense: 3
    weights: {init: he_normal, seed: 1}
    activation: {gelu: a1, form: tanh}
  - dense: 2
    weights: {init: he_normal, seed: 2}
    activation: KIND
loss: LOSS
penalty: {l2: 0.01, half_l2: 0.1}
"""


def texts() -> Iterator[str]:
    """Every network of configs/, generated ones, and batches with each activation and each loss."""
    yield from (path.read_text(encoding="utf-8") for path in tried(CONFIGS))
    yield from (generate(seed).text for seed in range(0, DRAWN, 4))
    yield from (BATCH.replace("KIND", kind).replace("LOSS", "mse") for kind in KINDS["activation"])
    front = {"binary_cross_entropy": "sigmoid", "cross_entropy": "softmax"}
    yield from (BATCH.replace("KIND", front.get(one, "tanh")).replace("LOSS", one) for one in OF_ANY_OUTPUTS)


@cache
def solutions() -> list[Solution]:
    return [Derivation(build(read(text, "net.yaml", None), numbers=False), Question()).solution() for text in texts()]


def steps(solution: Solution) -> Iterator[Step]:
    return (block for section in solution.sections for block in section.blocks if isinstance(block, Step))


@pytest.mark.grid
@pytest.mark.parametrize("width", WIDTHS)
def test_no_row_is_wider_than_the_page(width: int) -> None:
    for solution in solutions():
        rows = list(render(solution, "txt", width=width, script=UNICODE))
        assert max(map(columns, rows)) <= width


SIZED = """
inputs: {x: {size: D}}
targets: {y: {size: K}}
SAMPLES
layers:
- dense: {z: {size: K}}
  activation: KIND
loss: LOSS
"""


@pytest.mark.parametrize("samples", ["", "samples: {size: m}"])
@pytest.mark.parametrize("loss", ["hinge", "cross_entropy", "mse"])
@pytest.mark.parametrize("kind", ["log_softmax", "softmax", "identity"])
def test_a_column_of_ones_is_written_with_its_size(kind: str, loss: str, samples: str) -> None:
    source = SIZED.replace("SAMPLES", samples).replace("KIND", kind).replace("LOSS", loss)
    solution = Derivation(build(read(source, "", None), numbers=False), Question()).solution()
    written = "\n".join(render(solution, "txt", width=120, script=UNICODE))
    sizes = set(re.findall(r"\b1_(\w+)", written.replace("ᵀ", " ")))
    assert sizes <= {"K", "m"}
    assert ("m" in sizes) == bool(samples)
    assert "K" in sizes or kind != "log_softmax"


@pytest.mark.parametrize("width", [12, 20, 36, 56])
def test_a_formula_breaks_before_an_operator(width: int) -> None:
    """A product of symbols has no sign inside a line, and shows one where it breaks; an argument follows its comma."""
    found = 0
    for solution in solutions():
        for line in (line for step in steps(solution) for line in step.lines):
            written = broken(body_of(pieces(line.body, SYMBOLIC)), width)
            for (_, before), (_, text) in pairwise(written):
                found += 1
                assert OPERATOR.match(text) or before.endswith((",", ";", " if")), written
    assert found


def test_what_follows_a_broken_addend_has_a_line_of_its_own() -> None:
    long = Mul(tuple(Sym(f"factor{place}") for place in range(1, 5)))
    lines = broken(body_of(pieces(Add((long, long, Sym("t"))), UNICODE)), 32)
    assert [text for _, text in lines] == [
        "factor1 × factor2 × factor3",
        "× factor4",
        "+ factor1 × factor2 × factor3",
        "× factor4",
        "+ t",
    ]


def test_a_row_inside_brackets_stands_further_in_than_the_row_that_it_continues() -> None:
    text = Path("configs/mazur.yaml").read_text(encoding="utf-8")
    rows = list(render(Derivation(build(read(text, "", None)), Question()).solution(), "txt", width=40, script=UNICODE))
    at = next(place for place, row in enumerate(rows) if row.startswith("D10 "))
    assert [row.rstrip() for row in rows[at : at + 4]] == [
        "D10 ∂out_o_j/∂net_o_j",
        "    = (0 (1 + e^{-net_o_j})",
        "        - e^{-net_o_j} × (-1))",
        "      / (1 + e^{-net_o_j})²",
    ]


def test_a_formula_that_breaks_inside_of_what_is_broken_hangs_below_its_name() -> None:
    """Where that takes fewer rows: the room before the relation is then the formula's."""
    source = BATCH.replace("KIND", "gelu").replace("LOSS", "mse")
    derivation = Derivation(build(read(source, "", None), numbers=False), Question()).solution()
    rows = list(render(derivation, "txt", width=40, script=UNICODE))
    at = next(place for place, row in enumerate(rows) if row.startswith("D10 "))
    assert rows[at : at + 4] == [
        "D10 ∂a2_jn/∂z2_jn",
        "    = gelu′(z2_jn; exact)",
        "    = (1 + erf(z2_jn / sqrt(2))) / 2",
        "      + z2_jn",
    ]
    wide = list(render(derivation, "txt", width=120, script=UNICODE))
    assert any(row.startswith("D10 ∂a2_jn/∂z2_jn = gelu′(z2_jn; exact)") for row in wide)


@pytest.mark.parametrize("kind", ["selu", "log_softmax"])
@pytest.mark.parametrize("script", [UNICODE, ASCII])
@pytest.mark.parametrize("width", [28, 40])
def test_what_cannot_break_stands_less_far_in_where_it_would_not_fit(kind: str, script: Script, width: int) -> None:
    layer = f"- dense: [z1, z2]\n  weights: [[1, 2], [3, 4]]\n  activation: {{{kind}: [a1, a2]}}\n"
    source = f"inputs: {{x: {{size: 2}}}}\ntargets: [y1, y2]\nsamples: [[1, 2, 0, 1]]\nlayers:\n{layer}loss: mse\n"
    derivation = Derivation(build(read(source, "", None)), Question()).solution()
    rows = list(render(derivation, "txt", width=width, script=script))
    assert [row for row in rows if columns(row) > width and not row.startswith("network")] == []


def test_a_relation_alone_in_its_row_has_one_space_before_it() -> None:
    text = Path("configs/homework3-q2.yaml").read_text(encoding="utf-8")
    solution = Derivation(build(read(text, "", None), numbers=False), Question()).solution()
    rows = list(render(solution, "txt", width=120, script=ASCII))
    [row] = [row for row in rows if row.startswith("D49 ")]
    assert row.startswith("D49 Z = e^{1000.0} + e^{0.0} + e^{-1000.0} ~= inf")
