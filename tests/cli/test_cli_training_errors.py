"""What a file or a command says wrongly of its training: the place, what is wrong, what would work; exit code 2."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Run

NET = """\
inputs: {x: 1.0}
targets: {t: 1.0}
layers: [{dense: [y], weights: {x: {w: 0.5}}, biases: {b: 0.1}}]
loss: mse
"""
ALONE = "parameters: {w: 1.0, v: [1, 2]}\n"
# what is added to the network, and each message with its place and remedy
WRONG: list[tuple[str, list[str]]] = [
    ("optimizer: adm", ["5:12: an optimizer of unknown kind 'adm'", "did you mean 'adam'?"]),
    (
        "optimizer: {adam: {beta: 0.9}}",
        ["5:20: unknown key 'beta' in the optimizer 'adam'", "\n  known here: start, beta1, beta2"],
    ),
    ("optimizer: {adam: {beta1: 1}}", ["5:27: `beta1` cannot be '1'", "give a number from 0 on, below 1"]),
    ("optimizer: {adam: {eps: -1}}", ["5:25: `eps` cannot be '-1'", "give 0 or more, such as 1e-8"]),
    ("optimizer: {adam: {eps: {under: 1e-8}}}", ["5:26: unknown key 'under' in `eps`", "known here: inside"]),
    ("optimizer: {adam: {amsgrad: yes}}", ["5:29: `amsgrad` cannot be 'yes'", "known here: true, false"]),
    ("optimizer: {nesterov: {form: torch}}", ["5:30: `form` cannot be 'torch'", "did you mean 'pytorch'?"]),
    ("optimizer: {momentum: {start: {w: 1}}}", ["5:32: 'momentum' remembers no 'w'", "known here: v, t"]),
    ("optimizer: {momentum: {start: {v: {w9: 1}}}}", ["5:36: there is no parameter 'w9'", "did you mean 'w'?"]),
    (
        "optimizer: {momentum: {start: {v: {w: [1, 2]}}}}",
        ["5:39: a state of 'w' has one number, and this has the shape 2"],
    ),
    (
        "optimizer: {momentum: {start: {v: w}}}",
        ["5:35: the state 'v' has no number here", "write one number for all parameters, {v: 0.1}"],
    ),
    ("optimizer: {momentum: {start: {t: 1.5}}}", ["5:35: `t` is the count of steps done", "a whole number from 0 on"]),
    ("optimizer: {momentum: {start: 1}}", ["5:31: `start` is not a table but '1'"]),
    ("learning_rate: fast", ["5:16: 'fast' is not a number"]),
    ("learning_rate: {W2: 0.1}", ["5:16: `learning_rate` has no `default`", "add the rate of everything else"]),
    (
        "learning_rate: {default: 0.1, W2: 0.1}",
        ["5:31: there is no tensor, and no layer's result, 'W2' with parameters"],
    ),
    ("learning_rate: {default: 0.1, W1: x}", ["5:35: 'x' is not a number"]),
    ("learning_rate: {start: 0.1}", ["5:16: a schedule without its kind", "step, exponential, cosine, warmup"]),
    ("learning_rate: {list: 0.1}", ["5:23: `list` cannot be", "write the rates, as in [0.1, 0.05]"]),
    ("learning_rate: {list: [0.1], start: 1}", ["5:30: 'start' beside a list of rates", "only `per` beside it"]),
    ("learning_rate: {list: [0.1], per: day}", ["5:35: ", "epoch"]),
    ("learning_rate: {exponential: 0.9}", ["5:16: a schedule without its `start`", "add the first rate: start: 0.1"]),
    (
        "learning_rate: {start: 0.1, exponentail: 0.9}",
        ["5:29: a schedule of unknown kind 'exponentail'", "'exponential'?"],
    ),
    ("learning_rate: {start: 0.1, step: {every: 5}}", ["5:29: 'step' has no `times`", "add times: 1"]),
    ("learning_rate: {start: 0.1, step: 5}", ["5:35: 'step' cannot be '5'", "write {every: 1, times: 1}"]),
    ("learning_rate: {start: 0.1, warmup: 5, step: 3}", ["5:40: a second schedule, 'step'", "keep one of the two"]),
    ("learning_rate: {start: 0.1, warmup: 0}", ["5:37: `steps` cannot be '0'", "give a whole number from 1"]),
    (
        "learning_rate: {start: 0.1, warmup: 5, per: day}",
        ["5:45: `per` cannot be 'day'", "known here: epoch, iteration"],
    ),
    ("learning_rate: []", ["5:16: `learning_rate` cannot be an empty list", "write a number"]),
    ("clip: 1", ["5:7: `clip` cannot be '1'", "write {norm: 1} or {value: 0.5}"]),
    ("clip: {norm: 0}", ["5:14: `limit` cannot be '0'", "give a number above 0"]),
    ("clip: {nrom: 1}", ["5:8: a clip of unknown kind 'nrom'", "did you mean 'norm'?"]),
    ("clip: {norm: 1, value: 1}", ["5:17: a second clip, 'value'", "keep one of the two"]),
    ("gradients: {w9: 1}", ["5:13: there is no parameter 'w9'", "did you mean 'w'?"]),
    (
        "gradients: {w: [[1]]}",
        ["5:16: a gradient of 'w' has one number, and this has the shape 1×1", "or a list of such"],
    ),
    ("gradients: {w: x}", ["5:16: a gradient is no number here", "lists of numbers or {file: …}"]),
    ("gradients: [1]", ["5:12: `gradients` is not a table but a list"]),
    (
        "gradients: {w: [1, 2]}\niterations: 3",
        ["6:13: there are 2 gradients, and 3 iterations", "one for each iteration"],
    ),
    ("parameters: {a: 1}", ["1:1: `inputs` beside `parameters`, which are of no layer", "take one of the two out"]),
    ("iterations: 0", ["5:13: `iterations` cannot be '0'"]),
]
ALONE_WRONG: list[tuple[str, list[str]]] = [
    ("gradients: {w: 1}", ["2:12: 'v[1]' has no gradient, and there is no loss that gives it one", "add v[1]: 0.5"]),
    ("gradients: {w: 1, v: [1, 2, 3]}", ["2:22: a gradient of 'v' has the shape 2, and this has the shape 3"]),
    (
        "gradients: {w: 1, v: [[1, 2], [3]]}",
        ["2:22: these nested lists do not have one shape", "give every list the same number of entries"],
    ),
    (
        "gradients: {w: [1, 2], v: [1, 2]}\noptimizer: {sgd: {start: {t: 2}}}",
        ["2:12: there are 2 gradients, 2 of them used, and 1 iteration"],
    ),
]


@pytest.mark.parametrize(("text", "expected"), WRONG, ids=[text for text, _ in WRONG])
def test_a_mistake_is_told_with_its_place(run: Run, tmp_path: Path, text: str, expected: list[str]) -> None:
    told(run, tmp_path, f"{NET}{text}\n", expected)


@pytest.mark.parametrize(("text", "expected"), ALONE_WRONG, ids=[text for text, _ in ALONE_WRONG])
def test_a_mistake_without_a_network(run: Run, tmp_path: Path, text: str, expected: list[str]) -> None:
    told(run, tmp_path, f"{ALONE}{text}\n", expected)


def told(run: Run, folder: Path, text: str, expected: list[str]) -> None:
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    code, out, err = run("step", "--lr", "0.1", cwd=folder)
    assert (code, out) == (2, ""), err
    for part in expected:
        assert part in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("inputs: {β1: 1.0}", "β1"),
        ("inputs: {m_w: 1.0}", "m_w"),
        ("inputs: {ε: 1.0}", "ε"),
    ],
)
def test_a_name_of_the_optimizers_own(run: Run, tmp_path: Path, text: str, word: str) -> None:
    """What its formulas write is no name for anything else; without it the name is free."""
    net = NET.replace("inputs: {x: 1.0}", text).replace("x:", f"{word}:")
    (tmp_path / "net.yaml").write_text(net, encoding="utf-8")
    assert run("step", "--lr", "0.1", cwd=tmp_path).code == 0
    code, _, err = run("step", "--lr", "0.1", "--optimizer", "adam", cwd=tmp_path)
    assert (code, f"net.yaml:1:10: '{word}' is a word of the sheet's own formulas" in err) == (2, True)


def test_the_count_of_steps_gives_way_to_a_users_t(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(NET, encoding="utf-8")
    out = run("step", "--lr", "0.1", "--optimizer", "adam", "--only", "w", cwd=tmp_path).out
    assert "m̂_w = m_w⁺ / (1 - β1^{steps})" in out


@pytest.mark.parametrize("command", ["forward", "grad", "derive", "collapse"])
def test_without_layers_there_are_steps_only(run: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "net.yaml").write_text("parameters: {w: 1}\ngradients: {w: 1}\n", encoding="utf-8")
    code, out, err = run(command, cwd=tmp_path)
    assert (code, out) == (2, "")
    assert err == (
        "this file has parameters whose gradients are given, and no layers: it can do steps only\n"
        "  nntrace step net.yaml\n"
    )


def test_the_command_line_is_told_like_a_file(run: Run) -> None:
    code, _, err = run("step", "--optimizer", "{adam: {beta: 1}}")
    assert (code, err.splitlines()[0]) == (2, "--optimizer:1:9: unknown key 'beta' in the optimizer 'adam'")
    assert run("step", "--iterations", "0").code == 2
