"""How long a sheet of about a thousand steps takes in each format, against plain text.

    python tests/bench/formats.py [RUNS]

Each time is the least of the runs, in this process: the sheet is worked out anew, then written.
"""

import sys
import time

from nntrace.expr.script import UNICODE
from nntrace.formats import content
from nntrace.network.building.build import build
from nntrace.network.quantities import parameters
from nntrace.solution.sheets.calculation import Sheet
from nntrace.solution.sheets.settings import Settings
from nntrace.spec import read

INPUTS, HIDDEN = 20, 44
MOST_TIMES, MOST_SECONDS = 3.0, 5.0


def network() -> str:
    """A network in which every weight has a name and a step of its own."""
    hidden = [f"h{unit}" for unit in range(HIDDEN)]
    lines = ["title: about a thousand steps", "targets: {t: 1.0}", "inputs:"]
    lines += [f"  i{place}: {0.1 * place - 0.7:.1f}" for place in range(INPUTS)]
    lines += ["layers:", f"  - dense: [{', '.join(hidden)}]", "    weights:"]
    for place in range(INPUTS):
        row = ", ".join(f"w{place}_{unit}: {((place * 7 + unit * 3) % 11 - 5) / 10}" for unit in range(HIDDEN))
        lines.append(f"      i{place}: {{{row}}}")
    lines += [f"  - sigmoid: [{', '.join(f'a{unit}' for unit in range(HIDDEN))}]", "  - dense: [o]", "    weights:"]
    lines += [f"      a{unit}: {{v{unit}: {(unit % 7 - 3) / 10}}}" for unit in range(HIDDEN)]
    return "\n".join([*lines, "loss: {half_squared_error: E}", "learning_rate: 0.1"]) + "\n"


def seconds(format: str) -> tuple[float, int]:
    """One sheet in this format: how long it takes, and how many steps it has."""
    start = time.perf_counter()
    sheet = Sheet(build(read(network(), "net.yaml", None)), Settings(full=True))
    solution = sheet.gradient(parameters(sheet.network), named=False)
    made = content(solution, format, width=120, script=UNICODE)
    size = len(made) if isinstance(made, bytes) else sum(map(len, made))
    taken = time.perf_counter() - start
    assert size > 10_000
    return taken, sum(len(section.blocks) for section in solution.sections if isinstance(section.blocks, tuple | list))


def main(runs: int) -> None:
    blocks = seconds("txt")[1]
    least = {
        format: min(seconds(format)[0] for _ in range(runs))
        for format in ("txt", "json", "md", "tex", "typ", "html", "pdf")
    }
    print(f"{blocks} blocks")
    for format, taken in least.items():
        limit = f"at most {MOST_SECONDS:.0f} s more" if format == "pdf" else f"at most {MOST_TIMES:.0f} times"
        print(f"{format:5} {taken:6.2f} s  {taken / least['txt']:5.2f} times plain text ({limit})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
