"""The formulas of a network as one function of plain Python: a line each, what several read worked out once."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..expr import Add, Call, Expr, Max, Neg, Num, Size, Sum, Sym, at, children, rebuild, symbols
from ..expr.bind import extent, free_indices, rename, transform
from ..expr.functions import FUNCTIONS
from ..expr.script import UNICODE
from ..expr.text import text
from ..record import Record

SourceWriter = type[Any]
"""``evaluate.ArrayWriter`` for numpy, ``loops.LoopWriter`` for lists of floats."""


_CALLED = ("np", "float", "range", "total", "divide", "power", "product")
"""What a line may call, so that no tensor is called so."""
MOST_TERMS = 8
"""Of a sum of more terms no part is looked for that others share."""


def slope_key(key: str) -> str:
    """The key of a tensor's gradient; no tensor's own key has a space."""
    return f"d {key}"


class SourceLine(Record):
    """``target[axes] = formula``, over symbols that are called as tensors are; ``sizes`` say how far letters run.

    ``in_place``: the target is an array already, whose numbers are overwritten.
    """

    target: str
    axes: tuple[str, ...]
    formula: Expr
    sizes: Mapping[str, int]
    in_place: bool = False


def read_by(lines: Iterable[SourceLine]) -> list[str]:
    """The tensors that lines read before one of them makes them."""
    made: set[str] = set()
    read: dict[str, None] = {}
    for line in lines:
        read |= {one.name: None for one in symbols(line.formula) if isinstance(one, Sym) and one.name not in made}
        made.add(line.target)
    return list(read)


class SharedLines:
    """Lines to be worked out in order, and the parts that they share, each of which becomes a line before them."""

    def __init__(self, lines: Iterable[SourceLine], eager: bool) -> None:
        """``eager``: a part that is read once stands where it is read, since no loop works it out again."""
        self._eager = eager
        self._known: dict[tuple[Expr, tuple[str, ...]], str] = {}
        self._reading: dict[str, list[tuple[Expr, tuple[str, ...]]]] = {}
        self._parts: dict[str, SourceLine] = {}
        self._uses: dict[str, int] = {}
        self._given = [self._of_shared(line) for line in lines]
        self.lines: list[SourceLine] = []
        """All lines in order, a shared part before the first that reads it."""
        for line in self._given:
            self._add(line)

    def _of_shared(self, line: SourceLine) -> SourceLine:
        """The line with a symbol for each part; what reads its target is another part from there on."""
        found = line._replace(formula=self._shared(line.formula, line.sizes))
        for key in self._reading.pop(line.target, ()):
            self._known.pop(key, None)
        return found

    def _shared(self, node: Expr, sizes: Mapping[str, int]) -> Expr:
        """The expression with a symbol for each sum, maximum and function in it, and for how a few terms begin."""
        if isinstance(node, Add) and self._eager and 2 < len(node.terms) <= MOST_TERMS:
            node = Add((Add(node.terms[:-1]), node.terms[-1]))  # they are added from left to right
        operands = children(node)
        changed = tuple(self._shared(part, sizes) for part in operands)
        if any(new is not old for new, old in zip(changed, operands, strict=True)):
            node = rebuild(node, changed)
        if not isinstance(node, Sum | Max | Call | Add if self._eager else Sum | Max | Call):
            return node
        letters = tuple(free_indices(node))
        runs: dict[str, int] = {}
        same = _canonical(node, {letter: f"l{place}" for place, letter in enumerate(letters)}, sizes, runs)
        key = (same, tuple(f"{letter}{size}" for letter, size in runs.items()))
        if (name := self._known.get(key)) is None:
            word = node.function if isinstance(node, Call) else type(node).__name__.lower()
            name = self._known[key] = f"{word} {len(self._parts) + 1}"  # no tensor's key has a space
            self._parts[name] = SourceLine(name, letters, node, sizes)
            for read in {one.name for one in symbols(node) if isinstance(one, Sym)}:
                self._reading.setdefault(read, []).append(key)
        self._uses[name] = self._uses.get(name, 0) + 1
        return Sym(name, letters)

    def _add(self, line: SourceLine) -> None:
        formula = self._with_own_parts(line.formula, set(line.axes))
        self.lines.append(line._replace(formula=formula))

    def _with_own_parts(self, node: Expr, context: set[str]) -> Expr:
        """The expression with the parts in their places that are read nowhere else; the others become lines."""

        def leaf(part: Expr) -> Expr | None:
            if isinstance(part, Sum | Max):
                return type(part)(part.over, self._with_own_parts(part.body, {*context, part.over}))
            if not isinstance(part, Sym) or part.name not in self._uses:
                return None
            line = self._parts.get(part.name)
            if line is None:
                return None
            runs_once = self._eager or isinstance(line.formula, Call) or context == set(line.axes)
            if self._uses[part.name] == 1 and runs_once:
                return self._with_own_parts(line.formula, context)
            del self._parts[part.name]
            self._add(line)
            return None

        return transform(node, leaf)


def _canonical(node: Expr, letters: Mapping[str, str], sizes: Mapping[str, int], runs: dict[str, int]) -> Expr:
    """An expression with letters by their order, so that the same part of two formulas is the same; ``runs`` gets
    how far each of them runs."""
    runs.update({letter: extent(own, sizes) for own, letter in letters.items()})
    if isinstance(node, Sum | Max):
        inner = {**letters, node.over: f"l{len(runs)}"}
        return type(node)(inner[node.over], _canonical(node.body, inner, sizes, runs))
    if isinstance(node, Size):
        return Num(extent(node.over, sizes))
    operands = children(node)
    if not operands:
        return at(node, letters)
    return rebuild(node, tuple(_canonical(part, letters, sizes, runs) for part in operands))


class CompiledLines:
    """Lines compiled as a function of the tensors in ``given``, which gives its ``results``: a line's target by key."""

    def __init__(
        self,
        name: str,
        language: SourceWriter,
        given: Iterable[str],
        results: Mapping[str, str],
        lines: Iterable[SourceLine],
    ) -> None:
        self._name, self._language = name, language
        self._lines = SharedLines(lines, language.eager).lines
        self._given, self._results = tuple(given), results
        self._names: dict[str, str] = {}
        self._taken = {*FUNCTIONS, *_CALLED}
        source, names = self._function(comments=False)
        found: dict[str, Any] = dict(names)
        exec(compile(source, f"<{name}>", "exec"), found)
        self._run: Callable[..., dict[str, Any]] = found[name]

    def __call__(self, arrays: Mapping[str, Any]) -> dict[str, Any]:
        """The results by key."""
        with self._language.quiet():
            return self._run(*[arrays[key] for key in self._given])

    @property
    def source(self) -> str:
        """The function as text, each line under its formula."""
        return self._function(comments=True)[0]

    def _function(self, comments: bool) -> tuple[str, dict[str, Any]]:
        body: list[str] = []
        names: dict[str, Any] = {}
        arguments = ", ".join(map(self._identifier, self._given))
        single: set[str] = set()
        for line in self._lines:
            writer = self._language(self._identifier, lambda letter, line=line: str(extent(letter, line.sizes)))
            target = self._identifier(line.target)
            if comments:
                body.append(f"# {self._text(Sym(line.target, line.axes))} = {self._text(line.formula)}")
            match line.formula:
                case Add((Sym(line.target), Neg(change))) if line.in_place:
                    body.append(f"{target} -= {writer.text(change, line.axes)}")
                case formula:
                    place = "[...]" if line.in_place else ""
                    body.append(f"{target}{place} = {writer.text(formula, line.axes)}")
            names |= writer.functions
            single |= set() if line.axes else {line.target}
        results = "".join(
            f"{key!r}: {self._language.single if target in single else ''}({self._identifier(target)}), "
            for key, target in self._results.items()
        )
        lines = [f"def {self._name}({arguments}):", *body, f"return {{{results}}}"]
        return "\n    ".join(lines) + "\n", names

    def _text(self, node: Expr) -> str:
        """A formula for a comment."""
        return text(rename(node, lambda one: Sym(self._identifier(one.name), one.index)), UNICODE)  # type: ignore[union-attr]

    def _identifier(self, key: str) -> str:
        """What a tensor is called in Python: its own name where that is one."""
        if key not in self._names:
            letters = unicodedata.normalize("NFKC", key)
            word = "".join(one if one.isalnum() else "_" for one in letters).strip("_") or "t"
            word = word if word.isidentifier() and not keyword.iskeyword(word) else f"t_{word}"
            while word in self._taken:
                word += "_"
            self._taken.add(word)
            self._names[key] = word
        return self._names[key]
