"""Data flows one way, a name means one thing, and a fact stands where it belongs: every product file is read for it.

An import that points back or goes in a circle is a failure; so is a second class of one name, and an entry of the
catalogue that is asked for by its name elsewhere.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from nntrace.catalogue.registry import KINDS, names

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "nntrace"

# What each stage may import from nntrace: a stage as a whole, or one module of it; and the base of all records.
ARROWS = {
    "record": [],
    "errors": [],
    "limits": [],
    "regular_files": [],
    "expr": [],
    "catalogue": ["expr"],
    "spec": ["errors", "limits", "regular_files", "expr.functions", "catalogue"],
    "network": ["errors", "limits", "regular_files", "expr", "catalogue", "spec"],
    "trace": ["errors", "expr", "catalogue", "network", "spec.model"],
    "solution": ["errors", "expr", "catalogue", "network", "trace", "spec.model"],
    "formats": ["errors", "expr", "solution.content"],
    "library": ["errors", "limits", "spec", "network", "trace", "solution", "formats", "expr.script"],
    "__init__": ["errors", "library"],
    "cli": [
        "errors",
        "limits",
        "expr",
        "catalogue",
        "spec",
        "network",
        "trace",
        "solution",
        "formats",
        "library",
        "__init__",
    ],
    "__main__": ["cli"],
}
# Packages from outside: which files may import them at all, and which of these only inside a function.
NUMPY = ["expr.contractions", "expr.evaluate", "expr.function_values", "network", "trace", "solution", "library", "cli"]
NEVER = ["sympy", "autograd", "torch", "jax", "pandas", "scipy"]


def modules() -> dict[str, Path]:
    """Every product file by its dotted name below ``nntrace``."""
    return {_dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def _dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


parsed = cache(ast.parse)


@cache
def imports(module: str, source: str, package: bool) -> tuple[tuple[str, bool], ...]:
    """Every module that this one imports, as its full dotted name, and whether that is only for the type checker."""
    return tuple(_imports(module, parsed(source), package))


def _imports(module: str, tree: ast.Module, package: bool) -> Iterator[tuple[str, bool]]:
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
            if not within(inside, [stage, "record", *ARROWS[stage]]):
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
    ("nntrace", ["numpy", "yaml", "rich", "difflib", "nntrace.library", "nntrace.spec", "nntrace.expr"]),
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


# -- no circle of imports, inside a folder either ---------------------------------------------------------------------


def graph(sources: Mapping[str, tuple[str, bool]]) -> dict[str, set[str]]:
    """What each module imports from the package, at its top or inside a function; not what the type checker alone
    reads. ``sources`` has each module's text, and whether it is a package."""
    found: dict[str, set[str]] = {}
    for module, (source, package) in sources.items():
        targets = (target for target, typing_only in imports(module, source, package) if not typing_only)
        own = {target.removeprefix("nntrace").removeprefix(".") or "__init__" for target in targets if _is_own(target)}
        found[module] = own - {module}
    return found


def _is_own(target: str) -> bool:
    return target.split(".")[0] == "nntrace"


def circle(arrows: Mapping[str, set[str]]) -> list[str]:
    """The modules of some circle, in order, the first once more at its end; none where there is no circle."""
    finished: set[str] = set()
    for start in arrows:
        path, branches = [start], [iter(sorted(arrows[start]))]
        while path:
            following = next(branches[-1], None)
            if following is None:
                finished.add(path.pop())
                branches.pop()
            elif following in path:
                return [*path[path.index(following) :], following]
            elif following in arrows and following not in finished:
                path.append(following)
                branches.append(iter(sorted(arrows[following])))
    return []


def product() -> dict[str, tuple[str, bool]]:
    return {module: (path.read_text("utf-8"), path.name == "__init__.py") for module, path in modules().items()}


def test_no_circle_of_imports() -> None:
    assert circle(graph(product())) == []


CIRCLES = [
    {"trace.trace": "def f():\n    from .elements import ElementTrace", "trace.elements": "from .trace import Trace"},
    {
        "expr.nodes": "from .simplify import simplify",
        "expr.simplify": "from . import bind",
        "expr.bind": "import nntrace.expr.nodes",
    },
    {"catalogue": "from .losses import mse", "catalogue.losses": "from nntrace import catalogue"},
]


@pytest.mark.parametrize("planted", CIRCLES, ids=lambda planted: " ".join(planted))
def test_a_circle_is_caught(planted: dict[str, str]) -> None:
    found = circle(graph({module: (source, module == "catalogue") for module, source in planted.items()}))
    assert set(found) == set(planted)
    assert found[0] == found[-1]
    every = product() | {module: (source, module == "catalogue") for module, source in planted.items()}
    assert circle(graph(every)) != []


def test_what_the_type_checker_alone_reads_is_no_circle() -> None:
    typing = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .elements import ElementTrace"
    assert circle(graph({"trace.trace": (typing, False), "trace.elements": ("from .trace import Trace", False)})) == []


# -- a class name means one thing -------------------------------------------------------------------------------------


@cache
def class_names(source: str) -> tuple[str, ...]:
    """Every class of a file, inside others and inside functions too, and every alias of a type at its top."""
    return tuple(_class_names(parsed(source)))


def _class_names(tree: ast.Module) -> Iterator[str]:
    yield from (node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        yield from (target.id for target in targets if isinstance(target, ast.Name) and _is_class_name(target.id))


def _is_class_name(name: str) -> bool:
    """``Cell``, ``_Form``; no constant ``MOST`` and no formula's ``W``."""
    bare = name.lstrip("_")
    return bare[:1].isupper() and any(letter.islower() for letter in bare)


def ambiguous(sources: Mapping[str, str]) -> list[str]:
    """The class names that stand for several things, with the modules that define each."""
    where = defaultdict(list)
    for module, source in sources.items():
        for name in class_names(source):
            where[name].append(module)
    return [f"{name}: {', '.join(found)}" for name, found in where.items() if len(found) > 1]


def test_a_class_name_means_one_thing() -> None:
    assert ambiguous({module: source for module, (source, _) in product().items()}) == []


@pytest.mark.parametrize(("source", "name"), [
    ("class Trace:\n    pass", "Trace"), ("def f():\n    class Step(NamedTuple):\n        id: str", "Step"),
    ("Cell = tuple[int, ...]", "Cell"), ("class _MatrixForm:\n    pass", "_MatrixForm"), ("Note: object = str", "Note"),
])  # fmt: skip
def test_a_second_meaning_is_caught(source: str, name: str) -> None:
    sources = {module: own for module, (own, _) in product().items()}
    (found,) = ambiguous(sources | {"planted": source})
    assert found.startswith(f"{name}: ")
    assert found.endswith(", planted")


# -- what is true of an entry stands in the entry ---------------------------------------------------------------------

ENTRY_NAMES = frozenset(word for kind in KINDS for word in names(kind))
"""Every name and alias of the catalogue."""

# A word that is an entry's name and something else as well: where it may stand, and what it is there.
ALSO_MEANS = {
    "sign": ("expr", "spec.formula"),  # a function's row, and a field: the + or - of a formula
    "step": ("cli.app",),  # a command
    "tanh": ("expr", "formats.typeset"),  # a function's row, and the operator of LaTeX and Typst that writes it
    "constant": ("network", "trace", "solution"),  # the role of a tensor that a formula brings with it, such as a mask
    "normal": ("solution.content.detail",),  # how much of a sheet is written
    "ones": ("solution.sheets.conventions",),  # the plural of one, in a sentence
    "value": ("expr", "formats", "network.building.parameters", "solution"),  # a field, and the line that ends a step
    "identity": ("solution.derive.naming",),  # the identity matrix, which has a letter of its own
}


def entry_words(module: str, source: str) -> list[str]:
    """The string literals of a file that equal an entry's name or alias, docstrings and ``ALSO_MEANS`` aside."""
    if within(module, ["catalogue"]):
        return []
    tree = parsed(source)
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        f"{module}:{node.lineno}: {node.value!r} is an entry's name"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents
        if node.value in ENTRY_NAMES and not within(module, list(ALSO_MEANS.get(node.value, ())))
    ]


@pytest.mark.parametrize(("module", "path"), modules().items(), ids=modules())
def test_no_entry_is_asked_for_by_name(module: str, path: Path) -> None:
    assert entry_words(module, path.read_text("utf-8")) == []


ASKED = [
    ("solution.steps.forward", 'if step.kind == "softmax":\n    pass', "solution.steps.forward:1: 'softmax'"),
    ("network.building.build", 'catalogue.find("loss", "mse")', "network.building.build:1: 'mse'"),
    ("trace.program", "def f():\n    \"Docs.\"\n    return {'dense': 1}", "trace.program:3: 'dense'"),
    ("spec.layers", "match kind:\n    case 'identity':\n        pass", "spec.layers:2: 'identity'"),
    ("cli.app", "kind = 'tanh'", "cli.app:1: 'tanh'"),
]
NOT_ASKED = [
    ("catalogue.losses", 'fused = {"softmax": 1}'),
    ("expr.functions", 'FUNCTIONS = {"tanh": 1}'),
    ("solution.steps.forward", '"softmax"\ndef f():\n    "relu"'),
    ("solution.steps.forward", "words = 'the outputs of the softmax'"),
]


@pytest.mark.parametrize(("module", "source", "message"), ASKED, ids=[row[1] for row in ASKED])
def test_an_entry_asked_for_by_name_is_caught(module: str, source: str, message: str) -> None:
    (found,) = entry_words(module, source)
    assert found == f"{message} is an entry's name"


@pytest.mark.parametrize(("module", "source"), NOT_ASKED, ids=[row[1] for row in NOT_ASKED])
def test_a_docstring_or_a_sentence_is_not(module: str, source: str) -> None:
    assert entry_words(module, source) == []


# -- what belongs together is handed over together --------------------------------------------------------------------

MOST_PARAMETERS = 7


def crowded(module: str, source: str) -> list[str]:
    """The functions of a file that take more than that: some of what they carry is a record that has no name yet."""
    found = []
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            taken = node.args
            names = [one.arg for one in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs, taken.vararg, taken.kwarg)
                     if one is not None]  # fmt: skip
            count = len(names) - (names[:1] in (["self"], ["cls"]))
            if count > MOST_PARAMETERS and not _is_command(node):
                found.append(f"{module}:{node.lineno}: {node.name} has {count} parameters")
    return found


def _is_command(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A command of the program has a parameter for each of its options."""
    return any("command" in ast.unparse(decorator) for decorator in node.decorator_list)


@pytest.mark.parametrize(("module", "path"), modules().items(), ids=modules())
def test_no_function_carries_a_record_apart(module: str, path: Path) -> None:
    assert crowded(module, path.read_text("utf-8")) == []


def test_a_crowded_function_is_caught() -> None:
    names = ", ".join("abcdefgh")
    assert crowded("m", f"def f({names}): ...") == ["m:1: f has 8 parameters"]
    assert crowded("m", f"class A:\n    def f(self, {names[:-3]}, *rest): ...") == ["m:2: f has 8 parameters"]
    assert crowded("m", f"class A:\n    def f(self, {names[:-3]}): ...") == []
    assert crowded("m", f"@_command('step')\ndef f({names}): ...") == []


# -- what the README says of the house --------------------------------------------------------------------------------


def named_files(text: str) -> list[str]:
    """The files and folders that a text names in backquotes."""
    words = re.findall(r"`([\w/]+(?:\.py|/))`", text)
    return [word for word in words if "/" in word]


def test_every_file_that_the_readme_names_is_there() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    roots = (ROOT, PACKAGE, PACKAGE / "solution", PACKAGE / "network", PACKAGE / "solution" / "derive")
    found = named_files(readme[readme.index("## Architecture") : readme.index("### Adding an entry")])
    assert len(found) > 30
    assert [name for name in found if not any((root / name).exists() for root in roots)] == []


def test_a_file_that_is_not_there_is_named() -> None:
    assert named_files("`trace/gone.py`, `building/` and `text`") == ["trace/gone.py", "building/"]
