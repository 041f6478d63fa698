"""Independent readers of the formulas that nntrace typesets, in LaTeX, Typst and MathML: back to plain text.

Each takes its notation apart into the same few atoms; ``plain`` puts these together as plain text has them, for
``reader`` to read and compute. They import nothing from nntrace. A name's parts are put back in their order, without
what only places them: ``W^{[1]}_{21}`` and ``W1[2,1]`` are both ``W121`` (see ``bare``).

>>> latex(r"h_1 \\times (-0.5)^2")
'h1 × (-0.5)²'
>>> typst('frac(1, 2) times max(0, w_(11))')
'(1 / 2) × max(0, w11)'
>>> mathml("<mfrac><mrow><mi>∂</mi><mi>L</mi></mrow><mrow><mi>∂</mi><msub><mi>w</mi><mn>1</mn></msub></mrow></mfrac>")
'∂L/∂w1'
"""

from __future__ import annotations

import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

Kind = Literal["number", "name", "sign", "open", "close", "function", "whole", "words"]

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MARKS = str.maketrans("0123456789+()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁽⁾ⁿ")
FUNCTIONS = {"max", "min", "ln", "exp", "tanh", "sqrt", "erf", "sign", "sin", "cos"}
ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307", "ddot": "\u0308", "macron": "\u0304",
           "^": "\u0302", "¯": "\u0304", "~": "\u0303", "˙": "\u0307", "¨": "\u0308"}  # fmt: skip


class UnreadableError(ValueError):
    """What stands here is not known to be written so."""


class Atom(NamedTuple):
    """A part of a formula, and what stands below and above it at the right."""

    kind: Kind
    text: str
    below: tuple[Atom, ...] = ()
    above: tuple[Atom, ...] = ()


def bare(name: str) -> str:
    """A symbol's characters in their order, without what places them."""
    kept = re.sub(r"[\[\],_ ]", "", unicodedata.normalize("NFC", name))
    return "".join(sorted(kept, key=lambda sign: sign in "⁽⁾⁺⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ"))


# ----------------------------------------------------------------------------------------------------- putting together


def plain(atoms: Sequence[Atom]) -> str:
    """The atoms as plain text: spaces around operators and between factors beside each other, none in brackets."""
    text = ""
    operand = False
    for place, atom in enumerate(atoms):
        if operand and atom.kind in ("number", "name", "open", "function", "whole"):
            text += " "
        match atom:
            case Atom("sign", "," | ";" as sign):
                text, operand = f"{text}{sign} ", False
            case Atom("sign", "-", (), ()) if not operand:
                text += "-"
            case Atom("sign", sign):
                text, operand = f"{text} {sign} ", False
            case Atom("open", sign):
                text, operand = text + sign, False
            case Atom("close", sign, _, above):
                text, operand = _raised(text + sign, above), True
            case Atom("function", name, below, above):
                if below:  # Σ_i, max_i
                    text, operand = f"{text}{name}_{plain(below)} ", False
                else:
                    text, operand = text + name + ("′" * len(above)), False
            case Atom("name", "e", (), above) if above:
                text, operand = f"{text}e^{{{plain(above)}}}", True
            case Atom("name", "1", ()) if Atom("open", "[") in atoms[place + 1 : place + 2]:
                text, operand = text + "1", False
            case Atom("name"):
                text, operand = text + _name(atom), True
            case Atom("words", words):
                text = f"{text.rstrip()} {words.strip()} " if words.strip() else text
            case Atom(_, inner, _, above):
                text, operand = _raised(text + inner, above), True
    text = re.sub(r"(\d\.\d+) × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", r"\1×10\2", text)  # one number
    return re.sub(r"  +", " ", text).strip()


def _name(atom: Atom) -> str:
    """A name with its parts, then what a power is of it."""
    layer, mark, power = "", "", ()
    above = list(atom.above)
    while above:
        first = above.pop(0)
        if first.text == "[":
            layer, _ = above.pop(0).text, above.pop(0)
        elif first.text == "(" and _is_mark(above):
            inside, _ = above.pop(0), above.pop(0)
            mark += f"({inside.text})".translate(MARKS)
        elif first == Atom("sign", "+") and not power:
            mark += "⁺"
        else:
            power = (*power, first)
    return _raised(bare(atom.text + layer + _characters(atom.below)) + mark, power)


def _is_mark(above: Sequence[Atom]) -> bool:
    return len(above) > 1 and above[1].text == ")"


def _characters(atoms: Sequence[Atom]) -> str:
    return "".join(atom.text + _characters(atom.below) for atom in atoms)


def _raised(base: str, above: Sequence[Atom]) -> str:
    if not above:
        return base
    power = plain(above)
    if power == "ᵀ":
        return base + power
    return base + (power.translate(SUPERSCRIPTS) if re.fullmatch(r"-?\d+", power) else f"^{{{power}}}")


def _fraction(top: Sequence[Atom], bottom: Sequence[Atom]) -> Atom:
    """A derivative is a symbol, anything else a quotient in brackets."""
    if all(atoms and atoms[0].text == "∂" and len(atoms) == 2 for atoms in (top, bottom)):
        return Atom("whole", f"∂{_name(top[1])}/∂{_name(bottom[1])}")
    above, below = plain(top), plain(bottom)
    simple = all(atoms[0].kind == "number" and len(atoms) == 1 for atoms in (top, bottom))
    return Atom("whole", f"({above} / {below})" if simple else f"(({above}) / ({below}))")


def _matrix(rows: Sequence[Sequence[Sequence[Atom]]]) -> Atom:
    lines = [", ".join(map(plain, row)) for row in rows]
    return Atom("whole", f"[[{'], ['.join(lines)}]]")


def _cases(value: Sequence[Atom], where: Sequence[Atom], other: Sequence[Atom]) -> Atom:
    return Atom("whole", f"(({plain(value)}) {plain(where)}, else ({plain(other)}))")


# --------------------------------------------------------------------------------------------------------------- LaTeX

_LATEX = re.compile(r"\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
_LATEX_SIGNS = {"\\times": "×", "\\cdot": "·", "\\ge": "≥", "\\le": "≤", "\\ne": "≠", "\\approx": "≈", "\\lt": "<",
                "\\gt": ">", "\\odot": "⊙", "\\oslash": "⊘", "\\circ": "∘", "+": "+", "-": "-", "/": "/", "=": "=",
                "<": "<", ">": ">", ",": ",", ";": ";"}  # fmt: skip


def latex(source: str) -> str:
    """A formula of LaTeX as plain text."""
    return plain(_Latex(source).atoms())


class _Latex:
    def __init__(self, source: str) -> None:
        self.tokens = _LATEX.findall(source)
        self.at = 0

    def peek(self) -> str:
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def must(self, *tokens: str) -> None:
        for token in tokens:
            if (found := self.take()) != token:
                raise UnreadableError(f"expected {token}, found {found} in {''.join(self.tokens)}")

    def raw(self) -> str:
        """The characters of a group."""
        self.must("{")
        start, depth = self.at, 1
        while depth:
            depth += {"{": 1, "}": -1}.get(self.tokens[self.at], 0)
            self.at += 1
        return "".join(self.tokens[start : self.at - 1])

    def group(self) -> tuple[Atom, ...]:
        """A group in braces, or one token."""
        if self.peek() == "{":
            return tuple(_Latex(self.raw()).atoms())
        return (self.atom(),)

    def atoms(self, *ends: str) -> list[Atom]:
        found: list[Atom] = []
        while (token := self.peek()) and token not in ends:
            if token == "'":
                self.take()
                found[-1] = found[-1]._replace(above=(*found[-1].above, Atom("name", "′")))
            elif token in ("^", "_"):
                self.take()
                place = "above" if token == "^" else "below"
                found[-1] = found[-1]._replace(**{place: (*getattr(found[-1], place), *self.group())})
            elif token in ("\\thinspace", "\\quad", "\\displaystyle", "\\;", "\\footnotesize", "\\scriptsize"):
                self.take()
            elif token == "\\phantom":
                self.take()
                self.raw()
            elif token == "{":
                found += self.group()
            else:
                found.append(self.atom())
        return found

    def rows(self) -> list[list[list[Atom]]]:
        """The cells of an array, up to its end."""
        found: list[list[list[Atom]]] = [[]]
        while True:
            found[-1].append(self.atoms("&", "\\\\", "\\cr", "\\end"))
            match self.take():
                case "\\end":
                    self.raw()
                    return found
                case "\\\\" | "\\cr":
                    found.append([])

    def atom(self) -> Atom:
        token = self.take()
        if token in _LATEX_SIGNS:
            return Atom("sign", _LATEX_SIGNS[token])
        if token[0].isdigit():
            return Atom("number", token)
        if token in "([" or token == "\\lvert":
            return Atom("open", "|" if token[0] == "\\" else token)
        if token in ")]" or token == "\\rvert":
            return Atom("close", "|" if token[0] == "\\" else token)
        match token[1:] if token[0] == "\\" else "":
            case "frac" | "tfrac":
                return _fraction(self.group(), self.group())
            case "sqrt":
                return Atom("whole", f"sqrt({plain(self.group())})")
            case "mathrm" | "mathbf" | "boldsymbol" as font:
                text = self.raw()
                return Atom("name", text if font != "boldsymbol" else _greek(text[1:]))
            case "hat" | "bar" | "tilde" | "dot" | "ddot" as accent:
                (base,) = self.group()
                return Atom("name", unicodedata.normalize("NFC", base.text + ACCENTS[accent]))
            case "operatorname":
                return Atom("function", self.raw().replace("\\_", "_"))
            case "sum":
                return Atom("function", "Σ")
            case "text":
                words = self.raw()
                if sized := re.fullmatch(r"\\(?:footnote|script)size\$(.*)\$", words):
                    (matrix,) = _Latex(sized[1]).atoms()
                    return matrix
                return Atom("words", words)
            case "ell":
                return Atom("name", "ℓ")
            case "dots" | "vdots":
                return Atom("words", "…")
            case "infty":
                return Atom("number", "∞")
            case "partial":
                return Atom("name", "∂")
            case "top":
                return Atom("name", "ᵀ")
            case "left":
                opening = self.take()
                inside = plain(self.atoms("\\right"))
                self.must("\\right", {"(": ")", "[": "]", "\\lvert": "\\rvert"}[opening])
                return Atom("whole", {"(": f"({inside})", "[": inside, "\\lvert": f"|{inside}|"}[opening])
            case "begin":
                if self.raw() == "array":
                    self.raw()
                    return _matrix(self.rows())
                value = self.atoms("&")
                self.take()
                where = self.atoms("\\\\", "\\cr")
                self.take()
                other = self.atoms("&")
                self.take()
                self.atoms("\\end")
                self.must("\\end")
                self.raw()
                return _cases(value, where, other)
            case name if name in FUNCTIONS:
                return Atom("function", name)
            case name if name:
                return Atom("name", _greek(name))
        return Atom("name", token)


def _greek(command: str) -> str:
    size = "SMALL" if command.islower() else "CAPITAL"
    name = {"LAMBDA": "LAMDA", "VARSIGMA": "FINAL SIGMA"}.get(command.upper(), command.upper())
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {name}")
    except KeyError:
        raise UnreadableError(f"the command {command}") from None


# --------------------------------------------------------------------------------------------------------------- Typst

_TYPST = re.compile(r'"(?:\\.|[^"\\])*"|\\u\{[0-9a-f]+\}|\\.|\d+(?:\.\d+)?|[^\W\d_]+(?:\.[a-z]+)?|\s+|.', re.DOTALL)
_TYPST_SIGNS = {"times": "×", "⋅": "·", "∕": "/", ">=": "≥", "<=": "≤", "!=": "≠"}


def typst(source: str) -> str:
    """A formula of Typst as plain text."""
    return plain(_Typst(source).atoms())


class _Typst:
    def __init__(self, source: str) -> None:
        source = re.sub(r"#text\(0\.\d+em\)\[\$(.*?)\$\]", r"\1", source)  # a matrix in smaller letters
        self.tokens = [token for token in _TYPST.findall(source) if not token.isspace()]
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if wanted and token != wanted:
            raise UnreadableError(f"expected {wanted}, found {token} in {self.tokens}")
        self.at += 1
        return token

    def group(self) -> tuple[Atom, ...]:
        self.take("(")
        inside = self.atoms(")")
        self.take(")")
        return tuple(inside)

    def atoms(self, *ends: str) -> list[Atom]:
        """The atoms up to one of these tokens. A bar behind an operand closes the last one that is open."""
        found: list[Atom] = []
        bars = 0
        while (token := self.peek()) and token not in ends:
            if token in ("_", "^"):
                self.take()
                place = "below" if token == "_" else "above"
                found[-1] = found[-1]._replace(**{place: (*getattr(found[-1], place), *self.group())})
            elif token == "'":
                self.take()
                found[-1] = found[-1]._replace(above=(*found[-1].above, Atom("name", "′")))
            elif token in ("thin", "quad", "&"):
                self.take()
            elif token == "#":  # room for digits that are not there
                self.at = self.tokens.index("]", self.at) + 1
            else:
                atom = self.atom()
                if atom == Atom("open", "|"):
                    closes = bars and found[-1].kind not in ("sign", "open", "function")
                    bars += -1 if closes else 1
                    atom = Atom("close", "|") if closes else atom
                found.append(atom)
        return found

    def rows(self) -> list[list[list[Atom]]]:
        """The cells of a matrix, behind what says how it is set."""
        self.at = self.tokens.index(",", self.tokens.index("align", self.at)) + 1
        found: list[list[list[Atom]]] = [[]]
        while True:
            found[-1].append(self.atoms(",", ";", ")"))
            match self.take():
                case ")":
                    return found
                case ";":
                    found.append([])

    def call(self) -> tuple[Atom, ...]:
        """What stands in the brackets of a function of Typst's."""
        return self.group()

    def atom(self) -> Atom:
        token = self.take()
        if token[0] == '"':
            return Atom("words", re.sub(r"\\(.)", r"\1", token[1:-1]))
        if token in ("\\,", "\\;"):
            return Atom("sign", token[-1])
        if token[0].isdigit():
            return Atom("number", token)
        if token == "(" or token in ("\\(", "\\[", "\\|"):
            return Atom("open", token[-1])
        if token == ")" or token in ("\\)", "\\]"):
            return Atom("close", token[-1])
        if token in FUNCTIONS and token != "sqrt":
            return Atom("function", token)
        match token:
            case "frac":
                self.take("(")
                top = self.atoms(",")
                self.take(",")
                bottom = self.atoms(")")
                self.take(")")
                return _fraction(top, bottom)
            case "inline":
                top, _, bottom = self.call()
                return _fraction([top], [bottom])
            case "sqrt":
                return Atom("whole", f"sqrt({plain(self.call())})")
            case "upright" | "bold":
                (inner,) = self.call()
                return inner._replace(kind="name")
            case "op":
                (inner,) = self.call()
                return inner._replace(kind="function")
            case "hat" | "macron" | "tilde" | "dot" | "ddot":
                (inner,) = self.call()
                return Atom("name", unicodedata.normalize("NFC", inner.text + ACCENTS[token]))
            case "sum":
                return Atom("function", "Σ")
            case "lr":
                self.take("(")
                opening = self.take()
                inside = self.atoms(")", "|")
                closing = self.take()
                self.take(")")
                return Atom("whole", f"{opening}{plain(inside)}{closing}")
            case "cases":
                self.take("(")
                value = self.atoms("&")
                self.take("&")
                where = self.atoms(",")
                self.take(",")
                other = self.atoms("&")
                self.take("&")
                self.atoms(")")
                self.take(")")
                return _cases(value, where, other)
            case "mat":
                return _matrix(self.rows())
            case "…" | "⋮":
                return Atom("words", "…")
            case "∞":
                return Atom("number", "∞")
            case "⊤":
                return Atom("name", "ᵀ")
        if token in _TYPST_SIGNS or token in "+-=≈><≥≤≠×⊙⊘∘,":
            return Atom("sign", _TYPST_SIGNS.get(token, token))
        return Atom("name", token)


# -------------------------------------------------------------------------------------------------------------- MathML


def mathml(*sources: str) -> str:
    """Formulas of MathML that follow each other, as plain text."""
    inside = "".join(sources).replace("&#160;", " ").replace("&#8290;", "")
    return plain(list(_elements(ElementTree.fromstring(f"<row>{inside}</row>"))))


def _elements(parent: Iterable[ElementTree.Element]) -> Iterator[Atom]:
    for element in parent:
        yield from _element(element)


def _row(element: ElementTree.Element) -> tuple[Atom, ...]:
    return tuple(_element(element))


def _element(element: ElementTree.Element) -> Iterator[Atom]:
    text = element.text or ""
    match element.tag:
        case "math":
            yield from _elements(element)
        case "mrow" if len(element) > 2 and element[0].text == "(" and element[0].get("stretchy") is None:
            yield Atom("whole", f"({plain([atom for inner in element[1:-1] for atom in _element(inner)])})")
        case "mrow" if len(element) and element[0].text == "|" and element[0].get("stretchy") is None:
            yield Atom("whole", f"|{plain([atom for inner in element[1:-1] for atom in _element(inner)])}|")
        case "mrow" if len(element) and element[0].text == "{":
            (value, where), (other, _) = ([list(_elements(cell)) for cell in row] for row in element[1])
            yield _cases(value, where, other)
        case "mrow" if len(element) and element[0].text == "[" and element[0].get("stretchy") is None:
            yield from _elements(element[1:-1])
        case "mrow":
            yield from _elements(element)
        case "mn":
            yield Atom("number", text)
        case "mi" if text in FUNCTIONS or element.get("mathvariant") == "normal":
            yield Atom("function", text)
        case "mi":
            yield Atom("number" if text == "∞" else "name", text)
        case "mtext":
            yield Atom("words", text)
        case "mo" if text in ("(", "[") or (text == "|" and element.get("form") == "prefix"):
            yield Atom("open", text)
        case "mo" if text in (")", "]", "|"):
            yield Atom("close", text)
        case "mo" if text in ("…", "⋮"):
            yield Atom("words", "…")
        case "mo":
            if text:
                yield Atom("sign", text.replace("−", "-"))
        case "mfrac":
            yield _fraction(_row(element[0]), _row(element[1]))
        case "msqrt":
            yield Atom("whole", f"sqrt({plain(list(_elements(element)))})")
        case "mover":
            (base,) = _row(element[0])
            yield base._replace(text=unicodedata.normalize("NFC", base.text + ACCENTS[element[1].text or ""]))
        case "munder":
            sign = "Σ" if element[0].text == "∑" else "max"
            yield Atom("function", sign, _row(element[1]))
        case "msub" | "msup" | "msubsup" as kind:
            *before, base = _row(element[0])
            yield from before
            below = _row(element[1]) if "sub" in kind else ()
            above = _row(element[-1]) if "sup" in kind else ()
            if above and above[-1] == Atom("name", "T"):
                above = (*above[:-1], Atom("name", "ᵀ"))
            if above and all(atom.text and set(atom.text) == {"′"} for atom in above):
                above = tuple(Atom("name", "′") for _ in above[0].text)
            yield base._replace(below=(*base.below, *below), above=(*base.above, *above))
        case "mtable":
            yield _matrix([[list(_elements(cell)) for cell in row] for row in element])
        case "mphantom":
            pass
        case tag:
            raise UnreadableError(f"the element {tag}")
