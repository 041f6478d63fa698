"""Coverage-guided fuzzing of file and command line with atheris (``pip install -e '.[fuzz]'``).

    python tests/fuzz/fuzz.py -runs=20000 -seed=1 FOLDER...

New cases go into the first folder; ``tests/fuzz/corpus`` has those that are stored. Other options are libFuzzer's.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

import atheris  # type: ignore[import-not-found]

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
LONGEST = 700


def main() -> None:
    with atheris.instrument_imports(include=["nntrace"]):
        import nntrace

        for module in pkgutil.walk_packages(nntrace.__path__, "nntrace."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    from case import check, folder

    options = [f"-max_len={LONGEST}", f"-dict={HERE / 'words.dict'}", "-timeout=60", "-rss_limit_mb=4096"]
    folders = [str(Path(word).resolve()) if not word.startswith("-") else word for word in sys.argv[1:]]
    atheris.Setup([sys.argv[0], *options, *folders], check)
    with folder():
        atheris.Fuzz()


main()
