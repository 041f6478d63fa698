"""Typeset documents by the tools that read them, what a file's words may do in them, and the options of the command."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shipped import tried

from nntrace.errors import UserError
from nntrace.expr import Num, Sym
from nntrace.expr.script import ASCII, UNICODE, Script
from nntrace.formats import content, render
from nntrace.solution.content.model import Check, Line, Remark, Section, Solution, Step, Table
from nntrace.solution.content.results import Results

REPOSITORY = Path(__file__).parent.parent.parent
TYPESET = ("md", "tex", "typ", "html")
SHEETS = [
    ("homework3", "forward"),
    ("homework3", "grad"),
    ("homework3", "grad", "-p", "w21"),
    ("homework3", "step"),
    ("homework3", "derive"),
    ("homework3", "collapse"),
    ("homework3", "train", "--epochs", "20"),
    ("homework3", "flow"),
    ("homework3-q2", "derive"),
    ("homework3-q2", "collapse"),
    ("homework3-q2-numbers", "forward"),
    ("homework3-q2-numbers", "grad"),
    ("homework3-q2-numbers", "step", "--view", "matrix"),
    ("homework3-q2-numbers", "train", "--epochs", "20"),
    ("homework3-q2-numbers", "flow"),
    ("line-3-samples", "forward"),
    ("line-3-samples", "grad"),
    ("line-3-samples", "step"),
    ("line-3-samples", "derive"),
    ("line-3-samples", "collapse"),
    ("line-3-samples", "train", "--epochs", "20"),
    ("residual", "forward"),
    ("residual", "grad", "-p", "W1"),
    ("residual", "step"),
    ("residual", "derive"),
    ("residual", "collapse"),
    ("residual", "train", "--epochs", "20"),
    ("residual", "flow"),
    ("xor", "flow"),
]
NAMES = ["-".join(part.strip("-") for part in sheet) for sheet in SHEETS]
Run = Callable[..., Any]
each_sheet = pytest.mark.parametrize("sheet", SHEETS, ids=NAMES)
some_sheets = pytest.mark.parametrize("sheet", tried(SHEETS), ids=tried(NAMES))
each_format = pytest.mark.parametrize("format", TYPESET)


def made(run: Run, sheet: tuple[str, ...], format: str, *more: str) -> str:
    network, command, *options = sheet
    done = run(command, f"configs/{network}.yaml", *options, "-f", format, *more)
    assert (done.code, done.err) == (0, "")
    return str(done.out)


OTHERS = {"collapse": ("txt", "json"), "train": ("txt", "json", "csv"), "flow": ("txt", "json", "csv")}
"""The formats of a command beside the typeset ones; the other commands' text is in tests/cli/golden."""


@each_sheet
def test_golden(sheet: tuple[str, ...], run: Run, golden: Callable[[str, str], None]) -> None:
    for format in (*TYPESET, *OTHERS.get(sheet[1], ("json",))):
        page = made(run, sheet, format)
        golden(f"{NAMES[SHEETS.index(sheet)]}.{format}", page if format not in ("json", "csv") else shortened(page))


def shortened(page: str) -> str:
    """Numbers to 10 digits: the last ones of a float are those of a machine's arithmetic."""
    return re.sub(r"\d+\.\d{9,}(e-?\d+)?", lambda number: f"{float(number[0]):.10g}", page)


# ------------------------------------------------------------------------------------------------------ by their tools


def node_module(name: str) -> Path:
    """Where npm has put a package: beside the repository's root, or where all programs find it."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    places = [REPOSITORY / "node_modules"]
    if npm := shutil.which("npm"):
        done = subprocess.run([npm, "root", "-g"], capture_output=True, text=True, check=False)
        places.append(Path(done.stdout.strip()))
    for place in places:
        if (place / name).is_dir():
            return place / name
    pytest.skip(f"{name} is not installed: npm install {name}")


def formulas(page: str, format: str) -> list[tuple[str, bool]]:
    """The formulas of a page, and whether each stands on lines of its own."""
    if format == "md":
        own = r"^\$\$\n(.*?)\n\$\$$"
        inline = r"(?<!<span>)\$([^$\n]+)\$"
    else:
        own = (
            r"\\begin\{equation\*\}\n(.*?)\n\\end\{equation\*\}|^\\\[ (.*?) \\\]$|"
            r"(\\begin\{align\*\}.*?\\end\{align\*\})"
        )
        inline = r"(?<!\\)\$([^$\n]+?)(?<!\\)\$"
    found = [("".join(groups) if isinstance(groups, tuple) else groups, True) for groups in
             re.findall(own, page, re.MULTILINE | re.DOTALL)]  # fmt: skip
    rest = re.sub(own, "", page, flags=re.MULTILINE | re.DOTALL)
    return found + [(formula, False) for formula in re.findall(inline, rest)]


@pytest.mark.parametrize("format", ["md", "tex"])
def test_katex_takes_every_formula(format: str, run: Run) -> None:
    katex = node_module("katex")
    configs = tried(sorted(path.stem for path in (REPOSITORY / "configs").glob("*.yaml")))
    found: dict[tuple[str, bool], None] = {}
    for config in configs:
        for command in ("step", "derive", "collapse"):
            done = run(command, f"configs/{config}.yaml", "-f", format)
            found.update(dict.fromkeys(formulas(done.out, format)))
    assert len(found) > 200
    script = Path(__file__).parent / "tools" / "katex.js"
    done = subprocess.run(
        ["node", script, katex], input=json.dumps(list(found)), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []


WIDE = """
inputs: [1e-6, -2e-6, 3e-6, -4e-6, 5e-6, -6e-6, 7e-6, 8e-6]
targets: [0.5, 0.25]
layers:
  - {dense: 9, weights: {init: he_normal, seed: 0}, activation: sigmoid}
  - {dense: 2, weights: {init: he_normal, seed: 1}}
loss: mse
optimizer: adam
learning_rate: 0.1
"""


def test_wide_matrices_and_tables_stay_on_the_page(run: Run, tmp_path: Path) -> None:
    """Matrices of powers of ten, ten columns of an update: set smaller, written row after row, parted."""
    (tmp_path / "net.yaml").write_text(WIDE, encoding="utf-8")
    page = run("step", tmp_path / "net.yaml", "--view", "all", "-f", "tex", "--standalone").out
    assert r"\footnotesize" in page
    assert page.count(r"\toprule id") > 1
    assert points_beyond(page, tmp_path) == []


def test_a_long_product_of_fractions_stays_on_the_page(run: Run, tmp_path: Path) -> None:
    page = run("flow", "configs/sigmoid-chain.yaml", "-f", "tex", "--standalone").out
    assert points_beyond(page, tmp_path) == []


@some_sheets
def test_latex_compiles_a_standalone_document(sheet: tuple[str, ...], run: Run, tmp_path: Path) -> None:
    assert points_beyond(made(run, sheet, "tex", "--standalone"), tmp_path) == []


def points_beyond(page: str, tmp_path: Path) -> list[float]:
    """How far a document's lines reach beyond its page, where that can be seen."""
    if shutil.which("pdflatex") is None:
        pytest.skip("LaTeX is not installed: apt-get install texlive-latex-recommended lmodern")
    (tmp_path / "sheet.tex").write_text(page, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "sheet.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    wide = re.findall(r"Overfull \\hbox \(([\d.]+)pt", done.stdout)
    return [float(points) for points in wide if float(points) > 3]


def html_pages(run: Run, folder: Path) -> list[str]:
    """The pages of some sheets as files in a folder, and what these are called: a tool is started once for all."""
    names = [f"{name}.html" for name in tried(NAMES)]
    for name, sheet in zip(names, tried(SHEETS), strict=True):
        (folder / name).write_text(made(run, sheet, "html"), encoding="utf-8")
    return names


def test_the_html_is_valid(run: Run, tmp_path: Path) -> None:
    validator = node_module("html-validate")
    rules = {"extends": ["html-validate:recommended"], "root": True, "rules": {"valid-id": "off"}}  # ids have points
    (tmp_path / ".htmlvalidate.json").write_text(json.dumps(rules), encoding="utf-8")
    command = ["node", validator / "bin" / "html-validate.mjs", *html_pages(run, tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


MEASURED = """
<body><pre id=out></pre><script>
const found = {};
for (const name of NAMES) {
  const frame = document.createElement("iframe");
  frame.style = "width:WIDTHpx;height:900px;border:0";
  frame.onload = () => {
    const page = frame.contentDocument;
    const cut = [...page.querySelectorAll(".rows")].filter(rows => rows.scrollWidth > rows.clientWidth + 1);
    found[name] = [page.documentElement.scrollWidth - frame.clientWidth, cut.map(rows => rows.parentNode.id)];
    document.getElementById("out").textContent = JSON.stringify(found);
  };
  frame.src = name;
  document.body.append(frame);
}
</script>
"""
TOO_WIDE = """
<div style="width:3000px">wide</div>
<div id="cut"><div class="rows" style="width:50px;overflow:hidden"><div style="width:99px">cut</div></div></div>
"""


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(width: int, run: Run, tmp_path: Path) -> None:
    """A page itself never scrolls sideways, and no row of a step is cut."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    names = html_pages(run, tmp_path)
    page = (tmp_path / names[0]).read_text(encoding="utf-8")
    (tmp_path / "wide.html").write_text(page.replace("</main>", f"{TOO_WIDE}</main>"), encoding="utf-8")
    frames = tmp_path / "frames.html"
    script = MEASURED.replace("NAMES", json.dumps(["wide.html", *names])).replace("WIDTH", str(width))
    frames.write_text(script, encoding="utf-8")
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
               "--virtual-time-budget=20000", "--dump-dom", frames.as_uri()]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    found = json.loads(re.search(r'<pre id="out">(.*?)</pre>', done.stdout)[1])  # type: ignore[index]
    beyond, cut = found.pop("wide.html")
    assert (beyond > 1000, cut) == (True, ["cut"])  # what is too wide is seen
    assert set(found) == set(names)
    assert not {name: beyond for name, (beyond, _) in found.items() if beyond > 0}
    assert width < 1000 or not {name: cut for name, (_, cut) in found.items() if cut}


@some_sheets
def test_typst_compiles(sheet: tuple[str, ...], run: Run) -> None:
    pytest.importorskip("typst", reason="the typst package is not installed: pip install 'nntrace[pdf]'")
    from nntrace.formats.pdf import compiled

    assert compiled(made(run, sheet, "typ")).startswith(b"%PDF-")


# ----------------------------------------------------------------------------------------------------- words are data

HOSTILE = [
    "<script>alert(1)</script>", "</style><img src=x onerror=alert(1)>", "\\input{/etc/passwd}", "\\write18{id}",
    "$(rm -rf ~)", "$x$", "$$", "#import \"x.typ\"", "#{sys}", "[bold]red[/bold]", "[a](javascript:b)", "![](x)",
    "\x1b[31mred\x1b[0m", "\u202eevil\u202c", "`code`", "*a* _b_ ~~c~~", "| a | b |", "- item", "1. item", "# title",
    "&lt;&#60;", "{{x}}", "%comment", "^^41", "a\\\\b", '"; panic("x"); "', "*/", "-->", "]]>", "مرحبا", "权重", "é ß",
    "www.example.com https://example.com", "@someone #12 :smile:", "\\", "~", "^", "=====", "> quote", "+ x", "'", '"',
]  # fmt: skip
hostile = st.sampled_from(HOSTILE) | st.text(max_size=30) | st.lists(st.sampled_from(HOSTILE), max_size=3).map(" ".join)
letters = st.text(st.characters(categories=["Lu", "Ll", "Lo"]), min_size=1, max_size=4)
MARKER = "quokka"


def sheet_of(words: str, name: str = "w21") -> Solution:
    """A sheet in which the words stand wherever a file can put some."""
    step = Step("F1", "forward", Sym(name), (Line("value", "=", Num(2), ((words,),)),), 2.0, None, (words, Sym(name)))
    blocks = (
        Remark((words,)),
        Remark((words,), heading=True),
        Table(((words,), ("x",)), (((words,), (Num(1),)),)),
        Check((words,), "ok"),
    )
    return Solution(words, words, {}, ((words,),), (Section("forward", (step, *blocks), (words,)),), Results())


class Tags(HTMLParser):
    """The elements of a page and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(f"{tag} {name}" for name, _ in attrs)}


def tags(page: str) -> set[str]:
    parser = Tags()
    parser.feed(page)
    return parser.found


def page_of(solution: Solution, format: str, script: Script = UNICODE) -> str:
    return "\n".join(render(solution, format, width=100, script=script))


HARMLESS = tags(page_of(sheet_of(MARKER), "html"))


def every(test: Callable[..., None]) -> Callable[..., None]:
    """The test for each of the hostile words, and for others."""
    for words in HOSTILE:
        test = example(words=words)(test)
    return settings(max_examples=100, deadline=None)(given(words=hostile)(test))


@every
def test_words_in_html_make_no_element(words: str) -> None:
    page = page_of(sheet_of(words), "html")
    assert tags(page) <= HARMLESS | {"mtext"}
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", page)


_COMMANDS = re.compile(r"\\([a-zA-Z]+)")


@every
def test_words_in_latex_run_no_command(words: str) -> None:
    """Only commands that draw a letter, and never one that the words name."""
    page = page_of(sheet_of(words), "tex")
    plain = set(_COMMANDS.findall(page_of(sheet_of(MARKER), "tex")))
    named = set(_COMMANDS.findall(page)) - plain
    assert not named & {"input", "write", "immediate", "openout", "def", "catcode", "csname", "include", "loop"}
    body = re.sub(r"\\[&%$#_{}]", "", page.split("\n", 1)[1])
    assert not re.search(r"(?m)(?<!\\)%", body)
    assert body.count("{") == body.count("}")


@every
def test_words_in_typst_are_strings(words: str) -> None:
    page = page_of(sheet_of(words), "typ")
    assert re.sub(r'"(?:\\.|[^"\\])*"', "", page).count("import") == 0


def test_a_sheet_of_hostile_words_compiles() -> None:
    typst = pytest.importorskip("typst", reason="the typst package is not installed: pip install 'nntrace[pdf]'")
    assert typst.compile(page_of(sheet_of(" ".join(HOSTILE)), "typ").encode(), format="pdf").startswith(b"%PDF-")


@every
def test_words_in_markdown_are_escaped(words: str) -> None:
    """A Markdown reader finds the paragraphs, headings, tables and emphasis of a harmless sheet, and no others."""
    markdown = pytest.importorskip("markdown_it", reason="markdown-it-py is not installed")
    reader = markdown.MarkdownIt("commonmark").enable(["table", "strikethrough"])

    def kinds(text: str) -> list[str]:
        found = []
        for token in reader.parse(page_of(sheet_of(text), "md")):
            children = [child.type for child in token.children or () if child.type not in ("text", "softbreak")]
            found += [token.type, *(kind for kind in children if kind not in ("html_inline", "text_special"))]
        return found

    if words.strip() and words.isprintable():
        assert kinds(words) == kinds(MARKER)
    for token in reader.parse(page_of(sheet_of(words), "md")):
        inline = [child.content for child in token.children or () if child.type == "html_inline"]
        assert set(inline) <= {"<span>", "</span>"}
        assert token.type != "html_block"


@pytest.mark.parametrize("format", TYPESET)
@settings(max_examples=60, deadline=None)
@given(name=letters)
def test_a_name_is_only_characters(format: str, name: str) -> None:
    page = page_of(sheet_of(MARKER, name), format)
    if format == "html":
        assert tags(page) <= HARMLESS | {"mover", "mtext", "mover accent", "mo"}
    assert page.count("**F1**" if format == "md" else "F1") >= 1
    assert page_of(sheet_of(MARKER, name), format, ASCII).isascii()


@each_format
def test_ascii_loses_nothing(format: str, run: Run) -> None:
    for sheet in (("homework3", "step"), ("line-3-samples", "grad"), ("homework3-q2", "derive")):
        plain, page = made(run, sheet, format, "--ascii"), made(run, sheet, format)
        assert plain.isascii()
        assert len(plain.splitlines()) == len(page.splitlines())


def test_letters_that_no_font_has_are_named() -> None:
    pytest.importorskip("typst", reason="the typst package is not installed: pip install 'nntrace[pdf]'")
    from nntrace.formats import pdf, typ

    lacking = "\U00012000"
    page = "\n".join(typ.write(sheet_of(f"a {lacking} b", lacking), 100, UNICODE))
    assert lacking in page
    assert pdf.compiled(page).startswith(b"%PDF-")
    shown, found = pdf.named(page, {lacking}), "[U+12000]"
    assert found in shown
    assert lacking not in shown
    assert pdf.with_lacking_named(f"<text>{lacking} é وزن</text>") == "<text>[U+12000] é وزن</text>"


# ------------------------------------------------------------------------------------------------------ the command


@pytest.mark.parametrize(
    ("suffix", "begins"),
    [
        ("md", "# Two-layer"),
        ("markdown", "# Two-layer"),
        ("tex", "% needs"),
        ("typ", "#set document"),
        ("html", "<!DOCTYPE html>"),
        ("htm", "<!DOCTYPE html>"),
        ("TXT", "Two-layer"),
    ],
)
def test_a_suffix_gives_the_format(suffix: str, begins: str, run: Run, tmp_path: Path) -> None:
    target = tmp_path / f"sheet.{suffix}"
    assert run("forward", "-o", target).code == 0
    assert target.read_text("utf-8").startswith(begins)


def test_an_unknown_suffix_names_the_known_ones(run: Run, tmp_path: Path) -> None:
    done = run("forward", "-o", tmp_path / "sheet.docx")
    assert done.code == 2
    assert done.err == (
        "there is no output format 'docx'\n  known here: terminal, csv, html, json, md, pdf, png, svg, tex, txt, typ\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_pdf_without_the_extra_says_what_to_install(run: Run, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    monkeypatch.setattr("nntrace.solution.sheets.calculation.Sheet", None)  # refused before anything is worked out
    done = run("forward", "-o", tmp_path / "sheet.pdf")
    assert (done.code, done.err) == (2, "a PDF needs the typst package\n  install it: pip install 'nntrace[pdf]'\n")
    assert list(tmp_path.iterdir()) == []


def test_a_pdf_is_written(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("typst", reason="the typst package is not installed: pip install 'nntrace[pdf]'")
    assert run("step", "-o", tmp_path / "sheet.pdf").code == 0
    assert (tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF-")


def test_standalone_is_for_latex(run: Run) -> None:
    assert "\\end{document}" in run("forward", "-f", "tex", "--standalone").out
    done = run("forward", "-f", "md", "--standalone")
    assert (done.code, done.err) == (2, "--standalone does not go with the format md\n  it is for: tex\n")


@pytest.mark.parametrize("format", ["txt", *TYPESET])
def test_title_and_changes_stand_in_the_head(format: str, run: Run) -> None:
    page = run("forward", "--set", "i1=3", "--set", "b1=1/2", "--title", "Sheet of Ada", "-f", format).out
    assert "Sheet of Ada" in page
    assert "Two-layer" not in page
    head = page[: page.index("Given")] if format != "html" else page[: page.index("<nav")]
    assert re.search(r"with .*i.*1.* = 3.*, .*b.*1.* = 1.*/.*2", head.replace("\n", " "))
    assert "set" in head


def test_detail(run: Run) -> None:
    full, normal, results = (run("step", "--detail", detail).out for detail in ("full", "normal", "results"))
    assert full == run("step").out
    assert "= 2.0 - 0.5 + 0.5" in full
    assert "= 2.0 - 0.5 + 0.5" not in normal
    assert "F1  h1 = i1 × w11 + i2 × w21 + b1\n       = 2.0 × 1.0 + (-1.0) × 0.5 + 0.5\n       = 2.0\n" in normal
    assert "F1  h1 = 2.0\nF2  h2 = -0.5\n" in results
    assert results[results.index("Update") :] == full[full.index("Update") :]
    done = run("step", "--detail", "some")
    assert (done.code, done.err) == (2, "there is no detail 'some'\n  known here: full, normal, results\n")


@pytest.mark.parametrize("format", ["txt", "json"])
def test_a_typeset_format_is_imported_only_when_asked_for(format: str) -> None:
    program = (
        "import sys; sys.argv = ['nntrace', 'forward', '-f', sys.argv[1]]\nfrom nntrace.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(*[name for name in sys.modules if name.startswith(('nntrace.formats.typeset', 'typst', 'html.'))],"
        " file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program, format], capture_output=True, text=True, check=True)
    assert done.stderr.split() == []


def test_a_format_without_lines_is_no_text() -> None:
    with pytest.raises(UserError, match="there is no output format 'docx'"):
        content(sheet_of("x"), "docx", width=80, script=UNICODE)


def test_a_listing_keeps_its_lines(furniture: Solution) -> None:
    """Numbers too wide for a formula stand in lines of plain text, in Typst each a string."""
    pages = {format: "\n".join(render(furniture, format, width=120, script=UNICODE)) for format in ("md", "typ")}
    listed = re.findall(r"```text\n(.*?)\n```", pages["md"], re.DOTALL)
    lists = re.findall(r'raw\(block: true, \("(.*?)",\)\.join\("\\n"\)\)', pages["typ"])
    assert [texts.split('", "') for texts in lists] == [lines.split("\n") for lines in listed]
    assert [len(lines.split("\n")) for lines in listed] == [5]
