"""Numbers drawn for weights and biases by a scheme of the catalogue: ``{init: he_normal, seed: 0}``.

The numbers are the same on every machine and in every version. Their stream is that of Python's Mersenne Twister,
whose ``random()`` is guaranteed to stay, seeded with the text ``"SEED KEY"``: the key of the tensor (``W1``, ``b2``)
keeps layers with the same seed apart. What is computed from it takes +, -, ×, ÷ and the square root only, which IEEE
754 rounds in one way (a logarithm of the C library may differ in its last bit), and is then rounded to as many
decimals as the standard deviation, or half the width of a uniform distribution, has with six significant digits. The
numbers belong to the units one after the other, inputs in order within each, whatever ``vectors`` says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from ...catalogue.initialisers import Constant, Distribution, Normal, Uniform
from ...catalogue.registry import Entry, find, names
from ...errors import quoted, suggestion
from ...spec.model import Init, Number
from ...spec.problems import Problems
from .extents import Fans

if TYPE_CHECKING:
    from random import Random

    from ..model import Array

DIGITS = 6
MOST_PLACES = 300


def initial_array(init: Init, key: str, shape: tuple[int, ...], fans: Fans, problems: Problems) -> Array | None:
    """The numbers of a tensor, in the order of its units, or ``None`` and what is wrong with the ``init``.

    ``shape`` is ``(units, inputs)`` for weights, ``(units,)`` for biases, ``()`` for a shared one.
    """
    entry = find("init", init.scheme)
    if entry is None:
        problems.add(init.place, f"unknown init {quoted(init.scheme)}", suggestion(init.scheme, names("init")))
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
    problems.fail_beyond("elements", math.prod(shape), init.place)
    array = draw(distribution, math.prod(shape), f"{_seed(init.options)} {key}").reshape(shape)
    if not math.isfinite(abs(array).max(initial=0)):
        problems.add(init.place, "the numbers drawn here are too large for a number", "give smaller options")
        return None
    return array


def described(init: Init) -> str:
    """What a sheet says of where the numbers come from: ``uniform, low -0.1, high 0.1, seed 0``."""
    words = [f"{name} {number.text}" for name, number in init.options.items() if name != "seed"]
    entry = find("init", init.scheme)
    drawn = entry is not None and entry.result() is not Constant
    return ", ".join([init.scheme, *words, *([f"seed {_seed(init.options)}"] if drawn else [])])


def _seed(options: Mapping[str, Number]) -> int:
    return int(options["seed"].value) if "seed" in options else 0


def _fits(init: Init, entry: Entry, problems: Problems) -> bool:
    """Whether the options are those of the scheme, all that it needs among them."""
    schema = entry.options()
    before = len(problems.found)
    for name, number in init.options.items():
        if name not in schema and name != "seed":
            message = f"{quoted(init.scheme)} has no option {quoted(name)}"
            problems.add(number.place, message, suggestion(name, (*schema, "seed")))
        elif name == "seed" and number.value.denominator != 1:
            problems.add(number.place, f"`seed` cannot be {quoted(number.text)}", "give a whole number")
    needed = entry.needed()
    absent = [name for name in needed if name not in init.options]
    if absent and len(problems.found) == before:  # a misspelt option is one problem, not two
        problems.add(init.place, f"{quoted(init.scheme)} needs `{absent[0]}`", f"write {_example(init, needed)}")
    return len(problems.found) == before


def _example(init: Init, needed: Iterable[str]) -> str:
    options = "".join(f", {name}: {'-0.1' if name == 'low' else '0.1'}" for name in needed)
    return f"{{init: {init.scheme}{options}}}"


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
