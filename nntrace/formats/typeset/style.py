"""The style of a sheet in HTML: two schemes of colours, narrow and wide windows, paper; and inside another page."""

_PAGE = """\
:root { color-scheme: light dark;
  --ink: #1b1b1b; --paper: #ffffff; --quiet: #5a5a5a; --rule: #b9b9b9; --link: #0b57a4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --paper: #16181b; --quiet: #a9adb3; --rule: #4b5058; --link: #8fc1ff; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 1rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
"""
_SHEET = """\
math { font-family: "STIX Two Math", "Latin Modern Math", "Cambria Math", "DejaVu Math TeX Gyre", math;
  font-size: 1.1em; overflow-wrap: normal; white-space: nowrap; }
mi.b { font-weight: bold; font-style: normal; text-transform: none;
  font-family: "STIX Two Text", "Latin Modern Roman", "Cambria", "DejaVu Serif", serif; }
.rows math, .wide math { math-style: normal; }
.matrix mtd { text-align: right; text-align: -moz-right; text-align: -webkit-right; padding: 0.15em 0.3em; }
.footnotesize { font-size: 82%; }
.scriptsize { font-size: 73%; }
.cases mtd { text-align: left; padding: 0.1em 0.4em; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0.5rem 0; }
h2 { font-size: 1.25rem; margin: 2rem 0 0.75rem; padding-bottom: 0.2rem; border-bottom: 1px solid var(--rule); }
h3 { font-size: 1.05rem; margin: 1.25rem 0 0.5rem; }
a { color: var(--link); }
a:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { position: static; }
.source, .note { color: var(--quiet); }
.note { display: inline-block; margin-inline-start: 1.5em; font-style: italic; }
nav li { padding-block: 0.15rem; }
nav ol { margin: 0; padding-inline-start: 1.5rem; columns: 16rem; }
.step { display: grid; grid-template-columns: 3.6rem minmax(0, 1fr); column-gap: 0.5rem; margin: 0.7rem 0; }
.step:target, tr:target { outline: 2px solid var(--link); outline-offset: 4px; }
.id { color: var(--quiet); text-decoration: none; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
.id:hover, .id:focus { text-decoration: underline; }
.rows { display: grid; grid-template-columns: max-content max-content minmax(0, 1fr); gap: 0.3rem 0.45rem;
  align-items: baseline; overflow: auto hidden; padding-block: 0.15rem; }
.quantities { display: flex; flex-wrap: wrap; gap: 0.5rem 1.1rem; margin: 0.75rem 0; }
.quantities div { text-align: end; }
.quantities dt { border-bottom: 1px solid var(--rule); }
.quantities dt, .quantities dd { float: none; width: auto; margin: 0; padding: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 0.75rem 0; border-block: 2px solid var(--ink); }
th { font-weight: 600; border-bottom: 1px solid var(--ink); text-align: start; }
th, td { padding: 0.2rem 0.75rem 0.2rem 0; overflow-wrap: normal; }
.number { text-align: end; font-variant-numeric: tabular-nums; }
pre { overflow-x: auto; font-size: 0.8rem; }
.checked { list-style: none; padding: 0; }
.checked li, .agreed li { padding-block: 0.2rem; }
figure { margin: 0.75rem 0; }
.plot svg { max-width: 100%; height: auto; }
figcaption { color: var(--quiet); font-style: italic; }
.picture .unit { fill: transparent; stroke: var(--ink); }
.picture text { fill: var(--ink); }
.picture text.quiet { fill: var(--quiet); }
.picture .halo { fill: var(--paper); }
.picture .line.quiet { stroke: var(--quiet); }
.picture .head.quiet { fill: var(--quiet); }
"""
_MEDIA = """\
@media (max-width: 34rem) {
  body { padding: 0.6rem; }
  .step { grid-template-columns: minmax(0, 1fr); }
  .note { margin-inline-start: 0; display: block; }
  th, td { padding-inline-end: 0.5rem; }
}
@media print {
  :root { --ink: #000000; --paper: #ffffff; --quiet: #333333; --rule: #777777; --link: #000000; }
  @page { margin: 18mm; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  nav, .skip { display: none; }
  .step, tr, .quantities, figure, h2, h3 { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .rows, .wide, pre { overflow: visible; }
  figure svg { max-width: 100%; height: auto; }
  pre { white-space: pre-wrap; }
}
"""
STYLE = _PAGE + _SHEET + _MEDIA
"""Of a page of its own."""
INNER = f"""\
.nntrace {{ --ink: currentColor; --quiet: currentColor; --rule: currentColor; --link: currentColor;
  --paper: var(--jp-layout-color0, Canvas);
  font-size: 1rem; line-height: 1.5; overflow-wrap: anywhere;
{_SHEET}}}
"""
"""Of a sheet inside another page, whose colours it has."""
