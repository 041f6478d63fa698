"""``nntrace flow``: norms of δ and the factors between them, dead and saturated units, and what follows."""

from __future__ import annotations

import json
import re
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest

import nntrace.formats

if TYPE_CHECKING:
    from conftest import Run

SCHEMA = json.loads((Path(nntrace.formats.__file__).parent / "sheet.schema.json").read_text(encoding="utf-8"))
CHAIN = "configs/sigmoid-chain.yaml"
FIRST = [[0.5, -1.0, 0.25], [1.5, 0.5, -0.75], [0.25, 0.0, 1.0]]
SECOND = [[1.0, -0.5, 0.25], [0.75, 0.5, 1.0], [-1.0, 0.25, 0.5]]
ROWS = [[0.5, -1.0, 2.0, 1.0], [1.0, 0.25, -0.5, 0.0], [-0.75, 0.5, 1.5, 1.0]]
NET = f"""\
inputs: [x1, x2, x3]
targets: [t]
samples: {ROWS}
layers:
- {{dense: 3, weights: {FIRST}, activation: tanh}}
- {{dense: 3, weights: {SECOND}, activation: tanh}}
- {{dense: 1, weights: [[0.5, -1.0, 0.75]]}}
loss: half_squared_error
"""


def sheet(run: Run, *command: str, cwd: Path | None = None) -> Any:
    code, out, err = run("flow", *command, "-f", "json", **({"cwd": cwd} if cwd else {}))
    assert (code, err) == (0, "")
    found = json.loads(out)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found["runs"]


SATURATED = """\
inputs: {{x: 1}}
targets: {{t: {target}}}
layers: [{{dense: [z], weights: {{x: {{w: 50}}}}, activation: {{tanh: [h]}}}},
         {{dense: [o], weights: {{h: {{w2: {last}}}}}, activation: tanh}}]
loss: half_squared_error
"""


def test_a_gradient_that_doubles_lose_is_followed(run: Run, tmp_path: Path) -> None:
    """By 1 - tanh² of 50, and nothing is said of what is below all doubles."""
    (tmp_path / "net.yaml").write_text(SATURATED.format(target=1, last=20), encoding="utf-8")
    _, out, _ = run("flow", cwd=tmp_path)
    assert "from 1.44388×10⁻³⁴ to 4.29708×10⁻⁷⁶, times 2.97606×10⁻⁴²: it vanishes" in " ".join(out.split())
    (tmp_path / "net.yaml").write_text(SATURATED.format(target=-1, last=-400), encoding="utf-8")
    _, out, _ = run("flow", cwd=tmp_path)
    assert "from < 1e-307 to < 1e-307: double precision does not tell by how much it changes." in " ".join(out.split())


def test_norms_and_factors_are_those_by_hand(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(NET, encoding="utf-8")
    (one,) = sheet(run, cwd=tmp_path)
    rows, first, second, last = np.array(ROWS), np.array(FIRST), np.array(SECOND), np.array([[0.5, -1.0, 0.75]])
    a1 = np.tanh(rows[:, :3] @ first.T)
    a2 = np.tanh(a1 @ second.T)
    deltas = [(a2 @ last.T - rows[:, 3:]) / 3]
    deltas.insert(0, deltas[0] @ last * (1 - a2**2))
    deltas.insert(0, deltas[0] @ second * (1 - a1**2))
    curves = one["curves"]
    assert curves["RMS of δ"] == pytest.approx([float(np.sqrt((delta**2).mean())) for delta in deltas], rel=1e-12)
    norms = [float(np.linalg.norm(delta)) for delta in deltas]
    assert curves["‖δ‖"] == pytest.approx(norms, rel=1e-12)
    through = [float(np.linalg.norm(deltas[1] @ second)), float(np.linalg.norm(deltas[2] @ last))]
    assert curves["through the weights"][:2] == pytest.approx([through[0] / norms[1], through[1] / norms[2]], rel=1e-12)
    for place in (0, 1):
        product = curves["through the weights"][place] * curves["through the slopes"][place]
        assert product == pytest.approx(norms[place] / norms[place + 1], rel=1e-12)


def test_a_chain_of_units_is_the_product_of_weights_and_slopes(run: Run) -> None:
    code, out, _ = run("flow", CHAIN, "--width", "110")
    assert code == 0
    a, values = 0.5, []
    for _ in range(8):
        a = float(1 / (1 + np.exp(-a)))
        values.append(a)
    wanted = (values[-1] - 1) * prod(a * (1 - a) for a in values)
    step = next(step for step in json.loads(run("flow", CHAIN, "-f", "json").out)["steps"] if step["id"].endswith("p"))
    assert step["value"] == pytest.approx(wanted, rel=1e-12)
    assert "it vanishes. The layer that learns most slowly is the first." in " ".join(out.split())


def test_the_statements_of_the_homework_follow_from_the_numbers(run: Run) -> None:
    runs = sheet(run, CHAIN, "--activation", "sigmoid,tanh,relu,leaky_relu")
    ratio = {one["name"]: one["curves"]["RMS of δ"][0] / one["curves"]["RMS of δ"][-1] for one in runs}
    assert [one["word"] for one in runs] == ["vanishes", "shrinks", "keeps its size", "keeps its size"]
    assert ratio["sigmoid"] < ratio["tanh"] < 1 <= ratio["leaky_relu"] + 1e-9  # (i) tanh shrinks too; (iii)
    assert runs[0]["curves"]["RMS of δ"] == sorted(runs[0]["curves"]["RMS of δ"])  # (ii) the first are slower
    out = " ".join(run("flow", CHAIN, "--activation", "sigmoid,tanh,relu,leaky_relu").out.split())
    assert "Towards the first layer δ shrinks or vanishes with sigmoid, tanh, not with relu, leaky_relu." in out
    assert "Its size changes least with relu, leaky_relu." in out


def test_depths_that_are_left_out_are_told(run: Run) -> None:
    told = "Of the depths 2 to 20 these are followed: 2, 5, 7, 10, 12, 15, 17, 20."
    assert told in run("flow", "configs/deep.yaml", "--depth", "2:20").out
    assert "Of the depths" not in run("flow", "configs/deep.yaml", "--depth", "2:9").out


def test_depth_repeats_the_square_layer(run: Run) -> None:
    runs = sheet(run, "configs/deep.yaml", "--depth", "2:6")
    assert [len(one["curves"]["layer"]) for one in runs] == [4, 5, 6, 7, 8]
    copied = runs[-1]["curves"]["through the weights"]
    drawn = sheet(run, "configs/deep.yaml", "--depth", "6", "--seed", "1")[0]["curves"]["through the weights"]
    assert copied != pytest.approx(drawn)
    assert len(drawn) == len(copied)


def test_a_loss_at_its_minimum_has_no_gradient_to_follow(run: Run, tmp_path: Path) -> None:
    text = NET.replace(str(ROWS), "[[0, 0, 0, 0]]")
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert "δ is 0 at the last layer already: there is nothing to follow." in run("flow", cwd=tmp_path).out


def test_dead_and_saturated_units_are_named(run: Run, tmp_path: Path) -> None:
    text = """\
inputs: [x]
targets: [t]
samples: [[1.0, 0.75], [2.0, 1.5]]
layers:
- {{dense: [h1, h2], weights: {{x: {{w1: {0}, w2: 1.0}}}}, activation: {1}}}
- {{dense: [y], weights: {{h1: {{w3: 1.0}}, h2: {{w4: 0.5}}}}}}
loss: half_squared_error
"""
    (tmp_path / "net.yaml").write_text(
        text.format("-1.0", "{relu: [a1, a2]}").replace("{h1: {w3", "{a1: {w3").replace("h2: {w4", "a2: {w4"), "utf-8"
    )
    out = run("flow", cwd=tmp_path).out
    assert "Units that are dead (slope 0 in every sample): h1" in out
    assert "saturated" not in out
    (tmp_path / "net.yaml").write_text(
        text.format("9.0", "{sigmoid: [a1, a2]}").replace("{h1: {w3", "{a1: {w3").replace("h2: {w4", "a2: {w4"), "utf-8"
    )
    assert "Units that are saturated (slope at most 0.01 in every sample): h1" in run("flow", cwd=tmp_path).out


@pytest.mark.parametrize("width", ["30", "60", "77", "120"])
def test_a_curve_of_letters_has_its_last_point(run: Run, width: str) -> None:
    out = run("flow", CHAIN, "--ascii", "--show", "comparison", "--width", width).out
    lines = [line.split("|", 1)[1] for line in out.splitlines() if "|" in line]
    axis = next(line for line in out.splitlines() if line.lstrip().startswith("+--"))
    assert sum(line.count("A") for line in lines) == 8
    assert max(map(len, lines)) == axis.count("-")


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("plain", [True, False])
def test_no_line_is_wider_than_the_page(run: Run, width: int, plain: bool) -> None:
    options = ("--activation", "sigmoid,tanh", "--width", str(width), *(("--ascii",) if plain else ()))
    code, out, _ = run("flow", CHAIN, *options)
    assert code == 0
    assert max(map(len, out.splitlines())) <= width
    assert not plain or (out.isascii() and not re.search(r"u20[0-9a-f]{2}", out))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((CHAIN, "--activation", "sigmod"), "did you mean 'sigmoid'?"),
        ((CHAIN, "--depth", "5:2"), "is no range"),
        ((CHAIN, "--depth", "x"), "is no range"),
        (("configs/skip.yaml", "--depth", "3"), "give one as many units as inputs, such as dense: 4 after 4 inputs\n"),
        (("configs/homework3.yaml", "--depth", "3", "--seed", "1"), "a seed draws weights by the scheme"),
        (("configs/deep.yaml", "--depth", "3", "--seed", "x"), "--seed"),
        (("configs/line-3-samples.yaml",), "fewer than two of them"),
        ((CHAIN, "--plot", "README.md"), "is there already"),
    ],
)
def test_what_cannot_be_followed_is_told(run: Run, options: tuple[str, ...], words: str) -> None:
    code, out, err = run("flow", *options)
    assert (code, out) == (2, "")
    assert words in err


FIRST_OF_BRANCHES = "  - {dense: h, weights: [[1, 2], [0, 1]], activation: tanh}\n"
BRANCHES = f"""\
inputs: {{x: [1, 2]}}
targets: {{t: [0, 1]}}
layers:
{FIRST_OF_BRANCHES}\
  - {{dense: z, weights: [[0.5, 0], [1, 0.5]]}}
  - {{add: s, from: [z, a1]}}
  - {{dense: y, from: [s, 'x[1]'], weights: [[1, 1, 2], [0.5, -1, 1]]}}
loss: {{half_squared_error: L}}
"""


def test_branches_and_joined_arguments(run: Run, tmp_path: Path) -> None:
    """What a layer leads to alone has factors; where several read it, what comes back is a sum and has none."""
    (tmp_path / "net.yaml").write_text(BRANCHES, encoding="utf-8")
    (one,) = sheet(run, cwd=tmp_path)
    first, second, last = (np.array(rows) for rows in ([[1, 2], [0, 1]], [[0.5, 0], [1, 0.5]], [[1, 1], [0.5, -1]]))
    a1 = np.tanh(first @ [1, 2])
    delta = last @ (second @ a1 + a1) + [2, 1] - [0, 1]
    back = last.T @ delta
    deltas = [(second.T @ back + back) * (1 - a1**2), back, delta]
    assert one["curves"]["‖δ‖"] == pytest.approx([float(np.linalg.norm(one)) for one in deltas])
    through = float(np.linalg.norm(back) / np.linalg.norm(delta))
    assert one["curves"]["through the weights"] == [None, pytest.approx(through), None]
    assert one["curves"]["through the slopes"] == [None, 1, None]
    assert "h leads to several steps: what comes back from these is added" in run("flow", cwd=tmp_path).out


def test_formulas_that_read_parameters_are_followed(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: [1, 2]}\nvalues: {W: [[1, 2], [3, -1]], v: [0.5, -1]}\nlayers:\n"
    text += "  - let: {h: W @ x, a: tanh(h), u: a @ v, L: (u - 1)^2}\nloss: L\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    (one,) = sheet(run, cwd=tmp_path)
    a, v = np.tanh([5.0, 1.0]), np.array([0.5, -1])
    end = 2 * (a @ v - 1)
    norms = [float(np.linalg.norm(end * v * (1 - a**2))), abs(float(end))]
    assert one["curves"]["‖δ‖"] == pytest.approx(norms)
    assert one["curves"]["through the weights"][0] == pytest.approx(float(np.linalg.norm(v)))
    assert "For a formula, δ is ∂L/∂ of its result" in run("flow", cwd=tmp_path).out
    refused = run("flow", "--depth", "2", cwd=tmp_path)
    assert refused.code == 2
    assert "4 inputs, in place of a formula\n" in refused.err


LABELLED = """\
inputs: {x1: 1, x2: 2}
targets: {t: 1}
layers:
LAYERS  - {dense: [y], from: [aNUMBER, x2, h2], weights: {aNUMBER: {v1: 1}, x2: {v2: 0.5}, h2: {v3: 2}}}
loss: {half_squared_error: L}
"""
UNITS = "{h1: {w1: 0.5, w2: 0.25}, h2: {w3: -0.5, w4: 0.75}}, bias: {b: 0.1}}\n  - tanh: [aNUMBER, u]\n"
ALONE = "[[0.5, 0.25], [-0.5, 0.75]], biases: [0.1, 0.1], activation: tanh}\n"
LAST = ALONE.replace(", activation: tanh}", "}\n  - tanh: [aNUMBER, u]")
FORMULA = "inputs: {x: [1, 2]}\ntargets: {t: [1, 0]}\nlayers:\n  - let: {q: 2 * x}\nLAYERS  - let: {r: aNUMBER + q}\n"
FORMULA += "  - {dense: 2, from: [r, zNUMBER], weights: [[1, 2, 0, 1], [0, 1, -1, 1]]}\nloss: squared_error\n"
SQUARE = "  - {dense: 2, weights: [[1, 2], [0, 1]], activation: tanh}\n"
NAMED = f"  - {{dense: [h1, h2], weights: {UNITS}"
BY_HAND = f"  - {{dense: 2, weights: {ALONE}" * 2 + f"  - {{dense: [h1, h2], weights: {LAST}"


@pytest.mark.parametrize(
    ("text", "layer", "copies"),
    [
        (BRANCHES.replace(FIRST_OF_BRANCHES, "LAYERS").replace("a1]", "aNUMBER]"), FIRST_OF_BRANCHES, SQUARE * 3),
        (LABELLED, NAMED, BY_HAND),
        (FORMULA, SQUARE, SQUARE * 3),
    ],
)
def test_a_layer_among_branches_is_repeated_for_whoever_reads_it(
    run: Run, tmp_path: Path, text: str, layer: str, copies: str
) -> None:
    """What reads the layer by name reads the last copy; the network is the one that has the copies written out."""
    found = []
    for layers, number, more in ((layer, "1", ("--depth", "3")), (copies, "3", ())):
        own = text.replace("LAYERS", layers).replace("NUMBER", number)
        (tmp_path / "net.yaml").write_text(own, encoding="utf-8")
        (one,) = sheet(run, *more, cwd=tmp_path)
        found.append(one["curves"])
    assert len(found[0]["layer"]) == len(found[1]["layer"]) >= 4
    for name, numbers in found[1].items():
        assert found[0][name] == [number and pytest.approx(number, rel=1e-12) for number in numbers]


def test_repeated_layers_are_called_by_the_name_of_their_units(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x1: 1, x2: 2}\ntargets: {t: 1}\nloss: mse\nlayers:\n- dense: [z1, z2]\n"
    text += "  weights: [[0.5, 0.2], [0.1, 0.3]]\n  activation: tanh\n- {dense: [y], weights: [[1, 2]]}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    out = run("flow", "--depth", "3", cwd=tmp_path).out
    assert re.findall(r"^\d  +(\S+)  ", out, re.M) == ["z_1", "z_2", "z", "y"]


def test_layers_have_the_names_of_their_units(run: Run, tmp_path: Path) -> None:
    """z1 and z2 are units of the first layer, so no layer is called z2; a softmax at the end is not said to fork."""
    text = "inputs: {x1: 1, x2: 2}\ntargets: {y1: 0, y2: 1}\nlayers:\n"
    text += "- {dense: [z1, z2], weights: [[0.1, -0.3], [0.4, 0.2]]}\n- relu: [a1, a2]\n"
    text += "- {dense: [s1, s2], weights: [[1, 0], [0, 1]]}\n- softmax: [p1, p2]\nloss: {ce: L}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    out = run("flow", "--activation", "sigmoid,relu", "--depth", "1:2", cwd=tmp_path).out
    assert re.findall(r"^[12]  +(\w+) ", out.split("depth 2")[0], re.M) == ["z", "s"]
    assert "Units that are dead (slope 0 in every sample): z1\n" in out
    assert "leads to several steps" not in out
    words = "with sigmoid, depth 1; sigmoid, depth 2; relu, depth 2, not with relu, depth 1."
    assert f"Towards the first layer δ shrinks or vanishes {words}" in " ".join(out.split())
