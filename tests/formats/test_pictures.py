"""Pictures of networks: what is in them, where it stands, and what each notation makes of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import tried

import nntrace
from nntrace.expr import Num, Sym
from nntrace.expr.script import UNICODE
from nntrace.expr.text import text
from nntrace.formats import content
from nntrace.formats.drawing.edges import LABEL, SMALL
from nntrace.formats.drawing.layout import figure
from nntrace.formats.drawing.shapes import Box, Figure, Stroke, Writing, spoken, text_width
from nntrace.solution.content.model import Section, Solution
from nntrace.solution.content.picture import DrawnEdge, DrawnLayer, DrawnUnit, NumberedName, Picture
from nntrace.solution.content.results import Results

ROOT = Path(__file__).parent.parent.parent
CONFIGS = [path.stem for path in sorted((ROOT / "configs").glob("*.yaml"))
           if nntrace.load(path).network.has_numbers]  # fmt: skip
Run = Callable[..., Any]
SKIP = """\
inputs: {x1: 1.0, x2: -2.0}
targets: {t: 1.0}
layers:
  - dense: [h1, h2]
    weights: {x1: {w1: 0.5, w2: 1.0}, x2: {w3: 0.25, w4: -1.0}}
  - tanh: [a1, a2]
  - dense: [y]
    weights: {a1: {v1: 1.0}, a2: {v2: -1.0}, x1: {s: 0.5}}
    biases: {b: 0.125}
loss: {half_squared_error: E}
learning_rate: 0.1
"""
BRANCH = """\
inputs: {x1: 1.0, x2: -2.0}
layers:
  - dense: {h: [h1, h2]}
    weights: [[0.5, 1.0], [0.25, -1.0]]
  - relu: {p: [p1, p2]}
  - {tanh: {q: [q1, q2]}, from: h}
  - {add: {s: [s1, s2]}, from: [p, q]}
"""
CLASSES = """\
inputs: [x]
targets: [c]
samples: [[1, p], [-1, p], [0.5, r]]
layers: [{dense: [z1, z2, z3], weights: [[1], [0.5], [-1]]}, {softmax: [p, q, r]}]
loss: cross_entropy
"""


def of(network: str | Path | dict[str, Any], *asked: str, tmp: Path | None = None) -> dict[str, Picture]:
    """The pictures of a sheet, by their sections: of gradients where something is asked for."""
    if isinstance(network, str):
        assert tmp is not None
        (tmp / "net.yaml").write_text(network, encoding="utf-8")
        network = tmp / "net.yaml"
    net = nntrace.load(network)
    solution = net.grad(*asked).solution if asked else net.forward().solution
    return dict(solution.pictures())


def told(picture: Picture) -> list[str]:
    """Every edge in words: ``i1 → h1 w11 1.0``."""
    units = picture.units

    def words(label: NumberedName | None) -> str:
        return "" if label is None else " ".join(text(one) for one in label if one is not None)

    return [
        f"{text(units[edge.start].label.name)} → {text(units[edge.end].label.name)} {words(edge.weight)}".rstrip()
        for edge in picture.edges
    ]


def test_the_homework() -> None:
    pictures = of(ROOT / "configs/homework3.yaml", "w21")
    forward, backward = pictures["forward"], pictures["backward"]
    assert told(forward) == [
        "i1 → h1 w11 1.0", "i1 → h2 w12 -0.5", "i2 → h1 w21 0.5", "i2 → h2 w22 -1.0", "h1 → h3", "h2 → h4",
        "h3 → o1 w31 0.5", "h3 → o2 w32 -1.0", "h4 → o1 w41 -0.5", "h4 → o2 w42 1.0", "o1 → MSE", "o2 → MSE",
    ]  # fmt: skip
    assert [text(unit.addends[0].name) for unit in forward.units if unit.addends] == ["b1", "b2", "b3", "b4"]
    along = [[edge for edge, words in zip(backward.edges, told(backward), strict=True) if number in edge.paths]
             for number in range(2)]  # fmt: skip
    names = [text(unit.label.name) for unit in backward.units]
    assert [[(names[one.start], names[one.end]) for one in path] for path in along] == [
        [("i2", "h1"), ("h1", "h3"), ("h3", "o1"), ("o1", "MSE")],
        [("i2", "h1"), ("h1", "h3"), ("h3", "o2"), ("o2", "MSE")],
    ]
    assert [spoken(note) for note in backward.paths] == ["via o1: 0.5", "via o2: −2.0"]


def test_values_that_a_layer_reads_have_a_place_and_a_penalty_none(tmp_path: Path) -> None:
    text = """\
inputs: {x: 1.0}
values: {s: [0.5, -2.0], c: 3.0}
layers:
  - {dense: h, from: [x, s], weights: [[1, 2, 3]]}
  - {multiply: r, from: [h, c]}
  - let: {f: (r * c)^2}
loss: f
penalty: {l2: 0.5}
"""
    assert told(of(text, tmp=tmp_path)["forward"]) == [
        "x → h W1[1,1] 1.0", "s[1] → h W1[1,2] 2.0", "s[2] → h W1[1,3] 3.0", "c → r", "c → f", "h → r", "r → f",
    ]  # fmt: skip


@pytest.mark.parametrize("config", tried(CONFIGS))
def test_numbers_are_those_of_the_sheet(config: str) -> None:
    net = nntrace.load(ROOT / f"configs/{config}.yaml")
    if net.network.loss is None or len(net.network.parameters) == 0:
        pytest.skip("there are no gradients")
    if not any(tensor.role == "input" for tensor in net.network.tensors.values()):
        pytest.skip("formulas of parameters alone have no picture")
    solution = net.grad()
    pictures = solution.solution.pictures()
    assert set(pictures) == {"forward", "backward"}
    for picture, numbers in zip(pictures.values(), (solution.values, solution.gradients), strict=True):
        labels = [unit.label for unit in picture.units] + [one for unit in picture.units for one in unit.addends]
        labels += [edge.weight for edge in picture.edges if edge.weight is not None]
        seen = 0
        for label in labels:
            if label.number is not None and (wanted := number_of(label.name, numbers)) is not None:
                seen += 1
                assert float(label.number.value) == pytest.approx(wanted, rel=1e-5, abs=1e-12)
        assert seen >= 2


def number_of(name: Any, numbers: dict[str, Any]) -> float | None:
    """The number of an element, under its own name or in its tensor's array."""
    if not name.index or name.name not in numbers:
        return numbers.get(text(name))
    return float(numbers[name.name][name.index])


def test_a_skip_connection_goes_over_the_layers_between(tmp_path: Path) -> None:
    picture = of(SKIP, tmp=tmp_path)["forward"]
    assert "x1 → y s 0.5" in told(picture)
    drawn = figure(picture)
    (curve,) = [shape for shape in drawn.shapes if isinstance(shape, Stroke) and len(shape.points) == 4]
    boxes = [shape for shape in drawn.shapes if isinstance(shape, Box)]
    for share in range(3, 98):
        x, y = curve_point(curve, share / 100)
        assert y >= 0
        assert not any(
            abs(x - box.centre.x) < box.width / 2 and abs(y - box.centre.y) < box.height / 2 for box in boxes
        )


def curve_point(curve: Stroke, t: float) -> tuple[float, float]:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    points = curve.points
    return sum(w * p.x for w, p in zip(weights, points, strict=True)), sum(
        w * p.y for w, p in zip(weights, points, strict=True)
    )


def test_branches_stand_under_each_other_and_meet(tmp_path: Path) -> None:
    picture = of(BRANCH, tmp=tmp_path)["forward"]
    assert [layer.depth for layer in picture.layers] == [0, 1, 2, 2, 3]
    assert [one for one in told(picture) if "→ s1" in one] == ["p1 → s1", "q1 → s1"]
    lefts = {(shape.centre.x - shape.width / 2) for shape in figure(picture).shapes if isinstance(shape, Box)}
    assert len(lefts) == 4


def test_the_loss_of_a_batch_reads_the_class_of_every_sample(tmp_path: Path) -> None:
    """And the units have no values, which differ from sample to sample."""
    picture = of(CLASSES, tmp=tmp_path)["forward"]
    assert [edge for edge in told(picture) if "→ L" in edge] == ["p → L", "r → L"]
    assert picture.caption == ("The network, with the values of its weights",)


def test_a_missing_connection_has_no_edge() -> None:
    layer = {"dense": ["z"], "weights": [["w", None]]}
    net = nntrace.load({"inputs": {"a": 1.0, "b": 2.0}, "layers": [layer], "values": {"w": 0.5}})
    assert told(net.draw().solution.pictures()["forward"]) == ["a → z w 0.5"]


def test_of_a_large_layer_some_units_are_drawn_and_the_others_counted() -> None:
    hidden, last = ({"dense": count, "weights": {"init": "he_normal", "seed": 0}} for count in (128, 10))
    layers = [hidden, "relu", last]
    network = {"inputs": {"x": [0.5] * 200}, "targets": {"y": [0.0] * 10}, "layers": layers, "loss": "mse"}
    backward = of(network, "W1[64,100]")["backward"]
    sizes = [len(layer.units) + sum(unit.left_out for unit in layer.units) for layer in backward.layers]
    assert sizes == [200, 128, 128, 10, 1]
    assert max(len(layer.units) for layer in backward.layers) <= 13
    assert "z1[64]" in [text(unit.label.name) for unit in backward.units]  # on the paths of what is asked
    drawn = figure(backward)
    words = [spoken(shape.text) for shape in drawn.shapes if isinstance(shape, Writing)]
    assert "⋮ 189 more" in words
    assert any(word.endswith("weights are not written: there is no room between so many edges.") for word in words)
    assert len(backward.paths) == 4


def test_a_picture_says_how_to_see_every_unit_and_then_has_them(run: Run, tmp_path: Path) -> None:
    text = "inputs: {x: [1, 2]}\nlayers: [{dense: 30, weights: {init: he_normal, seed: 0}}]\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    cut, full = (run("draw", *options, cwd=tmp_path).out for options in ((), ("--full",)))
    assert "; nntrace draw --full draws every unit" in cut
    assert "… 19 more" in cut
    assert "more" not in full
    assert full.count("\n    z1[") == 30
    assert (" ".join(full.split())).count("W1[15,2]") == 1


def covered(shape: Box | Writing) -> tuple[float, float, float, float]:
    if isinstance(shape, Box):
        (x, y), wide, high = shape.centre, shape.width, shape.height
        return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2
    wide = text_width(spoken(shape.text), SMALL)
    return shape.place.x - wide / 2, shape.place.y - LABEL / 2, shape.place.x + wide / 2, shape.place.y + 3


def assert_nothing_covers(drawn: Figure) -> None:
    boxes: list[Box | Writing] = [shape for shape in drawn.shapes if isinstance(shape, Box)]
    labels = [shape for shape in drawn.shapes if isinstance(shape, Writing) and shape.halo]
    for one, other in combinations([*map(covered, [*boxes, *labels])], 2):
        assert one[2] <= other[0] or one[0] >= other[2] or one[3] <= other[1] or one[1] >= other[3]
    for left, top, right, bottom in map(covered, boxes):
        assert 0 <= left < right <= drawn.width
        assert 0 <= top < bottom <= drawn.height


@pytest.mark.parametrize("config", tried(CONFIGS))
def test_no_label_covers_another_or_a_unit(config: str) -> None:
    for picture in nntrace.load(ROOT / f"configs/{config}.yaml").forward().solution.pictures().values():
        assert_nothing_covers(figure(picture))


def test_the_label_of_a_curve_covers_no_addend_of_a_unit_that_it_passes() -> None:
    def layer(depth: int, *units: tuple[str, ...]) -> DrawnLayer:
        drawn = (DrawnUnit(named("z"), tuple(map(named, addends)), 0) for addends in units)
        return DrawnLayer(("z",), depth, tuple(drawn))

    def named(name: str) -> NumberedName:
        return NumberedName(Sym(name), None)

    layers = layer(0, (), ()), layer(1, ("b",), (), (), ()), layer(2, ()), layer(3, (), (), ())
    for length in range(1, 40):
        edges = [DrawnEdge(start, 9, named("w" * length) if start == 5 else None, ()) for start in (3, 4, 5)]
        assert_nothing_covers(figure(Picture(layers, tuple(edges), ("c",), False, ())))


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    """Layers of any sizes and names, edges between any of them."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=2, max_size=5))

    def label() -> NumberedName:
        return NumberedName(Sym(draw(names)), draw(st.none() | st.integers(-999, 999).map(Num)))

    layers = []
    for depth, size in enumerate(sizes):
        units = tuple(
            DrawnUnit(label(), (label(),) * draw(st.integers(0, 1)), draw(st.integers(0, 3))) for _ in range(size)
        )
        layers.append(DrawnLayer((draw(names),), depth, units))
    places = [(depth, place) for place, depth in enumerate(d for d, size in enumerate(sizes) for _ in range(size))]
    edges = tuple(
        DrawnEdge(one[1], other[1], draw(st.none() | st.builds(label)), tuple(range(draw(st.integers(0, 2)))))
        for one, other in combinations(places, 2) if one[0] < other[0] and draw(st.booleans())
    )  # fmt: skip
    return Picture(tuple(layers), edges, (draw(names),), draw(st.booleans()), ((draw(names),), (draw(names),)))


@settings(max_examples=60, deadline=None)
@given(picture=pictures())
def test_any_picture_is_drawn_and_its_names_are_characters(picture: Picture) -> None:
    assert_nothing_covers(figure(picture))
    solution = Solution(None, "x", {}, (), (Section("forward", ()),), Results(), pictures=lambda: {"forward": picture})
    page = "\n".join(content(solution, "svg", width=80, script=UNICODE))  # type: ignore[arg-type]
    root = ElementTree.fromstring(page)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        "svg", "desc", "rect", "path", "text",
    }  # fmt: skip
    assert not [key for element in root.iter() for key in element.attrib if key.startswith("on") or "href" in key]
    assert sum(element.tag.endswith("text") for element in root.iter()) > len(picture.units)
    tex = "\n".join(content(solution, "tex", width=80, script=UNICODE))  # type: ignore[arg-type]
    plain = tex.replace("\\definecolor", "").replace("\\draw", "").replace("\\node", "")
    assert "\\input" not in plain
    assert "\\write" not in plain
    assert tex.count("\\node") == page.count("<text") - 1  # and the caption
    for width in (40, 120):
        assert list(content(solution, "txt", width=width, script=UNICODE))


def test_golden(run: Run, golden: Callable[[str, str], None]) -> None:
    for format in ("svg", "tex", "txt", "md"):
        golden(f"homework3-draw.{format}", run("draw", "configs/homework3.yaml", "-f", format).out)
        golden(f"skip-draw.{format}", run("draw", "-", "-f", format, stdin=SKIP.encode()).out)
    golden("homework3-grad-p-w21.svg", run("grad", "configs/homework3.yaml", "-p", "w21", "-f", "svg").out)
    golden("homework3-draw-40-ascii.txt", run("draw", "configs/homework3.yaml", "--ascii", "--width", "40").out)


def test_narrow_and_plain_pages_lose_nothing(run: Run) -> None:
    wide, narrow, plain = (
        run("draw", "configs/mazur.yaml", *options).out for options in ((), ("--width", "40"), ("--ascii",))
    )
    assert wide.split() == narrow.split()
    assert plain.isascii()
    assert max(map(len, narrow.splitlines())) <= 40
    assert len(plain.splitlines()) == len(wide.splitlines())


def test_sheets_have_pictures_where_there_is_room(run: Run) -> None:
    for format, count in (("html", 2), ("typ", 2), ("md", 0), ("tex", 0), ("txt", 0)):
        page = run("step", "configs/homework3.yaml", "-f", format).out
        assert page.count("<svg" if format == "html" else "image(bytes(") == count
    for command in ("derive", "collapse"):
        assert run(command, "configs/homework3.yaml", "-f", "html").out.count("<svg") == 1
        assert "<svg" not in run(command, "configs/homework3-q2.yaml", "-f", "html").out  # its sizes are letters
    several = run("step", "configs/online.yaml", "-f", "html").out
    assert several.count("<svg") == 2


def test_what_has_no_picture_says_so(run: Run, tmp_path: Path) -> None:
    done = run("derive", "configs/homework3-q2.yaml", "-o", tmp_path / "net.svg")
    assert (done.code, list(tmp_path.iterdir())) == (2, [])
    assert done.err.startswith("there is no picture of this\n")


def test_numbers_of_a_picture_are_for_programs_too(run: Run) -> None:
    assert json.loads(run("draw", "-f", "json").out)["values"]["h1"] == 2.0
    assert run("draw", "--set", "i1=3", "--expect", "h1=3").code == 0
    assert run("draw", "--expect", "h1=3", "-q").code == 1


def test_a_png_is_one_picture(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("typst", reason="the typst package is not installed: pip install 'nntrace[pdf]'")
    assert run("draw", "-o", tmp_path / "net.png").code == 0
    assert (tmp_path / "net.png").read_bytes().startswith(b"\x89PNG")


def test_a_png_without_the_extra_says_what_to_install(run: Run, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    done = run("draw", "-o", tmp_path / "net.png")
    assert (done.code, done.err) == (2, "a PNG needs the typst package\n  install it: pip install 'nntrace[pdf]'\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("network", ["homework3", "residual"])
def test_latex_draws_the_picture(run: Run, tmp_path: Path, network: str) -> None:
    has = shutil.which("kpsewhich") and subprocess.run(["kpsewhich", "tikz.sty"], capture_output=True).stdout
    if not has or shutil.which("pdflatex") is None:
        pytest.skip("TikZ is not installed: apt-get install texlive-pictures")
    (tmp_path / "net.tex").write_text(
        run("draw", f"configs/{network}.yaml", "-f", "tex", "--standalone").out, encoding="utf-8"
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "net.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout
