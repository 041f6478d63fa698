"""Writes the first cases of the corpus: every shipped network with a command, and small files of numbers.

python tests/fuzz/seeds.py FOLDER
"""

from __future__ import annotations

import io
import sys
import zipfile
from itertools import cycle
from pathlib import Path

import numpy as np

COMMANDS = cycle([
    "forward", "grad", "step", "derive", "collapse", "grad --param w1", "step --only w1", "forward -f json",
    "grad --view all", "step --view matrix --width 40", "derive --with-numbers", "step --lr 0.5 --save n.yaml",
    "forward --set x1=3/4 --digits 3", "grad --all --rounding carry:4", "step --expect L=1 -f md", "forward --ascii",
    "derive --wrt W1 --name d0=dL/dz1 -f tex", "forward - --full", "step -o s.txt", "grad -f html --title x",
    "derive --at z1=1000,0", "collapse --set w1=0 -f json", "step -q --detail results", "forward --limit names=9",
    "examples", "init n.yaml", "--help", "step -h",
])  # fmt: skip
OWN = [
    "inputs: [1, 2]\ntargets: [1]\nlayers:\n- dense: [h]\n  weights: [[0.5, -1]]\nloss: mse\nlearning_rate: 0.1\n",
    "inputs: {x: 2}\ntargets: {t: 1}\nlayers:\n- {dense: [h], weights: {x: {w: 1}}, bias: {b: 0.5}, activation: tanh}\n"
    "loss: {half_squared_error: L}\npenalty: {l2: 0.1, on: all}\nlearning_rate: 1/2\nfrozen: [b]\n",
    "inputs: [a, b]\ntargets: y\nsamples: [[1, 0, p], [0, 1, q]]\nlayers:\n"
    "- dense: 2\n  weights: {init: normal, seed: 1}\n"
    "- softmax: [p, q]\nloss: {ce: L}\niterations: 2\nsamples_per_step: 1\noptimizer: adam\nlearning_rate: 0.1\n",
    "inputs: {x: {size: D}}\ntargets: {y: {size: K, one_hot: k}}\nlayers:\n- dense: {z: {size: K}}\n"
    "- softmax: p\nloss: ce\n",
    "inputs: [1]\nlayers: []\n",
    "inputs: {x: 1}\nlayers: [{dense: [h, g], weights: {x: [w, v]}}, {relu: [a, b]}]\nvalues: {w: 1e-3, v: -2}\n"
    "rounding: {carry: 4}\nrelu_at_zero: 1\nvectors: rows\ntitle: 'x'\n",
]  # fmt: skip


def main(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    configs = sorted((Path(__file__).resolve().parents[2] / "configs").glob("*.yaml"))
    texts = [path.read_text(encoding="utf-8") for path in configs]
    for number, text in enumerate([*OWN, *OWN, *OWN, *OWN, *texts]):
        if len(text) < 650:
            (folder / f"net-{number:02}.txt").write_text(f"{next(COMMANDS)}\n{text}", encoding="utf-8")
    table = np.array([[0.5, -1.0], [2.0, 3.0]])
    for name, array in {"floats": table, "integers": table.astype(int), "row": table[0], "one": np.float64(2)}.items():
        content = io.BytesIO()
        np.save(content, array)
        (folder / f"npy-{name}.txt").write_bytes(b"= a.npy\n" + content.getvalue())
    for name, write in {"stored": np.savez, "packed": np.savez_compressed}.items():
        content = io.BytesIO()
        write(content, W=table)
        (folder / f"npz-{name}.txt").write_bytes(b"= a.npz\n" + content.getvalue())
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("W", b"no array")
    (folder / "npz-words.txt").write_bytes(b"= a.npz\n" + content.getvalue())
    for name, text in {"rows": "1,2,3\n4,5,6\n", "named": "t,x1,x2\r\n1,2,3\r\n", "quoted": '"1","2",3\n'}.items():
        (folder / f"csv-{name}.txt").write_text(f"= a.csv\n{text}", encoding="utf-8", newline="")


main(Path(sys.argv[1]))
