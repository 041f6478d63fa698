"""An independent reader of the text that nntrace prints, in Unicode and in ASCII. It imports nothing from nntrace.

It is strict where the printing rules are: one space around a binary operator, a bare negative only as the first addend
of a sum, everything else negative in brackets. ``x × -1``, ``a + -3``, ``--3`` are a ``ReadError``.

>>> evaluate("2.0 × 1.0 + (-1.0) × 0.5 + b1", {"b1": 0.5})
2.0
>>> evaluate_exact("1/2 × (1.0 - 0.1)²")
Fraction(81, 200)
>>> evaluate_exact("0 × ln(0) + 0.0 × e^{1}")
Fraction(0, 1)
>>> low, high = interval("0.333333 × 3", rounded=True)
>>> low < 1 < high
True

Symbols are looked up as they are printed: ``w21``, ``W1[2,1]`` (counted from 1), ``∂MSE/∂w21``, ``w21⁺``.
A formula with free indices (``Σ_i W_ji × x_i``) needs ``sizes`` for its sums, and ``index`` (counted from 0) for the
rest.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

Range = tuple[Fraction, Fraction]
Rounded = bool | Callable[[str], bool]

FUNCTIONS = ("max", "min", "tanh", "sin", "cos", "ln", "sqrt", "exp", "erf", "sign")
"""Of one argument, but for the largest and the smallest of any number."""
RELATIONS = {">=": "≥", "<=": "≤", "!=": "≠", ">": ">", "<": "<", "=": "=", "≥": "≥", "≤": "≤", "≠": "≠"}
SUPERSCRIPTS = dict(zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True))
PRIMES = "'′"
OVER_AN_INDEX = rf"(Σ|sum|max)_[^\W\d_][{PRIMES}]* "
"""Σ_i or max_i, before what it runs over: one letter; any longer ending makes it a name."""


class ReadError(ValueError):
    """Text that does not follow the printing rules: what was expected, and where."""


class IrrationalError(ReadError):
    """What was read has a value, but no fraction that the reader knows."""


class Read(NamedTuple):
    """A node of what was read: ``kind`` tells what the parts are."""

    kind: str
    parts: tuple[Any, ...]


# ---------------------------------------------------------------------------------------------------------- reading


def read(text: str) -> Read:
    """The tree of one expression; raises ``ReadError`` where the text is not one, whole."""
    reader = _Reader(text)
    tree = reader.expression()
    if reader.at < len(text):
        raise reader.error("the end")
    return tree


def numbers(text: str) -> list[str]:
    """Every number of the text as it is printed, from left to right."""
    return [node.parts[0] for node in _walk(read(text)) if node.kind == "number"]


def symbols(text: str) -> list[str]:
    """Every symbol of the text as it is printed, from left to right."""
    return [node.parts[0] for node in _walk(read(text)) if node.kind == "symbol"]


def _walk(node: Read) -> Iterator[Read]:
    yield node
    for part in node.parts:
        if isinstance(part, Read):
            yield from _walk(part)


class _Reader:
    """Recursive descent over the characters themselves: white space is part of the grammar."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def error(self, wanted: str) -> ReadError:
        return ReadError(
            f"expected {wanted} at {self.at} in {self.text!r}, found {self.text[self.at : self.at + 12]!r}"
        )

    def has(self, *words: str) -> str:
        """The first of these words that stands here, taken; else nothing."""
        for word in words:
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return word
        return ""

    def must(self, *words: str) -> str:
        return self.has(*words) or self._fail(" or ".join(map(repr, words)))

    def _fail(self, wanted: str) -> str:
        raise self.error(wanted)

    def matches(self, pattern: str) -> str:
        found = re.compile(pattern).match(self.text, self.at)
        if not found:
            return ""
        self.at = found.end()
        return found.group()

    def expression(self) -> Read:
        then = self.sum()
        if not self.has(" if "):
            return then
        condition = self.condition()
        self.must(", else ")
        return Read("cases", (*condition, then, self.expression()))

    def condition(self) -> tuple[str, Read, Read]:
        left = self.sum()
        self.must(" ")
        relation = self.must(*RELATIONS)
        self.must(" ")
        return RELATIONS[relation], left, self.sum()

    def sum(self) -> Read:
        result = Read("negative", (self.product(),)) if self.has("-") else self.product()
        while sign := self.has(" + ", " - "):
            term = self.rest() or self.product()
            result = Read("plus" if sign == " + " else "minus", (result, term))
        return result

    def rest(self) -> Read | None:
        """``… 781 more terms, together 0.4127``: the number they come to; a symbol where that is left out."""
        start = self.at
        if not self.has("… ", "... "):
            return None
        count = self.matches(r"\d+") or self._fail("a count")
        ending = "" if count == "1" else "s"
        if not self.matches(rf" more [a-z]*[a-rt-z]{ending}"):
            raise self.error(f"' more', a noun{' in the plural' * bool(ending)}")
        if not self.has(", together "):
            return Read("symbol", (self.text[start : self.at],))
        negative = self.has("-")
        total = self.number() or self._fail("a number")
        return Read("negative", (total,)) if negative else total

    def product(self) -> Read:
        if rest := self.rest():
            return rest
        if found := self.matches(OVER_AN_INDEX):
            sign, over = found.strip().split("_", 1)
            return Read("max" if sign == "max" else "sum", (over, self.product()))
        fraction = self.fraction()
        result = fraction or self.power()
        while sign := self.has(" × ", " * ", " / "):
            if sign == " / ":
                if result is fraction:
                    raise self.error("no / after a fraction without brackets")
                result = Read("over", (result, self.power()))
            elif re.match(OVER_AN_INDEX, self.text[self.at :]):
                return Read("times", (result, self.product()))
            else:
                result = Read("times", (result, self.power()))
        return result

    def fraction(self) -> Read | None:
        """``1/2``, without spaces: the first factor of a product."""
        start = self.at
        top = self.matches(r"\d+(?=/\d)")
        if not top:
            return None
        self.must("/")
        bottom = self.matches(r"\d+")
        if self.text[self.at : self.at + 1] in {".", "^", *SUPERSCRIPTS}:
            self.at = start
            raise self.error("brackets around a fraction that is raised to a power")
        return Read("fraction", (Read("number", (top,)), Read("number", (bottom,))))

    def power(self) -> Read:
        base = self.atom()
        raised = self.matches("[" + "".join(SUPERSCRIPTS) + "]+")
        if raised:
            if not re.fullmatch("⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+", raised):
                raise self.error("an exponent")
            return Read("power", (base, _integer("".join(SUPERSCRIPTS[sign] for sign in raised))))
        if self.has("^{"):
            exponent = self.expression()
            self.must("}")
            return Read("power", (base, exponent))
        if self.has("^("):
            exponent = _integer(self.matches(r"-\d+") or self._fail("a negative exponent"))
            self.must(")")
            return Read("power", (base, exponent))
        if self.has("^"):
            return Read("power", (base, _integer(self.matches(r"\d+") or self._fail("an exponent"))))
        return base

    def atom(self) -> Read:
        if self.has("("):
            inside = self.expression()
            self.must(")")
            return inside
        if self.has("|"):
            inside = self.expression()
            self.must("|")
            return Read("call", ("abs", inside))
        if self.has("1["):
            condition = self.condition()
            self.must("]")
            return Read("cases", (*condition, Read("number", ("1",)), Read("number", ("0",))))
        if self.has("e^{"):
            inside = self.expression()
            self.must("}")
            return Read("call", ("exp", inside))
        return self.number() or self.named()

    def number(self) -> Read | None:
        found = self.matches(r"\d+(\.\d+)?(×10⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+|e-?\d+)?")
        if not found:
            return None
        if self.text[self.at : self.at + 1].isalnum() and self.text[self.at] not in SUPERSCRIPTS:
            raise self.error("an operator after a number")
        return Read("number", (found,))

    def named(self) -> Read:
        """A function applied, or a symbol: ``max(a, b)``, ``W1[2,1]``, ``∂MSE/∂w21``, ``w21⁺``."""
        start = self.at
        if self.has("∂"):
            self._name()
            self._sample()
            self.must("/∂")
            self._name()
        else:
            name = self._name()
            if name in FUNCTIONS and self.has("("):
                return self._call(name)
            if not self._sample() and self.has("("):
                return self._call(name)
            if name[0] == "d" and self.has("/d"):
                self._name()
        self._sample()
        self.has("⁺", "+")
        return Read("symbol", (self.text[start : self.at],))

    def _sample(self) -> bool:
        """The mark of a symbol's sample: ``x1⁽²⁾``, in ASCII ``x1(2)``."""
        return bool(self.matches(r"⁽[⁰¹²³⁴⁵⁶⁷⁸⁹]+⁾|\(\d+\)"))

    def _name(self) -> str:
        start = self.at
        while self.at < len(self.text) and self._in_name(self.text[self.at], self.at == start):
            self.at += 1
        if self.at == start:
            raise self.error("a number, a name or a bracket")
        self.matches(r"\[[^\[\] ]+\]")
        return self.text[start : self.at]

    @staticmethod
    def _in_name(sign: str, first: bool) -> bool:
        if sign in SUPERSCRIPTS or (first and sign == "Σ"):
            return False
        if sign.isalpha():
            return True
        return not first and (sign.isalnum() or sign == "_" or sign in PRIMES or bool(unicodedata.combining(sign)))

    def _call(self, name: str) -> Read:
        if name not in FUNCTIONS:
            raise self.error(f"a function of {', '.join(FUNCTIONS)}")
        args = [self.expression()]
        while self.has(", "):
            args.append(self.expression())
        self.must(")")
        if len(args) > 1 and name not in ("max", "min"):
            raise self.error(f"one argument of {name}")
        return Read("call", (name, *args))


def _integer(digits: str) -> Read:
    return Read("negative", (Read("number", (digits[1:],)),)) if digits[0] == "-" else Read("number", (digits,))


def _fraction_of(number: str) -> Fraction:
    """The exact value of a printed number."""
    return Fraction(_plain(number))


def _plain(number: str) -> str:
    digits, _, power = number.partition("×10")
    return f"{digits}e{''.join(SUPERSCRIPTS[sign] for sign in power)}" if power else digits


def half_unit(number: str) -> Fraction:
    """Half a unit of the last digit of a printed number."""
    digits, _, power = _plain(number).partition("e")
    places = len(digits.partition(".")[2])
    return Fraction(1, 2) * Fraction(10) ** (int(power or 0) - places)


# -------------------------------------------------------------------------------------------------------- evaluating


def evaluate(
    text: str,
    symbols: Mapping[str, float] = {},
    sizes: Mapping[str, int] = {},
    index: Mapping[str, int] = {},
) -> float:
    """The number of the text in floating point. A division by zero raises ``ArithmeticError``."""
    return _value(read(text), _Floats(), symbols, sizes, index)


def evaluate_exact(
    text: str,
    symbols: Mapping[str, Fraction] = {},
    sizes: Mapping[str, int] = {},
    index: Mapping[str, int] = {},
) -> Fraction:
    """The number of a rational text as a fraction; ``IrrationalError`` where there is none."""
    return _value(read(text), _Fractions(), symbols, sizes, index)


def evaluate_precisely(text: str, digits: int, symbols: Mapping[str, Fraction] = {}) -> Any:
    """The number of a text in mpmath, with so many digits."""
    import mpmath

    with mpmath.workdps(digits):
        return +_value(read(text), _Precise(), symbols, {}, {})


def interval(
    text: str,
    rounded: Rounded,
    symbols: Mapping[str, Any] = {},
    sizes: Mapping[str, int] = {},
    index: Mapping[str, int] = {},
) -> tuple[float, float]:
    """What the text's value can be when each rounded number stands for ± half a unit of its last digit.

    ``rounded`` tells which printed numbers are rounded: ``True`` for all that have a decimal point, or a function of
    the number's text. A symbol's value is a number, or a pair (low, high).
    """
    low, high = _value(read(text), _Intervals(rounded), symbols, sizes, index)
    return math.nextafter(float(low), -math.inf), math.nextafter(float(high), math.inf)


def _value(
    node: Read, kind: Any, symbols: Mapping[str, Any], sizes: Mapping[str, int], index: Mapping[str, int]
) -> Any:
    def value(part: Read) -> Any:
        return _value(part, kind, symbols, sizes, index)

    match node:
        case Read("number", (digits,)):
            return kind.number(digits)
        case Read("fraction", (top, bottom)):
            return kind.over(value(top), value(bottom))
        case Read("symbol", ("π" | "pi" as name,)) if name not in symbols:
            return kind.call("pi")
        case Read("symbol", (name,)):
            return kind.given(_looked_up(name, symbols, sizes, index))
        case Read("negative", (body,)):
            return kind.minus(kind.given(0), value(body)) if kind.signless else -value(body)
        case Read("times", (left, right)):
            return _product(left, right, kind, value)
        case Read("plus" | "minus" | "over" | "power" as operation, (left, right)):
            return getattr(kind, operation)(value(left), value(right))
        case Read("call", (name, *args)):
            return kind.call(name, *map(value, args))
        case Read("cases", (relation, left, right, then, otherwise)):
            return kind.choose(kind.holds(relation, value(left), value(right)), value, then, otherwise)
        case Read("sum", (over, body)):
            result = kind.given(0)
            for each in range(_size(over, sizes)):
                result = kind.plus(result, _value(body, kind, symbols, sizes, {**index, over: each}))
            return result
        case Read("max", (over, body)):
            every = range(_size(over, sizes))
            return kind.call("max", *(_value(body, kind, symbols, sizes, {**index, over: each}) for each in every))
    raise AssertionError(node)


def _product(left: Read, right: Read, kind: Any, value: Callable[[Read], Any]) -> Any:
    """A product. Times 0, what is irrational is exactly 0; so is a factor ``ln(…)`` that stands right after the 0
    (0 ln 0 = 0, as entropies have it). What has no value at all (a division by zero) has none times 0 either."""
    zero = kind.given(0)
    try:
        first = value(left)
    except IrrationalError:
        if value(right) == zero:
            return zero
        raise
    try:
        if first == zero and right.kind == "call" and right.parts[0] == "ln":
            value(right.parts[1])
            return zero
        return kind.times(first, value(right))
    except IrrationalError:
        if first == zero:
            return zero
        raise


def _size(over: str, sizes: Mapping[str, int]) -> int:
    known = sizes.get(over, sizes.get(over.rstrip(PRIMES)))
    if known is None:
        raise ReadError(f"no size for the index {over}; known: {', '.join(sizes)}")
    return known


def _looked_up(name: str, symbols: Mapping[str, Any], sizes: Mapping[str, int], index: Mapping[str, int]) -> Any:
    """The value of a symbol; where its index has letters, they are bound first: ``W_ji`` is ``W[2,1]``."""
    if name in index:
        return index[name] + 1
    bound = _bound(name, index)
    if bound in symbols:
        return symbols[bound]
    if name.startswith("n_") and name[2:].rstrip(PRIMES) in sizes:
        return _size(name[2:], sizes)
    raise ReadError(f"no value for {name}" + (f" ({bound})" if bound != name else ""))


def _bound(name: str, index: Mapping[str, int]) -> str:
    mark = name[-1] if name[-1] in "⁺+" else ""
    bare = name.removesuffix(mark) if mark else name
    if bare.endswith("]"):
        tensor, _, inside = bare[:-1].rpartition("[")
        indices = inside.split(",")
    else:
        tensor, _, inside = bare.rpartition("_")
        indices = re.findall(rf"[^\W\d_][{PRIMES}]*", inside)
        if not tensor or not inside or "".join(indices) != inside or any(i not in index for i in indices):
            return name
    return f"{tensor}[{','.join(str(index[i] + 1) if i in index else i for i in indices)}]{mark}"


class _Floats:
    signless = False

    def number(self, digits: str) -> Any:
        return float(_plain(digits))

    def given(self, value: Any) -> Any:
        return float(value)

    def plus(self, a: Any, b: Any) -> Any:
        return a + b

    def minus(self, a: Any, b: Any) -> Any:
        return a - b

    def times(self, a: Any, b: Any) -> Any:
        return a * b

    def over(self, a: Any, b: Any) -> Any:
        return a / b

    def power(self, base: Any, exponent: Any) -> Any:
        result = base**exponent
        if isinstance(result, complex):
            raise ArithmeticError("a root of a negative number")
        return result

    def call(self, name: str, *args: Any) -> Any:
        if (name in ("ln", "sqrt") and args[0] < 0) or (name == "ln" and args[0] == 0):
            raise ArithmeticError(f"{name} of {args[0]}")
        if name in ("max", "min"):
            return max(args) if name == "max" else min(args)
        if name == "abs":
            return abs(args[0])
        if name == "sign":
            return (args[0] > 0) - (args[0] < 0)
        return math.pi if name == "pi" else getattr(math, {"ln": "log"}.get(name, name))(*args)

    def holds(self, relation: str, a: Any, b: Any) -> bool | None:
        return {">": a > b, "≥": a >= b, "<": a < b, "≤": a <= b, "=": a == b, "≠": a != b}[relation]

    def choose(self, holds: bool | None, value: Callable[[Read], Any], then: Read, otherwise: Read) -> Any:
        return value(then if holds else otherwise)


class _Precise(_Floats):
    """mpmath's numbers, with as many digits as it is set to."""

    def number(self, digits: str) -> Any:
        from mpmath import mpf

        return mpf(_plain(digits))

    def given(self, value: Any) -> Any:
        from mpmath import mpf

        return mpf(value.numerator) / value.denominator

    def call(self, name: str, *args: Any) -> Any:
        import mpmath

        if name in ("max", "min", "abs", "sign"):
            return mpmath.mpf(super().call(name, *args))
        return +mpmath.pi if name == "pi" else getattr(mpmath, {"ln": "log"}.get(name, name))(*args)


class _Fractions(_Floats):
    def number(self, digits: str) -> Any:
        return _fraction_of(digits)

    def given(self, value: Any) -> Any:
        return Fraction(value)

    def power(self, base: Any, exponent: Any) -> Any:
        if exponent.denominator != 1:
            if base < 0 or base == 0 > exponent:
                raise ArithmeticError(f"{base} to the power {exponent}")
            raise IrrationalError(f"no fraction for a power with the exponent {exponent}")
        return base ** int(exponent)

    def call(self, name: str, *args: Any) -> Any:
        if name in ("max", "min", "abs", "sign"):
            return Fraction(super().call(name, *args))
        if (name == "ln" and args[0] <= 0) or (name == "sqrt" and args[0] < 0):
            raise ArithmeticError(f"{name} of {args[0]}")
        if name == "sqrt":
            root = Fraction(math.isqrt(args[0].numerator), math.isqrt(args[0].denominator))
            if root**2 == args[0]:
                return root
        known = {"exp": (0, 1), "ln": (1, 0), "tanh": (0, 0), "erf": (0, 0), "sin": (0, 0), "cos": (0, 1)}.get(name)
        if known and args[0] == known[0]:
            return Fraction(known[1])
        raise IrrationalError(f"no fraction for {name} of {', '.join(map(str, args))}")


def _turned(low: float, high: float, top: float) -> tuple[float, float]:
    """The least and the largest cosine, of angles in a range; ``top`` is the part of a turn by which it comes later."""
    first, last = (angle / math.tau - top for angle in (low, high))
    ends = [math.cos(turn * math.tau) for turn in (first, last)]
    peak, trough = math.ceil(first) <= last, math.ceil(first - 0.5) <= last - 0.5
    return -1.0 if trough else min(ends), 1.0 if peak else max(ends)


class _Intervals(_Floats):
    """Ranges with exact ends; irrational functions by float, a little outward."""

    signless = True

    def __init__(self, rounded: Rounded) -> None:
        self.rounded = rounded if callable(rounded) else lambda digits: bool(rounded) and bool(re.search(r"\D", digits))

    def number(self, digits: str) -> Range:
        middle = _fraction_of(digits)
        slack = half_unit(digits) if self.rounded(digits) else 0
        return middle - slack, middle + slack

    def given(self, value: Any) -> Range:
        low, high = value if isinstance(value, tuple) else (value, value)
        return Fraction(low), Fraction(high)

    def plus(self, a: Range, b: Range) -> Range:
        return a[0] + b[0], a[1] + b[1]

    def minus(self, a: Range, b: Range) -> Range:
        return a[0] - b[1], a[1] - b[0]

    def times(self, a: Range, b: Range) -> Range:
        ends = [x * y for x in a for y in b]
        return min(ends), max(ends)

    def over(self, a: Range, b: Range) -> Range:
        if b[0] <= 0 <= b[1]:
            raise ZeroDivisionError("division by a range around zero")
        return self.times(a, (1 / b[1], 1 / b[0]))

    def power(self, base: Range, exponent: Range) -> Range:
        low, high = exponent
        if low == high and low.denominator == 1:
            if low < 0:
                return self.over(self.given(1), self.power(base, (-low, -low)))
            ends = [end ** int(low) for end in base]
            crossing = low > 0 and low % 2 == 0 and base[0] < 0 < base[1]
            return Fraction(0) if crossing else min(ends), max(ends)
        return self.call("exp", self.times(exponent, self.call("ln", base)))

    def call(self, name: str, *args: Range) -> Range:
        if name == "pi":
            return self.given((math.nextafter(math.pi, 0), math.nextafter(math.pi, 4)))
        first = args[0]
        if name in ("max", "min"):
            chosen = max if name == "max" else min
            return chosen(low for low, _ in args), chosen(high for _, high in args)
        if name == "abs":
            ends = sorted(map(abs, first))
            return (Fraction(0) if first[0] < 0 < first[1] else ends[0]), ends[1]
        if name in ("sin", "cos"):
            low, high = _turned(*map(float, first), 0.25 if name == "sin" else 0.0)
            return Fraction(low - 1e-12), Fraction(high + 1e-12)
        if (name, *first) in (("exp", 0, 0), ("ln", 1, 1)):
            return self.given(name == "exp")
        low, high = (self._at(name, end) for end in first)
        slack = Fraction(1, 2**50)
        return Fraction(low) - abs(Fraction(low)) * slack, Fraction(high) + abs(Fraction(high)) * slack

    def _at(self, name: str, end: Fraction) -> float:
        """A function's value; ln of what a float cannot tell from 1 by what is beyond 1."""
        if name == "ln" and abs(end - 1) < Fraction(1, 2):
            return math.log1p(end - 1)
        found: float = _Floats.call(self, name, float(end))
        return found

    def holds(self, relation: str, a: Range, b: Range) -> bool | None:
        """Whether a relation holds for every value of the ranges; ``None`` where it depends."""
        answers = {
            ">": (a[0] > b[1], a[1] <= b[0]),
            "≥": (a[0] >= b[1], a[1] < b[0]),
            "<": (a[1] < b[0], a[0] >= b[1]),
            "≤": (a[1] <= b[0], a[0] > b[1]),
            "=": (a[0] == a[1] == b[0] == b[1], a[1] < b[0] or b[1] < a[0]),
            "≠": (a[1] < b[0] or b[1] < a[0], a[0] == a[1] == b[0] == b[1]),
        }
        always, never = answers[relation]
        return True if always else False if never else None

    def choose(self, holds: bool | None, value: Callable[[Read], Any], then: Read, otherwise: Read) -> Any:
        if holds is not None:
            return value(then if holds else otherwise)
        first, second = value(then), value(otherwise)
        return min(first[0], second[0]), max(first[1], second[1])
