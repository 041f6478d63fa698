"""The table of a batch whose results are classes, and the weights of classes in its loss."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Run

CLASSES = """inputs: [z1, z2, z3]
targets: [c]
samples: [[1, 2, 0, p2], [3, 0, 0, p3], [-1, -1, 2, p3], [4, 0, 4, p1]]
layers: [softmax: [p1, p2, p3]]
loss: {ce: L}
"""
STEP = """inputs: [x1, x2]
targets: [t]
samples: [[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 1]]
layers: [{dense: [z], weights: [[2, 1]], bias: -1}, step: y]
loss: mse
learning_rate: 0.5
"""
BITS = STEP.replace("step", "sigmoid").replace("mse", "bce").replace("bias: -1", "bias: -1.5")


def written(folder: Path, text: str) -> Path:
    path = folder / "net.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_batch_of_classes_ends_with_what_is_right(run: Run, tmp_path: Path) -> None:
    """Two largest outputs are no right one."""
    out = run("forward", written(tmp_path, CLASSES)).out
    assert [row.split() for row in out.splitlines() if row.endswith((" right", "  wrong"))] == [
        ["1", "1", "2", "0", "p2", "p2", "right"],
        ["2", "3", "0", "0", "p1", "p3", "wrong"],
        ["3", "-1", "-1", "2", "p3", "p3", "right"],
        ["4", "4", "0", "4", "p1,", "p3", "p1", "wrong"],
        ["2", "of", "4", "samples", "are", "right"],
    ]


@pytest.mark.parametrize("command", ["forward", "step"])
def test_so_does_one_of_steps(run: Run, tmp_path: Path, command: str) -> None:
    out = run(command, written(tmp_path, STEP)).out
    assert "3        1   0       1       0  wrong" in out
    assert "3 of 4 samples are right" in out


@pytest.mark.parametrize(("command", "there"), [(("grad",), True), (("grad", "-p", "z"), False)])
def test_a_gradient_that_is_asked_for_by_name_has_no_table(
    run: Run, tmp_path: Path, command: tuple[str, ...], there: bool
) -> None:
    out = run(*command, written(tmp_path, BITS)).out
    assert ("3 of 4 samples are right" in out) == there


def test_a_network_without_a_loss_has_it_too(run: Run, tmp_path: Path) -> None:
    text = STEP.replace("loss: mse\n", "").replace("learning_rate: 0.5\n", "")
    assert "3 of 4 samples are right" in run("forward", written(tmp_path, text)).out


def test_classes_typed_as_ones_and_zeros(run: Run, tmp_path: Path) -> None:
    text = CLASSES.replace("[c]", "[t1, t2, t3]").replace(
        CLASSES.splitlines()[2], "samples: [[1, 2, 0, 0, 1, 0], [3, 0, 0, 0, 0, 1]]"
    )
    assert "1 of 2 samples are right" in run("forward", written(tmp_path, text)).out


def test_outputs_are_compared_by_all_their_digits(run: Run, tmp_path: Path) -> None:
    """Of two outputs that are the same as floats one is larger; a sigmoid a little below 1/2 counts as 0."""
    text = CLASSES.replace("[3, 0, 0, p3]", "[1e-30, 0, 0, p1]")
    assert "3 of 4 samples are right" in run("forward", written(tmp_path, text)).out
    assert (
        "4 of 4 samples are right"
        in run("forward", written(tmp_path, BITS.replace("-1.5", "-2.00000000000000000001"))).out
    )


def test_large_batches_are_compared_as_arrays(run: Run, tmp_path: Path) -> None:
    rows = [f"[{x1}, {x2}, {int(x1 + x2 > 60)}]" for x1 in range(80) for x2 in range(80)]
    listed = ", ".join(rows)
    text = BITS.replace("[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 1]", listed).replace("[[2, 1]]", "[[1, 1]]")
    out = run("forward", written(tmp_path, text.replace("-1.5", "-70.5"))).out
    assert "double precision inside" in out
    wrong = sum(60 < x1 + x2 <= 70 for x1 in range(80) for x2 in range(80))
    assert f"{len(rows) - wrong} of {len(rows)} samples are right" in out


def test_a_single_sigmoid_is_held_against_its_target_by_its_side_of_a_half(run: Run, tmp_path: Path) -> None:
    """z is -1.5, -0.5, 0.5 and 1.5."""
    out = run("forward", written(tmp_path, BITS)).out
    rows = [row.split()[3:] for row in out.splitlines() if row.endswith((" right", "  wrong"))]
    assert rows == [["0.182426", "0.0", "right"], ["0.377541", "0.0", "right"], ["0.622459", "0.0", "wrong"],
                    ["0.817574", "1.0", "right"]]  # fmt: skip
    assert "3 of 4 samples are right: an output of 0.5 or more counts as 1, any other as 0" in out


@pytest.mark.parametrize(("typed", "instead"), [("[1, 1, 1]", "[1, 1, 0.5]"), ("bce", "mse")])
def test_what_is_no_class_has_no_table(run: Run, tmp_path: Path, typed: str, instead: str) -> None:
    assert "Right and wrong" not in run("forward", written(tmp_path, BITS.replace(typed, instead))).out


RELU = CLASSES.replace("softmax", "relu").replace("ce: L", "mse: L")


@pytest.mark.parametrize("text", [RELU, STEP.replace("step", "relu")])
def test_other_results_have_the_table_where_the_targets_are_classes(run: Run, tmp_path: Path, text: str) -> None:
    assert ("Right and wrong" in run("forward", written(tmp_path, text)).out) == ("p1" in text)


WEIGHTED = """inputs: [x1, x2]
targets: [c]
samples: [[1, 2, p2], [3, 0, p3], [-1, -1, p3], [4, 0, p1]]
layers:
- {dense: [z1, z2, z3], weights: [[1, 0.5], [0.5, -1], [0.25, 0]], activation: {softmax: [p1, p2, p3]}}
loss: {ce: L, class_weights: [1, 3, 2]}
learning_rate: 0.1
"""
BY_NAME = WEIGHTED.replace("[1, 3, 2]", "{p2: 3, p1: 1, p3: 2}")


@pytest.mark.parametrize("over", ["mean", "sum"])
def test_classes_count_as_in_pytorch(run: Run, tmp_path: Path, over: str) -> None:
    torch = pytest.importorskip("torch")
    text = WEIGHTED.replace("2]}", f"2], over_samples: {over}}}")
    found = json.loads(run("step", written(tmp_path, text), "-f", "json").out)
    x = torch.tensor([[1, 2], [3, 0], [-1, -1], [4, 0]], dtype=torch.float64)
    w = torch.tensor([[1, 0.5], [0.5, -1], [0.25, 0]], dtype=torch.float64, requires_grad=True)
    weight = torch.tensor([1, 3, 2], dtype=torch.float64)
    loss = torch.nn.functional.cross_entropy(x @ w.T, torch.tensor([1, 2, 2, 0]), weight, reduction=over)
    loss.backward()
    assert found["loss"]["before"] == pytest.approx(loss.item(), rel=1e-12)
    assert torch.allclose(torch.tensor(found["gradients"]["W1"], dtype=torch.float64), w.grad, rtol=1e-12)


def test_a_single_sample_is_not_divided_and_the_box_says_so(run: Run, tmp_path: Path) -> None:
    lines = BY_NAME.replace("[x1, x2]", "{x1: 1, x2: 2}").replace("[c]", "p2").splitlines()
    out = run("grad", written(tmp_path, "\n".join(line for line in lines if "samples" not in line))).out
    assert "L1  L = ω × (-ln(p2))" in out
    assert "class_weights: the sample's loss times ω" in out
    assert "✗" not in out


def test_names_say_the_same_as_the_order(run: Run, tmp_path: Path) -> None:
    out = run("step", written(tmp_path, WEIGHTED)).out
    assert run("step", written(tmp_path, BY_NAME)).out == out
    assert "divided by the sum of the ω" in out


@pytest.mark.parametrize(("text", "message"), [
    (WEIGHTED.replace("[1, 3, 2]", "[1, 3]"), "a number for each of 3 classes"),
    (WEIGHTED.replace("[1, 3, 2]", "[1, 3, -2]"), "a number for each of 3 classes"),
    (BY_NAME.replace("p2: 3", "p4: 3"), "no class 'p4'"),
    (WEIGHTED.replace("ce: L", "mse: L"), "takes no class"),
])  # fmt: skip
def test_a_mistake_in_the_weights_is_told(run: Run, tmp_path: Path, text: str, message: str) -> None:
    code, out, err = run("step", written(tmp_path, text))
    assert (code, out) == (2, "")
    assert message in err
    assert "net.yaml:6:" in err
