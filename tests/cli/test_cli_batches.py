"""Several samples: one step for each, gradients that sum over them, and what a row of the wrong width is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

import nntrace.formats

if TYPE_CHECKING:
    from conftest import Run

SCHEMA = json.loads((Path(nntrace.formats.__file__).parent / "sheet.schema.json").read_text(encoding="utf-8"))
XOR = """\
inputs: [x1, x2]
targets: [t]
samples: [[1, 1, 0], [1, 0, 1]]
layers:
- dense: [h1, h2]
  weights: {x1: {w1: 0.5, w2: -0.5}, x2: {w3: 1.0, w4: 0.25}}
  biases: {b1: 0.5, b2: 0.0}
- relu: [a1, a2]
- dense: [y]
  weights: {a1: {w5: 1.0}, a2: {w6: -1.0}}
  biases: {b3: 0.25}
loss: {half_squared_error: E}
learning_rate: 0.1
"""
GRADIENTS = {"w1": 1.25, "w2": 0.0, "w3": 1.125, "w4": 0.0, "b1": 1.25, "b2": 0.0, "w5": 2.375, "w6": 0.0, "b3": 1.25}


def sheet(run: Run, folder: Path, text: str = XOR, *command: str) -> Any:
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run(*(command or ("step",)), "-f", "json", cwd=folder)
    assert (code, err) == (0, "")
    found = json.loads(out)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found


def test_the_json_of_a_batch(run: Run, tmp_path: Path) -> None:
    found = sheet(run, tmp_path)
    assert found["samples"] == [
        {
            "values": {"x1": 1, "x2": 1, "h1": 2.0, "h2": -0.25, "a1": 2.0, "a2": 0.0, "y": 2.25, "t": 0},
            "loss": 2.53125,
        },
        {"values": {"x1": 1, "x2": 0, "h1": 1.0, "h2": -0.5, "a1": 1.0, "a2": 0.0, "y": 1.25, "t": 1}, "loss": 0.03125},
    ]
    assert found["values"].keys() == GRADIENTS.keys()
    assert found["gradients"] == GRADIENTS
    assert (found["loss"]["before"], found["loss"]["name"]) == (1.28125, "E")
    steps = {step["id"]: step for step in found["steps"]}
    assert (steps["F1.2"]["name"], steps["F1.2"]["sample"], steps["F1.2"]["value"]) == ("h1", 2, 1.0)
    assert (steps["L2"]["sample"], steps["B6"]["sample"], steps["U1"]["sample"]) == (None, None, None)
    assert steps["B6"]["lines"][0]["text"] == "δ_h1⁽¹⁾ × x1⁽¹⁾ + δ_h1⁽²⁾ × x1⁽²⁾"
    assert all(f".{step['sample']}" in id for id, step in steps.items() if step["sample"])


def test_the_headings_of_the_samples(run: Run, tmp_path: Path) -> None:
    sheet(run, tmp_path)
    lines = run("step", cwd=tmp_path).out.splitlines()
    headings = [line for line in lines if line in ("Forward", "Loss", "Backward", "All samples together")
                or line.startswith("Sample ")]  # fmt: skip
    each = ["Sample 1", "Sample 2"]
    assert headings == ["Forward", *each, "Loss", *each, "Backward", *each, "All samples together"]
    assert "F1.2 h1 = x1 × w1 + x2 × w3 + b1" in lines
    assert any(line.startswith("L2   E = 1/2 × (E⁽¹⁾ + E⁽²⁾)") for line in lines)


def test_a_batch_is_the_sum_of_its_samples(run: Run, tmp_path: Path) -> None:
    whole = sheet(run, tmp_path, XOR.replace("{half_squared_error: E}", "{half_squared_error: E, over_samples: sum}"))
    assert whole["gradients"] == {name: 2 * value for name, value in GRADIENTS.items()}
    assert whole["loss"]["before"] == 2 * 1.28125
    alone = [sheet(run, tmp_path, XOR.replace("[[1, 1, 0], [1, 0, 1]]", row)) for row in ("[[1, 1, 0]]", "[[1, 0, 1]]")]
    for name, value in whole["gradients"].items():
        assert sum(one["gradients"][name] for one in alone) == value


def test_samples_from_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "xor.csv").write_text("1,1,0\n1,0,1\n", encoding="utf-8")
    found = sheet(run, tmp_path, XOR.replace("[[1, 1, 0], [1, 0, 1]]", "{file: xor.csv}"))
    typed = sheet(run, tmp_path)
    for key in ("samples", "gradients", "updated", "loss", "steps"):
        assert found[key] == typed[key]


IRIS = """\
inputs: [length, width]
targets: [kind]
samples: {file: iris.csv}
layers:
- dense: 2
  weights: [[1, -1], [0.5, 0.25]]
- softmax: [setosa, virginica]
loss: cross_entropy
learning_rate: 0.1
"""


@pytest.mark.parametrize("rows", [
    "length,width,kind\n5.1,3.5,setosa\n6.4,2.8,virginica\n",
    "kind,width,length\nsetosa,3.5,5.1\nvirginica,2.8,6.4\n",
    "5.1,3.5,setosa\n6.4,2.8, virginica\n",
], ids=["headings", "another order", "no headings"])  # fmt: skip
def test_classes_of_a_file_by_their_names(run: Run, tmp_path: Path, rows: str) -> None:
    (tmp_path / "iris.csv").write_text(rows, encoding="utf-8")
    typed = IRIS.replace("{file: iris.csv}", "[[5.1, 3.5, setosa], [6.4, 2.8, virginica]]")
    for key in ("samples", "gradients", "loss"):
        assert sheet(run, tmp_path, IRIS)[key] == sheet(run, tmp_path, typed)[key]


@pytest.mark.parametrize(("rows", "text", "message", "remedy"), [
    ("1,2,a\n3,4,b\n", IRIS, "the classes of 'iris.csv' are no outputs: 'a', 'b'", "as in softmax: [a, b]"),
    ("1,2,setosa\n3,4,virginia\n", IRIS, "'virginia' is no element of the last result", "did you mean 'virginica'"),
    ("a,1,setosa\nb,2,setosa\n", IRIS, "has no number in line 1, column 1, but 'a'", "write 0.5"),
    ("1,2,a,1\n3,4,b,0\n", IRIS.replace("[kind]", "[s, t]"), "has words in column 3, such as 'a'", "words are classes"),
    ("1,2,setosa\n3,4,\n", IRIS, "has no number in line 2, column 3", "write a number there"),
], ids=str)  # fmt: skip
def test_words_of_a_file_that_are_no_classes(
    run: Run, tmp_path: Path, rows: str, text: str, message: str, remedy: str
) -> None:
    (tmp_path / "iris.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run("forward", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert err.count("net.yaml:3:10: ") == 1
    assert message in err
    assert remedy in err


WRONG: dict[str, tuple[tuple[str, str], list[str]]] = {
    "a row too short": (
        ("[1, 0, 1]]", "[1, 0]]"),
        [
            "net.yaml:3:22: this sample has 2 numbers for 2 inputs and 1 target",
            "a row lists its inputs, then its targets",
        ],
    ),
    "a row too long": (("[[1, 1, 0]", "[[1, 1, 0, 5]"), ["net.yaml:3:11: this sample has 4 numbers for 2 inputs"]),
    "no row": (("[[1, 1, 0], [1, 0, 1]]", "[1, 1, 0]"), ["net.yaml:3:11: ", "a sample is a list here", "[[1, 0], "]),
    "an unknown class": (
        ("[1, 0, 1]]", "[1, 0, dog]]"),
        ["net.yaml:3:29: 'dog' is no element of the last result", "known here: y"],
    ),
    "a word for an input": (("[1, 0, 1]]", "[one, 0, 1]]"), ["net.yaml:3:23: a sample is made of numbers"]),
    "inputs with numbers": (
        ("inputs: [x1, x2]", "inputs: {x1: 1, x2: 2}"),
        ["net.yaml:1:9: with samples the inputs have no numbers of their own", "inputs: [x1, x2]"],
    ),
    "a narrow file": (
        ("[[1, 1, 0], [1, 0, 1]]", "{file: narrow.csv}"),
        ["net.yaml:3:10: a sample has 2 numbers for 2 inputs and 1 target"],
    ),
    "a missing file": (("[[1, 1, 0], [1, 0, 1]]", "{file: none.csv}"), ["net.yaml:3:", "none.csv"]),
}


@pytest.mark.parametrize(("change", "parts"), WRONG.values(), ids=list(WRONG))
def test_wrong_samples(run: Run, tmp_path: Path, change: tuple[str, str], parts: list[str]) -> None:
    assert change[0] in XOR
    (tmp_path / "narrow.csv").write_text("1,1\n1,0\n", encoding="utf-8")
    (tmp_path / "net.yaml").write_text(XOR.replace(*change), encoding="utf-8")
    code, out, err = run("step", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    for part in parts:
        assert part in err


@pytest.mark.parametrize("loss", ["ce", "hinge", "mse"])
def test_a_row_of_a_wrong_size_is_the_only_problem(run: Run, tmp_path: Path, loss: str) -> None:
    """Its numbers are no targets, which a loss would have to take."""
    layers = f"layers: [{{dense: [p, q], weights: [[1, 1], [1, 2]]}}, softmax]\nloss: {loss}\n"
    text = "inputs: [x1, x2]\ntargets: {t: {size: 2, one_hot: k}}\nsamples: [[0, -1, 2], [1, 1, 1, 0]]\n"
    (tmp_path / "net.yaml").write_text(text + layers, encoding="utf-8")
    found = run("grad", cwd=tmp_path)
    assert found.code == 2
    assert found.err.count("net.yaml:") == 1
    assert found.err.startswith("net.yaml:3:11: this sample has 3 numbers for 2 inputs and 2 targets")


def test_several_iterations_follow_the_schema(run: Run, tmp_path: Path) -> None:
    found = sheet(run, tmp_path, XOR + "iterations: 2\n")
    first, second = found["iterations"]
    assert (first["gradients"], second["loss"]["before"]) == (GRADIENTS, first["loss"]["after"])
    assert [len(one["samples"]) for one in (first, second)] == [2, 2]
    assert {step["id"].split(".")[0] for step in second["steps"]} == {"I2"}
    assert (found["loss"]["before"], found["loss"]["after"]) == (1.28125, second["loss"]["after"])


def test_a_report_is_a_value_without_a_gradient(run: Run, tmp_path: Path) -> None:
    """Further losses stand after the loss, among the values and for each sample; the gradients are the loss's alone."""
    text = """\
inputs: [x]
targets: [t]
samples: [[2, 5], [3, 7], [4, 9]]
layers:
  - dense: [yhat]
    weights: {x: {W: 1.5}}
    bias: {B: 1.0}
loss: {squared_error: L}
learning_rate: 0.01
"""
    (tmp_path / "plain.yaml").write_text(text, encoding="utf-8")
    report = "report: [{mae: MAE}, {squared_error: SSE, over_samples: sum}]\n"
    (tmp_path / "net.yaml").write_text(text + report, encoding="utf-8")
    plain = json.loads(run("step", "plain.yaml", "-f", "json", cwd=tmp_path).out)
    found = json.loads(run("step", "net.yaml", "-f", "json", cwd=tmp_path).out)
    assert {key: found[key] for key in ("loss", "gradients", "updated")} == {
        key: plain[key] for key in ("loss", "gradients", "updated")
    }
    assert (found["values"]["MAE"], found["values"]["SSE"]) == (1.5, 7.25)
    assert [sample["values"]["MAE"] for sample in found["samples"]] == [1.0, 1.5, 2.0]
    assert [sample["loss"] for sample in found["samples"]] == [1.0, 2.25, 4.0]
    lines = run("forward", "net.yaml", cwd=tmp_path).out.splitlines()
    assert "L4   MAE = 1/3 × (MAE⁽¹⁾ + MAE⁽²⁾ + MAE⁽³⁾)" in lines
    assert "L6   SSE = SSE⁽¹⁾ + SSE⁽²⁾ + SSE⁽³⁾" in lines


@pytest.mark.parametrize("command", [("grad", "-p", "w"), ("step", "--only", "w"), ("step", "--view", "paths")])
def test_more_samples_than_a_line_has_terms(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    """The paths that are left out are counted, and what they come to is in the sum."""
    rows = [[n / 4 - 2, 1 - n / 8] for n in range(20)]
    text = f"""\
inputs: [x]
targets: [t]
samples: {rows}
layers: [{{dense: [y], weights: {{y: {{w: 0.5}}}}, biases: {{b: 1}}}}]
loss: {{mse: J}}
learning_rate: 0.1
"""
    found = sheet(run, tmp_path, text, *command)
    step = next(step for step in found["steps"] if step["id"] == "B2p")
    assert step["value"] == pytest.approx(sum(2 * (0.5 * x + 1 - t) * x for x, t in rows) / 20, rel=1e-12)
    assert step["lines"][0]["text"].endswith("+ … 14 more paths")
    addends = step["lines"][-2]["text"].replace(" - ", " + -").replace("… 14 more paths, together ", "").split(" + ")
    assert len(addends) == 7
    assert sum(map(float, addends)) == pytest.approx(step["value"], rel=1e-9)


@pytest.mark.parametrize("width", [40, 120])
def test_samples_left_out_are_counted_in_every_section(run: Run, tmp_path: Path, width: int) -> None:
    rows = [[n % 5 - 2, n % 3, 1] for n in range(20)]
    (tmp_path / "net.yaml").write_text(XOR.replace("[[1, 1, 0], [1, 0, 1]]", str(rows)), encoding="utf-8")
    text = run("step", "--width", width, cwd=tmp_path).out
    assert max(map(len, text.splitlines())) <= width
    words = " ".join(text.split())
    assert words.count("… 17 more samples like these (--full shows all)") == 3  # forward, loss, backward
    assert words.count("… 17 more samples") == 4  # and in the table of what is given
    whole = run("step", "--full", cwd=tmp_path).out
    assert "more samples" not in whole
    assert whole.count("Sample 11\n") == 3


def test_one_sample_alone(run: Run, tmp_path: Path) -> None:
    """What is asked for is shown, whichever sample it belongs to."""
    rows = [[n / 4 - 2, n / 8, 1] for n in range(20)]
    found = sheet(run, tmp_path, XOR.replace("[[1, 1, 0], [1, 0, 1]]", str(rows)), "grad", "-p", "a1⁽⁷⁾")
    own = [step["id"] for step in found["steps"] if step["section"] != "loss"]
    assert own == ["B1.7", "B2.7", "B2.7p"]


EXPECTED = (("forward", "h2(2)=-0.5"), ("forward", "h2⁽²⁾=-0.5"), ("forward", "E(1)=2.53125"), ("forward", "x1(1)=1"),
            ("grad", "δ_y(1)=1.125"), ("grad", "delta_y(2)=0.125"), ("grad", "h1(1)=1.125"), ("grad", "w1=1.25"),
            ("grad", "dE/da2⁽¹⁾=-1.125"), ("step", "w1=0.375"), ("step", "y(2)=1.25"))  # fmt: skip


@pytest.mark.parametrize(("command", "expected"), EXPECTED)
def test_one_sample_is_expected(run: Run, tmp_path: Path, command: str, expected: str) -> None:
    (tmp_path / "net.yaml").write_text(XOR, encoding="utf-8")
    asked = ("-p", "h1", "-p", "h2", "-p", "w1") if command == "grad" else ()
    assert run(command, *asked, "-q", "--expect", expected, cwd=tmp_path) == (0, "", "")
    assert run(command, *asked, "-q", "--expect", expected + "9", cwd=tmp_path).code == 1


@pytest.mark.parametrize(("command", "name"), [("forward", "h1"), ("forward", "y"), ("step", "h1"), ("grad", "δ_y")])
def test_no_sample_is_meant_without_its_number(run: Run, tmp_path: Path, command: str, name: str) -> None:
    (tmp_path / "net.yaml").write_text(XOR, encoding="utf-8")
    code, out, err = run(command, "-q", "--expect", f"{name}=1", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert err == f"{name!r} is a different number in each sample\n  name one of them: {name}(1), {name}(2)\n"
