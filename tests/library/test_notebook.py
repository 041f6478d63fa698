"""A notebook that asks a network, run by a real kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
CELLS = [
    "import nntrace\nnet = nntrace.load('configs/homework3.yaml')",
    "net.grad('w21')",
    "net.step(lr=0.1)['U3']",
    "print(net.forward())",
    "net.grad('w99')",
]


@pytest.fixture(scope="module")
def outputs() -> list[list[dict[str, Any]]]:
    """What each cell has shown; the last one fails."""
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed: pip install nbclient ipykernel")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed: pip install nbclient ipykernel")
    import nbformat

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    client = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", allow_errors=True, resources={"metadata": {"path": str(ROOT)}}
    )
    client.execute()
    return [json.loads(json.dumps(cell.outputs)) for cell in notebook.cells]


@pytest.mark.filterwarnings("ignore")  # of the packages that run notebooks
def test_a_notebook_shows_sheets(outputs: list[list[dict[str, Any]]]) -> None:
    nothing, gradient, step, printed, mistake = outputs
    assert nothing == []
    shown = gradient[0]["data"]
    assert set(shown) == {"text/plain", "text/html", "text/latex"}
    assert "<math>" in shown["text/html"]
    assert r"\tag*{B9}" in shown["text/latex"]
    assert "U3  w21⁺ = " in step[0]["data"]["text/plain"]
    assert printed[0]["text"].startswith("Two-layer ReLU network\n")
    assert mistake[0]["ename"] == "UserError"
    assert mistake[0]["evalue"].startswith("there is no quantity to take the gradient by 'w99'\n")
