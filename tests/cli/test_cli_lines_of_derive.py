"""What a derivation says as a lecturer would write it: single units as scalars, one order of indices, true words."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Run

CHAIN = """
inputs: {x: 0.5}
targets: {t: 1}
layers:
  - {dense: [h], weights: {x: {w1: 0.3}}, biases: {b1: 0.1}}
  - sigmoid: [a]
  - {dense: [o], weights: {a: {w2: 0.7}}, biases: {b2: -0.2}}
  - sigmoid: [y]
loss: {half_squared_error: E}
"""
BATCH = """
inputs: {x: {size: D}}
targets: {t: {size: 1}}
samples: {size: 4}
layers:
  - dense: {h: {size: H}}
  - dense: {s: {size: 1}}
  - sigmoid: y
loss: {bce: L}
penalty: {l2: 0.1}
"""
SOFTMAX = """
inputs: {z1: 0.5, z2: 0.1}
targets: {t1: 0.4, t2: 0.6}
layers: [softmax: [p1, p2]]
loss: ce
"""


def sheet(run: Run, folder: Path, text: str, *words: str) -> str:
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run(*(words or ("derive",)), cwd=folder)
    assert (code, err) == (0, "")
    return out


def test_a_chain_of_single_units_is_derived_with_products_in_the_users_names(run: Run, tmp_path: Path) -> None:
    out = sheet(run, tmp_path, CHAIN)
    for line in ("h = x w1 + b1", "E = 1/2 × (t - y)²", "∂E/∂w2 = δ_o × ∂o/∂w2", "= δ_o a ", "= ∂E/∂a × a (1 - a)"):
        assert line in out
    assert not any(sign in out for sign in ("[1×1]", "⊙", "ᵀ", "p = j", "matrix form", "Σ"))
    assert out.count("quotient rule") == 1
    assert "∂a/∂h = a (1 - a)                                       as ∂y/∂o (D6)" in out


def test_a_batch_has_the_index_of_its_samples_last_as_a_column(run: Run, tmp_path: Path) -> None:
    out = sheet(run, tmp_path, BATCH)
    assert "h_jn = Σ_i x_in W1_ji + b1_j" in out
    assert "s_n = Σ_i h_in W2[1,i] + b2" in out
    assert "x_in is in row i, column n of x" in out
    assert "parameters = H D + H + H + 1" in out
    assert "= Σ_i x_ni W1_ij" in sheet(run, tmp_path, BATCH + "vectors: rows\n")


def test_the_share_of_a_sample_is_derived_before_it_is_used(run: Run, tmp_path: Path) -> None:
    out = sheet(run, tmp_path, BATCH)
    (id,) = (line.split()[0] for line in out.splitlines() if "∂L_data/∂L_data_n = 1/4" in line)
    assert f"insert ∂L_data/∂L_data_n ({id})" in out


def test_the_term_of_an_output_is_not_called_as_the_loss(run: Run, tmp_path: Path) -> None:
    out = sheet(run, tmp_path, BATCH)
    assert "ℓ = -t ln(y) - (1 - t) ln(1 - y)                        the loss of one sample" in out
    assert "adds" not in out
    assert "output k's term in L" in sheet(run, tmp_path, SOFTMAX)
    assert "if s ≥ 0, else ln(1 + e^{s}) - t s" in out


def test_of_a_softmax_alone_nothing_is_said_of_a_logarithm(run: Run, tmp_path: Path) -> None:
    out = sheet(run, tmp_path, SOFTMAX.replace("loss: ce", "loss: mse"))
    assert "at least 1: no quotient is 0 / 0\n" in out
    assert "logarithm that" not in out
    assert "at least 1: its logarithm is finite\n" in sheet(run, tmp_path, SOFTMAX)


def test_a_gradient_says_that_it_uses_the_sum_of_the_targets(run: Run, tmp_path: Path) -> None:
    text = SOFTMAX.replace("z1: 0.5, z2: 0.1", "x: 1").replace(
        "[softmax: [p1, p2]]", "[{dense: [z1, z2], weights: [[1], [2]]}, {softmax: [p1, p2]}]"
    )
    assert sheet(run, tmp_path, text, "grad").count("t1 + t2 = 1") == 1
    assert "= 1\n" not in sheet(run, tmp_path, text.replace("{t1: 0.4, t2: 0.6}", "p1"), "grad").split("Backward")[1]


def test_nothing_by_a_logarithm_is_no_term_of_a_loss(run: Run, tmp_path: Path) -> None:
    text = SOFTMAX.replace("{t1: 0.4, t2: 0.6}", "p2") + "log: 2\n"
    assert "L = (-ln(p2)) / ln(2)\n" in sheet(run, tmp_path, text, "forward")


@pytest.mark.parametrize("view", [("derive",), ("step", "--view", "matrix", "--lr", "0.1")])
def test_no_column_of_a_single_one(run: Run, view: tuple[str, ...]) -> None:
    out = run(view[0], "configs/line-3-samples.yaml", *view[1:]).out
    assert "1_3" in out
    assert "1_1" not in out


def test_the_steps_between_matrices_are_numbered_without_gaps(run: Run) -> None:
    out = run("step", "--view", "matrix").out
    ids = [line.split()[0] for line in out.splitlines() if line[:1] == "M" and line[1:2].isdigit()]
    assert ids == [f"M{number}" for number in range(1, len(ids) + 1)]


def test_what_leads_to_one_weight_ends_in_symbols_that_have_been_derived(run: Run) -> None:
    out = run("derive", "--wrt", "w21").out
    last = [line.split("  ")[0] for line in out.splitlines() if line.startswith("D39")]
    assert [line.split(" ", 1)[1] for line in last] == [
        "δ_o1 = ∂MSE/∂o1 = o1 - t1",
        "δ_o2 = ∂MSE/∂o2 = o2 - t2",
        "∂MSE/∂h3 = δ_o1 w31 + δ_o2 w32",
        "δ_h1 = ∂MSE/∂h1 = ∂MSE/∂h3 × relu′(h1)",
        "∂MSE/∂w21 = δ_h1 i2",
    ]


def test_an_input_has_the_slope_in_the_result_as_a_parameter_has(run: Run) -> None:
    text = "inputs: {x1: 1, x2: 2}\nvalues: {w: 0.7, b: 0.1}\nlayers: [let: {y: sigmoid(w*x1 + b*x2)}]\nloss: y\n"
    out = " ".join(run("derive", "-", stdin=text.encode()).out.split())
    for by, slope in {"x1": "w", "w": "x1", "x2": "b", "b": "x2"}.items():
        assert f"= (1/u) × (e^{{v}} / u) × {slope} split the fraction = y (1 - y) {slope}" in out, by
    assert " v = -(w x1 + b x2) " in out  # and no u′, which would look like a slope


def test_stability_is_shown_beside_one_gradient_where_it_is_asked_for(run: Run) -> None:
    title = "Numerical stability"
    assert title not in run("derive", "configs/mazur.yaml", "--wrt", "w5").out
    every = run("derive", "configs/mazur.yaml", "--wrt", "w5", "--stability").out.partition(title)[2]
    assert "out_h_j = 1 / (1 + e^{-net_h_j})" in every
    assert title in run("derive", "configs/mazur.yaml").out
