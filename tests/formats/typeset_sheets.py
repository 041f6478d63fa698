"""The steps of a typeset sheet, taken from its text: for each id the forms in order, as plain text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from typeset_reader import latex, mathml, typst

Steps = dict[str, list[str]]
"""For each step the names and forms of its equations, one after the other."""
_GOES_ON = re.compile(r"(\\quad|quad)* *(\+|-|\\times|×|/|=|\\approx|≈|\\odot|⊙|\\oslash|⊘|\\thinspace|thin) ")

_MARKDOWN = (
    r"^(?:\*\*(\S+)\*\*)?(?: ?\$\\displaystyle ([^\n]*?)\$(?: &emsp;[^\n]*)?$|"
    r"\n\n\$\$\n\\begin\{aligned\}\n(.*?)\n\\end\{aligned\})"
)


def forms(text: str) -> list[str]:
    """The sides of ``name = form ≈ form``, parted at relations outside of brackets."""
    found, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if sign in "=≈" and depth == 0:
            found.append(text[start:at].strip())
            start = at + 1
    return [form for form in (*found, text[start:].strip()) if form]


def aligned(lines: list[str], read: Callable[[str], str]) -> list[str]:
    """The forms of lines with ``&`` between their columns: continuations joined, notes left out."""
    rows: list[str] = []
    for line in lines:
        name, _, rest = line.partition("&")
        body = rest.partition("&&")[0] if "begin{cases}" not in rest and "cases(" not in rest else _before_note(rest)
        if name.strip() or not re.match(r" *(\\quad|quad)", body):
            rows.append(f"{name} {body}")
        elif _GOES_ON.match(body):
            rows[-1] += re.sub(r"\\quad|quad ", "", body)
    joined: list[str] = []
    for row in rows:
        if re.match(r" *[+-] ", row):  # an addend on a line of its own
            joined[-1] += row
        else:
            joined.append(row)
    return [form for row in joined for form in forms(read(row))]


def _before_note(body: str) -> str:
    return re.split(r" && (?![^{]*\\end\{cases\})", body)[0]


def markdown_steps(text: str) -> Steps:
    found: Steps = {}
    for id, line, block in re.findall(_MARKDOWN, text, re.MULTILINE | re.DOTALL):
        found[id] = aligned(block.split(" \\cr\n"), latex) if block else forms(latex(line))
    return found


def latex_steps(text: str) -> Steps:
    found: Steps = {}
    for body in re.findall(r"\\begin\{equation\*\}\n(.*?)\n\\end\{equation\*\}", text, re.DOTALL):
        inner, id = re.fullmatch(r"(.*?)(?: \\tag\*\{([^}]*)\})?", body, re.DOTALL).groups("")  # type: ignore[union-attr]
        block = re.fullmatch(r"\\begin\{aligned\}\n(.*)\n\\end\{aligned\}", inner, re.DOTALL)
        found[id] = aligned(block[1].split(" \\\\\n"), latex) if block else forms(latex(inner))
    for body in re.findall(r"\\begin\{align\*\}\n(.*?)\n\\end\{align\*\}", text, re.DOTALL):
        id = re.search(r" \\tag\*\{(.*?)\}", body)[1]  # type: ignore[index]
        found[id] = aligned(re.sub(r" \\tag\*\{.*?\}", "", body).split(" \\\\\n"), latex)
    return found


def typst_steps(text: str) -> Steps:
    found: Steps = {}
    for id, body in re.findall(r'^#step\("(\S*)"\)\[\$ \n(.*?) \$\](?: <\S+>)?$', text, re.MULTILINE | re.DOTALL):
        found[id] = aligned(body.split(" \\\n"), typst)
    return found


def html_steps(text: str) -> Steps:
    found: Steps = {}
    for id, body in re.findall(r'^<div class="step"(?: id="(\S+)")?>.*?<div class="rows">\n(.*?)</div></div>$',
                               text, re.MULTILINE | re.DOTALL):  # fmt: skip
        rows: list[list[str]] = []
        for name, relation, formulas in _html_rows(body):
            if re.search("<m", relation):  # an addend on a row of its own
                rows[-1][1] += relation + formulas
            else:
                rows.append([name, formulas])
        found[id] = []
        for name, formulas in rows:
            found[id] += [mathml(name)] if name else []
            found[id] += forms(mathml(formulas))
    return found


def _html_rows(body: str) -> Iterator[tuple[str, str, str]]:
    for row in body.split("\n"):
        name, relation, rest = re.fullmatch(r"<span>(.*?)</span><span>(.*?)</span><span>(.*)</span>", row).groups()  # type: ignore[union-attr]
        yield name, relation, re.sub(r' <span class="note">.*', "", rest).replace("<wbr>", "")


STEPS: dict[str, Callable[[str], Steps]] = {
    "md": markdown_steps,
    "tex": latex_steps,
    "typ": typst_steps,
    "html": html_steps,
}
