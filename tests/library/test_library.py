"""The package from Python: questions, numbers as arrays, the sheet in each format, mistakes as exceptions."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from rich.console import Console

import nntrace

ROOT = Path(__file__).parent.parent.parent
HOMEWORK = ROOT / "configs/homework3.yaml"
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))
DENSE = {"inputs": {"x": [1.0, 2.0]}, "layers": [{"dense": "z", "weights": [[0.5, -1.0]], "biases": [0.25]}]}


@pytest.fixture
def homework() -> Any:
    return nntrace.load(HOMEWORK)


COMMANDS: list[tuple[Callable[[Any], Any], tuple[str, ...]]] = [
    (lambda net: net.forward(), ("forward",)),
    (lambda net: net.forward(view="matrix", digits=3), ("forward", "--view", "matrix", "--digits", "3")),
    (lambda net: net.grad(), ("grad",)),
    (lambda net: net.grad("w21", "b*", full=True), ("grad", "-p", "w21", "-p", "b*", "--full")),
    (lambda net: net.step(lr=0.2, rounding="carry:3"), ("step", "--lr", "0.2", "--rounding", "carry:3")),
    (lambda net: net.step("1/4", only="w21"), ("step", "--lr", "1/4", "--only", "w21")),
    (lambda net: net.set(i1=3, w21="1/2").forward(), ("forward", "--set", "i1=3", "--set", "w21=1/2")),
    (lambda net: net.derive("w21"), ("derive", "--wrt", "w21")),
    (lambda net: net.derive(with_numbers=True), ("derive", "--with-numbers")),
    (lambda net: net.collapse(), ("collapse",)),
    (lambda net: net.draw(), ("draw",)),
    (lambda net: net.train(3), ("train", "--epochs", "3")),
    (lambda net: net.train(iterations=5, lr=0.05), ("train", "--iterations", "5", "--lr", "0.05")),
]


@pytest.mark.parametrize(("ask", "command"), COMMANDS, ids=[" ".join(command) for _, command in COMMANDS])
def test_a_question_has_the_sheet_of_its_command(ask: Any, command: tuple[str, ...], run: Any) -> None:
    solution = ask(nntrace.load("configs/homework3.yaml"))
    for format in ("txt", "md", "json"):
        assert solution.to(format) == run(*command, "configs/homework3.yaml", "-f", format).out
    assert str(solution) == repr(solution) == solution.to("txt").rstrip()


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_a_dict_is_the_file(config: Path) -> None:
    """What any YAML reader makes of a file is the same network."""
    written = yaml.load(config.read_text("utf-8"), yaml.BaseLoader)  # words, as the file has them
    from_file, from_dict = nntrace.load(config), nntrace.load(_typed(written))
    ask = (lambda net: net.forward()) if from_file.network.has_numbers else (lambda net: net.derive())
    pages = [ask(net).to("txt").partition("\n\n")[2] for net in (from_file, from_dict)]
    assert pages[0] == pages[1]


def _typed(value: Any) -> Any:
    match value:
        case dict():
            return {key: _typed(inner) for key, inner in value.items()}
        case list():
            return [_typed(inner) for inner in value]
        case _ if re.fullmatch(r"-?\d+", value):
            return int(value)
        case _ if re.fullmatch(r"-?\d*\.\d+", value):
            return float(value)
        case "null":
            return None
    return value


def test_derivatives_have_names_and_are_tried_somewhere() -> None:
    net = nntrace.load(ROOT / "configs/homework3-q2.yaml")
    page = net.derive("W1", names={"δ0": "∂L/∂z2"}, at={"z2": [1000, 0, -1000]}).to("txt")
    assert "δ0 = ∂L/∂z2" in page
    with pytest.raises(nntrace.UserError, match="z2"):
        net.derive(at={"z2": []})


def test_steps_by_their_ids(homework: Any) -> None:
    solution = homework.grad("w21")
    step = solution["B9"]
    assert (step.value, step.exact) == (-1.5, Fraction(-3, 2))
    assert str(step) == "Backward\nB9  ∂MSE/∂w21 = δ_h1 × i2 = 1.5 × (-1.0) = -1.5"
    shown = step._repr_mimebundle_()["text/html"]
    assert "<svg" not in shown
    assert "network:" not in shown
    assert solution["B9p"].value == -1.5
    assert homework.step()["U3"].value == 0.65
    matrix = homework.step(view="matrix")["M2"]
    assert matrix.value.shape == (2, 1)
    with pytest.raises(nntrace.UserError, match=r"^there is no step 'B99' on this sheet\n  did you mean 'B9'\?"):
        solution["B99"]


def test_steps_of_a_long_listing() -> None:
    net = nntrace.load({"inputs": {"x": np.linspace(-1, 1, 50)}, "layers": [{"dense": 60, "weights": WEIGHTS}]})
    solution = net.forward(full=True)
    z = WEIGHTS @ np.linspace(-1, 1, 50)
    assert solution["F60"].value == pytest.approx(z[59])
    np.testing.assert_allclose(solution.values["z1"], z)


WEIGHTS = np.random.default_rng(0).normal(size=(60, 50))


def test_a_zero_of_a_large_network_has_no_sign() -> None:
    layers = [
        {"dense": 100, "weights": np.ones((100, 300)), "activation": "relu"},
        {"let": {"q": "-a1", "L": "mean(q)"}},
    ]
    net = nntrace.load({"inputs": {"x": np.tile([-1.0, 0.0, -1.0], 100)}, "layers": layers, "loss": "L"})
    assert re.search(r"-0\.0[,\]} ]", net.grad("z1[1]").to("json")) is None
    assert re.search(r"-0\.0[,\]} ]", net.forward().to("json")) is None


def test_numbers_are_floats_by_element_and_arrays_by_tensor(homework: Any) -> None:
    solution = homework.step(lr=0.1)
    assert solution.values["h1"] == 2.0
    assert solution.gradients["w21"] == -1.5
    assert solution.updated["w21"] == 0.65
    assert solution.loss == ("MSE", 2.5, 0.74425)
    assert homework.forward().gradients == homework.forward().updated == {}
    unnamed = nntrace.load(DENSE).forward()
    np.testing.assert_array_equal(unnamed.values["W1"], [[0.5, -1.0]])
    batch = nntrace.load(ROOT / "configs/line-3-samples.yaml").forward()
    np.testing.assert_array_equal(batch.values["yhat"], [4.0, 5.5, 7.0])
    with_state = nntrace.load({**yaml.safe_load(HOMEWORK.read_text()), "optimizer": "adam"}).step()
    assert with_state.state["m"]["w21"] == pytest.approx(-0.15)


def test_arrays_are_floats_and_lists_are_typed() -> None:
    weights = np.array([[0.5, -1.0]])
    exact, rounded = (nntrace.load({**DENSE, "layers": [{"dense": "z", "weights": one}]}) for one in (
        weights.tolist(), weights))  # fmt: skip
    assert (exact.forward()["F1"].exact, rounded.forward()["F1"].exact) == (Fraction(-3, 2), None)
    assert exact.forward().values["z"] == rounded.forward().values["z"] == -1.5
    assert nntrace.load({**DENSE, "inputs": {"x": [np.float64(1.0), np.int64(2)]}}).forward()["F1"].exact is not None


def test_inputs_are_set_by_arrays(homework: Any) -> None:
    x = np.array([0.5, -2.0])
    solution = homework.set(x=x).forward()
    assert solution.values["h1"] == pytest.approx(0.5 * 1.0 - 2.0 * 0.5 + 0.5)
    assert "with x = an array (--set)" in str(solution)
    assert homework.forward().values["i1"] == 2.0  # the network itself stays
    samples = nntrace.load(ROOT / "configs/line-3-samples.yaml").set(x=np.array([[1.0], [0.0], [-1.0]]))
    np.testing.assert_array_equal(samples.forward().values["yhat"], [2.5, 1.0, -0.5])


MISTAKES: list[tuple[Callable[[], Any], str]] = [
    (lambda: nntrace.load(ROOT / "nix.yaml"), "there is no file "),
    (lambda: nntrace.load({**DENSE, "layers": [{"dense": ["o"], "wieghts": 1}]}), "a dict:5:3: unknown key 'wieghts'"),
    (lambda: nntrace.load([1, 2]), "a network is no list\n  give the path of a network file, or a dict"),  # type: ignore[arg-type]
    (lambda: nntrace.load({"inputs": {"a": object()}}), "inputs.a cannot be of type object"),
    (lambda: nntrace.load({**DENSE, "inputs": np.array(["a"])}), "a dict:1:9: 'inputs.npy' holds no real numbers"),
    (lambda: nntrace.load({**DENSE, "inputs": np.array([np.nan])}), "a dict:1:9: 'inputs.npy' has a number"),
    (lambda: nntrace.load(HOMEWORK).grad("w99"), "there is no quantity to take the gradient by 'w99'"),
    (lambda: nntrace.load(HOMEWORK).forward(view="side"), "there is no view 'side'"),
    (lambda: nntrace.load(HOMEWORK).forward(rounding="up"), "--rounding 'up' is no rule"),
    (lambda: nntrace.load(HOMEWORK).step(lr="fast"), "lr = fast: "),
    (lambda: nntrace.load(HOMEWORK).set(i9=1), "there is no given number 'i9'"),
    (lambda: nntrace.load(HOMEWORK).set(q=[1.0]), "there is no given tensor 'q'"),
    (lambda: nntrace.load(HOMEWORK).set(x=[1.0]), "'x' is no array of 2 finite numbers here"),
    (lambda: nntrace.load(HOMEWORK).set(x=[1.0, np.inf]), "'x' is no array of 2 finite numbers here"),
    (lambda: nntrace.load(HOMEWORK).forward().to("docx"), "there is no output format 'docx'"),
    (lambda: nntrace.load(HOMEWORK).forward().to("md", detail="some"), "there is no detail 'some'"),
    (lambda: nntrace.load(DENSE).grad(), "this network has no loss"),
    (lambda: nntrace.load(DENSE).step(), "this network has no loss"),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_a_mistake_is_an_exception_with_the_message(ask: Callable[[], Any], message: str) -> None:
    with pytest.raises(nntrace.UserError) as found:
        ask()
    assert str(found.value).startswith(message)


def test_missing_numbers_are_told_where_they_are_needed(run: Any) -> None:
    net = nntrace.load("configs/homework3-q2.yaml")
    assert "δ2 = ∂L/∂z2 = ŷ - y" in str(net.derive())
    with pytest.raises(nntrace.UserError) as found:
        net.forward()
    assert str(found.value) == run("forward", "configs/homework3-q2.yaml").err.rstrip("\n")


def test_a_console_prints_the_sheet(homework: Any, run: Any) -> None:
    console = Console(width=70, record=True, file=open("/dev/null", "w", encoding="utf-8"))  # noqa: SIM115
    console.print(homework.forward())
    assert console.export_text() == run("forward", HOMEWORK, "--width", "70").out
    console.file.close()


def test_a_notebook_gets_html_and_latex(homework: Any) -> None:
    bundle = homework.grad("w21")._repr_mimebundle_()
    assert list(bundle) == ["text/plain", "text/html", "text/latex"]
    assert bundle["text/latex"] == homework.grad("w21").to("tex")
    html = bundle["text/html"]
    assert html.startswith('<div class="nntrace">\n<style>\n.nntrace {')
    assert html.endswith("</div>")
    assert html.count("<math>") > 20
    assert not re.search(r"\sid=|href=|<script|<body|:root", html)  # nothing that another page would trip over
    for page in (html, homework.grad("w21").to("html")):
        assert page.count("<section") == page.count("</section>") > 3
    assert list(homework.forward()._repr_mimebundle_(include=["text/html"])) == ["text/html"]
    assert "text/html" not in homework.forward()._repr_mimebundle_(exclude=["text/html"])


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(nntrace.__file__).parent / "py.typed").exists()


def test_the_ten_lines_of_the_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(HOMEWORK.read_text("utf-8"), encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(block.splitlines()) <= 10
    names: dict[str, Any] = {}
    told = 0
    for line in block.splitlines():
        code, _, comment = line.partition("  # ")
        if comment.startswith("→ "):
            told += 1
            assert repr(eval(code, names)) == comment.removeprefix("→ ").split(";")[0]
        else:
            exec(code, names)
    assert told >= 3
    assert (tmp_path / "sheet.md").read_text("utf-8").startswith("# ")
