"""What a user may get wrong: exit code 2, nothing on standard output, and a message with the place and the remedy."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Outcome, Run

HOMEWORK = (Path(__file__).resolve().parents[2] / "configs" / "homework3.yaml").read_text(encoding="utf-8")
KNOWN = "known here: w11, w12, w21, w22, b1, b2, w31, w32, w41, w42, b3, b4"


def refused(outcome: Outcome) -> str:
    """The message of a command that was refused."""
    code, out, err = outcome
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    return err


FILES: dict[str, tuple[str | tuple[str, str], list[str]]] = {
    # what stands in net.yaml (or what of the homework is replaced by what), and parts of the message
    "unknown key": (
        ("learning_rate:", "lerning_rate:"),
        ["net.yaml:18:1: unknown key 'lerning_rate' in a network file", "did you mean 'learning_rate'?"],
    ),
    "unknown key in a layer": (
        ("    biases: {b1", "    biasses: {b1"),
        ["net.yaml:10:5: unknown key 'biasses' in a layer", "did you mean 'biases'?"],
    ),
    "unknown layer": (("relu", "rleu"), ["net.yaml:11:5: a layer of unknown kind 'rleu'", "did you mean 'relu'?"]),
    "unknown loss": (
        ("half_squared_error", "half_square_error"),
        ["net.yaml:17:8: a loss of unknown kind 'half_square_error'", "did you mean 'half_squared_error'?"],
    ),
    "wrong type": (
        ("learning_rate: 0.1", "learning_rate: true"),
        ["net.yaml:18:16: 'true' is not a number", "write a number such as 2, 0.5, -.5, 1e-3 or 3/4"],
    ),
    "a list of lists": (
        ("inputs:  {i1: 2.0, i2: -1.0}", "inputs: [[1, 2]]"),
        ["net.yaml:3:9: `inputs` has lists inside its list", "several samples stand under samples: ["],
    ),
    "numbers and names": (
        ("inputs:  {i1: 2.0, i2: -1.0}", "inputs: [1, x]"),
        ["net.yaml:3:13: `inputs` mixes numbers, names or lists", "a table gives both: {x1: 0.5, x2: 1.0}"],
    ),
    "too few weights": (
        ("i1: {w11: 1.0, w12: -0.5}", "i1: {w11: 1.0}"),
        ["net.yaml:8:7: the row 'i1' has 1 weight instead of 2", "one for each unit of this layer (h1, h2)"],
    ),
    "too few results": (
        ("relu: [h3, h4]", "relu: [h3]"),
        ["net.yaml:11:11: 'relu' gives 2 results, not 1", "as many results as the layer before it"],
    ),
    "too few targets": (
        ("targets: {t1: 1.0, t2: 0.5}", "targets: {t1: 1.0}"),
        ["net.yaml:4:10:", "1 target", "for 2 outputs", "one target for each element of the last result"],
    ),
    "missing row": (
        ("      i2: {w21: 0.5, w22: -1.0}\n", ""),
        ["net.yaml:8:7: no row of weights for i2", "add i2: {…}, or i2: [null, …]"],
    ),
    "missing name": (
        ("i1: {w11: 1.0, w12: -0.5}", "i1: [w11, w12]"),
        ["net.yaml:8:12: the name 'w11' has no number", "or in the table values: {w11: 1.0}"],
    ),
    "duplicate key": (
        ("learning_rate: 0.1", "learning_rate: 0.1\nlearning_rate: 0.2"),
        ["net.yaml:19:1: the key 'learning_rate' stands twice, first in line 18, column 1", "keep one of the two"],
    ),
    "duplicate name": (
        ("w12: -0.5", "w21: -0.5"),
        ["net.yaml:9:12: 'w21' gets its number twice (first in line 8)", "write the bare name 'w21' to tie it"],
    ),
    "duplicate unit": (("[o1, o2]", "[o1, h1]"), ["net.yaml:12:17: the name 'h1' is used twice (first in line 6)"]),
    "unused value": (
        ("learning_rate", "values: {zz: 3}\nlearning_rate"),
        ["net.yaml:18:10: 'zz' has a number but is used nowhere"],
    ),
    "unknown frozen": (("loss:", "frozen: [w99]\nloss:"), ["net.yaml:17:10: there is no parameter 'w99'", KNOWN]),
    "not a number": (("w12: -0.5", "w12: nan"), ["net.yaml:8:27: 'nan' is not a finite number"]),
    "infinite": (("w12: -0.5", "w12: -.inf"), ["net.yaml:8:27: '-.inf' is not a finite number"]),
    "too large": (("w12: -0.5", "w12: 1e309"), ["net.yaml:8:27: '1e309' is too large for a number here", "1.8e308"]),
    "decimal comma": (
        ("learning_rate: 0.1", "learning_rate: 0,1"),
        ["net.yaml:18:16: '0,1' is not a number", "write a decimal point: 0.1"],
    ),
    "no inputs": (("inputs:  {i1: 2.0, i2: -1.0}", "inputs: []"), ["net.yaml:3:9: this list is empty"]),
    "no units": (("dense: [h1, h2]", "dense: []"), ["net.yaml:6:12: a layer's result has no names here"]),
    "no layers key": ("inputs: [1]\n", ["net.yaml:1:1: `layers` is missing"]),
    "markup in a name": (
        ("[o1, o2]", "['[bold]o1[/bold]', o2]"),
        ["net.yaml:12:13: '[bold]o1[/bold]' is not a name: brackets are for elements"],
    ),
    "not closed": (
        "inputs: {a: 1\nlayers: []\n",
        ["net.yaml:2:7: a bracket is not closed", "it began in line 1", "close each bracket"],
    ),
    "not a table": ("- inputs\n", ["net.yaml:1:1: a network file is a table of keys, and this is a list"]),
    "only a word": ("hello\n", ["net.yaml:1:1: a network file is a table of keys, and this is 'hello'"]),
    "empty": ("", ["net.yaml is empty\n  it needs at least `inputs` and `layers`"]),
    "only a comment": ("# nothing\n", ["net.yaml is empty\n  it needs at least `inputs` and `layers`"]),
    "no loss": (
        ("loss: {half_squared_error: MSE}", ""),
        ["this network has no loss, so there is no gradient", "add targets: and loss: to the file"],
    ),
    "no learning rate": (
        ("learning_rate: 0.1", ""),
        ["there is no learning rate\n  add learning_rate: 0.1 to the file, or --lr 0.1 to the command"],
    ),
    "the loss's default name": (
        "inputs: {L: 1}\ntargets: [2]\nlayers:\n- dense: [h]\n  weights: [[1]]\nloss: mse\nlearning_rate: 1\n",
        ["net.yaml:1:10: 'L' would also be the default name of a loss", "give one of the two another name"],
    ),
    "an activation's default name": (
        "inputs: [1, 2]\nlayers:\n- {dense: [z1, z2], weights: [[1, 2], [3, 4]], activation: relu}\n"
        "- {dense: [u1], weights: [[1, 2]], activation: tanh}\n",
        ["net.yaml:3:60: 'a2' would also be the default name", "another name, such as tanh: [r1, …]"],
    ),
    "no samples": (
        ("learning_rate", "samples_per_step: 3\nlearning_rate"),
        ["net.yaml:18:19: `samples_per_step` without samples", "add a line samples: …"],
    ),
}


@pytest.mark.parametrize(("content", "parts"), FILES.values(), ids=list(FILES))
def test_a_wrong_file(run: Run, tmp_path: Path, content: str | tuple[str, str], parts: list[str]) -> None:
    if isinstance(content, tuple):
        assert content[0] in HOMEWORK
        content = HOMEWORK.replace(*content)
    (tmp_path / "net.yaml").write_text(content, encoding="utf-8")
    message = refused(run("step", cwd=tmp_path))
    for part in parts:
        assert part in message


CLASSES = """\
inputs: {x1: 1, x2: 2}
targets: TARGETS
layers:
- dense: [z1, z2, z3]
  weights: [[1, 0], [0, 1], [1, 1]]
- softmax: [p1, p2, p3]
loss: {cross_entropy: L}
"""
SAMPLES = CLASSES.replace("{x1: 1, x2: 2}", "[x1, x2]").replace("TARGETS", "[c]\nsamples: [ROW]")
UNIT = "inputs: INPUTS\ntargets: [1]\nlayers:\n- dense: [h]\n  weights: {x1: {w: 1}, x2: {v: 2}}\nloss: mse\n"
WEIGHTS = "inputs: [1, 2]\nlayers:\n- dense: [h]\n  weights: "
BATCH = """\
inputs: [x1, x2]
targets: [t]
samples: [[0, 0, 0], [0, 1, 1]]
layers:
- dense: [h]
  weights: FIRST
- dense:
  weights: [[2]]
  biases: [3]
loss: {mse: L, parts: [E]}
"""
SCALAR = "inputs: {x: 1}\nlayers:\n- dense: [h]\n  weights: {x: {w1: WEIGHT}}\n"

ALONE: dict[str, tuple[str, str, str]] = {
    # a file with one mistake, its only message, and what would work
    "no such class": (
        CLASSES.replace("TARGETS", "p4"),
        "2:10: there is no output 'p4'",
        "known here: p1, p2, p3; or give one target for each output, such as targets: {t1: 1.0, …}",
    ),
    "no such class, listed": (
        CLASSES.replace("TARGETS", "[out_p3]"),
        "2:11: there is no output 'out_p3'",
        "known here: p1, p2, p3; or give",
    ),
    "a misspelt class": (
        CLASSES.replace("TARGETS", "doog").replace("p2", "dog"),
        "2:10: there is no output 'doog'",
        "did you mean 'dog'? known here: p1, dog, p3",
    ),
    "a class in brackets": (
        CLASSES.replace("TARGETS", "[p3]"),
        "2:11: 'p3' is an output, and gives a target no number",
        "for this class write targets: p3, without brackets; or give",
    ),
    "no such class, with a label": (
        CLASSES.replace("TARGETS", "{y: p4}"),
        "2:14: 'p4' is no element of the last result",
        "known here: p1, p2, p3",
    ),
    "all classes": (
        CLASSES.replace("TARGETS", "[p1, p2, p3]"),
        "2:11: 'p1' is an output, and gives a target no number",
        "for this class write targets: p1",
    ),
    "a class by its number": (
        CLASSES.replace("TARGETS", "3"),
        "2:10: `targets` cannot be one number",
        "write targets: {class: 3} (p3, counted from 1); or give one target for each output",
    ),
    "a class that may count from 0": (
        CLASSES.replace("TARGETS", "[2]"),
        "2:10: `targets` cannot be one number",
        "write targets: {class: 2} (p2, counted from 1) or targets: {class: 2, from: 0} (p3, counted from 0); or",
    ),
    "class 0": (
        CLASSES.replace("TARGETS", "{class: 0}"),
        "2:18: classes count from 1, and this is class 0",
        "write {class: 0, from: 0} where 0 is the first, p1; {class: 1} is p1 too",
    ),
    "a class beyond the last": (
        CLASSES.replace("TARGETS", "{class: 3, from: 0}"),
        "2:18: there is no class '3': they are 0 to 2",
        "give one of these numbers, or a name; known here: p1, p2, p3",
    ),
    "class 0 of a sample": (
        SAMPLES.replace("ROW", "[1, 2, 0]"),
        "3:18: classes count from 1, and this is class 0",
        "write targets: {class: c, from: 0}; else count the classes from 1",
    ),
    "a sample with another name": (
        SAMPLES.replace("ROW", "{x1: 1, x3: 2, x2: 1, c: 1}"),
        "3:19: 'x3' is neither an input nor a target",
        "known here: x1, x2, c",
    ),
    "a target that is not named": (
        SAMPLES.replace("targets: [c]\n", "").replace("ROW", "{x1: 1, x2: 1, c: 1}"),
        "2:26: 'c' is neither an input nor a target",
        "a target has a line of its own: targets: [c]; known here: x1, x2",
    ),
    "a sample without a name": (
        SAMPLES.replace("ROW", "{x1: 1, c: 1}"),
        "3:11: this sample has no 'x2'",
        "add x2: and its number",
    ),
    "a sample in two lists": (
        SAMPLES.replace("ROW", "[[1, 2, 3], 1]"),
        "3:11: this sample is not a list of 2 inputs and its targets",
        "write it as [[0, 1], 1]",
    ),
    "a target of a sample": (
        SAMPLES.replace("ROW", "[1, 2, 0, 1.5, 0]").replace("[c]", "[u, v, w]"),
        "3:21: cross_entropy takes targets from 0 to 1, not 1.5",
        "give a distribution, or name the class",
    ),
    "an output for its own target": (
        "inputs: [1]\ntargets: [h]\nlayers: [{dense: [h], weights: [[1]]}]\n",
        "2:11: 'h' is an output, and gives a target no number",
        "write a number, such as targets: {t1: 1.0}",
    ),
    "a target without brackets": (
        "inputs: [1]\ntargets: 3\nlayers: [{dense: [h], weights: [[1]]}]\n",
        "2:10: `targets` cannot be one number",
        "write a list, such as [3], or a table, such as {t: 3}",
    ),
    "samples under inputs": (
        UNIT.replace("INPUTS", "[[1, 2], [3, 4]]"),
        "1:9: `inputs` has lists inside its list, and is one list of numbers",
        "several samples stand under samples: [[1, 0], [0, 1]], beside inputs: [x1, x2]",
    ),
    "samples under a name": (
        UNIT.replace("INPUTS", "{x: [[1, 2], [3, 4]]}"),
        "1:13: `inputs` has lists inside its list, and is one list of numbers",
        "several samples stand under samples: ",
    ),
    "a table among the inputs": (
        "inputs: [{a: 2}]\nlayers: []\n",
        "1:10: a mapping cannot stand here",
        "give a number, a name, or null",
    ),
    "numbers beside samples": (
        UNIT.replace("INPUTS", "{x1: 1, x2: 1}\nsamples: [[1, 2, 3], [1, 2, 4]]").replace("[1]", "[t]"),
        "1:9: with samples the inputs have no numbers of their own",
        "give only their names, inputs: [x1, x2]",
    ),
    "targets beside samples": (
        UNIT.replace("INPUTS", "[x1, x2]\nsamples: [[1, 2, 3], [1, 2, 4]]").replace("[1]", "{t: 1}"),
        "3:10: with samples the targets have no numbers of their own",
        "give only their names, targets: [y1, y2]",
    ),
    "a row without brackets": (
        WEIGHTS.replace("[h]", "[h, i]") + "[1, 2]\n  biases: [1, 1]\n",
        "4:12: the weights are a list of numbers, and not of rows",
        "put each row in brackets, as in [[0.1, 0.2]]: with vectors: columns one for each unit",
    ),
    "a column without brackets": (
        "vectors: rows\n" + WEIGHTS.replace("[h]", "[h, i, j]") + "[1, 2, 3]\n",
        "5:12: the weights are a list of numbers, and not of rows",
        "put each row in brackets, as in [[0.1, 0.2]]: with vectors: rows one for each input",
    ),
    "weights of one input without brackets": (
        "inputs: [1]\nlayers:\n- dense:\n  weights: {W: [1, 2]}\n  biases: [1, 2]\n",
        "4:16: the weights are a list of numbers, and not of rows",
        "as in [[0.1], [0.2]]: with vectors: columns one for each unit",
    ),
    "a short row": (
        WEIGHTS + "[[1, 2], [1]]\n",
        "4:21: this row has 1 number, the rows before it have 2",
        "give every row the same number",
    ),
    "a long row": (
        WEIGHTS + "[[a], [1, b]]\nvalues: {a: 1, b: 2}\n",
        "4:18: this row has 2 numbers, the rows before it have 1",
        "give every row the same number",
    ),
    "a row that is a number": (
        WEIGHTS + "[[1, 2], 3]\n",
        "4:21: this value cannot stand here",
        "give a row of the matrix in brackets",
    ),
    "too many rows": (
        WEIGHTS + "[[1, 2], [3, 4]]\n",
        "3:10: the weights are 2×2: for 2 units, but there is 1",
        "one row for each unit",
    ),
    "true for a number": (
        SCALAR.replace("WEIGHT", "true"),
        "4:21: 'true' is not a number",
        "write a number, as in w1: 1.0",
    ),
    "a word for a number": (SCALAR.replace("WEIGHT", "half"), "4:21: 'half' is not a number", "as in w1: 1.0"),
    "a list for a number": (SCALAR.replace("WEIGHT", "[1]"), "4:17: 'w1' needs one number", "write w1: 1.0"),
    "an input's name for its number": (
        SCALAR.replace("{x: 1}", "{x: a}").replace("WEIGHT", "1") + "values: {a: 1}\n",
        "1:10: 'x' is given a name, not a number",
        "write [a] for it",
    ),
    "a second loss": (
        UNIT.replace("INPUTS", "{x1: 1, x2: 1}").replace("loss: mse", "loss: {mse: L, ce: M}"),
        "6:16: a loss with a second kind, 'ce'",
        "keep one; others are worked out under report: [{mse: M}]",
    ),
    "a second loss to report": (
        UNIT.replace("INPUTS", "{x1: 1, x2: 1}") + "report: {mse: M, mae: A}\n",
        "7:18: a loss with a second kind, 'mae'",
        "give each kind an entry of its own, as in [{mse: M}, {mae: A}]",
    ),
    "a second kind of layer": (
        SCALAR.replace("WEIGHT", "1") + "  relu: [a]\n",
        "5:3: a layer with a second kind, 'relu'",
        "give each kind an entry of its own",
    ),
    "a second activation": (
        SCALAR.replace("WEIGHT", "1") + "  activation: {relu: [a], tanh: [c]}\n",
        "5:27: an activation with a second kind, 'tanh'",
        "keep one; the other can be a layer after this one",
    ),
    "too many brackets": (
        "inputs: " + "[" * 3000 + "]" * 3000 + "\n",
        "1:1008: the nesting is too deep here",
        "at most",
    ),
    "matrices by rows": (
        "inputs: [1, 2, 3]\nlayers:\n- dense: [h1, h2]\n  weights: [[1, 2], [3, 4], [5, 6]]\n- dense: [o]\n"
        "  weights: [[1], [2]]\n",
        "4:12: the weights are 3×2, and with vectors: columns a matrix has a row for each unit",
        "it fits vectors: rows: add that line, or write its columns as rows",
    ),
    "weights without rows": (
        WEIGHTS.replace("[1, 2]", "{x1: 1, x2: 2}") + "{w1: 1, w2: 2}\n",
        "4:12: these weights do not say what they lead from, or to",
        "as in weights: {h: {w1: 1, w2: 2}}",
    ),
    "weights without rows, of a unit without a name": (
        WEIGHTS.replace("[1, 2]", "{x1: 1, x2: 2}").replace(" [h]", "") + "{w1: 1, w2: 2}\n",
        "4:12: these weights do not say what they lead from, or to",
        "as in weights: {x1: {w1: 1}, x2: {w2: 2}}",
    ),
    "an input that a layer does not read": (
        "inputs: {x1: 1}\nlayers:\n- dense: [h]\n  weights: {x1: {w: 1}}\n- dense: [o1, o2]\n  from: h\n"
        "  weights: {h: {a: 1, b: 2}, x1: {c: 1, d: 2}}\n",
        "7:30: this layer reads no 'x1', and has no such unit",
        "known here: h, o1, o2; to read it too, add from: [h, x1]",
    ),
    "the loss in a layer": (
        SCALAR.replace("WEIGHT", "1") + "  loss: mse\ntargets: [1]\n",
        "5:3: `loss` inside a layer",
        "it belongs to the whole file: begin it in column 1",
    ),
    "the loss in the list of layers": (
        "inputs: [1]\nlayers:\n  - dense: [h]\n    weights: [[1]]\n  loss: mse\n",
        "5:3: this is not `- ` in the column of its neighbours (it began in line 3)",
        "a key of the whole file, such as `loss:`, begins in column 1",
    ),
    "the quotes of a text editor": (
        "inputs: {x: “1”}\nlayers:\n- dense: [h]\n  weights: [[1]]\n",
        "1:13: '“1”' is not a name: '“' cannot stand there",
        "remove the quotes of a text editor",
    ),
    "a kind behind another word": (
        "inputs: [1]\nlayers:\n- type: dense\n  units: 2\n",
        "3:3: a layer begins with its kind, and 'type' is none",
        "write `dense: …` in place of `type: dense`",
    ),
    "a key of a layer under its dash": (
        "inputs: [1]\nlayers:\n  - dense: [h]\n    weights:\n      - [1]\n  biases: [0]\n",
        "6:3: this is not `- ` in the column of its neighbours (it began in line 3)",
        "a key beside `dense` of line 3 begins in column 5; a key of the whole file",
    ),
    "a key of a layer too far in": (
        "inputs: [1]\nlayers:\n  - dense: [h]\n      weights: [[1]]\n",
        "4:7: this is not `key: value` in the column of its neighbours (it began in line 3)",
        "a key beside `dense` of line 3 begins in column 5",
    ),
    "a key of the file too far in": (
        "inputs: [1]\n targets: [1]\n",
        "2:2: this is not `key: value` in the column of its neighbours (it began in line 1)",
        "a key beside `inputs` of line 1 begins in column 1\n",
    ),
    "no space after the dash of a layer": (
        "inputs: [1]\nlayers:\n  -dense: [h]\n   weights: [[1]]\n",
        "4:4: this is not `key: value` in the column of its neighbours (it began in line 3)",
        "write a space after the dash of line 3: - dense:",
    ),
    "a needed key misspelt": (
        "input: [1]\nlayers:\n  - dense: [h]\n    weights: [[1]]\n",
        "1:1: unknown key 'input' in a network file",
        "did you mean 'inputs'?",
    ),
    "a needed key without its colon": (
        "inputs {x: 1}\nlayers:\n  - dense: [h]\n    weights: [[1]]\n",
        "1:1: a colon is missing in 'inputs {x'",
        "write it between the key and its value: inputs: …",
    ),
    "weights that are no matrix, before a target": (
        "inputs: [1, 2]\ntargets: {t: 1}\nlayers:\n- dense: h\n  weights: 0.5\nloss: mse\n",
        "5:12: this value cannot stand here",
        "give a matrix",
    ),
    "a matrix by its name": (
        "inputs: [1]\nlayers:\n- dense: [h]\n  weights: [[1]]\n  b1: [2]\n",
        "5:3: 'b1' is no key of a layer",
        "write biases: {b1: …}, or biases: … alone",
    ),
    "a key of the loss": (
        UNIT.replace("INPUTS", "{x1: 1, x2: 1}") + "over_samples: sum\n",
        "7:1: `over_samples` outside of the loss",
        "put it into the loss: loss: {mse: L, over_samples: sum}",
    ),
    "regularization": (
        UNIT.replace("INPUTS", "{x1: 1, x2: 1}") + "regularization: 0.02\n",
        "7:1: `regularization` may mean several things",
        "write l2: 0.02 (λ Σ w² in the loss), half_l2: 0.02 (λ 1/2 Σ w² in the loss), l1: 0.02 (λ Σ |w| in the loss), "
        "or weight_decay: 0.02 (λ w in the update, not in the loss)",
    ),
    "a rate twice": (
        UNIT.replace("INPUTS", "{x1: 1, x2: 1}") + "learning_rate: 0.1\nlr: 0.2\n",
        "8:1: `lr` beside `learning_rate` (line 7), which say the same",
        "keep one of the two",
    ),
    "rounding to no digits": (
        "inputs: [1]\nlayers: []\nrounding: carry:99\n",
        "3:11: `rounding` cannot be 'carry:99'",
        "write full, carry:4 (decimals), carry:4dp (plain decimals) or carry:4sf (significant)",
    ),
    **{
        f"no {word}": (
            f"inputs: [1]\nlayers: [{word}]\n",
            f"2:10: a layer of unknown kind '{word}'",
            "\n  known here: ",
        )
        for word in ("soft", "sin", "relu6", "celu", "sig", "logsig", "tansig", "hardlim")
    },
    **{
        f"a short {word}": (
            f"inputs: [1]\nlayers: [{word}]\n",
            f"2:10: a layer of unknown kind '{word}'",
            f"did you mean '{meant}'?",
        )
        for word, meant in {"lrelu": "leaky_relu", "hsigmoid": "hard_sigmoid", "bipolar": "bipolar_sigmoid"}.items()
    },
    "a class by its number under a name": (
        "inputs: [1, 2, 3]\nlayers: [softmax: [p1, p2, p3]]\nloss: ce\ntargets: {y: 2}\n",
        "4:10: there is 1 target for 3 outputs",
        "write targets: {class: 2} (p2, counted from 1) or targets: {class: 2, from: 0} (p3, counted from 0)",
    ),
    "regularization in a layer": (
        "inputs: [1]\nlayers:\n- dense: y\n  weights: [1]\n  regularization: 0.1\n",
        "5:3: `regularization` may mean several things",
        "write l2: 0.1 (λ Σ w² in the loss)",
    ),
    "a penalty in a layer": (
        "inputs: [1]\nlayers:\n- dense: y\n  weights: [1]\n  l2: 0.1\n",
        "5:3: `l2` inside a layer",
        "it belongs to the whole file: begin it in column 1",
    ),
    "a penalty in the loss": (
        "inputs: [1]\nlayers: []\ntargets: [1]\nloss: {mse: L, l2: 0.1}\n",
        "4:16: `l2` inside a loss",
        "it belongs to the whole file: begin it in column 1",
    ),
    **{
        f"{scheme} of two": (
            f"inputs: [1]\nlayers:\n- dense: [y]\n  weights: {{init: {scheme}, seed: 1}}\n",
            f"4:12: unknown init '{scheme}'",
            f"did you mean '{scheme}_uniform' or '{scheme}_normal'? known here: zeros, ",
        )
        for scheme in ("xavier", "he")
    },
    "a misspelt activation": (
        "inputs: [1]\nlayers: [rleu]\n",
        "2:10: a layer of unknown kind 'rleu'",
        "did you mean 'relu'?",
    ),
    "a whole result for a row": (
        WEIGHTS.replace("1, 2", "1") + "[[1]]\n- {dense: h2, weights: {z1: {w: 1}}, from: z1}\n",
        "5:25: 'z1' is a whole result, and a row of weights is for one of its elements",
        "name the element: h",
    ),
    "a whole result for a row, without names": (
        "inputs: [1]\nlayers:\n- dense: {units: [h], weights: [[1]], activation: tanh}\n"
        "- {dense: y, weights: {a1: {w: 1}}}\n",
        "4:24: 'a1' is a whole result, and a row of weights is for one of its elements",
        "name the element: 'a1[1]'",
    ),
    "no size, before samples": (
        BATCH.replace("FIRST", "[[1, 1]]").replace("[[2]]", "{q: {v: 2}}"),
        "8:13: this layer reads no 'q', and has no such unit",
        "known here: h, x1",
    ),
    "no size, drawn": (
        BATCH.replace("[h]", "").replace("FIRST", "{init: he_normal}"),
        "6:12: how many numbers to draw is not known: the layer does not say how many units it has",
        "or give their count, dense: 2",
    ),
    "no size, before labels": (
        BATCH.replace("[h]", "").replace("FIRST", "{init: he_normal}").replace("[[2]]", "{'z1[1]': {v: 2}}"),
        "6:12: how many numbers to draw is not known: the layer does not say how many units it has",
        "or give their count, dense: 2",
    ),
    "no size, before an upstream gradient": (
        "inputs: [1, 2]\nlayers:\n- dense:\n  weights: {q: {w: 1}}\nloss: {upstream: [1, 2]}\nfrozen: [w]\n",
        "4:13: this layer reads no 'q', and has no such unit",
        "known here: x[1], x[2], x",
    ),
    "a formula that cannot be read": (
        "layers:\n- let: {f: 2 * (1}\nvalues: {w: 1}\nloss: f\n",
        "2:16: this bracket is not closed",
        ")",
    ),
    "a capital": (
        "inputs: [1]\nlayers: []\noptimizer: Adam\n",
        "3:12: an optimizer of unknown kind 'Adam'",
        "did you mean 'adam'?",
    ),
    "a loss with a hyphen": (
        "inputs: [1, 2]\nlayers: [softmax]\ntargets: {class: 1}\nloss: cross-entropy\n",
        "4:7: a loss of unknown kind 'cross-entropy'",
        "did you mean 'cross_entropy'?",
    ),
    "no colon": (
        "inputs: [1]\nlayers:\n- relu [a]\n",
        "3:3: 'relu [a]' is a layer without a colon behind its kind",
        "write relu: [a]",
    ),
    "an activation for a layer": (
        "inputs: [1]\nlayers:\n- activation: relu\n",
        "3:3: a layer without its kind",
        "write relu alone",
    ),
    "no comma": (
        "inputs: [0.1 -2]\nlayers: []\n",  # and no difference
        "1:10: '0.1 -2' is not a number",
        "put a comma between two numbers: 0.1, -2",
    ),
    "a file without its key": (
        "inputs: [1]\nlayers:\n- {dense: y, weights: w.npy}\n",
        "3:23: 'w.npy' is not a name: '.' cannot stand there",
        "numbers of a file are written {file: w.npy}",
    ),
    "one bias for each": (
        "inputs: [1]\nlayers:\n- {dense: [h1, h2], weights: [[1], [2]], biases: 0}\n",
        "3:50: the biases are 1 number for 2 units",
        "give one for each unit; one shared by all is bias: {b: 0.35}",
    ),
    "a function without brackets": (
        "inputs: {x: 1}\nlayers: [let: {f: exp x}]\n",
        "2:23: there is no operator here",
        "write exp(x)",
    ),
    "a logarithm to a base": (
        "inputs: {x: 1}\nlayers: [let: {f: log2(x)}]\n",
        "2:19: there is no function 'log2'",
        "write ln(x) / ln(2)",
    ),
    "an equation for a formula": (
        "inputs: {x: 1}\nlayers: [let: {f = x + 1}]\n",
        "2:16: 'f = x + 1' has no colon",
        "write f: x + 1",
    ),
    "an optimizer for a key": (
        "inputs: [1]\nlayers: []\nmomentum: 0.9\n",
        "3:1: `momentum` is a kind of `optimizer`, and no key of a network file",
        "write optimizer: momentum, or with options optimizer: {momentum: …}",
    ),
    "W in a layer": (
        "inputs: [1]\nlayers: [{dense: y, W: [[1]], weights: [[1]]}]\n",
        "2:21: unknown key 'W' in a layer",
        "write weights: …",
    ),
    **{
        word: (
            f"inputs: [1]\nlayers: []\n{word}: 1\n",
            f"3:1: unknown key '{word}' in a network file",
            f"write {meant}: …",
        )
        for word, meant in {"batch_size": "samples_per_step", "eta": "learning_rate"}.items()
    },
    "optimiser": (
        "inputs: [1]\nlayers: []\noptimiser: sgd\n",
        "3:1: unknown key 'optimiser' in a network file",
        "did you mean 'optimizer'?",
    ),
}


@pytest.mark.parametrize(("text", "problem", "remedy"), ALONE.values(), ids=list(ALONE))
def test_one_mistake_is_one_message(run: Run, tmp_path: Path, text: str, problem: str, remedy: str) -> None:
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    message = refused(run("forward", cwd=tmp_path))
    assert [line for line in message.splitlines() if line.startswith("net.yaml:")] == [f"net.yaml:{problem}"]
    assert remedy in message


def test_all_problems_at_once(run: Run, tmp_path: Path) -> None:
    wrong = HOMEWORK.replace("relu", "rleu").replace("w12: -0.5", "w12: nan").replace("learning_rate", "rate")
    (tmp_path / "net.yaml").write_text(wrong, encoding="utf-8")
    message = refused(run("forward", cwd=tmp_path))
    assert [line.split(" ")[0] for line in message.splitlines() if line.startswith("net.yaml")] == [
        "net.yaml:8:27:", "net.yaml:11:5:", "net.yaml:18:1:",
    ]  # fmt: skip


def test_problems_of_names_and_sizes_come_with_those_of_numbers(run: Run, tmp_path: Path) -> None:
    wrong = "inputs: {x: 1:30, x: 2}\ntargets: {t: no}\nlayers:\n- dense: y\n  weights: {q: {w: '1'}}\nlr: fast\n"
    (tmp_path / "net.yaml").write_text(wrong + "loss: mse\n", encoding="utf-8")
    message = refused(run("forward", cwd=tmp_path))
    assert [line.split(" ")[0] for line in message.splitlines() if line.startswith("net.yaml")] == [
        "net.yaml:1:13:", "net.yaml:1:19:", "net.yaml:2:14:", "net.yaml:5:13:", "net.yaml:5:20:", "net.yaml:6:5:",
    ]  # fmt: skip


def test_a_problem_shows_its_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(HOMEWORK.replace("w12: -0.5", "w12: nan"), encoding="utf-8")
    assert refused(run("forward", cwd=tmp_path)) == (
        "net.yaml:8:27: 'nan' is not a finite number\n"
        "  8 |       i1: {w11: 1.0, w12: nan}\n"
        "    |                           ^\n"
        "  give a finite number\n"
    )


BYTES = {
    "binary": (b"\x7fELF\x00\x01\x02", "standard input is not text: it has NUL bytes"),
    "not UTF-8": (b"inputs: [1]\n\xff\xfe: 3", "standard input is not UTF-8: line 2 has the byte 0xFF"),
    "UTF-16": ("inputs: [1]".encode("utf-16"), "standard input is UTF-16 text\n  save it as UTF-8"),
    "empty": (b"", "standard input is empty\n  it needs at least `inputs` and `layers`"),
}


@pytest.mark.parametrize(("content", "part"), BYTES.values(), ids=list(BYTES))
def test_what_is_no_text(run: Run, content: bytes, part: str) -> None:
    assert part in refused(run("forward", "-", stdin=content))


ARGUMENTS: dict[str, tuple[str, list[str]]] = {
    "no such file": ("step configs/homework4.yaml", ["there is no file configs/homework4.yaml", "homework3.yaml?"]),
    "no such folder": ("step nowhere/net.yaml", ["there is no file nowhere/net.yaml", "no folder nowhere either"]),
    "a folder": ("step configs", ["configs is a folder\n  network files there: ", "cloud.yaml"]),
    "unknown --param": ("grad --param w99", ["'w99'", "known here: i1, i2, w11"]),
    "near --param": ("grad configs/mazur.yaml --param out_oo1", ["'out_oo1'", "did you mean 'out_o1'?"]),
    "empty glob": ("grad --param z*", ["'z*'", "known here: i1, i2, w11"]),
    "the loss for --param": ("grad --param MSE", ["'MSE'", "known here: i1, i2, w11"]),
    "unknown --only": ("step --only w99", ["there is no parameter 'w99'", KNOWN]),
    "a unit for --only": ("step --only h1", ["there is no parameter 'h1'", KNOWN]),
    "unknown --set": ("forward --set w99=1", ["there is no given number 'w99'", "known here: i1, i2, w11"]),
    "the loss for --set": ("forward --set MSE=1", ["'MSE'", "known here: i1, i2, w11"]),
    "--set without number": ("forward --set w11", ["--set 'w11' is no assignment", "write a name, = and a number"]),
    "--set without name": ("forward --set =1", ["--set '=1' is no assignment", "write a name, = and a number"]),
    "--set with a word": ("forward --set w11=x", ["--set w11=x: 'x' is not a number", "write a number such as"]),
    "--set infinite": ("forward --set w11=inf", ["'inf' is not a finite number"]),
    "unknown --expect": ("step --expect w99=1", ["this sheet has no number 'w99'", "known here: "]),
    "--expect with a word": ("step --expect w21=x", ["--expect w21=x: 'x' is not a number"]),
    "--lr with a word": ("step --lr fast", ["--lr", "'fast' is not a number"]),
    "--lr nothing": ("step --lr=", ["--lr"]),
    "unknown format": ("forward -f docx", ["no output format 'docx'", "known here: terminal, "]),
    "unknown suffix": ("forward -o sheet.docx", ["no output format 'docx'", "known here: terminal, "]),
    "missing folder": ("forward -o nowhere/sheet.txt", ["cannot write nowhere/sheet.txt: No such file or directory"]),
    "a folder for -o": ("forward -o configs", ["cannot write configs: Is a directory"]),
    "the option of another command": ("step --param w11", ["No such option: --param; here it is --only"]),
    "the option of another command misspelt": ("derive --parm w11", ["No such option: --parm; here it is --wrt"]),
    "an option of others": ("forward --lr 0.1", ["No such option: --lr; step, train have it"]),
    "an option of another": ("draw --depth 3", ["No such option: --depth; flow has it"]),
    "no gradients to view": ("draw --view matrix", ["No such option: --view; forward, grad, step have it"]),
    "unknown option": ("forward --frobnicate", ["No such option: --frobnicate"]),
    "unknown command": ("forwrd", ["No such command 'forwrd'. Did you mean 'forward'"]),
    "two files": ("forward a.yaml b.yaml", ["unexpected extra argument"]),
    "no digits": ("forward --digits 0", ["--digits", "'0' is no number of digits: give a whole number from 1 to 17"]),
    "too narrow": ("forward --width 5", ["--width", "'5' is no number of columns", "from 20 to 10000"]),
    "--width with a word": ("forward --width abc", ["'abc' is no number of columns", "from 20 to 10000"]),
    "--set twice": ("forward --set i1=1 --set i1=2", ["--set i1=2: 'i1' has its number from --set i1=1 already"]),
    "--set by two names": ("forward --set w11=1 --set W1[1,1]=2", ["'W1[1,1]' has its number from --set w11=1"]),
    "no command": ("", ["Usage: ", "forward", "grad", "step", "examples", "init"]),
    "unknown example": ("examples mazzur", ["there is no example 'mazzur'", "did you mean 'mazur'?"]),
}


@pytest.mark.parametrize(("arguments", "parts"), ARGUMENTS.values(), ids=list(ARGUMENTS))
def test_a_wrong_command(run: Run, arguments: str, parts: list[str]) -> None:
    message = refused(run(*arguments.split()))
    for part in parts:
        assert part in message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(HOMEWORK, encoding="utf-8")
    (tmp_path / "net.yaml").chmod(0)
    assert "net.yaml may not be read\n  change its permissions" in refused(run("step", cwd=tmp_path))


@pytest.mark.parametrize("file", ["../w.npy", "missing.npy", "w.pkl", "broken.npy"])
def test_weights_that_cannot_be_read(run: Run, tmp_path: Path, file: str) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    (folder / "broken.npy").write_bytes(b"\x93NUMPY junk")
    (tmp_path / "w.npy").write_bytes(b"")
    text = f"inputs: [1, 2]\nlayers:\n- dense: 2\n  weights: {{file: {file}}}\n"
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    assert refused(run("forward", cwd=folder)).startswith("net.yaml:4:")
