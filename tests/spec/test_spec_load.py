"""What can go wrong before there is any text, and standard input."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from nntrace.errors import UserError
from nntrace.spec import load

TINY = b"inputs: [1]\nlayers: []\n"


def message(path: Path | str) -> str:
    with pytest.raises(UserError) as caught:
        load(str(path))
    return str(caught.value)


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(TINY)
    spec = load(str(path))
    assert (spec.source, spec.folder) == (str(path), tmp_path)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(TINY)))
    spec = load("-")
    assert (spec.source, spec.folder) == ("standard input", Path())


def test_a_missing_file_has_near_names(tmp_path: Path) -> None:
    (tmp_path / "homework3.yaml").write_bytes(TINY)
    missing = tmp_path / "homwork3.yml"
    assert message(missing) == f"there is no file {missing}\n  did you mean {tmp_path / 'homework3.yaml'}?"
    assert message(tmp_path / "qqq") == f"there is no file {tmp_path / 'qqq'}\n  network files there: homework3.yaml"
    lost = tmp_path / "none" / "x.yaml"
    assert message(lost) == f"there is no file {lost}\n  there is no folder {lost.parent} either: check the path"


def test_a_folder(tmp_path: Path) -> None:
    assert message(tmp_path) == f"{tmp_path} is a folder\n  give the path of a network file, or - for standard input"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x00\x00", "is not text: it has NUL bytes\n  give a network file, which is YAML text in UTF-8"),
        ("inputs: [é]".encode("latin-1"), "is not UTF-8: line 1 has the byte 0xE9\n  save it as UTF-8"),
        ("inputs: [1]".encode("utf-16"), "is UTF-16 text\n  save it as UTF-8"),
        (b"", "is empty\n  it needs at least `inputs` and `layers`"),
    ],
)
def test_what_is_no_text(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(content)
    assert message(path) == f"{path} {said}"


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000, ""])
def test_paths_that_no_system_has(path: str) -> None:
    assert "\n  " in message(path)
