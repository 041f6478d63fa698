"""Data flows one way: the imports of every product file are read, and an arrow that points back is a failure."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "nntrace"

# What each stage may import from nntrace: a stage as a whole, or one module of it.
ARROWS = {
    "errors": [],
    "limits": [],
    "regular_files": [],
    "expr": [],
    "catalogue": ["expr"],
    "spec": ["errors", "limits", "regular_files", "catalogue"],
    "network": ["errors", "limits", "regular_files", "expr", "catalogue", "spec"],
    "trace": ["errors", "expr", "catalogue", "network", "spec.model"],
    "solution": ["errors", "expr", "catalogue", "network", "trace", "spec.model"],
    "formats": ["errors", "expr", "solution.content"],
    "cli": ["errors", "limits", "expr", "catalogue", "spec", "network", "trace", "solution", "formats", "__init__"],
    "__main__": ["cli"],
    "__init__": [],
}
# Packages from outside: which files may import them at all, and which of these only inside a function.
NUMPY = ["expr.evaluate", "expr.functions", "network", "trace", "solution", "cli"]
NEVER = ["sympy", "autograd", "torch", "jax", "pandas", "scipy"]


def modules() -> dict[str, Path]:
    """Every product file by its dotted name below ``nntrace``."""
    return {_dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def _dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def imports(module: str, source: str, package: bool) -> Iterator[tuple[str, bool]]:
    """Every module that this one imports, as its full dotted name, and whether that is only for the type checker."""
    tree = ast.parse(source)
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for part in node.body
        for inner in ast.walk(part)
    }
    here = ["nntrace", *([] if module == "__init__" else module.split("."))]
    here = here if package else here[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in typing_only
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield (
                    (f"{origin}.{alias.name}" if _is_module(f"{origin}.{alias.name}") else origin),
                    id(node) in typing_only,
                )


def _is_module(dotted: str) -> bool:
    path = ROOT.joinpath(*dotted.split("."))
    return dotted.startswith("nntrace") and (path.with_suffix(".py").exists() or (path / "__init__.py").exists())


def within(module: str, allowed: list[str]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in allowed)


def broken_rules(module: str, source: str, package: bool = False) -> list[str]:
    """What a file imports against the rules of its stage."""
    stage = module.split(".")[0]
    broken = []
    for target, typing_only in imports(module, source, package):
        top = target.split(".")[0]
        if top == "nntrace":
            inside = target.removeprefix("nntrace").removeprefix(".") or "__init__"
            if not within(inside, [stage, *ARROWS[stage]]):
                broken.append(
                    f"{module} imports {inside}; {stage} may import {', '.join(ARROWS[stage]) or 'no other stage'}"
                )
        elif top in NEVER:
            broken.append(f"{module} imports {top}, which is for tests only")
        elif top == "numpy" and not typing_only and not within(module, NUMPY):
            broken.append(f"{module} imports numpy; only {', '.join(NUMPY)} may")
        elif top == "yaml" and stage != "spec":
            broken.append(f"{module} imports yaml; only spec reads files")
        elif top == "rich" and stage not in ("formats", "cli"):
            broken.append(f"{module} imports rich; only formats and cli show anything")
    return broken


def test_every_stage_has_its_arrows() -> None:
    assert {module.split(".")[0] for module in modules()} <= set(ARROWS)


@pytest.mark.parametrize(("module", "path"), modules().items(), ids=modules())
def test_no_arrow_points_back(module: str, path: Path) -> None:
    assert broken_rules(module, path.read_text("utf-8"), path.name == "__init__.py") == []


def test_the_arrows_themselves_have_no_circle() -> None:
    order = list(ARROWS)
    earlier = {stage: order[: order.index(stage)] for stage in order if stage not in ("__main__", "cli")}
    for stage, allowed in ARROWS.items():
        if stage in earlier:
            assert {name.split(".")[0] for name in allowed} <= set(earlier[stage])


BACKWARD = [
    ("expr.text", "from ..catalogue import find", "expr.text imports catalogue; expr may import no other stage"),
    ("expr.text", "import numpy as np", "expr.text imports numpy"),
    ("expr.text", "def f():\n    from numpy import array", "expr.text imports numpy"),
    ("spec.load", "from ..expr import Sym", "spec.load imports expr; spec may import errors, limits, "),
    ("spec.load", "import numpy", "spec.load imports numpy"),
    ("spec.load", "from .. import network", "spec.load imports network"),
    ("trace.trace", "from ..spec.tree import Node", "trace.trace imports spec.tree"),
    ("trace.trace", "import nntrace.solution.content.model", "trace.trace imports solution.content.model"),
    ("formats.txt", "from ..solution import build", "formats.txt imports solution"),
    ("formats.page.rows", "from ...network.model import Network", "formats.page.rows imports network.model"),
    ("formats.page.rows", "def f():\n    import nntrace.trace", "formats.page.rows imports trace"),
    ("catalogue.losses", "from nntrace import spec", "catalogue.losses imports spec"),
    ("network.build", "import sympy", "network.build imports sympy, which is for tests only"),
    ("network.build", "import yaml", "network.build imports yaml"),
]
FORWARD = [
    ("expr.text", "from .nodes import Sym\nfrom fractions import Fraction"),
    ("expr.evaluate", "import numpy as np"),
    ("catalogue.losses", "from ..expr import Sym"),
    ("trace.trace", "from ..spec.model import Conventions\nimport numpy as np"),
    (
        "formats.page.rows",
        "from ...solution.content.model import Solution\nfrom ...expr.text import text\nfrom ...errors import quoted",
    ),
    ("spec.load", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy as np"),
    ("cli.main", "from .. import __version__"),
]


@pytest.mark.parametrize(("module", "source", "message"), BACKWARD, ids=[f"{row[0]}: {row[1]}" for row in BACKWARD])
def test_an_arrow_back_is_caught(module: str, source: str, message: str) -> None:
    (found,) = broken_rules(module, source)
    assert found.startswith(message)


@pytest.mark.parametrize(("module", "source"), FORWARD, ids=[f"{row[0]}: {row[1]}" for row in FORWARD])
def test_an_arrow_forward_is_not(module: str, source: str) -> None:
    assert broken_rules(module, source) == []


# What a program that only needs the left column must not load.
LIGHT = [
    ("nntrace.cli", ["numpy", "yaml", "rich.table", "nntrace.trace", "nntrace.solution"]),
    ("nntrace.expr", ["numpy"]),
    ("nntrace.catalogue", ["numpy", "inspect", "dataclasses"]),
    ("nntrace.spec", ["numpy"]),
    ("nntrace.network", ["numpy"]),
    ("nntrace.solution.content.model", ["numpy", "rich"]),
    ("nntrace.formats", ["numpy", "yaml", "rich", "nntrace.formats.txt", "nntrace.solution"]),
]


@pytest.mark.parametrize(("module", "unwanted"), LIGHT, ids=[row[0] for row in LIGHT])
def test_importing_a_stage_loads_no_more_than_it_needs(module: str, unwanted: list[str]) -> None:
    if not _is_module(module):
        pytest.skip(f"{module} does not exist yet")
    program = f"import sys, {module}; print(*[name for name in {unwanted!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
