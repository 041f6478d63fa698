"""Every printed line is read back and recomputed: formula = substitution = terms = value, in every format.

The text is read with ``reader``; the layout is undone by ``equations``, which knows only its rules (the column of ids,
relations under each other, continuations to their right, notes behind a gap or an arrow). What a symbol stands for is
taken from the numbers of the JSON sheet, which ``test_gradients`` holds against an oracle.
"""

from __future__ import annotations

import io
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import pytest
import reader
from networks import DRAWN, sampled, share_of_drawn
from reader import Read, ReadError, half_unit
from rich.cells import cell_len
from rich.console import Console
from shipped import CONFIGS, tried
from stepping import rate_of, stepped

from nntrace.expr.script import ASCII, UNICODE, plain
from nntrace.formats import render
from nntrace.formats.terminal import show
from nntrace.network.building.build import build
from nntrace.network.lookup import asked_quantities
from nntrace.network.model import Network as Built
from nntrace.network.model import own_number, sample_mark
from nntrace.network.portion import portion
from nntrace.network.quantities import parameters
from nntrace.solution.content.model import Solution
from nntrace.solution.sheets.calculation import Sheet
from nntrace.solution.sheets.settings import Settings
from nntrace.spec import load, read
from nntrace.spec.model import Rounding

WIDTHS = (40, 80, 120)
ABOUT = ("≈", "~=")
RELATIONS = ("=", *ABOUT)
ARROWS = ("← ", "<- ")
ARITHMETIC = ("+", "-", "×", "*", "/")
COMPARED = (">", "≥", "<", "≤", "≠", "=", ">=", "<=", "!=")
STEP = re.compile(r"([FLBUA]\d+(?:\.\d+)?[a-z]*)( +)(?=\S)")
ON_THE_WAY = re.compile(r" +[^ =]+ += max\(| +[mM]\d\S* += [^=≈]+ (=|≈|~=) \S+( {2,}.*)?$")
"""The maximum of a softmax that is shifted, which has no id; ``test_digits`` proves it."""
MATRICES = re.compile(r"M\d")
"""Steps between matrices, which tests/solution/test_matrix_view.py reads."""
SAMPLE = re.compile(r"[FLB]\d+\.(\d+)p?")
NO_SUM = re.compile(r"(1/2 [×*] )?0 [×*] \(")
LOOSE_ZERO = re.compile(r"(?<!e\^\{)(?<![\w.)\]])-0(\.0*)?(?![\d.×e])")
"""-0 or -0.0. In a substitution the minus before a zero may be the formula's own: there only symbols are looked at."""
REST = re.compile(r" \+ (…|\.\.\.) \d+ more paths?$")
counted: Counter[str] = Counter()
reader.read = lru_cache(2**16)(reader.read)  # each text is read for several proofs


class Form(NamedTuple):
    relation: str
    text: str


class Equation(NamedTuple):
    """``name = form = form`` of a step; ``own`` tells it from a local derivative beside it."""

    id: str
    name: str
    forms: tuple[Form, ...]


class Unproved(AssertionError):  # noqa: N818 - it says what it is
    """A printed line does not hold."""


# ------------------------------------------------------------------------------------------------- undoing the layout


class _Writing:
    """An equation as its rows come in: what stands where an operator must is a note, to the end of its row."""

    def __init__(self, id: str, name: str, at: int | None) -> None:
        self.id, self.name, self.at = id, name, at
        self.forms: list[tuple[str, list[str]]] = []
        self.depth, self.bars, self.wants, self.condition = 0, 0, True, False

    def row(self, text: str) -> None:
        words = text.split(" ")
        if words[0] == "together" and self.forms[-1][1][-1].endswith(","):  # of what is left out, on a row of its own
            self.forms[-1][1].extend(words[:2])
            self.depth += words[1].count("(") - words[1].count(")")
            del words[:2]
        while words:
            word = words.pop(0)
            inside = self.depth > 0 or self.bars % 2
            if not word:
                if inside and not any(words):
                    raise Unproved(f"a gap inside brackets: {text!r}")
                return
            if not inside and word in RELATIONS and not self.wants and not self.condition:
                self.forms.append((word, []))
                self.wants = True
                continue
            if not inside and not self.wants:
                if word == "if":
                    self.condition = self.wants = True
                elif word in ARITHMETIC or (self.condition and word in COMPARED) or word == "else":
                    self.wants = True
                else:
                    return  # a note
            elif not inside and word in ("…", "..."):
                count = 4 if len(words) > 2 and words[2].endswith(",") else 2
                rest = words[: count + 1]
                self.forms[-1][1].extend([word, *rest])
                del words[: count + 1]
                self.wants = False
                continue
            elif not word.startswith(("Σ_", "sum_")) and word not in ("+", "-"):
                self.wants = False
            self.forms[-1][1].append(word)
            self.depth += sum(map(word.count, "([{")) - sum(map(word.count, ")]}"))
            self.bars += word.count("|")
            if self.condition and not self.depth and word.endswith(","):
                self.condition = False

    def done(self) -> Equation:
        return Equation(self.id, self.name, tuple(Form(relation, " ".join(words)) for relation, words in self.forms))


TITLES = (
    "Given",
    "Conventions",
    "Forward",
    "Loss",
    "Backward",
    "Over the paths",
    "The same over its paths",
    "Update",
    "Checks",
)


def sections(lines: Iterable[str]) -> dict[str, list[str]]:
    """The rows under each title."""
    found: dict[str, list[str]] = {}
    title = ""
    for line in lines:
        # the head may have a title of the user's own, so a section begins only in the order of the sheet
        first = line.split(",")[0]
        if first in TITLES and (not title or TITLES.index(first) > TITLES.index(title)):
            title = first
            found[title] = []
        elif title:
            found[title].append(line)
    return found


def equations(lines: Iterable[str]) -> list[Equation]:
    """The equations of a sheet's text, their broken lines joined."""
    parts = sections(lines)
    found: list[Equation] = []
    for title in TITLES[2:-1]:
        for rows in _steps(parts.get(title, [])):
            found += _equations(rows)
    return found


def _steps(rows: list[str]) -> Iterator[list[str]]:
    """The rows of each numbered step; those of tables and remarks are left out."""
    step: list[str] = []
    for row in rows:
        begins = STEP.match(row)
        if (
            begins
            or ON_THE_WAY.match(row)
            or MATRICES.match(row)
            or re.match(r" +(All new values|(…|\.\.\.) \d+ more (samples? )?like)", row)
            or row[:2].isalpha()
        ):
            if step:
                yield step
            step = []
        if (begins and not (row[0] == "U" and _of_table(row[begins.end() :]))) or step:
            step.append(row)
    if step:
        yield step


def _of_table(row: str) -> bool:
    words = row.replace("(frozen)", "").split()
    return words[0] == "parameter" or (len(words) >= 5 and not any(word in RELATIONS for word in words))


def _equations(rows: list[str]) -> list[Equation]:
    begin = STEP.match(rows[0])
    assert begin
    ids = begin.end()
    found: list[_Writing] = []
    note: int | None = None
    for number, row in enumerate(rows):
        text = " " * ids + row[ids:] if number == 0 else row
        body = text.lstrip(" ")
        indent = len(text) - len(body)
        relation = body.split(" ")[0]
        at = found[-1].at if found else None
        if body.startswith(ARROWS):
            note = indent + len(ARROWS[0] if body.startswith(ARROWS[0]) else ARROWS[1])
        elif relation in (*RELATIONS, "+", "-") and found and at in (None, indent + len(relation)):
            found[-1].at, note = indent + len(relation), None
            if relation in RELATIONS:
                found[-1].wants = False
            found[-1].row(body)
        elif indent == ids and indent != note and relation not in ARITHMETIC:
            name, _, rest = body.partition(" ")
            rest = rest.lstrip(" ")
            relation = rest.split(" ")[0]
            rest = rest if relation in RELATIONS else ""  # else the name stands alone, perhaps with a note
            column = cell_len(text[: len(text) - len(rest)]) + len(relation) if rest else None
            found.append(_Writing(begin[1], name, column))
            if rest:
                found[-1].wants = False
                found[-1].row(rest)
            note = None
        elif indent != note:
            found[-1].row(body)
    return [each.done() for each in found]


# --------------------------------------------------------------------------------------------------------- what is true


class Truth(NamedTuple):
    """What the symbols stand for: fractions where exact, else floats; and the digits of a rounded number.

    In the steps of one sample its symbols have no mark: ``samples`` has what they stand for there, by its number.
    """

    numbers: dict[str, Fraction | float]
    digits: int
    samples: dict[int, dict[str, Fraction | float]]

    def of(self, step: str) -> Truth:
        """What the symbols stand for in one step, by its id."""
        sample = SAMPLE.fullmatch(step)
        return self._replace(numbers={**self.numbers, **self.samples[int(sample[1])]}) if sample else self

    @property
    def ranges(self) -> Mapping[str, Any]:
        return _Ranges(self.numbers)


class _Ranges(dict[str, Any]):
    """The numbers as ranges: fractions as they are, floats with what rounding may have done to them."""

    def __init__(self, numbers: Mapping[str, Fraction | float]) -> None:
        self.numbers = numbers

    def __contains__(self, name: object) -> bool:
        value = self.numbers.get(name)  # type: ignore[call-overload]
        return value is not None and abs(value) < float("inf")

    def __getitem__(self, name: str) -> Any:
        value = self.numbers[name]
        if isinstance(value, Fraction):
            return value
        middle = Fraction(value)
        return middle - abs(middle) / 10**12, middle + abs(middle) / 10**12


def flattened(name: str, value: Any) -> Iterator[tuple[str, float]]:
    if not isinstance(value, list):
        if value is not None:
            yield name, value
        return
    for first, inner in enumerate(value):
        if isinstance(inner, list):
            yield from ((f"{name}[{first + 1},{n + 1}]", one) for n, one in enumerate(inner) if one is not None)
        elif inner is not None:
            yield f"{name}[{first + 1}]", inner


def truth_of(sheet: dict[str, Any], network: Built, values: Mapping[str, Any] | None = None) -> Truth:
    """Every number of a JSON sheet by its symbol, the given ones as typed."""
    numbers: dict[str, Fraction | float] = {}
    samples: dict[int, dict[str, Fraction | float]] = {}

    def learn(name: str, value: Fraction | float, sample: int | None) -> None:
        if sample is None:
            numbers[name] = value
            return
        samples.setdefault(sample, {})[name] = value
        mark = sample_mark(sample - 1)
        numbers[name if name.endswith(mark) else name + mark] = value

    for name, value in (sheet["values"] if values is None else values).items():
        numbers.update(flattened(name, value))
    for place, one in enumerate(sheet.get("samples", []) if values is None else []):
        for name, value in one["values"].items():
            for element, number in flattened(name, value):
                learn(element, number, 1 + own_number(network.chosen, place))
    for tensor in network.tensors.values():
        for cell, typed in (tensor.typed or {}).items():
            symbol = tensor.symbol(cell)
            index = ",".join(str(i + 1) for i in cell[tensor.sampled :])
            name = symbol.name + (f"[{index}]" if symbol.index else "")
            learn(name, typed, 1 + own_number(tensor.chosen, cell[0]) if tensor.sampled else None)
    for name, value in sheet.get("gradients", {}).items():
        for element, number in flattened(name, value):
            numbers[f"∂{sheet.get('loss', {}).get('name', 'L')}/∂{element}"] = number
    for step in sheet["steps"]:
        if MATRICES.match(step["id"] or ""):
            continue  # numbers from arrays, of what an exact step has too
        lost = step["value"] is None or (step["value"] == 0 and is_below_floats(step["lines"][-1]["text"]))
        value = float("nan") if lost else step["value"]
        learn(step["name"], value if step["exact"] is None else Fraction(step["exact"]), step["sample"])
    if network.training.rates is not None:
        numbers["lr"] = network.training.rates.default
    return Truth(numbers, network.conventions.digits, samples)


def is_below_floats(text: str) -> bool:
    """Whether a printed number is no zero, but nearer to 0 than every float."""
    try:
        return 0 < abs(reader.evaluate_exact(text)) < Fraction(sys.float_info.min) * Fraction(sys.float_info.epsilon)
    except ReadError:  # no number: a matrix, a name
        return False


def json_equations(sheet: dict[str, Any]) -> list[Equation]:
    """The equations of a JSON sheet: a local derivative's line has its own left side."""
    found: list[Equation] = []
    for step in (one for one in sheet["steps"] if one["id"] and not MATRICES.match(one["id"])):
        own: list[Form] = []
        local: dict[str, list[Form]] = {}
        for line in step["lines"]:
            left, sign, right = line["text"].partition(" = ")
            if line["kind"] == "rule" and sign and left.startswith("∂"):
                local.setdefault(left, []).append(Form(line["relation"], right))
            else:
                own.append(Form(line["relation"], line["text"]))
        found += [Equation(step["id"], left, tuple(forms)) for left, forms in local.items()]
        found.append(Equation(step["id"], step["name"], tuple(own)))
    return found


# -------------------------------------------------------------------------------------------------------------- proving


def prove(equation: Equation, truth: Truth) -> None:
    """Raise ``Unproved`` where a form of the equation does not hold."""
    try:
        _prove(equation, truth.of(equation.id))
    except ReadError as error:
        raise Unproved(f"{equation.id} {equation.name}: {error}") from None
    except Unproved as error:
        raise Unproved(
            f"{equation.id} {equation.name} {' '.join(f'{r} {t}' for r, t in equation.forms)}: {error}"
        ) from None


def _demand(holds: bool, message: str) -> None:
    if not holds:
        raise Unproved(message)


def _prove(equation: Equation, truth: Truth) -> None:
    _demand(bool(equation.forms), "nothing after the name")
    counted["lines"] += len(equation.forms)
    # a chain's rest has no number: only what is written out can be read
    texts = [REST.sub("", form.text) for form in equation.forms]
    cut = any(text != form.text for text, form in zip(texts, equation.forms, strict=True))
    forms = [
        (form.relation in ABOUT, reader.read(text), text) for form, text in zip(equation.forms, texts, strict=True)
    ]
    symbolic = [(about, tree, text) for about, tree, text in forms if _has_symbols(tree)]
    numeric = [(about, tree, text) for about, tree, text in forms if not _has_symbols(tree)]
    true = truth.numbers.get(equation.name)
    if true is None:  # a local derivative: its forms agree with each other
        _prove_forms(symbolic, truth, None)
        return
    if not cut:
        _prove_forms(symbolic, truth, true)
    if isinstance(true, float) and true != true:
        return
    _demand(bool(numeric), "there is no value")
    _prove_value(numeric[-1], true, truth)
    first = numeric[0][1].parts[0] if cut and len(numeric) > 1 else numeric[0][1]
    substitution = first if symbolic and _aligned(symbolic[-1][1], first) else None
    constant = bool(symbolic) and _only_derivatives(symbolic[-1][1]) and _exact(numeric[0][2]) == true
    if symbolic and len(numeric) > 1 and not constant:  # a derivative that is a constant of the formula has no symbol
        _demand(substitution is not None, f"{numeric[0][2]} has not one number for each symbol of {symbolic[-1][2]}")
    for _, tree, text in numeric:
        own = tree is numeric[0][1] and substitution is not None
        _demand(own or not LOOSE_ZERO.search(text), f"a negative zero in {text}")
    rounded = False
    exact = _exact(numeric[0][2])
    for place, (about, tree, text) in enumerate(numeric):
        if place == 0 and substitution is not None:
            rounded, zero = _check_numbers(symbolic[-1][1], substitution, truth)
            zero = zero or cut
        elif place == 0:
            rounded, zero = False, False
        if place and not rounded:
            here = _exact(text)
            # of an irrational form only 0 times it is exact; of a sum all terms may be rounded, and it is not
            rounded = here != exact if exact is not None else here != true or isinstance(true, float)
            rounded = rounded or _has_other_terms(numeric[0][1], tree)
            zero = zero or (exact is None and tree is not numeric[-1][1])
        if tree is numeric[-1][1] and not rounded:
            rounded = not isinstance(true, Fraction) or _exact(text) != true
        if place and true == 0 and isinstance(true, Fraction) and _is_nothing(numeric[place - 1][1], truth):
            _demand(not about or tree is not numeric[-1][1], f"{text} stands after ≈, and 0 times what is rounded is 0")
            _demand(about or _exact(text) in (0, None), f"{text} stands after =, and what is before it is 0")
            continue
        # 0 times a sum tells nothing of how its terms were rounded
        zero = zero or (about and NO_SUM.match(text) is not None)
        unsure = zero or (isinstance(true, float) and true == 0)
        _demand(about == rounded or unsure, f"{text} stands after {'≈' if about else '='}")
        if not about:
            _demand(_exact(text) is None or exact is None or _exact(text) == exact, f"{text} is not {numeric[0][2]}")
    low, high = _interval(numeric[-1][2], truth, numeric[-1][0])
    for about, _, text in numeric[:-1]:
        try:
            least, most = _interval(text, truth, about)
        except ZeroDivisionError:
            counted["divisions by a range around zero"] += 1
            continue
        slack = 1e-12 * (abs(low) + abs(least))
        _demand(
            least - slack <= high and low <= most + slack, f"{text} is between {least} and {most}, not {numeric[-1][2]}"
        )
    if len(numeric) > 2:
        _check_terms(numeric[0], numeric[1], truth)


def _has_symbols(tree: Read) -> bool:
    return (tree.kind == "symbol" and tree.parts[0] not in ("π", "pi")) or any(
        _has_symbols(part) for part in tree.parts if isinstance(part, Read)
    )


def _only_derivatives(tree: Read) -> bool:
    """Whether every symbol is a derivative, ``∂L/∂z``."""
    if tree.kind == "symbol":
        return "/" in tree.parts[0]
    return all(_only_derivatives(part) for part in tree.parts if isinstance(part, Read))


def _exact(text: str) -> Fraction | None:
    try:
        return reader.evaluate_exact(text)
    except (ReadError, ArithmeticError):
        return None


def _digits_of(number: str) -> int:
    digits = re.sub(r"×10.*|e.*", "", number).replace(".", "")
    return len(digits.lstrip("0"))


def _interval(text: str, truth: Truth, about: bool) -> tuple[float, float]:
    """A number with as many digits as a rounded one has, or with more, may be rounded; any other is what it says."""
    return reader.interval(text, lambda number: about and _digits_of(number) >= truth.digits)


def _prove_forms(forms: list[tuple[bool, Read, str]], truth: Truth, true: Fraction | float | None) -> None:
    """The forms with symbols, the symbols having their true numbers, come to the true value (or to the same)."""
    first: tuple[float, float] | None = None
    if true is not None:
        if true != true or abs(true) == float("inf"):
            return
        first = (float(true) - 1e-12 * abs(float(true)), float(true) + 1e-12 * abs(float(true)))
    for _, _, text in forms:
        try:
            low, high = reader.interval(text, False, truth.ranges)
        except (ReadError, ArithmeticError):
            counted["forms with symbols that have no number"] += 1
            continue
        slack = 1e-11 * max(abs(low), abs(high)) + 1e-15
        counted["forms with symbols"] += 1
        if first is None:
            first = low, high
        _demand(low - slack <= first[1] and first[0] <= high + slack, f"{text} is {low}, not {first[0]}")


def _prove_value(value: tuple[bool, Read, str], true: Fraction | float, truth: Truth) -> None:
    about, tree, text = value
    printed = _exact(text)
    _demand(printed is not None and tree.kind in ("number", "negative"), f"{text} is no value")
    assert printed is not None
    number = text.lstrip("-")
    if not about:
        _demand(printed == true, f"{text} stands after = but is {float(true)!r}")
    if printed == true and isinstance(true, Fraction):
        return  # an exact value, perhaps of rounded numbers: 0.881317 × 0.0
    _demand(
        abs(printed - Fraction(true)) <= half_unit(number) * Fraction(1000001, 1000000), f"{text} is {float(true)!r}"
    )
    if true != 0:
        _demand(printed != 0, f"{float(true)!r} is shown as zero")
        _demand(_digits_of(number) in (truth.digits, truth.digits + 1), f"{text} has not {truth.digits} digits")


def _aligned(formula: Read, numbers: Read) -> bool:
    """Whether the second is the first with one number for each symbol, in the same order."""
    formula = _without_sign_of_zero(formula, numbers)
    if numbers.kind == "negative" and formula.kind != "negative":
        numbers = numbers.parts[0]
        return formula.kind == "symbol" and numbers.kind == "number"
    if formula == numbers and not _has_symbols(formula):
        return True
    if formula.kind == "symbol" or (formula.kind == "cases" and numbers.kind == "number"):
        return numbers.kind == "number"
    if formula.kind != numbers.kind or len(formula.parts) != len(numbers.parts):
        return False
    return all(
        _aligned(one, other) if isinstance(one, Read) and isinstance(other, Read) else one == other
        for one, other in zip(formula.parts, numbers.parts, strict=True)
    )


def _without_sign_of_zero(formula: Read, numbers: Read) -> Read:
    """A formula that is negative, for which 0 stands without a sign, as what this is of."""
    is_zero = numbers.kind == "number" and _fraction(numbers.parts[0]) == 0
    return formula.parts[0] if formula.kind == "negative" and is_zero else formula


def _check_numbers(formula: Read, numbers: Read, truth: Truth) -> tuple[bool, bool]:
    """Whether a number of the substitution is rounded, each being its symbol's; and whether one is a float's zero."""
    formula = _without_sign_of_zero(formula, numbers)
    if formula.kind == "symbol" and _has_symbols(formula):
        name = formula.parts[0]
        negative = numbers.kind == "negative"
        text = (numbers.parts[0] if negative else numbers).parts[0]
        printed = -_fraction(text) if negative else _fraction(text)
        _demand(not (negative and printed == 0), f"{name} is a negative zero")
        true = truth.numbers.get(name)
        if true is None or true != true:
            counted["numbers for symbols that have none"] += 1
            return False, True
        counted["numbers for symbols"] += 1
        if printed == true and isinstance(true, Fraction):
            return False, False
        if float(printed) == true != 0:  # of a gradient whose own step is cut, a float alone is known
            return False, True
        zero = isinstance(true, float) and true == 0
        near = abs(printed - Fraction(true)) <= half_unit(text) * Fraction(1000001, 1000000) + abs(
            Fraction(true)
        ) * Fraction(1, 2**53)
        _demand(near, f"{text} stands for {name}, which is {float(true)!r}")
        _demand(
            zero or _digits_of(text) >= truth.digits,
            f"{text} is not {name} to {truth.digits} digits",
        )
        return not zero, zero
    if formula.kind == "cases" and numbers.kind == "number":
        return False, False
    results = [
        _check_numbers(one, other, truth)
        for one, other in zip(formula.parts, numbers.parts, strict=True)
        if isinstance(one, Read) and isinstance(other, Read)
    ]
    if formula.kind == "number" and "." in formula.parts[0] and _digits_of(formula.parts[0]) >= truth.digits:
        return False, True  # the total of the terms that are left out, which may be rounded
    return any(rounded for rounded, _ in results), any(zero for _, zero in results)


def _fraction(number: str) -> Fraction:
    return reader.evaluate_exact(number)


def _terms(tree: Read, most: int | None = None) -> list[tuple[int, Read]]:
    """The addends of a sum, from left to right, with their signs; at ``most`` so many, the first taken whole."""
    found: list[tuple[int, Read]] = []
    while tree.kind in ("plus", "minus") and (most is None or len(found) < most - 1):
        found.insert(0, (1 if tree.kind == "plus" else -1, tree.parts[1]))
        tree = tree.parts[0]
    return [(1, tree), *found]


def _check_terms(substitution: tuple[bool, Read, str], terms: tuple[bool, Read, str], truth: Truth) -> None:
    """One number for each term."""
    after = _terms(terms[1])
    if len(after) < 2:
        return
    begins_with_brackets = substitution[2].startswith("(")  # a tree does not know of those around its first addend
    before = _terms(substitution[1], len(after) if begins_with_brackets else None)
    _demand(len(before) == len(after), f"{len(after)} terms instead of {len(before)}")
    for (sign, one), (other_sign, other) in zip(before, after, strict=True):
        try:
            low, high = _tree_interval(one, truth)
        except ZeroDivisionError:
            counted["divisions by a range around zero"] += 1
            continue
        least, most = _tree_interval(other, truth)
        if sign < 0:
            low, high = -high, -low
        if other_sign < 0:
            least, most = -most, -least
        beyond = Fraction(1, 10**300)  # what floats have of an exponential that is less
        _demand(low <= most + beyond and least <= high + beyond, f"the term {float(least)} is {float(low)}")


def _has_other_terms(before: Read, after: Read) -> bool:
    """Whether sums of as many rational terms differ in one of them."""
    pairs = list(zip(_terms(before), _terms(after), strict=False))
    if len(pairs) < 2 or len(_terms(before)) != len(_terms(after)):
        return False
    try:
        return any(
            sign * reader._value(one, reader._Fractions(), {}, {}, {})
            != other_sign * reader._value(other, reader._Fractions(), {}, {}, {})
            for (sign, one), (other_sign, other) in pairs
        )
    except (ReadError, ArithmeticError):
        return False


FLOAT_SLACK = Fraction(1, 10**12)
"""What is left of exact numbers that come to 0 where floats stand for their exponentials."""


def _is_nothing(tree: Read, truth: Truth) -> bool:
    """Whether a form is 0 whatever its rounded numbers are, term by term: 0.5 - 0.5 is only a sum; its power too."""
    try:
        return all(
            _is_nothing(term.parts[0], truth)
            if term.kind == "power"
            else all(-FLOAT_SLACK <= end <= FLOAT_SLACK for end in _tree_interval(term, truth))
            for _, term in _terms(tree)
        )
    except (ReadError, ArithmeticError):
        return False


def _tree_interval(tree: Read, truth: Truth) -> tuple[Any, Any]:
    kind = reader._Intervals(lambda number: _digits_of(number) >= truth.digits)
    return reader._value(tree, kind, {}, {}, {})


class Row(NamedTuple):
    """A row of the update table."""

    name: str
    old: str
    gradient: str
    change: str
    new: str
    frozen: bool = False


def prove_updates(rows: Iterable[Row], rate: Fraction, truth: Truth, updated: Mapping[str, float], loss: str) -> None:
    """old - lr × gradient = new in every row of the table, each number being what it says."""

    def slopes(name: str) -> tuple[str, str]:
        return f"∂{loss}/∂{name}", f"d{loss}/d{name}"

    for name, old, gradient, change, new, frozen in rows:
        counted["rows of update tables"] += 1
        spans = {text: _interval(text, truth, True) for text in (old, gradient, change, new)}
        message = f"the row {name} {old} {gradient} {change} {new}"
        slack = 1e-12
        true = float(next(value for symbol, value in truth.numbers.items() if symbol in slopes(name)))
        low, high = spans[gradient]
        unknown = true != true  # it is beyond all floats
        _demand(unknown or low - slack <= true <= high + slack, f"{message}: the gradient is {true}")
        low, high = float(rate) * low, float(rate) * high
        _demand(low - slack <= spans[change][1] and spans[change][0] <= high + slack, f"{message}: lr × gradient")
        if frozen:
            _demand(old == new, f"{message}: a frozen one is changed")
            continue
        least, most = spans[old][0] - spans[change][1], spans[old][1] - spans[change][0]
        _demand(least - slack <= spans[new][1] and spans[new][0] <= most + slack, f"{message}: old - change")
        _demand(spans[new][0] - slack <= updated[name] <= spans[new][1] + slack, f"{message}: it is {updated[name]}")
        true = float(truth.numbers[name])
        _demand(spans[old][0] - slack <= true <= spans[old][1] + slack, f"{message}: old is {true}")


def update_rows(lines: Iterable[str]) -> Iterator[Row]:
    """The rows of the update table, side by side or stacked."""
    stacked: list[str] = []
    frozen = False
    for row in sections(lines).get("Update", []):
        begin = STEP.match(row)
        body = row[begin.end() :] if begin else row
        if begin and not _of_table(body):
            stacked = []
            continue
        if begin:
            stacked, frozen = [], "(frozen)" in body
        words = body.replace("(frozen)", "").split()
        if begin and words[0] != "parameter":
            yield Row(*words, frozen=frozen)
        elif begin or stacked:
            frozen = frozen or "(frozen)" in body
            stacked += re.sub(r"^ *(parameter|old|gradient|lr [×*] gradient|new)( |$)", "", " ".join(words)).split()[:1]
        if len(stacked) == 5:
            yield Row(*stacked, frozen=frozen)
            stacked = []


def prove_checks(sheet: dict[str, Any], digits: int) -> None:
    """What the checks say of the loss is so, and none fails."""
    for check in sheet["checks"]:
        counted["checks"] += 1
        _demand(check["status"] != "failed", f"a check fails: {check['name']}")
        found = re.match(r"loss after this update (\S+) < (\S+)$", check["name"])
        if not found:
            continue
        for text, key in zip(found.groups(), ("after", "before"), strict=True):
            true = sheet["loss"][key]
            printed = float(_fraction(text))
            _demand(abs(printed - true) <= float(half_unit(text)) + 1e-12 * abs(true), f"{text} is {true}")
        after, before = map(_fraction, found.groups())  # of which the floats may be the same
        _demand(after < before and sheet["loss"]["after"] <= sheet["loss"]["before"], "the loss has not fallen")


# ----------------------------------------------------------------------------------------------------------- the sheets


class Drawn(NamedTuple):
    network: Built
    text: str
    choices: random.Random


UPSTREAM = """\
inputs: [i1, i2]
samples: [[2.0, -1.0], [0.5, 0.25]]
layers:
- dense: [h1, h2]
  weights: {i1: {w11: 1.0, w12: -0.5}, i2: {w21: 0.5, w22: -1.0}}
  biases: {b1: 0.5, b2: -0.5}
- softmax: [p1, p2]
loss: {upstream: [[0.5, -1.0], [0.25, 0.3]]}
learning_rate: 0.1
"""
"""The gradient by the outputs is given, the loss is not."""

SAMPLES = [[(7 * n % 11 - 5) / 4, (5 * n % 13 - 6) / 4] for n in range(20)]
LONG = f"""\
inputs: [x]
targets: [t]
samples: {SAMPLES}
layers:
- dense: [y]
  weights: {{y: {{w: 0.5}}}}
  biases: {{b: 1}}
loss: {{mse: J}}
learning_rate: 0.1
"""
"""A sum over more samples than a line has terms."""

WIDE = f"""\
inputs: {[(3 * i % 7 - 3) / 4 for i in range(14)]}
targets: [0.5, -0.5]
layers:
- dense: 13
  weights: {[[(5 * j * i + i + j) % 11 / 8 - 0.5 for i in range(14)] for j in range(13)]}
  activation: tanh
- dense: 2
  weights: {[[(3 * j + i * i) % 9 / 8 - 0.5 for i in range(13)] for j in range(2)]}
loss: mse
learning_rate: 0.1
"""
"""More units than a line has terms, and so many paths."""

SATURATED = """\
inputs: {{z: [{0}, -1.23]}}
targets: {{y: [0, 1]}}
layers: [{{sigmoid: [p1, p2]}}]
loss: {{bce: J, parts: [J1, J2]}}
report: [{{bce: M, over_outputs: mean}}]
"""
"""Of 1 - p the digits shown leave nothing: the parts and the report too come from the logits."""


def drawn() -> Iterator[Drawn]:
    for path in tried(CONFIGS):  # in full precision; carried numbers are redone in tests/cli/test_cli_carry.py
        network = build(load(str(path)), numbers=False)
        if not network.has_numbers:  # its lines are held by test_derive.py
            continue
        conventions = network.conventions._replace(rounding=Rounding())
        network = network._replace(conventions=conventions, iterations=1, samples_per_step=None)
        yield Drawn(network, str(path), random.Random(0))
        if path.stem == "online":  # an iteration of two samples, which keep their numbers
            yield Drawn(portion(network, range(1, 3)), str(path), random.Random(0))
    for text in (UPSTREAM, LONG, WIDE, SATURATED.format(20), SATURATED.format(1000)):
        yield Drawn(build(read(text, "typed", None)), text, random.Random(0))
    for seed in range(share_of_drawn(0.5)):  # each for four questions, in several formats
        text = sampled(seed)
        yield Drawn(build(read(text, "generated", None)), text, random.Random(seed))


def forward(one: Drawn) -> Solution:
    return Sheet(one.network, Settings()).forward()


def grad(one: Drawn) -> Solution | None:
    sheet = Sheet(one.network, Settings())
    names = [found.name for found in asked_quantities(one.network, ["*"])]
    return sheet.gradient(asked_quantities(one.network, one.choices.sample(names, min(2, len(names)))), named=True)


def step(one: Drawn) -> Solution | None:
    return stepped(one.network, otherwise=RATE)


def only(one: Drawn) -> Solution | None:
    every = parameters(one.network)
    if not every:
        return None
    chosen = [one.choices.choice(every)]
    return stepped(one.network, only=chosen, otherwise=RATE)


RATE = Fraction(1, 10)
"""Of a network that has none."""
QUESTIONS: tuple[Callable[[Drawn], Solution | None], ...] = (forward, grad, step, only)


def in_ascii(truth: Truth) -> Truth:
    def plainly(numbers: Mapping[str, Fraction | float]) -> dict[str, Fraction | float]:
        return {plain(name, ASCII): number for name, number in numbers.items()}

    samples = {sample: plainly(numbers) for sample, numbers in truth.samples.items()}
    return Truth(plainly(truth.numbers), truth.digits, samples)


def lines_of(solution: Solution, width: int, script: Any = UNICODE) -> list[str]:
    return list(render(solution, "txt", width=width, script=script))


def object_of(solution: Solution) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("\n".join(render(solution, "json", width=0, script=UNICODE)))
    return found


def prove_sheet(solution: Solution, network: Built) -> None:
    """One question's sheet in JSON, in text at every width, in ASCII."""
    sheet = object_of(solution)
    truth = truth_of(object_of(Sheet(network, Settings(full=True)).forward()), network)
    own = truth_of(sheet, network, {})
    truth.numbers.update(own.numbers)
    for sample, numbers in own.samples.items():
        truth.samples.setdefault(sample, {}).update(numbers)
    rate = rate_of(network, RATE)
    truth.numbers["lr"] = rate
    expected = json_equations(sheet)
    for equation in expected:
        prove(equation, truth)
    prove_checks(sheet, truth.digits)
    counted["sheets"] += 1
    loss = sheet["loss"]["name"] if network.loss_is_known else "L"
    alone = not list(update_rows(lines_of(solution, WIDTHS[0])))
    plain_update = len(network.training.rule.lines) == 1  # tables with states are proved in test_update_lines.py
    shown = [one for one in expected if one.id[0] != "U" or one.id[-1].isalpha() or alone]  # others are in the table
    updated = {name: one for key, value in sheet.get("updated", {}).items() for name, one in flattened(key, value)}
    for width in WIDTHS:
        lines = lines_of(solution, width)
        _same(equations(lines), shown, f"at {width} columns")
        if plain_update:
            prove_updates(update_rows(lines), rate, truth, updated, loss)
    plainly = lines_of(solution, 80, ASCII)
    _demand(all(line.isascii() for line in plainly), "a sign that is not ASCII")
    as_ascii = in_ascii(truth)
    found = equations(plainly)
    _demand([len(each.forms) for each in found] == [len(each.forms) for each in shown], "ASCII has other lines")
    for equation in found:
        prove(equation, as_ascii)
    if plain_update:
        ascii_updated = {plain(name, ASCII): value for name, value in updated.items()}
        prove_updates(update_rows(plainly), rate, as_ascii, ascii_updated, plain(loss, ASCII))


def _same(found: list[Equation], expected: list[Equation], where: str) -> None:
    for one, other in zip(found, expected, strict=False):
        _demand(one == other, f"{where}:\n{one}\nnot\n{other}")
    _demand(len(found) == len(expected), f"{where}: {len(found)} equations instead of {len(expected)}")


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.__name__)
def test_every_line_holds(question: Callable[[Drawn], Solution | None]) -> None:
    for one in drawn():
        try:
            if (solution := question(one)) is not None:
                prove_sheet(solution, one.network)
        except Exception as error:
            error.add_note(one.text)
            raise
    assert counted["lines"] > 20 * DRAWN
    assert counted["forms with symbols that have no number"] < counted["forms with symbols"] / 4


@pytest.mark.parametrize("width", tried(WIDTHS))
def test_the_terminal_shows_the_same_lines(width: int) -> None:
    """Without colour, and with its codes taken out."""
    for one in list(drawn())[: len(tried(CONFIGS)) + DRAWN // 10]:
        solution = step(one)
        assert solution is not None
        expected = lines_of(solution, width)
        for colour in (None, "standard"):
            out = io.StringIO()
            options: Any = {"force_terminal": bool(colour), "color_system": colour}
            show(solution, Console(file=out, width=width, highlight=False, markup=False, **options), UNICODE)
            found = out.getvalue()
            assert ("\x1b[" in found) == bool(colour)
            assert re.sub(r"\x1b\[[\d;]*m", "", found).splitlines() == expected


# ------------------------------------------------------------------------------------------------- testing the tester


def printed_sheet() -> tuple[list[str], Truth, dict[str, float]]:
    path = next(path for path in CONFIGS if path.stem == "mazur")
    network = build(load(str(path)))
    solution = stepped(network)
    sheet = object_of(solution)
    truth = truth_of(sheet, network)
    updated = {name: one for key, value in sheet["updated"].items() for name, one in flattened(key, value)}
    return lines_of(solution, 100), truth, updated


def holds(lines: list[str], truth: Truth, rate: Fraction, updated: dict[str, Any], expected: int) -> bool:
    try:
        found = equations(lines)
        for equation in found:
            prove(equation, truth)
        rows = list(update_rows(lines))
        prove_updates(rows, rate, truth, updated, "E_total")
    except (AssertionError, ValueError, LookupError, ArithmeticError):
        return False
    return len(found) + len(rows) == expected


def corruptions(lines: list[str], pattern: str, change: Callable[[str], str]) -> Iterator[list[str]]:
    """The sheet with one place changed, for every place between the forward pass and the checks."""
    begin, end = lines.index("Forward") + 1, lines.index("Checks")
    for number in range(begin, end):
        if lines[number].startswith(("id ", "Update")):
            continue
        # ids, names and notes stand for no numbers
        line = re.split(r" {4,}(?=via|inactive)", lines[number])[0]
        for found in re.finditer(pattern, line):
            if not STEP.match(line) or found.start() >= 4:
                changed = line[: found.start()] + change(found.group()) + line[found.end() :]
                yield [*lines[:number], changed + lines[number][len(line) :], *lines[number + 1 :]]


@pytest.mark.parametrize(
    ("pattern", "change"),
    [
        (r"(?<![\w.])\d+\.\d*?[1-9](?=\d?(?!\d))", lambda text: text[:-1] + str((int(text[-1]) + 4) % 10)),
        (r"(?<= )[+-] (?=[\d(])", lambda text: "- " if text == "+ " else "+ "),
        (r"\(-(?=\d)", lambda text: "("),
        (r"(?<= )≈(?= )", lambda text: "="),
        (r"(?<= )×(?= )", lambda text: "+"),
        (r"(?<== )(?=\d)", lambda text: "-"),
    ],
    ids=["a digit", "a sign", "a negative", "≈ for =", "+ for ×", "a minus"],
)
def test_a_corrupted_sheet_is_caught(pattern: str, change: Callable[[str], str]) -> None:
    lines, truth, updated = printed_sheet()
    truth.numbers["lr"] = Fraction(1, 2)
    rate = Fraction(1, 2)
    expected = len(equations(lines)) + len(list(update_rows(lines)))
    assert holds(lines, truth, rate, updated, expected)
    tried = list(corruptions(lines, pattern, change))
    assert len(tried) > 3
    missed = [
        next(line for line, old in zip(sheet, lines, strict=True) if line != old)
        for sheet in tried
        if holds(sheet, truth, rate, updated, expected)
    ]
    assert missed == [], f"{len(missed)} of {len(tried)} were not seen"


def test_rounded_terms_of_an_exact_0_are_not_equal_to_it() -> None:
    truth = Truth({"x": Fraction(1, 4), "g": Fraction(0)}, 6, {})

    def line(sign: str) -> Equation:
        texts = "x / 6 + x / 6 - x / 3", "0.25 / 6 + 0.25 / 6 - 0.25 / 3", "0.04166667 + 0.04166667 - 0.08333333", "0.0"
        return Equation("F1", "g", tuple(map(Form, ("=", "=", sign, sign), texts)))

    prove(line("≈"), truth)
    with pytest.raises(Unproved, match="stands after ="):
        prove(line("="), truth)
