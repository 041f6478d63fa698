"""Numbers drawn for weights and biases: ``{init: he_normal, seed: 0}``. To add a scheme, add a function here.

A scheme's ordinary parameters are its options in a network file, its keyword-only ones are filled in: ``fan_in`` is
how many inputs each unit of the layer has, ``fan_out`` how many units each input goes to (of a bias too: those of its
layer). ``seed`` stands beside the options of every scheme.

The numbers are the same on every machine and in every version. Their stream is that of Python's Mersenne Twister,
whose ``random()`` is guaranteed to stay, seeded with the text ``"SEED KEY"``: the key of the tensor (``W1``, ``b2``)
keeps layers with the same seed apart. What is computed from it takes +, -, ×, ÷ and the square root only, which IEEE
754 rounds in one way (a logarithm of the C library may differ in its last bit), and is then rounded to as many
decimals as the standard deviation, or half the width of a uniform distribution, has with six significant digits. The
numbers belong to the units one after the other, inputs in order within each, whatever ``vectors`` says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from ...catalogue.registry import Entry, Real
from ...errors import quoted, suggestion
from ...spec.model import Init, Number
from ...spec.problems import Problems

if TYPE_CHECKING:
    from random import Random

    from ..model import Array

DIGITS = 6
MOST_PLACES = 300


class Constant(NamedTuple):
    """The same number everywhere; it is not rounded."""

    value: Real


class Uniform(NamedTuple):
    """Every number from ``low`` to ``high`` is as likely; the variance is (high - low)² / 12."""

    low: Real
    high: Real


class Normal(NamedTuple):
    """The normal distribution, not truncated."""

    mean: Real
    std: Real


Distribution = Constant | Uniform | Normal
Scheme = Callable[..., Distribution]
SCHEMES: dict[str, Entry] = {}


class Fans(NamedTuple):
    """How many inputs each unit of a layer has, and how many units each input goes to; 0 where it is not known."""

    fan_in: int
    fan_out: int


def scheme(*aliases: str) -> Callable[[Scheme], Scheme]:
    """Keep a function as a scheme, under its own name and these aliases."""

    def keep(build: Scheme) -> Scheme:
        SCHEMES[build.__name__] = Entry("init", build.__name__, aliases, build)
        return build

    return keep


@scheme()
def zeros() -> Constant:
    """0 everywhere."""
    return Constant(0)


@scheme()
def ones() -> Constant:
    """1 everywhere."""
    return Constant(1)


@scheme()
def constant(value: Real) -> Constant:
    """``value`` everywhere."""
    return Constant(value)


@scheme()
def uniform(low: Real, high: Real) -> Uniform:
    """U(low, high); variance (high - low)² / 12.

    Raises ``ValueError`` (what is wrong, a remedy) where ``low`` is above ``high``.
    """
    if low > high:
        raise ValueError("`low` is above `high`", "exchange the two")
    return Uniform(low, high)


@scheme()
def normal(std: Real, mean: Real = 0) -> Normal:
    """N(mean, std²). Raises ``ValueError`` (what is wrong, a remedy) where ``std`` is negative."""
    if std < 0:
        raise ValueError("`std` is negative", "a standard deviation is 0 or more")
    return Normal(mean, std)


@scheme("glorot_uniform")
def xavier_uniform(*, fan_in: int, fan_out: int) -> Uniform:
    """U(-r, r) with r = √(6 / (fan_in + fan_out)); variance 2 / (fan_in + fan_out).

    Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010, equation 16.
    """
    return _symmetric(2 / (fan_in + fan_out))


@scheme("glorot_normal")
def xavier_normal(*, fan_in: int, fan_out: int) -> Normal:
    """N(0, 2 / (fan_in + fan_out)).

    The variance of Glorot & Bengio, 2010, equation 12.
    """
    return Normal(0, math.sqrt(2 / (fan_in + fan_out)))


@scheme("kaiming_uniform")
def he_uniform(*, fan_in: int) -> Uniform:
    """U(-r, r) with r = √(6 / fan_in); variance 2 / fan_in.

    The variance of He et al., 2015, as a uniform distribution.
    """
    return _symmetric(2 / fan_in)


@scheme("kaiming_normal")
def he_normal(*, fan_in: int) -> Normal:
    """N(0, 2 / fan_in).

    He, Zhang, Ren & Sun, Delving deep into rectifiers, 2015, equation 10.
    """
    return Normal(0, math.sqrt(2 / fan_in))


@scheme()
def lecun_uniform(*, fan_in: int) -> Uniform:
    """U(-r, r) with r = √(3 / fan_in); variance 1 / fan_in.

    The variance of LeCun et al., 1998, as a uniform distribution.
    """
    return _symmetric(1 / fan_in)


@scheme()
def lecun_normal(*, fan_in: int) -> Normal:
    """N(0, 1 / fan_in).

    LeCun, Bottou, Orr & Müller, Efficient BackProp, 1998, section 4.6: σ_w = m^(-1/2).
    """
    return Normal(0, math.sqrt(1 / fan_in))


def _symmetric(variance: float) -> Uniform:
    limit = math.sqrt(3 * variance)
    return Uniform(-limit, limit)


def find(word: str) -> Entry | None:
    """The scheme of a name or an alias, or ``None``."""
    return SCHEMES.get(word) or next((entry for entry in SCHEMES.values() if word in entry.aliases), None)


def initial_array(init: Init, key: str, shape: tuple[int, ...], fans: Fans, problems: Problems) -> Array | None:
    """The numbers of a tensor, in the order of its units, or ``None`` and what is wrong with the ``init``.

    ``shape`` is ``(units, inputs)`` for weights, ``(units,)`` for biases, ``()`` for a shared one.
    """
    entry = find(init.scheme)
    if entry is None:
        known = (word for entry in SCHEMES.values() for word in (entry.name, *entry.aliases))
        problems.add(init.place, f"unknown init {quoted(init.scheme)}", suggestion(init.scheme, known))
        return None
    if not _fits(init, entry, problems):
        return None
    options = {name: number.value for name, number in init.options.items() if name != "seed"}
    if 0 in fans:
        return None  # a size is unknown, and that is noted
    filled = {name: size for name, size in fans._asdict().items() if name in entry.conventions()}
    try:
        distribution: Distribution = entry.build(**options, **filled)
    except ValueError as fault:
        problems.add(init.place, *fault.args)
        return None
    array = draw(distribution, math.prod(shape), f"{_seed(init.options)} {key}").reshape(shape)
    if not _finite(array):
        problems.add(init.place, "the numbers drawn here are too large for a number", "give smaller options")
        return None
    return array


def described(init: Init) -> str:
    """What a sheet says of where the numbers come from: ``uniform, low -0.1, high 0.1, seed 0``."""
    parts = [f"{name} {number.text}" for name, number in init.options.items() if name != "seed"]
    entry = find(init.scheme)
    drawn = entry is not None and entry.name not in ("zeros", "ones", "constant")
    return ", ".join([init.scheme, *parts, *([f"seed {_seed(init.options)}"] if drawn else [])])


def _seed(options: Mapping[str, Number]) -> int:
    return int(options["seed"].value) if "seed" in options else 0


def _fits(init: Init, entry: Entry, problems: Problems) -> bool:
    """Whether the options are those of the scheme, all that it needs among them."""
    from inspect import Parameter

    schema = entry.options()
    before = len(problems.found)
    for name, number in init.options.items():
        if name not in schema and name != "seed":
            problems.add(
                number.place, f"{quoted(init.scheme)} has no option {quoted(name)}", suggestion(name, (*schema, "seed"))
            )
        elif name == "seed" and number.value.denominator != 1:
            problems.add(number.place, f"`seed` cannot be {quoted(number.text)}", "give a whole number")
    needed = [name for name, option in schema.items() if option.default is Parameter.empty]
    absent = [name for name in needed if name not in init.options]
    if absent and len(problems.found) == before:  # a misspelt option is one problem, not two
        problems.add(init.place, f"{quoted(init.scheme)} needs `{absent[0]}`", f"write {_example(init, needed)}")
    return len(problems.found) == before


def _example(init: Init, needed: Iterable[str]) -> str:
    options = "".join(f", {name}: {'-0.1' if name == 'low' else '0.1'}" for name in needed)
    return f"{{init: {init.scheme}{options}}}"


def _finite(array: Array) -> bool:
    import numpy as np

    return bool(np.isfinite(array).all())


def draw(distribution: Distribution, count: int, seed: str) -> Array:
    """``count`` numbers of a distribution; the same for the same seed. Infinite where they are too large."""
    from random import Random

    import numpy as np

    stream = Random()
    stream.seed(seed, version=2)
    with np.errstate(over="ignore", invalid="ignore"):
        match distribution:
            case Constant(value):
                return np.full(count, float(value))
            case Uniform(low, high):
                part = _uniforms(stream, count)
                numbers = (1 - part) * float(low) + part * float(high)
                return _rounded(numbers, float(high) / 2 - float(low) / 2)
            case Normal(mean, std):
                return _rounded(float(mean) + float(std) * _normals(stream, count), float(std))


def _uniforms(stream: Random, count: int) -> Array:
    """From 0 to below 1."""
    import numpy as np

    return np.fromiter((stream.random() for _ in range(count)), np.float64, count)


def _normals(stream: Random, count: int) -> Array:
    """Standard normal numbers, by the polar method (Marsaglia & Bray 1964).

    Of the points of the square (-1, 1)² those in the unit circle give two numbers each, x and y times
    √(-2 ln s / s), where s = x² + y².
    """
    import numpy as np

    found = np.empty(0)
    while len(found) < count:
        points = 2 * _uniforms(stream, 2 * (count - len(found))).reshape(-1, 2) - 1
        s = points[:, 0] * points[:, 0] + points[:, 1] * points[:, 1]
        inside = (s > 0) & (s < 1)
        points, s = points[inside], s[inside]
        found = np.concatenate((found, (points * np.sqrt(-2 * _ln(s) / s)[:, None]).ravel()))
    return found[:count]


def _ln(values: Array) -> Array:
    """The natural logarithm by its series: ln(m 2ᵉ) = e ln 2 + 2 artanh((m - 1) / (m + 1)), with m from ½ to 1."""
    import numpy as np

    mantissa, exponent = np.frexp(values)
    ratio = (mantissa - 1) / (mantissa + 1)
    series = np.zeros_like(ratio)
    for odd in range(35, 0, -2):  # |ratio| is at most 1/3, so that the next term is below 1e-18
        series = series * (ratio * ratio) + 1 / odd
    logarithm: Array = exponent * 0.6931471805599453 + 2 * ratio * series
    return logarithm


def _rounded(numbers: Array, scale: float) -> Array:
    """The numbers with as many decimals as ``scale`` has with six significant digits; not rounded where it is 0."""
    import numpy as np

    if scale == 0:
        return numbers
    places = min(DIGITS - 1 - Decimal(scale).adjusted(), MOST_PLACES)
    tens = float(f"1e{abs(places)}")
    rounded: Array = np.rint(numbers * tens) / tens if places >= 0 else np.rint(numbers / tens) * tens
    rounded += 0.0  # no -0
    return rounded
