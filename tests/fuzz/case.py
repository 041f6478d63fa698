"""One case of the fuzzing: a command line and a network file, run in a folder of its own, and what must hold of it.

A case is text. Its first line is the command line, the rest is ``net.yaml``; where the first line is ``= a.csv`` (or
``.npy``, ``.npz``) the rest is that file, which a network reads its samples or weights from.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from unittest import mock

SECONDS = 5
"""Of the processor's time; more is a hang."""
NETWORKS = {
    "csv": "inputs: [x1, x2]\ntargets: [t]\nsamples: {file: a.csv}\nloss: mse\n"
    "layers: [{dense: [z], weights: [[1, 2]]}]\n",
    "npy": "inputs: [1, 2]\nlayers:\n- {dense: 2, weights: {file: a.npy}, biases: {file: a.npy}}\n",
    "npz": "inputs: [1, 2]\nlayers:\n- {dense: 2, weights: {file: a.npz, key: W}}\n",
}  # fmt: skip
_ABSOLUTE = re.compile(r"(?<![0-9])/|/(?![0-9])")
_DERIVATIVE = re.compile(r"(?<!\w)/|/(?![∂d\d])")
_UNSAFE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
"""What may reach no terminal."""


class BrokenPromiseError(Exception):
    """What a command did that no command may."""


@contextlib.contextmanager
def folder() -> Iterator[None]:
    """A current folder that is empty, and gone afterwards."""
    with tempfile.TemporaryDirectory() as path, contextlib.chdir(path):
        yield


def arguments_of(line: str) -> list[str]:
    """The arguments of a command line, none of which leads out of the current folder."""
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    return [_inside(word) for word in words[:12]]


def _inside(word: str) -> str:
    word = word.replace("..", "_").replace("~", "_").replace("\0", "")
    return (_ABSOLUTE if word.startswith("-") else _DERIVATIVE).sub("_", word)


def check(case: bytes) -> None:
    """Run a case in the current folder. Raises a ``BrokenPromiseError``."""
    first, _, rest = case.partition(b"\n")
    for name in os.listdir():
        with contextlib.suppress(OSError):
            os.unlink(name)
    line = first.decode("utf-8", "replace")
    if line.startswith("= a.") and line[4:] in NETWORKS:
        Path(line[2:]).write_bytes(rest)
        Path("net.yaml").write_text(NETWORKS[line[4:]], encoding="utf-8")
        arguments = ["forward"]
    else:
        Path("net.yaml").write_bytes(rest)
        arguments = arguments_of(line)
    code, out, err = run(arguments, rest)
    if code not in (0, 1, 2):
        raise BrokenPromiseError(f"{arguments}: exit code {code}\n{err}")
    if code == 2 and (out or not err.strip()):
        raise BrokenPromiseError(f"{arguments}: refused, with output or without a word")
    for text in (out, err):
        if found := _UNSAFE.search(text):
            raise BrokenPromiseError(f"{arguments}: U+{ord(found[0]):04X} is printed")
    if any(name.startswith(".nntrace-") for name in os.listdir()):
        raise BrokenPromiseError(f"{arguments}: an unfinished file is left")
    if out.startswith('{"schema"'):
        json.loads(out)


def run(arguments: list[str], stdin: bytes) -> tuple[int, str, str]:
    """A command inside this process: its exit code, its output, and what it said, a fault with its traceback."""
    from nntrace.cli import exit_code

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    with contextlib.ExitStack() as changed:
        changed.enter_context(mock.patch.dict(os.environ, NNTRACE_DEBUG="1"))
        changed.enter_context(mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")))
        changed.enter_context(mock.patch("sys.stdout", out))
        changed.enter_context(mock.patch("sys.stderr", err))
        changed.enter_context(_limited(arguments))
        code = exit_code(arguments)
        texts = []
        for stream in (out, err):
            stream.flush()
            texts.append(stream.buffer.getvalue().decode("utf-8"))  # type: ignore[attr-defined]
    return code, texts[0], texts[1]


class HangError(BaseException):
    """A command took too long. No fault of the program's own, which would be told in one line."""


@contextlib.contextmanager
def _limited(arguments: list[str]) -> Iterator[None]:
    def stop(_: int, __: FrameType | None) -> None:
        raise HangError(f"{arguments}: more than {SECONDS} seconds")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
