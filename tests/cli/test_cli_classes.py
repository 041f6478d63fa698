"""Classification: targets that name a class, δ = ŷ - y with its long form, and activations that decide."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Run

CLASSES = """\
inputs: {x1: 1.0, x2: -2.0}
targets: dog
layers:
- dense: [s1, s2, s3]
  weights: {x1: {w1: 0.5, w2: -0.5, w3: 1.0}, x2: {w4: 1.0, w5: 0.25, w6: 0.5}}
- softmax: [cat, dog, cow]
loss: {cross_entropy: L}
learning_rate: 0.1
"""
BITS = """\
inputs: {x1: 1.0, x2: -2.0}
targets: {t: 1.0}
layers:
- dense: [z]
  weights: {x1: {w1: 0.5}, x2: {w2: 1.0}}
- sigmoid: [y]
loss: {binary_cross_entropy: L}
learning_rate: 0.1
"""


def written(run: Run, folder: Path, text: str, *options: str) -> str:
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run("step", *options, cwd=folder)
    assert (code, err) == (0, "")
    return str(out)


@pytest.mark.parametrize("samples", ["", "samples: [[1.0, -2.0, s2], [0.5, 1.0, s1]]\n"], ids=["one sample", "a batch"])
def test_a_class_named_before_an_activation_without_names(run: Run, tmp_path: Path, samples: str) -> None:
    """The names of the layer before stand for the outputs, where the softmax has none of its own."""
    named = CLASSES.replace("[cat, dog, cow]", "3").replace("targets: dog", "targets: y" if samples else "targets: s2")
    if samples:
        named = named.replace("{x1: 1.0, x2: -2.0}", "[x1, x2]", 1)
    found = json.loads(written(run, tmp_path, samples + named, "-f", "json"))
    usual = CLASSES.replace("targets: dog", "targets: y") if samples else CLASSES
    usual = usual.replace("{x1: 1.0, x2: -2.0}", "[x1, x2]", 1) if samples else usual
    rows = samples.replace("s2", "dog").replace("s1", "cat")
    expected = json.loads(written(run, tmp_path, rows + usual, "-f", "json"))
    assert found["gradients"] == expected["gradients"]
    assert found["loss"] == expected["loss"]
    if samples:
        rows = [
            line.split() for line in written(run, tmp_path, samples + named).splitlines() if line[:2] in ("1 ", "2 ")
        ]
        assert [row[-1] for row in rows[:2]] == ["s2", "s1"]
        assert [row[-2] for row in rows[2:]] == ["s2", "s1"]


def test_softmax_with_cross_entropy(run: Run, tmp_path: Path) -> None:
    """A class target is one-hot; the delta is ŷ - y, and its long form shows how that comes about."""
    out = written(run, tmp_path, CLASSES)
    for line in (
        "F4  e1[1] = e^{s1} = e^{-1.5} ≈ 0.223130",
        "F7  Z1 = e1[1] + e1[2] + e1[3]",
        "F9  dog = e1[2] / Z1 ≈ 0.367879 / 1.59101 ≈ 0.231224",
        "L1  L = -ln(dog)",
        "B1  δ_s1 = ∂L/∂s1 = ∂L/∂dog × ∂dog/∂s1 = (-1 / dog) × dog × (-cat) = cat ≈ 0.140244",
        "B2  δ_s2 = ∂L/∂s2 = ∂L/∂dog × ∂dog/∂s2 = (-1 / dog) × dog × (1 - dog) = dog - 1",
        "B3  δ_s3 = ∂L/∂s3 = cow ≈ 0.628532",
    ):
        assert line in out.splitlines()
    assert "the outputs of the softmax sum to 1 ✓" in out
    found: Any = json.loads(written(run, tmp_path, CLASSES, "-f", "json"))
    exponentials = [math.exp(s) for s in (-1.5, -1.0, 0.0)]
    shares = [number / sum(exponentials) for number in exponentials]
    assert found["loss"]["before"] == pytest.approx(-math.log(shares[1]), rel=1e-14)
    gradients = [found["gradients"][f"w{k}"] for k in (1, 2, 3)]  # x1 is 1
    assert gradients == pytest.approx([shares[0], shares[1] - 1, shares[2]], rel=1e-12)
    numbered = written(run, tmp_path, CLASSES.replace("targets: dog", "targets: [0, 1, 0]"), "-f", "json")
    assert json.loads(numbered)["gradients"] == found["gradients"]


def test_sigmoid_with_binary_cross_entropy(run: Run, tmp_path: Path) -> None:
    out = written(run, tmp_path, BITS)
    long = "∂L/∂y × ∂y/∂z = ((1 - t) / (1 - y) - t / y) × y × (1 - y) = y - t"
    assert f"B1  δ_z = ∂L/∂z = {long}" in out.splitlines()
    found: Any = json.loads(written(run, tmp_path, BITS, "-f", "json"))
    y = 1 / (1 + math.exp(1.5))
    assert found["loss"]["before"] == pytest.approx(-math.log(y), rel=1e-14)
    assert found["gradients"] == pytest.approx({"w1": y - 1, "w2": -2 * (y - 1)}, rel=1e-12)


@pytest.mark.parametrize("base", [2, 10])
def test_the_base_of_the_logarithm(run: Run, tmp_path: Path, base: int) -> None:
    for text in (CLASSES, BITS):
        natural: Any = json.loads(written(run, tmp_path, text, "-f", "json"))
        other: Any = json.loads(written(run, tmp_path, f"{text}log: {base}\n", "-f", "json"))
        assert other["loss"]["before"] == pytest.approx(natural["loss"]["before"] / math.log(base), rel=1e-13)
        for name, value in natural["gradients"].items():
            assert other["gradients"][name] == pytest.approx(value / math.log(base), rel=1e-13)


@pytest.mark.parametrize("huge", ["1000.0", "-1000.0"])
@pytest.mark.parametrize("text", [CLASSES, BITS], ids=["softmax", "sigmoid"])
def test_at_a_thousand_everything_is_finite(run: Run, tmp_path: Path, text: str, huge: str) -> None:
    """The right class may get the probability 0 in floats: the loss is still its logarithm, about 1000."""
    for name, typed in (("w1", "0.5"), ("w2", "-0.5" if "w2: -0.5" in text else "1.0")):
        changed = text.replace(f"{name}: {typed}", f"{name}: {huge}")
        assert changed != text
        found: Any = json.loads(written(run, tmp_path, changed, "-f", "json"))
        numbers = [found["loss"]["before"], found["loss"]["after"], *found["gradients"].values()]
        numbers += [step["value"] for step in found["steps"]]
        assert None not in numbers
        out = written(run, tmp_path, changed)
        assert "undefined" not in out
        assert "∞" not in out
        assert "failed" not in out


def test_a_class_that_there_is_not(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(CLASSES.replace("targets: dog", "targets: dogg"), encoding="utf-8")
    code, out, err = run("step", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith("net.yaml:2:10: ")


def test_classes_of_samples(run: Run, tmp_path: Path) -> None:
    text = CLASSES.replace("{x1: 1.0, x2: -2.0}", "[x1, x2]").replace(
        "targets: dog", "targets: [t1, t2, t3]\nsamples: [[1, -2, dog], [0, 1, cow]]"
    )
    found: Any = json.loads(written(run, tmp_path, text, "-f", "json"))
    targets = [[sample["values"][t] for t in ("t1", "t2", "t3")] for sample in found["samples"]]
    assert targets == [[0, 1, 0], [0, 0, 1]]
    assert found["loss"]["before"] == pytest.approx(sum(one["loss"] for one in found["samples"]) / 2, rel=1e-15)


def network(kind: str, numbers: tuple[float, float]) -> str:
    return f"""\
inputs: {{x1: 1.0, x2: 1.0}}
targets: {{t1: 0.25, t2: -0.5}}
layers:
- dense: [z1, z2]
  weights: {{x1: {{w1: {numbers[0]}, w2: null}}, x2: {{w3: null, w4: {numbers[1]}}}}}
- {kind}
loss: {{half_squared_error: L}}
learning_rate: 0.1
"""


BRANCHES = [
    # kind, the numbers of z1 and z2, the lines of the results
    ("relu: [a1, a2]", (2.0, -0.5), ["a1 = max(0, z1) = max(0, 2.0) = 2.0", "a2 = max(0, z2) = max(0, -0.5) = 0.0"],
     ["inactive: z2 = -0.5 ≤ 0", "z1 = 2.0 > 0"]),
    ("{leaky_relu: [a1, a2], alpha: 0.1}", (2.0, -0.5), ["a1 = z1 = 2.0", "a2 = 0.1 × z2 = 0.1 × (-0.5) = -0.05"],
     ["z1 = 2.0 > 0", "z2 = -0.5 ≤ 0"]),
    ("{elu: [a1, a2], alpha: 0.5}", (2.0, -0.5), ["a1 = z1 = 2.0", "a2 = 0.5 × (e^{z2} - 1) = 0.5 × (e^{-0.5} - 1)"],
     ["z1 = 2.0 > 0", "z2 = -0.5 ≤ 0"]),
    ("hard_sigmoid: [a1, a2]", (4.0, -0.6), ["a1 = 1", "a2 = z2 / 6 + 1/2"], ["z1 = 4.0 > 3", "z2 = -0.6 > -3"]),
    ("hard_sigmoid: [a1, a2]", (-4.0, 0.6), ["a1 = 0", "a2 = z2 / 6 + 1/2"], ["z1 = -4.0 ≤ -3", "z2 = 0.6 ≤ 3"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "numbers", "lines", "reasons"), BRANCHES, ids=str)
def test_the_branch_taken_and_why(
    run: Run, tmp_path: Path, kind: str, numbers: tuple[float, float], lines: list[str], reasons: list[str]
) -> None:
    """Only the branch that is taken is printed, with the condition that decided, forward and backward."""
    out = written(run, tmp_path, network(kind, numbers))
    forward, backward = out.split("\nBackward\n")
    for line in lines:
        assert any(row[4:].startswith(line) for row in forward.splitlines()), line
    for reason in reasons:
        assert reason in out
        assert reason.removeprefix("inactive: ") in backward
    assert " if " not in forward.split("\nForward\n")[1]


@pytest.mark.parametrize(("convention", "slope"), [(0, "0.1"), (1, "1")])
def test_at_the_kink_the_convention_is_named(run: Run, tmp_path: Path, convention: int, slope: str) -> None:
    text = network("{leaky_relu: [a1, a2], alpha: 0.1}", (0.0, -0.5)) + f"relu_at_zero: {convention}\n"
    out = written(run, tmp_path, text)
    (line,) = (row for row in out.splitlines() if "δ_z1 = ∂L/∂a1" in row)
    assert f"× {slope} " in line
    assert f"relu_at_zero: {convention}" in out.split("\nBackward\n")[1]
    assert "skipped, the loss has a kink here" in " ".join(out.split())


def test_a_sum_of_nothings_begins_without_a_sign(run: Run, tmp_path: Path) -> None:
    text = "inputs: [s1, s2, s3]\ntargets: [c]\nsamples: [[1, 3, 0, 2], [3, 1, 0, 1]]\nlayers: []\nloss: hinge\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert "0]) = 1/2 × (0 - 0) = 0\n" in run("grad", cwd=tmp_path).out


HINGE = ("targets: {t1: 0.5, t2: 0.5}", "targets: {t1: 1, t2: 1}", "targets: {t1: 1, t2: -1}", "targets: [0, 0]")


@pytest.mark.parametrize("targets", HINGE)
def test_hinge_takes_one_class(run: Run, tmp_path: Path, targets: str) -> None:
    text = f"inputs: {{s1: 0.5, s2: 2}}\n{targets}\nlayers: []\nloss: hinge\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run("forward", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert "net.yaml:2:10: hinge takes the right class among two outputs or more" in err
    (tmp_path / "net.yaml").write_text(text.replace(targets, "targets: {t1: 0, t2: 1}"), encoding="utf-8")
    assert run("forward", "--expect", "L=0", cwd=tmp_path).code == 0
    one = "inputs: {s: 0.5}\ntargets: {t: 1}\nlayers: []\nloss: hinge\n"
    (tmp_path / "net.yaml").write_text(one, encoding="utf-8")
    assert "max(0, 1 - t s) of a single output" in run("forward", cwd=tmp_path).err


def test_one_name_needs_no_brackets(run: Run, tmp_path: Path) -> None:
    text = """\
inputs: {x: 1}
targets: {t: 0.5}
layers: [{dense: [y], weights: {y: {w: 2}}, biases: {b: 1}}]
loss: {mse: L, parts: P}
learning_rate: 0.5
penalty: {l2: 0.25, on: b}
frozen: b
report: mae
"""
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    alone = run("step", "-f", "json", cwd=tmp_path)
    (tmp_path / "net.yaml").write_text(
        text.replace("P}", "[P]}")
        .replace("on: b", "on: [b]")
        .replace("frozen: b", "frozen: [b]")
        .replace("report: mae", "report: [mae]"),
        encoding="utf-8",
    )
    assert (alone.code, alone.out) == (0, run("step", "-f", "json", cwd=tmp_path).out)
    only = run("step", "--only", "b", cwd=tmp_path).out
    assert "U2  b (frozen)" in only
    assert "the loss stays at 6.5: nothing was updated" in only


@pytest.mark.parametrize(
    ("loss", "layers", "first", "second"),
    [
        (
            "hinge",
            "",
            "max(0, cat - dog + 1) + max(0, ship - dog + 1)",
            "max(0, dog - cat + 1) + max(0, ship - cat + 1)",
        ),
        ("ce", "- softmax: [p, q, r]\n", "-ln(q)", "-ln(p)"),
    ],
)
def test_the_classes_of_a_batch(run: Run, tmp_path: Path, loss: str, layers: str, first: str, second: str) -> None:
    """Each sample has the form of its class, and the same numbers as with a one for it and zeros for the others."""
    names = ("p", "q", "r") if layers else ("cat", "dog", "ship")
    text = f"""\
inputs: [x1, x2]
targets: y
samples: [[0, 1, {names[1]}], [1, 0.5, {names[0]}]]
layers:
- dense: [cat, dog, ship]
  weights: [[0.5, -0.5], [1, 0.25], [0, 1]]
{layers}loss: {{{loss}: L}}
learning_rate: 0.1
"""
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    numbers = text.replace(f"1, {names[1]}]", "1, 0, 1, 0]").replace(f"0.5, {names[0]}]", "0.5, 1, 0, 0]")
    (tmp_path / "numbers.yaml").write_text(numbers.replace("targets: y", "targets: [t1, t2, t3]"), encoding="utf-8")
    named, typed = (
        json.loads(run("step", one, "-f", "json", cwd=tmp_path).out) for one in ("net.yaml", "numbers.yaml")
    )
    for key in ("loss", "gradients", "updated"):
        assert named[key] == typed[key]
    formulas = {step["id"]: step["lines"][0]["text"] for step in named["steps"] if step["section"] == "loss"}
    assert (formulas["L1.1"], formulas["L1.2"]) == (first, second)
    rows = [line.split() for line in run("forward", cwd=tmp_path).out.splitlines()[3:7]]
    assert rows[0] == ["sample", "x1", "x2", "y"]
    assert rows[2:] == [["1", "0.0", "1.0", names[1]], ["2", "1.0", "0.5", names[0]]]
    alone = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("loss"))
    (tmp_path / "net.yaml").write_text(alone, encoding="utf-8")
    assert run("forward", cwd=tmp_path).code == run("derive", "numbers.yaml", cwd=tmp_path).code == 0


def test_a_sample_has_no_marks_in_its_own_lines(run: Run, tmp_path: Path) -> None:
    """And what a local derivative comes to is derived once for all iterations."""
    text = """\
inputs: [x1, x2]
targets: [t1, t2]
samples: [[0, 1, 0, 1], [1, 0.5, 1, 0]]
layers: [{dense: 2, weights: [[0.5, -0.5], [1, 0.25]], activation: softmax}]
loss: {ce: L}
learning_rate: 0.1
iterations: 2
"""
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    sheet = json.loads(run("step", "-f", "json", cwd=tmp_path).out)
    first, second = (one["steps"] for one in sheet["iterations"])
    own = [step for step in (*first, *second) if step["sample"]]
    assert not any("⁽" in line["text"] for step in own for line in step["lines"])
    rules = [[line for step in steps for line in step["lines"] if line["kind"] == "rule"] for steps in (first, second)]
    assert rules[0]
    assert not rules[1]


def test_two_softmaxes_in_a_row_have_names_of_their_own(run: Run, tmp_path: Path) -> None:
    """The lines that each works out first are told apart, without a prime, which marks a derivative."""
    text = "inputs: [1, 2]\ntargets: [0.2, 0.8]\nloss: mse\nlearning_rate: 0.1\n"
    layers = "layers: [{dense: 2, weights: [[1, 0], [0.5, 0.25]]}, softmax, {softmax: [p1, p2]}]\n"
    out = written(run, tmp_path, text + layers)
    names = [line.split()[1] for line in out.splitlines() if line[:1] == "F" and line[1:2].isdigit()]
    assert len(names) == len(set(names)) == 12
    assert not any("′" in name for name in names)


def test_a_batch_derives_a_class_and_another_output_once_each(run: Run, tmp_path: Path) -> None:
    text = CLASSES.replace("targets: dog", "targets: y\nsamples: [[1, -2, cat], [0, 1, cow]]")
    text = text.replace("{x1: 1.0, x2: -2.0}", "[x1, x2]", 1)
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    out = run("grad", cwd=tmp_path).out
    derived = re.findall(r"∂L/∂cat × ∂cat/∂(\w+) = \(-1/2 × \(1 / cat\)\) × cat × (\(.*?\)) =", out)
    assert [factor for _, factor in derived] == ["(1 - cat)", "(-dog)"]
    assert "∂L/∂cow ×" not in out
