"""Documents whose blocks are filled in by commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
COMMAND = "grad net.yaml -p w21 --detail results"
Run = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.yaml").write_text((ROOT / "configs/homework3.yaml").read_text("utf-8"), encoding="utf-8")
    return tmp_path


def document(folder: Path, text: str, name: str = "notes.md") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize(("name", "begin", "end", "format"), [
    ("notes.md", "```nntrace {}", "```", ()), ("notes.md", "~~~~ nntrace {}  ", "~~~~", ()),
    ("notes.tex", "% nntrace {} -f tex", "% end of nntrace", ("-f", "tex")), ("notes.md", "```nntrace {}", "````", ()),
])  # fmt: skip
def test_a_block_is_filled_in_and_stays(
    name: str, begin: str, end: str, format: tuple[str, ...], folder: Path, run: Run
) -> None:
    begin = begin.format(COMMAND)
    path = document(folder, f"before\n{begin}\nstale\n\nlines\n{end}\nafter\n", name)
    stale = run("embed", "--check", path)
    assert stale.code == 1
    assert "-stale" in stale.err
    assert run("embed", path).code == 0
    sheet = run(*COMMAND.split(), *format, cwd=folder).out
    assert path.read_text("utf-8") == f"before\n{begin}\n{sheet}{end}\nafter\n"
    again = run("embed", "--check", path)
    assert (again.code, again.out, again.err) == (0, "", "")


def test_blocks_inside_other_blocks_are_text(folder: Path, run: Run) -> None:
    text = f"````text\n```nntrace {COMMAND}\n```\n````\n```nntrace {COMMAND}\n```\n"
    path = document(folder, text)
    assert run("embed", path).code == 0
    assert path.read_text("utf-8").startswith(text[: text.rindex("```")])
    assert path.read_text("utf-8").count("B9  ") == 1


def test_several_documents_are_written_all_or_none(folder: Path, run: Run) -> None:
    good = document(folder, f"```nntrace {COMMAND}\n```\n")
    bad = document(folder, "```nntrace grad net.yaml -p w99\n```\n", "bad.md")
    done = run("embed", good, bad)
    assert done.code == 2
    assert done.err.startswith(f"{bad}:1:1: there is no quantity to take the gradient by 'w99'\n")
    assert "B9" not in good.read_text("utf-8")


def test_every_mistake_of_every_document_is_told(folder: Path, run: Run) -> None:
    blocks = "grad net.yaml -p w99", COMMAND, "init x.yaml", "forward net.yaml --expect h1=3"
    bad = document(folder, "".join(f"```nntrace {block}\n```\n" for block in blocks) + "```nntrace forward\nopen\n")
    other = document(folder, "no blocks\n", "other.md")
    done = run("embed", bad, other)
    assert done.code == 2
    places = [line.split(" ")[0] for line in done.err.splitlines() if line.startswith(str(folder))]
    assert places == [*(f"{bad}:{line}:1:" for line in (1, 5, 7, 9)), str(other)]
    assert run("embed", folder / "a.md", folder / "b.md").err.count("there is no file") == 2


@pytest.mark.parametrize(("block", "message"), [
    ("forward -o x.txt", ":1:1: -o cannot stand in a document"), ("forward -ox.txt", ":1:1: -ox.txt cannot stand"),
    ("forward -qox.txt", ":1:1: -qox.txt cannot stand"), ("forward --output=x.txt", ":1:1: --output=x.txt cannot"),
    ("step --save x.yaml", ":1:1: --save cannot stand"), ("forward -", ":1:1: - cannot stand"),
    ("train --plot x.svg", ":1:1: --plot cannot stand"), ("init x.yaml", ":1:1: init cannot stand"),
    ("embed notes.md", ":1:1: embed cannot stand"), ("; rm -rf x", ":1:1: "),
    ("forward 'x", ":1:1: No closing quotation"), ("forward missing.yaml", ":1:1: there is no file missing.yaml"),
    ("forward --wat", ":1:1: "), ("forward $(touch x) `touch x`", ":1:1: "),
    ("draw net.yaml -f md", ":1:1: what this prints has a line that would end the block"),
    ("forward net.yaml --expect h1=3", ":1:1: h1: expected 3, found 2"),
])  # fmt: skip
def test_what_a_block_cannot_be(block: str, message: str, folder: Path, run: Run) -> None:
    path = document(folder, f"```nntrace {block}\n```\n")
    before = sorted(folder.iterdir())
    done = run("embed", path)
    assert done.code == 2
    assert done.err.startswith(f"{path}{message}")
    assert sorted(folder.iterdir()) == before
    assert path.read_text("utf-8") == f"```nntrace {block}\n```\n"


@pytest.mark.parametrize(("text", "message"), [
    ("no blocks\n", " has no block of nntrace\n"), ("```nntrace forward\n", ":1:1: this block is not closed\n"),
])  # fmt: skip
def test_what_a_document_cannot_be(text: str, message: str, folder: Path, run: Run) -> None:
    path = document(folder, text)
    done = run("embed", path)
    assert done.code == 2
    assert message in done.err
    assert run("embed", folder / "missing.md").err.startswith(f"there is no file {folder / 'missing.md'}\n")
