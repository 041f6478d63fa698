"""A disk that is full while a file is written: a message, and every file is as it was."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

resource = pytest.importorskip("resource")

if TYPE_CHECKING:
    from conftest import Run

CURVES = ("train", "net.yaml", "--epochs", "2", "--force")
COMMANDS: list[tuple[str, ...]] = [
    *(("draw", "net.yaml", "-o", f"old.{kind}") for kind in ("svg", "png", "txt")),
    *(("step", "net.yaml", "-o", f"old.{kind}") for kind in ("md", "tex", "typ", "html", "pdf", "json", "txt")),
    (*CURVES, "-o", "old.csv"),
    (*CURVES, "-q", "--plot", "old.svg"),
    (*CURVES, "-q", "--plot", "old.png"),
    (*CURVES, "-q", "--save", "old.yaml"),
    ("step", "net.yaml", "-q", "--save", "new.yaml"),
    ("step", "net.yaml", "--save", "new.yaml", "-o", "new.html"),
    ("embed", "old.md"),
    ("init", "new.yaml"),
]


@contextmanager
def room(size: int) -> Iterator[None]:
    """No file can be longer than ``size`` bytes; Python, which would cut its byte code in silence, writes none."""
    before, writes_none = resource.getrlimit(resource.RLIMIT_FSIZE), sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = writes_none


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    """A network, and an old file of each format, in the folder of the test."""
    network = Path(__file__).parents[2] / "configs" / "homework3.yaml"
    (tmp_path / "net.yaml").write_bytes(network.read_bytes())
    for kind in ("svg", "png", "txt", "tex", "typ", "html", "pdf", "json", "csv", "yaml"):
        (tmp_path / f"old.{kind}").write_text("old" * 1000, encoding="utf-8")
    (tmp_path / "old.md").write_text("```nntrace step\n```\n", encoding="utf-8")
    return {path.name: path.read_bytes() for path in tmp_path.iterdir()}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_full_disk(run: Run, tmp_path: Path, files: dict[str, bytes], command: tuple[str, ...]) -> None:
    with room(20):  # of some, the first piece fits
        code, out, err = run(*command, cwd=tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith(f"cannot write {next(name for name in command if name.startswith(('old', 'new')))}: ")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files


def test_a_sheet_too_long_takes_the_files_beside_it_along(run: Run, tmp_path: Path, files: dict[str, bytes]) -> None:
    options = ("--save", "old.yaml", "--plot", "old.svg", "--force", "-o", "old.html")
    with room(5000):
        code, _, err = run(*CURVES, *options, cwd=tmp_path)
    assert (code, err.splitlines()[0]) == (2, "cannot write old.html: File too large")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files


def test_no_room_to_keep_the_old_file(
    run: Run, tmp_path: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a file system without links, where it has to be copied."""

    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    with room(2000):
        code, _, err = run("init", "old.yaml", "--force", cwd=tmp_path)
    assert (code, err.splitlines()[0]) == (2, "cannot write old.yaml: File too large")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files


@pytest.mark.parametrize("name", ["old.txt", "new.txt"])
def test_the_reason_is_the_systems_own(
    name: str, run: Run, tmp_path: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may do everything cannot write to a read-only file system: that is no matter of permission."""

    def read_only(path: str, flags: int, *others: int) -> int:
        if flags & os.O_WRONLY:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        return opened(path, flags, *others)

    opened = os.open

    (tmp_path / "old.txt").write_text("old", encoding="utf-8")
    monkeypatch.setattr(os, "access", lambda _, mode, **__: not mode & os.W_OK)
    monkeypatch.setattr(os, "open", read_only)
    code, _, err = run("forward", "-o", tmp_path / name)
    assert (code, err.splitlines()[0]) == (2, f"cannot write {tmp_path / name}: Read-only file system")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--show", "Z9"), "this sheet has no 'Z9' to show"),
        (("--expect", "nobody=1"), "this sheet has no number 'nobody'"),
        (("--plot", "new.jpg"), "--plot new.jpg: there are no pictures of this kind"),
        (("--epochs", "1", "--plot", "new.svg"), "--plot: this sheet has no curves"),
    ],
)
def test_a_mistake_writes_nothing(
    run: Run, tmp_path: Path, files: dict[str, bytes], options: tuple[str, ...], message: str
) -> None:
    code, out, err = run(*CURVES, "--plot", "old.svg", "--save", "old.yaml", *options, cwd=tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files
