"""How fast a full listing of a 784-128-10 network is written to a file, and how much memory that takes.

    python tests/bench/listing.py [RUNS]

A term is one addend in one form of a step: a unit of the first layer has 784 + 1 in its formula, as many with numbers
put in, and as many worked out; a weight's gradient is a single product in the same three forms. Not counted are the
given numbers, which a full sheet lists too, activations, and the gradients of biases. Each command is a process of its
own; ``listing`` is the least of its seconds without those of the same command on a network with one input and one unit
for each layer, which start, import and read alike.

The machine's own speed is told by a peer in the same run: as many terms, each written by one format string after the
other, in the same three forms, with no line broken, no bracket, no name looked up and no digit weighed.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SIZES = (784, 128, 10)
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""The program starts from byte code, as an installed one does."""
LEAST_RATE, MOST_MEMORY = 1e6, 300

NETWORK = """\
inputs: {file: x.npy}
targets: {file: y.npy}
layers:
  - {dense: z1, weights: {file: W1.npy}, biases: {file: b1.npy}, activation: sigmoid}
  - {dense: z2, weights: {file: W2.npy}, biases: {file: b2.npy}, activation: softmax}
loss: cross_entropy
"""


def make(folder: Path, inputs: int, hidden: int, outputs: int) -> Path:
    """A network of random floats."""
    rng = np.random.default_rng(0)
    arrays = {
        "x": rng.normal(size=inputs),
        "y": np.eye(outputs)[0],
        "W1": rng.normal(0, inputs**-0.5, (hidden, inputs)),
        "b1": rng.normal(0, 0.1, hidden),
        "W2": rng.normal(0, hidden**-0.5, (outputs, hidden)),
        "b2": rng.normal(0, 0.1, outputs),
    }
    folder.mkdir()
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    path = folder / "net.yaml"
    path.write_text(NETWORK, encoding="utf-8")
    return path


def terms(inputs: int, hidden: int, outputs: int) -> dict[str, int]:
    """The terms in the weighted sums, and in the gradients by weights and by the values between the layers."""
    weights = inputs * hidden + hidden * outputs
    return {"forward": 3 * (weights + hidden + outputs), "grad": 3 * (weights + hidden * outputs)}


def seconds(command: str, path: Path) -> float:
    """One run of a command, its listing written beside the network."""
    start = time.perf_counter()
    arguments = [command, str(path), "--full", "-o", str(path.with_name("sheet.txt"))]
    subprocess.run([sys.executable, "-m", "nntrace", *arguments], check=True, env=ENVIRONMENT)
    return time.perf_counter() - start


def peer(folder: Path, inputs: int, hidden: int) -> float:
    """Seconds for the terms of the first layer, in names, in numbers and worked out, a format string for each."""
    x, W = np.load(folder / "x.npy").tolist(), np.load(folder / "W1.npy").tolist()
    start = time.perf_counter()
    with (folder / "peer.txt").open("w", encoding="utf-8") as out:
        for j in range(hidden):
            row = W[j]
            out.write(" + ".join([f"x[{i}] × W1[{j},{i}]" for i in range(inputs)]) + "\n")
            out.write(" + ".join([f"{x[i]:#.6g} × {row[i]:#.6g}" for i in range(inputs)]) + "\n")
            out.write(" + ".join([f"{x[i] * row[i]:#.6g}" for i in range(inputs)]) + "\n")
    return time.perf_counter() - start


def main(runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        small, large = make(Path(folder, "small"), 1, 1, 1), make(Path(folder, "large"), *SIZES)
        plain = 3 * SIZES[0] * SIZES[1] / min(peer(large.parent, *SIZES[:2]) for _ in range(runs)) / 1e6
        print(f"peer     {plain:.2f} million terms/s, one format string after the other")
        whole = np.zeros(2)
        for command, count in terms(*SIZES).items():
            least = {path: min(seconds(command, path) for _ in range(runs)) for path in (small, large)}
            listing = least[large] - least[small]
            size = large.with_name("sheet.txt").stat().st_size / 1e6
            rate = count / listing / 1e6
            print(f"{command:8} {count} terms, {size:.1f} MB of text, {least[large]:.2f} s in all")
            print(f"         listing {listing:.2f} s: {rate:.2f} million terms/s")
            whole += np.array([count, listing])
        rate = whole[0] / whole[1] / 1e6
        print(f"both     {whole[1]:.2f} s: {rate:.2f} million terms/s (at least {LEAST_RATE / 1e6:.0f})")
        print(f"         {rate / plain:.2f} of the peer's rate")
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"memory   {memory:.0f} MB (at most {MOST_MEMORY})")


main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
