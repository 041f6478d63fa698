"""How time and memory grow with names, samples, layers, iterations and problems, each command a process of its own.

    python tests/bench/growth.py [WORD …]

A row is one kind of growth at sizes ten times apart; ``WORD`` chooses rows by their names. Seconds are those of the
processor. A slope is that of the line through the logarithms of size and of time, or of memory, on top of a start's.
Where a size is past a limit, ``--limit`` raises it.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from math import log
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

MOST_SLOPE = 1.1
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def listed(count: int, letter: str) -> str:
    return f"[{', '.join(f'{letter}{place}' for place in range(count))}]"


def numbers(count: int) -> str:
    return f"[{', '.join(f'0.{place % 97 + 1}' for place in range(count))}]"


def named_weights(count: int) -> str:
    """One layer of ten units, every weight with a name."""
    inputs = count // 10
    rows = "\n".join(
        f"      x{i}: {{{', '.join(f'w{i}_{j}: 0.{(i + j) % 89 + 1}' for j in range(10))}}}" for i in range(inputs)
    )
    given = ", ".join(f"x{i}: {i % 7}" for i in range(inputs))
    return f"inputs: {{{given}}}\nlayers:\n  - dense: {listed(10, 'h')}\n    weights:\n{rows}\n"


def typed_weights(count: int) -> str:
    """One layer of a hundred units, the weights typed in lists."""
    rows = "\n".join(f"      - {numbers(count // 100)}" for _ in range(100))
    return f"inputs: {numbers(count // 100)}\ntargets: {numbers(100)}\nlayers:\n  - dense: 100\n    weights:\n{rows}\n"


def typed_samples(count: int) -> str:
    rows = "\n".join(f"  - [0.{n % 83}, 0.{n % 71}, 0.{n % 67}]" for n in range(count))
    return f"inputs: [a, b]\ntargets: [t]\n{UNIT}samples:\n{rows}\n"


UNIT = """\
layers:
  - dense: [z]
    weights: {a: {w1: 0.5}, b: {w2: -0.5}}
    biases: {c: 0.1}
loss: mse
learning_rate: 0.01
"""
CSV = f"inputs: [a, b]\ntargets: [t]\n{UNIT}samples: {{file: samples.csv}}\n"


def chain(count: int) -> str:
    layers = "\n".join(f"  - {{dense: 1, weights: [[0.{n % 9 + 1}]], biases: [0.1]}}" for n in range(count))
    return f"inputs: [0.5]\ntargets: [1]\nlayers:\n{layers}\nloss: mse\nlearning_rate: 0.1\n"


def online(count: int) -> str:
    return typed_samples(count) + "samples_per_step: 1\nepochs: 1\n"


def many_parameters(count: int) -> str:
    """As many iterations of 10,000 parameters."""
    return f"""\
inputs: {numbers(100)}
targets: {numbers(100)}
layers:
  - {{dense: 100, weights: {{init: he_normal, seed: 1}}, activation: tanh}}
loss: mse
learning_rate: 0.0001
iterations: {count}
"""


def problems(count: int) -> str:
    return CSV.replace("{file: samples.csv}", "[]") + "".join(f"word{n}: 1\n" for n in range(count))


def wide(count: int) -> str:
    """A network of which the sizes are known alone."""
    return f"""\
inputs: {{x: {{size: {count // 100}}}}}
targets: {{y: {{size: 10}}}}
layers:
  - {{dense: 90, weights: {{init: he_normal, seed: 1}}, activation: relu}}
  - {{dense: 10, weights: {{init: he_normal, seed: 1}}, activation: softmax}}
loss: cross_entropy
"""


class Row(NamedTuple):
    """What grows, the file for a size, the command, and the sizes."""

    name: str
    file: Callable[[int], str]
    command: list[str]
    sizes: list[int]
    wrong: bool = False


ROWS = [
    Row("named weights", named_weights, ["forward"], [1_000, 10_000, 100_000]),
    Row("typed weights", typed_weights, ["forward"], [1_000, 10_000, 100_000, 1_000_000]),
    Row("typed samples", typed_samples, ["step"], [1_000, 10_000, 100_000]),
    Row("samples of a csv", lambda _: CSV, ["forward"], [1_000, 10_000, 100_000, 1_000_000]),
    Row("layers", chain, ["step"], [20, 200, 2_000]),
    Row("layers derived", chain, ["derive"], [20, 200, 2_000]),
    Row("layers collapsed", chain, ["collapse"], [20, 200, 2_000]),
    Row("iterations", many_parameters, ["step"], [100, 1_000, 10_000]),
    Row("samples one by one", online, ["step"], [1_000, 10_000]),
    Row("trained one by one", online, ["train"], [1_000, 10_000, 100_000]),
    Row("problems", problems, ["forward"], [1_000, 10_000, 100_000, 1_000_000], wrong=True),
    Row("parameters derived", wide, ["derive"], [10_000, 100_000, 1_000_000]),
]


def measured(row: Row, size: int, folder: Path) -> tuple[float, float]:
    """Seconds of the processor, and MB at most."""
    (folder / "net.yaml").write_text(row.file(size), encoding="utf-8")
    if "samples.csv" in row.file(1):
        with (folder / "samples.csv").open("w", encoding="utf-8") as out:
            out.writelines(f"0.{n % 83},0.{n % 71},0.{n % 67}\n" for n in range(size))
    limits = [f"--limit={name}=100000000" for name in ("bytes", "names", "layers", "samples", "iterations")]
    command = [sys.executable, "-m", "nntrace", *row.command, "net.yaml", *limits]
    process = subprocess.Popen(
        command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == (2 if row.wrong else 0), (row.name, size, process.returncode)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def slope(sizes: list[int], values: list[float], least: float) -> str:
    """The slope of the line through the logarithms, of what comes on top of the least where that is ``least``."""
    above = [(log(size), log(value - min(values))) for size, value in zip(sizes, values, strict=True)
             if value - min(values) > least]  # fmt: skip
    if len(above) < 2:
        return "none to see"
    x, y = (sum(column) / len(above) for column in zip(*above, strict=True))
    return f"{sum((a - x) * (b - y) for a, b in above) / sum((a - x) ** 2 for a, _ in above):.2f}"


def main(words: list[str]) -> None:
    table = Table("what grows", "command", "sizes", "seconds", "slope", "MB", "slope")
    with tempfile.TemporaryDirectory() as folder:
        for row in ROWS:
            if words and not any(word in row.name for word in words):
                continue
            found = [measured(row, size, Path(folder)) for size in row.sizes]
            seconds, memory = (list(column) for column in zip(*found, strict=True))
            table.add_row(
                row.name,
                " ".join(row.command),
                " ".join(f"{size:,}" for size in row.sizes),
                " ".join(f"{one:.2f}" for one in seconds),
                slope(row.sizes, seconds, 0.1),
                " ".join(f"{one:.0f}" for one in memory),
                slope(row.sizes, memory, 10),
            )
    console = Console(width=150)
    console.print(table)
    console.print(f"A slope is at most {MOST_SLOPE}.")


if __name__ == "__main__":
    main(sys.argv[1:])
