"""The words of a network file: what is a number, what is a name, what is an element of a tensor.

Each function gives what the text means, or a ``Fault`` that says why it means nothing.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from ..errors import quoted
from ..limits import LONGEST_NUMBER
from ..record import Record

NULLS = frozenset(("", "~", "null", "Null", "NULL"))
PRIMES = "'′″"
JOINERS = "\u200c\u200d"  # Persian and Hindi need them inside a word
SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"

_DECIMAL = re.compile(r"([+-]?)(?:([0-9]+)\.?([0-9]*)|\.([0-9]+))(?:[eE]([+-]?)([0-9]+))?")
_FRACTION = r"([+-]?[0-9]+)/([0-9]+)"
_DECIMAL_COMMA = r"[+-]?[0-9]+,[0-9]+"
_NOT_FINITE = frozenset(("nan", "inf", "infinity", "infinite", "∞"))
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_']*")
_ELEMENT = r"([^\[\]]+)\[([^\[\]]*)\]"
_INDEX = r"[1-9][0-9]{0,8}"

LONGEST_EXPONENT = 17
"""Decimals have no longer ones."""
_NUMBER_FORMS = "write a number such as 2, 0.5, -.5, 1e-3 or 3/4"
_NAME_FORM = "a name is letters, digits, _ and primes, such as h1 or ŷ"


class Fault(Record):
    """Why a text is not what was wanted, and what would be."""

    message: str
    remedy: str


def looks_like_number(text: str) -> bool:
    """Whether a plain text is meant as a number, well written or not: no name begins like this."""
    return text[:1].isdecimal() or text[:1] in tuple("+-.−") or _is_not_finite(text)


def _is_not_finite(text: str) -> bool:
    unsigned = text[1:] if text[:1] in ("+", "-") else text
    return unsigned.removeprefix(".").lower() in _NOT_FINITE


@lru_cache(maxsize=1 << 14)
def number(text: str) -> Fraction | Fault:
    """The exact value of ``0.5``, ``-.5``, ``1e-3`` or ``3/4``; as a float it is neither infinite nor lost to 0."""
    if len(text) > LONGEST_NUMBER:
        return Fault(f"{quoted(text)} is too long for a number", f"give at most {LONGEST_NUMBER} characters")
    if _is_not_finite(text):
        return Fault(f"{quoted(text)} is not a finite number", "give a finite number")
    if "/" in text and (ratio := re.fullmatch(_FRACTION, text)):
        top, bottom = int(ratio[1]), int(ratio[2])
        if bottom == 0:
            return Fault(f"{quoted(text)} divides by zero", "give a number that is not zero below the line")
        return within_floats(Fraction(top, bottom), text)
    decimal = _DECIMAL.fullmatch(text)
    return _decimal(decimal, text) if decimal else _not_a_number(text)


def decimal(text: str) -> Decimal | None:
    """The number of ``0.5`` or ``1e-400``, also beyond all floats; ``None`` of any other text."""
    match = _DECIMAL.fullmatch(text) if len(text) <= LONGEST_NUMBER else None
    return None if match is None or len(match[6] or "") > LONGEST_EXPONENT else Decimal(text)


def _decimal(match: re.Match[str], text: str) -> Fraction | Fault:
    sign, before_point, after_point, bare, exponent_sign, exponent = match.groups()
    decimals = bare or after_point or ""
    mantissa = int(sign + (before_point or "") + decimals)
    if mantissa == 0:
        return Fraction(0)
    digits = (exponent or "0").lstrip("0") or "0"
    if len(digits) > 4:  # before it becomes a huge integer
        return _beyond_floats(text, exponent_sign != "-")
    power = int((exponent_sign or "") + digits) - len(decimals)
    value = Fraction(mantissa * 10**power) if power >= 0 else Fraction(mantissa, 10**-power)
    return value if abs(power) + len(text) < 300 else within_floats(value, text)


def within_floats(value: Fraction, text: str) -> Fraction | Fault:
    """A number, if a float can hold it."""
    try:
        lost = value != 0 and float(value) == 0.0
    except OverflowError:
        return _beyond_floats(text, True)
    return _beyond_floats(text, False) if lost else value


def _beyond_floats(text: str, large: bool) -> Fault:
    size, limit = ("large", "below 1.8e308") if large else ("small", "above 4.9e-324, or 0")
    return Fault(f"{quoted(text)} is too {size} for a number here", f"give a number whose size is {limit}")


def are_several(text: str) -> bool:
    """Whether these are numbers with spaces between, ``0.1 -2``: a difference has a space behind its sign, too."""
    return " " in text and all(map(_DECIMAL.fullmatch, text.split()))


def _not_a_number(text: str) -> Fault:
    message = f"{quoted(text)} is not a number"
    if "_" in text and isinstance(number(text.replace("_", "")), Fraction):
        return Fault(message, f"write it without _: {text.replace('_', '')}")
    if re.fullmatch(_DECIMAL_COMMA, text):
        return Fault(message, f"write a decimal point: {text.replace(',', '.')}")
    if are_several(text):
        return Fault(message, f"put a comma between two numbers: {', '.join(text.split())}")
    if text.startswith("−"):
        return Fault(message, "write the keyboard's minus sign, -")
    if not text.isascii() and any(char.isdecimal() and not char.isascii() for char in text):
        return Fault(message, "write the digits 0 to 9 and a decimal point")
    return Fault(message, _NUMBER_FORMS)


_CURLED = "“”„«»"
"""Quotation marks that a text editor writes, which are none to YAML."""


def name(text: str) -> str | Fault:
    """A name, in Unicode's composed form, so that one name typed in two ways is one name."""
    if _PLAIN_NAME.fullmatch(text) and not _is_reserved(text):
        return text
    text = unicodedata.normalize("NFC", text)
    if "[" in text or "]" in text:
        remedy = "name it without brackets; the elements of a tensor h are then h[1], h[2], …"
        return Fault(f"{quoted(text)} is not a name: brackets are for elements", remedy)
    if not text or _is_reserved(text):
        return Fault(f"{quoted(text)} cannot be a name", _NAME_FORM)
    if text[0].isdecimal():
        remedy = "put a letter first, such as h1 (a decimal comma is written as a point: 0.5)"
        return Fault(f"{quoted(text)} is not a name: it starts with a digit", remedy)
    wrong = next((char for at, char in enumerate(text) if not _belongs(char, at, len(text))), None)
    if wrong == ":":
        return Fault(f"{quoted(text)} is not a name: ':' cannot stand in it", "put a space after the colon: x1: 1")
    if wrong is not None:
        remedy = "remove the quotes of a text editor, or type plain ones" if wrong in _CURLED else _NAME_FORM
        return Fault(f"{quoted(text)} is not a name: {quoted(wrong)} cannot stand there", remedy)
    return text


def element(text: str) -> str | Fault:
    """A name, or an element of a tensor: ``W1[2,1]``, counted from 1, given back without spaces."""
    match = re.fullmatch(_ELEMENT, text) if "[" in text else None
    if not match:
        return name(text)
    tensor = name(match[1].strip())
    if isinstance(tensor, Fault):
        return tensor
    indices = [index.strip() for index in match[2].split(",")]
    if not all(re.fullmatch(_INDEX, index) for index in indices):
        return Fault(f"{quoted(text)} is not an element", "count elements from 1, such as h[1] or W1[2,1]")
    return f"{tensor}[{','.join(indices)}]"


def _is_reserved(text: str) -> bool:
    return text in NULLS or _is_not_finite(text)


def _belongs(char: str, at: int, length: int) -> bool:
    category = unicodedata.category(char)
    if category[0] == "L" or char == "_":
        return True
    if char in JOINERS:
        return 0 < at < length - 1
    return at > 0 and (category[0] == "M" or category == "Nd" or char in PRIMES or char in SUBSCRIPTS)
