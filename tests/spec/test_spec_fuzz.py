"""Whatever is done to a network file, only a ``UserError`` comes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nntrace.errors import UserError, printable
from nntrace.spec import Problem, SpecError, read, tree
from nntrace.spec.problems import split_lines

HOMEWORK = (Path(__file__).parent / "homework.yaml").read_text(encoding="utf-8")
EVERYTHING = HOMEWORK + (
    "values: {a: 1, W: [[1, null], [c, 2]]}\nfrozen: [w11, 'W1[2,1]']\nrounding: {carry: {significant: 4}}\n"
    "report: [{mse: M, parts: [E1, E2]}]\nsamples: {file: x.csv}\noptimizer: {sgd: {}}\niterations: 3\nlog: 2\n"
)
PIECES = st.one_of(
    st.text(max_size=6),
    st.sampled_from([
        "[", "]", "{", "}", ": ", "- ", "\n", "\t", "  ", "'", '"', "#", "&a ", "*a", "!!x ", "<<: ", "? ", "| ",
        "---\n", "null", "1e999", "nan", "3/0", "[1]", "{size: D}", "{file: w.npy}", "{init: x}", "carry", "relu",
        "dense", "\u200c",
    ]),
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A valid file with up to six deletions, insertions, replacements and moved lines."""
    text = draw(st.sampled_from([HOMEWORK, EVERYTHING]))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(text)))
        match draw(st.sampled_from(["delete", "insert", "replace", "drop line", "copy line", "indent"])):
            case "delete":
                text = text[:at] + text[at + draw(st.integers(1, 12)) :]
            case "insert":
                text = text[:at] + draw(PIECES) + text[at:]
            case "replace":
                text = text[:at] + draw(PIECES) + text[at + draw(st.integers(1, 5)) :]
            case change:
                lines = text.split("\n")
                line = at % len(lines)
                changed = {"drop line": [], "copy line": [lines[line]] * 2, "indent": ["  " + lines[line]]}[change]
                text = "\n".join([*lines[:line], *changed, *lines[line + 1 :]])
    return text


def only_user_errors(text: str) -> None:
    for place, message, remedy in problems_of(text):
        assert 1 <= place.line <= len(split_lines(text))
        assert place.column >= 1
        assert (message, remedy) == (printable(message), printable(remedy))


def problems_of(text: str) -> tuple[Problem, ...]:
    try:
        read(text, "net.yaml", None)
    except SpecError as error:
        return error.problems
    except UserError:
        return ()
    return ()


@settings(max_examples=600, deadline=None)
@given(mutated())
def test_a_mutated_file(text: str) -> None:
    only_user_errors(text)


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text(text: str) -> None:
    only_user_errors(text)


@settings(max_examples=150, deadline=None)
@given(mutated())
def test_the_parser_without_c(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tree, "_LOADER", yaml.SafeLoader)
        only_user_errors(text)


@pytest.mark.parametrize("start", ["[", "{", "{a: ", "- ", "? ", "[{a: ", "!x [", "&a ["])
def test_deep_nesting(start: str) -> None:
    with pytest.raises(UserError):
        read("inputs: " + start * 100_000, "net.yaml", None)


def test_an_alias_bomb() -> None:
    lines = ["a0: &a0 [1, 1]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    with pytest.raises(SpecError, match="YAML alias"):
        read("\n".join(lines), "net.yaml", None)
