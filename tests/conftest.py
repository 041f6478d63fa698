"""What all tests share: golden files, rewritten by ``pytest --update-golden`` and read by eye in the diff."""

from __future__ import annotations

import contextlib
import io
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import pytest
from shipped import tried

REPOSITORY = Path(__file__).resolve().parent.parent

# A shell ignores Ctrl-C in what it starts in the background, and programs started from there would ignore it as well.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files instead of comparing with them"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Holds a text against a file of the folder ``golden`` beside the test."""

    def compare(name: str, text: str) -> None:
        path = Path(request.path).parent / "golden" / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


class Outcome(NamedTuple):
    """What a command gave: its exit code, its standard output and its standard error."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


def run_inside(
    *arguments: object,
    stdin: bytes = b"",
    cwd: Path = REPOSITORY,
    encoding: str = "utf-8",
    variables: Mapping[str, str] = {},
) -> Outcome:
    """``nntrace …`` inside this process, for speed. A fault of its own shows its traceback on standard error.

    ``variables`` of the environment are set; those of the terminal that the tests run in are not.
    """
    from nntrace.cli import main

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="") for _ in range(2))
    code = 0
    with contextlib.ExitStack() as changed:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            changed.callback(signal.signal, number, signal.getsignal(number))
        changed.enter_context(mock.patch.dict("os.environ", NNTRACE_DEBUG="1"))
        for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR"):
            os.environ.pop(name, None)
        os.environ.update(variables)
        changed.enter_context(contextlib.chdir(cwd))
        changed.enter_context(mock.patch("sys.argv", ["nntrace", *map(os.fspath, map(_text, arguments))]))
        changed.enter_context(mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")))
        changed.enter_context(mock.patch("sys.stdout", out))
        changed.enter_context(mock.patch("sys.stderr", err))
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        texts = []
        for stream in (out, err):
            stream.flush()
            texts.append(stream.buffer.getvalue().decode(encoding))  # type: ignore[attr-defined]
    return Outcome(code, *texts)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of the tests that are marked as a grid a short run tries each fifth."""
    grids: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("grid"):
            grids.setdefault(item.nodeid.partition("[")[0], []).append(item)
    left_out = {item for grid in grids.values() for item in set(grid) - set(tried(grid))}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def _text(argument: object) -> str | os.PathLike[str]:
    return argument if isinstance(argument, os.PathLike) else str(argument)


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs a command: ``run("step", "configs/mazur.yaml", "--only", "w1").out``."""
    return run_inside
