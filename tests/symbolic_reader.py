"""An independent reader of derivations and of matrix lines, as JSON has them. It imports nothing from nntrace.

``Index`` evaluates index notation at one choice of the indices, with floats or with ``Dual`` numbers (a value and its
slope); ``Matrix`` evaluates a line between whole matrices with numpy, where a shape that does not fit is an error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any
from unicodedata import normalize

import numpy as np

SUPERSCRIPTS = {sign: power for power, sign in enumerate("²³⁴⁵⁶⁷⁸⁹", 2)}
LETTERS = re.compile(r"_([a-z]+)(?![A-Za-z0-9_′\[])")
AFFINE = re.compile(r"_\(([a-z0-9+,-]+)\)")
TERM = re.compile(r" ?([+-]?) ?(\d*) ?([a-z]?)(?![a-z(_])")
MIXED = re.compile(r"\[([a-z0-9]+(?:,[a-z0-9]+)+)\]")
"""Places of which some are letters and some numbers: ``W1[j,1]``."""
OF_SAMPLE = re.compile("⁽(.)⁾")
OPTIONS = re.compile(r"(?:; [^;()]+)?")
"""What tells a function from another one of its name, behind the arguments: ``elu(z; 0.5)``."""
NUMBER = re.compile(r"\d+(\.\d+)?(×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?")


class AtKink(Exception):  # noqa: N818 - it says what it is
    """A value on a kink, where a slope is a convention."""


class Dual:
    """A number and its slope."""

    def __init__(self, value: float, slope: float = 0.0) -> None:
        self.value, self.slope = value, slope

    def __add__(self, other: Any) -> Dual:
        other = dual(other)
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other: Any) -> Dual:
        other = dual(other)
        return Dual(self.value * other.value, self.value * other.slope + self.slope * other.value)

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope)

    def __sub__(self, other: Any) -> Dual:
        return self + -dual(other)

    def __truediv__(self, other: Any) -> Dual:
        other = dual(other)
        if other.value == 0:
            return Dual(math.nan, math.nan)
        slope = (self.slope - self.value / other.value * other.slope) / other.value  # other² may overflow
        return Dual(self.value / other.value, slope)

    def __pow__(self, power: Any) -> Dual:
        n, growth = dual(power).value, dual(power).slope
        value = _power(self.value, n)
        above = value * math.log(self.value) * growth if growth else 0.0
        return Dual(value, (n * _power(self.value, n - 1) * self.slope if n and self.slope else 0.0) + above)

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: Any) -> Dual:
        return dual(other) - self

    def __rtruediv__(self, other: Any) -> Dual:
        return dual(other) / self


def _power(base: float, exponent: float) -> float:
    """A power, infinite where it is too large for a double."""
    with np.errstate(over="ignore"):
        return float(np.float64(base) ** exponent)


def dual(value: Any) -> Dual:
    return value if isinstance(value, Dual) else Dual(float(value))


def applied(function: Callable[[float], float], slope: Callable[[float], float]) -> Callable[[Any], Dual]:
    def apply(argument: Any) -> Dual:
        argument = dual(argument)
        return Dual(function(argument.value), slope(argument.value) * argument.slope if argument.slope else 0.0)

    return apply


def _absolute(argument: Any) -> Dual:
    argument = dual(argument)
    if argument.slope and abs(argument.value) < 1e-12:
        raise AtKink
    return argument if argument.value >= 0 else -argument


def _larger(first: Any, second: Any) -> Dual:
    first, second = dual(first), dual(second)
    if abs(first.value - second.value) < 1e-12 and first.slope != second.slope:
        raise AtKink
    return first if first.value >= second.value else second


def _smaller(first: Any, second: Any) -> Dual:
    return -_larger(-dual(first), -dual(second))


def _logarithm(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


def _exponential(value: float) -> float:
    return math.exp(value) if value < 709 else math.inf


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": applied(_exponential, _exponential),
    "ln": applied(_logarithm, lambda v: 1 / v if v else math.inf),
    "tanh": applied(math.tanh, lambda v: 1 - math.tanh(v) ** 2),
    "sqrt": applied(math.sqrt, lambda v: 0.5 / math.sqrt(v)),
    "erf": applied(math.erf, lambda v: 2 / math.sqrt(math.pi) * math.exp(-v * v)),
    "sign": applied(lambda v: (v > 0) - (v < 0), lambda v: 0.0),
    "abs": _absolute,
    "max": lambda *args: reduce(_larger, map(dual, args)),
    "min": lambda *args: reduce(_smaller, map(dual, args)),
    "sin": applied(math.sin, math.cos),
    "cos": applied(math.cos, lambda v: -math.sin(v)),
}
RELATIONS: dict[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b, "≥": lambda a, b: a >= b, "<": lambda a, b: a < b, "≤": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
}  # fmt: skip


class Text:
    """A cursor over one line."""

    def __init__(self, text: str, names: list[str]) -> None:
        self.text, self.at = text, 0
        self.names = sorted(names, key=len, reverse=True)

    def error(self, wanted: str) -> ValueError:
        return ValueError(f"expected {wanted} at {self.at} in {self.text!r}")

    def has(self, word: str) -> bool:
        if self.text.startswith(word, self.at):
            self.at += len(word)
            return True
        return False

    def must(self, word: str) -> None:
        if not self.has(word):
            raise self.error(repr(word))

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def matches(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if not found:
            return ""
        self.at = found.end()
        return found.group()

    def name(self) -> str:
        """The longest known name here that no letter of a longer one follows."""
        for name in self.names:
            if self.text.startswith(name, self.at):
                rest = self.text[self.at + len(name) :]
                if self._mixed(self.at + len(name)) or not re.match(r"(?![ᵀ²³⁴])[^\W_]|[′'\[]", rest):
                    self.at += len(name)
                    return name
        return ""

    def _mixed(self, at: int) -> re.Match[str] | None:
        found = MIXED.match(self.text, at)
        return found if found and re.search("[a-z]", found.group(1)) else None

    def letters(self) -> tuple[str, ...]:
        """The index letters behind a name; ``⁽ⁿ⁾`` is one, behind a name of one number in each sample."""
        if (own := OF_SAMPLE.match(self.text, self.at)) and (letter := normalize("NFKD", own.group(1))).isalpha():
            self.at = own.end()
            return (letter,)
        if found := self._mixed(self.at) or AFFINE.match(self.text, self.at):
            self.at = found.end()
            return tuple(found.group(1).split(","))
        found = LETTERS.match(self.text, self.at)
        if not found:
            return ()
        self.at = found.end()
        return tuple(found.group(1))


def place_of(index: str, at: Mapping[str, int]) -> int:
    """An index such as ``2p+r-1``, which counts from 1 as its letters do, at these places, which count from 0."""
    total, start = 0, 0
    while start < len(index):
        found = TERM.match(index, start)
        if not found or found.end() == start:
            raise ValueError(f"no index: {index!r}")
        sign, factor, letter = found.groups()
        total += (-1 if sign == "-" else 1) * int(factor or 1) * (at[letter] + 1 if letter else 1)
        start = found.end()
    return total - 1


class Index:
    """One line in index notation. ``look`` gives the number of a name at its indices, ``partial`` that of ∂a/∂b,
    ``slope`` that of ``relu′(…)``; ``extent`` tells how far a letter runs in what stands after its Σ."""

    def __init__(self, names: list[str], look: Callable[..., Any], partial: Callable[..., Any],
                 slope: Callable[..., Any], extent: Callable[[str, str], int],
                 functions: Mapping[str, Callable[..., Any]] = FUNCTIONS) -> None:  # fmt: skip
        self.functions = functions
        self.names, self.look, self.partial, self.slope, self.extent = names, look, partial, slope, extent

    def evaluate(self, text: str, at: Mapping[str, int]) -> Any:
        reader = Text(text, self.names)
        value = self.cases(reader, dict(at))
        if reader.at < len(text):
            raise reader.error("the end")
        return value

    def cases(self, r: Text, at: dict[str, int]) -> Any:
        then = self.sum(r, at)
        if not r.has(" if "):
            return then
        holds = self.condition(r, at)
        r.must(", else ")
        otherwise = self.cases(r, at)
        return then if holds else otherwise

    def condition(self, r: Text, at: dict[str, int]) -> bool:
        left = dual(self.sum(r, at))
        r.must(" ")
        relation = r.text[r.at]
        r.at += 1
        r.must(" ")
        right = dual(self.sum(r, at))
        if abs(left.value - right.value) < 1e-12:
            raise AtKink
        return RELATIONS[relation](left.value, right.value)

    def sum(self, r: Text, at: dict[str, int]) -> Any:
        result = -dual(self.product(r, at)) if r.has("-") else self.product(r, at)
        while True:
            if r.has(" + "):
                result = dual(result) + self.product(r, at)
            elif r.has(" - "):
                result = dual(result) - self.product(r, at)
            else:
                return result

    def product(self, r: Text, at: dict[str, int]) -> Any:
        result = self.factor(r, at)
        while True:
            if r.has(" × "):
                result = dual(result) * self.factor(r, at)
            elif r.has(" / "):
                result = dual(result) / self.factor(r, at)
            elif r.peek() == " " and not re.match(r" ([-+=] |if |≥|≤|>|<)", r.text[r.at : r.at + 4]):
                r.must(" ")
                result = dual(result) * self.factor(r, at)
            else:
                return result

    def factor(self, r: Text, at: dict[str, int]) -> Any:
        base = self.base(r, at)
        if r.peek() in SUPERSCRIPTS and r.peek():
            power = SUPERSCRIPTS[r.peek()]
            r.at += 1
            base = dual(base) ** power
        elif r.has("^{"):
            power = self.cases(r, at)
            r.must("}")
            base = dual(base) ** power
        if r.peek() == "/" and r.has("/"):
            base = dual(base) / self.factor(r, at)
        return base

    def base(self, r: Text, at: dict[str, int]) -> Any:
        if r.has("("):
            value = self.cases(r, at)
            r.must(")")
            return value
        if r.has("e^{"):
            value = self.cases(r, at)
            r.must("}")
            return self.functions["exp"](value)
        if r.has("|"):
            value = self.cases(r, at)
            r.must("|")
            return self.functions["abs"](value)
        if found := re.compile(r"Σ_([a-z]) ").match(r.text, r.at):
            return self.summed(r, at, found)
        if r.has("1["):
            if found := re.compile(r"((?:[a-z0-9]|[+-]| )+) = ((?:[a-z0-9]|[+-]| )+)\]").match(r.text, r.at):
                r.at = found.end()
                return float(place_of(found.group(1), at) == place_of(found.group(2), at))
            holds = self.condition(r, at)
            r.must("]")
            return float(holds)
        if r.has("∂"):
            of = (r.name(), self.bound(r, at))
            r.must("/∂")
            return self.partial(*of, r.name(), self.bound(r, at))
        return self.word(r, at)

    def summed(self, r: Text, at: dict[str, int], found: re.Match[str]) -> Any:
        r.at = found.end()
        start, letter = r.at, found.group(1)
        total: Any = 0.0
        if r.has("0") and not re.match(r"[\d.]| [^-+=]", r.text[r.at :]):
            return total  # of zeros, however many
        for value in range(self.extent(letter, r.text[start:])):
            r.at = start
            total = dual(total) + self.product(r, {**at, letter: value})
        return total

    def bound(self, r: Text, at: dict[str, int]) -> tuple[int, ...]:
        return tuple(place_of(index, at) for index in r.letters())

    def word(self, r: Text, at: dict[str, int]) -> Any:
        if number := r.matches(NUMBER):
            return float(number.replace("×10", "e").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
        if r.has("π"):
            return math.pi
        if found := re.compile(r"([a-z_]*[a-z])(′?)\(").match(r.text, r.at):
            kind, prime = found.groups()
            r.at = found.end()
            if prime:
                name = r.name()
                index = self.bound(r, at)
                kind += r.matches(OPTIONS)
                r.must(")")
                return self.slope(kind, name, index)
            arguments = [self.cases(r, at)]
            while r.has(", "):
                arguments.append(self.cases(r, at))
            kind += r.matches(OPTIONS)
            r.must(")")
            return self.functions[kind](*arguments)
        name = r.name()
        if not name:
            raise r.error("a symbol")
        return self.look(name, self.bound(r, at))


class Matrix:
    """One line between whole matrices: ``look`` gives the array of a name, ``partial`` that of ∂a/∂b, ``call`` that of
    a named function of a tensor (``relu(z1)``, ``relu′(z1)``)."""

    def __init__(self, names: list[str], look: Callable[[str], Any], partial: Callable[[str, str], Any],
                 call: Callable[[str, str], Any], down: bool = True,
                 sizes: Mapping[str, int] = {}) -> None:  # fmt: skip
        self.sizes = sizes  # what the symbols for sizes stand for
        self.identity = 0  # how many rows I has, where that is known
        self.down = down  # how the elements of a sample lie, of which a maximum is taken
        self.names, self.look, self.partial, self.call = names, look, partial, call

    def evaluate(self, text: str) -> Any:
        r = Text(text, self.names)
        value = self.sum(r)
        if r.at < len(text):
            raise r.error("the end")
        return value

    def sum(self, r: Text) -> Any:
        result = -self.elementwise(r) if r.has("-") else self.elementwise(r)
        while True:
            if r.has(" + "):
                result = _alike(result, self.elementwise(r), np.add)
            elif r.has(" - "):
                result = _alike(result, self.elementwise(r), np.subtract)
            else:
                return result

    def elementwise(self, r: Text) -> Any:
        result = self.product(r)
        while True:
            if r.has(" ⊙ "):
                result = _alike(result, self.product(r), np.multiply)
            elif r.has(" ⊘ "):
                result = _alike(result, self.product(r), np.divide)
            elif r.has(" × "):
                result = _scaled(result, self.product(r))
            elif r.has(" / "):
                result = _scaled(result, 1 / self.product(r))
            else:
                return result

    def product(self, r: Text) -> Any:
        factors = [self.factor(r)]
        while r.peek() == " " and not re.match(r" [-+×⊙⊘/=><≥≤] ", r.text[r.at : r.at + 3]):
            r.must(" ")
            factors.append(self.factor(r))
        return _multiplied(factors)

    def factor(self, r: Text) -> Any:
        base = self.base(r)
        if r.has("ᵀ"):
            base = np.asarray(base).T
        if r.peek() in SUPERSCRIPTS and r.peek():
            if not _is_number(base):
                raise r.error("a number before a power")
            base = np.asarray(base) ** SUPERSCRIPTS[r.peek()]
            r.at += 1
        if r.has("^{"):
            if not r.has("∘") and not _is_number(base):
                raise r.error("∘ at a power of each element")
            base = _alike(base, self.sum(r), np.power)
            r.must("}")
        return base

    def base(self, r: Text) -> Any:
        if r.has("("):
            value = self.sum(r)
            r.must(")")
            return value
        if r.has("[["):
            end = r.text.index("]]", r.at)
            rows = r.text[r.at : end].split("], [")
            r.at = end + 2
            return np.array([[float(_plain(cell)) for cell in row.split(", ")] for row in rows])
        if r.has("e^{"):
            value = self.sum(r)
            r.must("}")
            return np.exp(value)
        if r.has("|"):
            value = self.sum(r)
            r.must("|")
            return np.abs(value)
        if r.has("1["):
            left = self.sum(r)
            relation = r.text[r.at + 1]
            r.at += 3
            right = self.sum(r)
            r.must("]")
            compare = {">": np.greater, "≥": np.greater_equal, "<": np.less, "≤": np.less_equal, "=": np.equal}
            return np.asarray(compare[relation](left, right), dtype=float)
        if found := re.compile(r"1_([0-9A-Za-z_]+)").match(r.text, r.at):
            r.at = found.end()
            size = found.group(1)
            return np.ones((int(size) if size.isdigit() else self.sizes[size], 1))
        if r.has("∂"):
            of = r.name()
            r.must("/∂")
            return self.partial(of, r.name())
        if number := r.matches(NUMBER):
            value = float(_plain(number))
            return value / float(r.matches(NUMBER) or self.word(r)) if r.peek() == "/" and r.has("/") else value
        return self.word(r)

    def word(self, r: Text) -> Any:
        if r.has("π"):
            return math.pi
        if r.has("diag("):
            inner = np.asarray(self.sum(r))
            r.must(")")
            return np.diag(inner.ravel())
        if r.text[r.at :] == "I" or re.match(r"I[ )]", r.text[r.at :]):
            r.at += 1
            return np.eye(self.identity) if self.identity else Identity()
        if found := re.compile(r"(ln|max|min|tanh|sqrt|erf|sign|sin|cos)\(").match(r.text, r.at):
            r.at = found.end()
            arguments = [self.sum(r)]
            while r.has(", "):
                arguments.append(self.sum(r))
            r.must(")")
            if found.group(1) == "max" and len(arguments) == 1:
                inner = np.asarray(arguments[0])
                return np.max(inner, axis=0 if self.down else 1, keepdims=True) if inner.ndim else inner
            kinds: dict[str, Any] = {"sin": np.sin, "cos": np.cos, "min": np.minimum,
                                     "ln": np.log, "max": np.maximum, "tanh": np.tanh, "sqrt": np.sqrt,
                                     "erf": np.vectorize(math.erf), "sign": np.sign}  # fmt: skip
            return reduce(kinds[found.group(1)], arguments) if len(arguments) > 1 else kinds[found.group(1)](*arguments)
        if found := re.compile(r"([a-z_]+)(′?)\(").match(r.text, r.at):
            kind, prime = found.groups()
            r.at = found.end()
            name = r.name()
            kind += r.matches(OPTIONS)
            r.must(")")
            return self.call(kind + prime, name)
        name = r.name()
        if not name:
            raise r.error("a matrix")
        return self.look(name)


def _plain(number: str) -> str:
    return number.replace("×10", "e").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))


def shape_differs(text: str, found: Any, expected: Any) -> bool:
    """Whether a matrix is of another shape, as a number that stands for a vector is; 0 is a matrix of zeros too."""
    return (
        not isinstance(found, Identity)
        and text != "0"
        and np.shape(np.atleast_2d(found)) != np.shape(np.atleast_2d(expected))
    )


class Identity:
    """A multiple of an identity matrix that has as many rows as what it is added to."""

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor


def _is_number(value: Any) -> bool:
    return not isinstance(value, Identity) and bool(np.size(value) == 1)


def _scaled(first: Any, second: Any) -> Any:
    if not (_is_number(first) or _is_number(second)):
        raise ValueError("× stands between two matrices")
    return np.asarray(first) * np.asarray(second) if np.ndim(first) == np.ndim(second) else _number(first, second)


def _number(first: Any, second: Any) -> Any:
    number, other = (first, second) if _is_number(first) else (second, first)
    if isinstance(other, Identity):
        return Identity(other.factor * float(np.asarray(number).ravel()[0]))
    return float(np.asarray(number).ravel()[0]) * np.asarray(other)


def _alike(first: Any, second: Any, function: Any) -> Any:
    """A function of two matrices of one shape, or of a matrix and a number."""
    if isinstance(first, Identity):
        first = first.factor * np.eye(max(np.shape(second)))
    if isinstance(second, Identity):
        second = second.factor * np.eye(max(np.shape(first)))
    if not (_is_number(first) or _is_number(second)) and np.shape(first) != np.shape(second):
        raise ValueError(f"the shapes {np.shape(first)} and {np.shape(second)} differ")
    return np.asarray(function(np.asarray(first), np.asarray(second)))


def _multiplied(factors: list[Any]) -> Any:
    result = factors[0]
    for factor in factors[1:]:
        unfit = np.ndim(result) and np.ndim(factor) and np.shape(result)[1] != np.shape(factor)[0]
        if np.ndim(result) == 0 or np.ndim(factor) == 0 or (unfit and (_is_number(result) or _is_number(factor))):
            result = _number(result, factor)
        else:
            result = np.asarray(result) @ np.asarray(factor)
    return result


SHAPE = re.compile(r"\[(\d+)×(\d+)\]")
Shape = tuple[int, int]


def shape_of(note: str) -> Shape:
    """The shape that ``[2×3][3×1] - ([1×2][2×1] = [1×1]) × [2×1] = [2×1]`` comes to; an error where it fits nothing."""
    text = Text(note, [])
    found = _shape_sum(text)
    while text.has(" = "):
        if (result := _shape_sum(text)) != found:
            raise text.error(f"{found}, not {result}")
    if text.at < len(note):
        raise text.error("the end")
    return found


def _shape_sum(r: Text) -> Shape:
    r.has("-")
    parts = [_shape_elementwise(r)]
    while r.has(" + ") or r.has(" - "):
        parts.append(_shape_elementwise(r))
    return _agreeing(parts)


def _shape_elementwise(r: Text) -> Shape:
    parts = [_shape_scaled(r)]
    while r.has(" ⊙ ") or r.has(" ⊘ "):
        parts.append(_shape_scaled(r))
    return _agreeing(parts)


def _shape_scaled(r: Text) -> Shape:
    part = _shape_product(r)
    while r.has(" × "):
        if part != (1, 1):
            raise r.error(f"a number before ×, not {part}")
        part = _shape_product(r)
    return part


def _shape_product(r: Text) -> Shape:
    if r.has("number"):
        return (1, 1)
    found: Shape | None = None
    while True:
        if match := SHAPE.match(r.text, r.at):
            r.at = match.end()
            own = (int(match.group(1)), int(match.group(2)))
        elif r.has("("):
            own = _shape_sum(r)
            if r.has(" = ") and own != _shape_product(r):
                raise r.error(f"{own} before the bracket")
            r.must(")")
        else:
            break
        if found is not None and found[1] != own[0]:
            raise r.error(f"a matrix of {found[1]} rows, not {own}")
        found = own if found is None else (found[0], own[1])
    if found is None:
        raise r.error("a shape")
    return found


def _agreeing(parts: list[Shape]) -> Shape:
    """The shape of all parts; a number fits any."""
    matrices = {part for part in parts if part != (1, 1)}
    if len(matrices) > 1:
        raise ValueError(f"the shapes {sorted(matrices)} differ")
    return matrices.pop() if matrices else (1, 1)


def signs(text: str) -> str:
    """The signs of the outermost sum of a line: ``++-``."""
    text = re.sub(r"\|[^|]*\|", "", text)
    depth, found = 0, "-" if text.startswith("-") else "+"
    for place, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if not depth and letter in "+-" and text[place - 1 : place + 2] == f" {letter} ":
            found += letter
    return found
