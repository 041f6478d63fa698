"""What a network file may not say: each text with its problems, as ``line:column: message``."""

from __future__ import annotations

import pytest

from nntrace.errors import UserError
from nntrace.spec import Problems, SpecError, read
from nntrace.spec.model import Place

TABLE: list[tuple[str, list[str]]] = [
    # YAML itself
    ("a:\n\tb: 1", ["2:1: a tab cannot indent"]),
    ("inputs: - 0.5", ["1:9: a list entry cannot stand here"]),
    ("inputs: [1, 2\nlayers: []",
     ["2:7: a bracket is not closed, or a comma is missing between brackets (it began in line 1)"]),
    ("frozen: [W1[2,1]]", ["1:12: an element between brackets needs quotes"]),
    ("inputs: {a: 1", ["1:14: a bracket is not closed, or a comma is missing between brackets"]),
    ("inputs: [1]\ntitle: 'abc\nlayers: []", ["2:8: this quotation mark is not closed"]),
    ("title: a: b", ["1:9: a second `: ` cannot stand here"]),
    ("inputs: [1]\nlayers\nloss: mse", ["2:1: this line is not `key: value`"]),
    ("title: @x", ["1:8: this character cannot begin a word"]),
    ("inputs: [1]\nlayers: []\n--- \nb: 1", ["3:1: a second document begins here"]),
    ("inputs: &a [1]\nlayers: *a", ["1:9: '&a' is a YAML anchor, which is not read here",
                                    "2:9: '*a' is a YAML alias, which is not read here"]),
    ("<<: {a: 1}", ["1:1: '<<' is a YAML merge, which is not read here"]),
    ("inputs: [1]\nlayers: !!python/object:os.system []",
     ["2:9: 'tag:yaml.org,2002:python/object:os.system' is a YAML tag, which is not read here"]),
    ("? [a]\n: 3", ["1:3: a list cannot be a key"]),
    ("inputs: " + "[" * 50, ["1:48: the nesting is too deep here"]),
    ("inputs: " + "[" * 3000 + "]" * 3000, ["1:1008: the nesting is too deep here"]),
    ("inputs: [1]\nlayers: []\x1b[2J", ["2:11: the character U+001B cannot stand here"]),
    ("inputs: [1]\nlayers: []\ntitle: \ud800", ["3:8: the character U+D800 cannot stand here"]),
    ("- a", ["1:1: a network file is a table of keys, and this is a list"]),
    ("hello", ["1:1: a network file is a table of keys, and this is 'hello'"]),
    # keys
    ("title: x", ["1:1: `inputs` is missing", "1:1: `layers` is missing"]),
    ("inputs: [1]\ninputs: [2]\nlayers: []", ["2:1: the key 'inputs' stands twice, first in line 1, column 1"]),
    ("inputs: {ŷ: 1, y\u0302: 2}\nlayers: []", ["1:16: the key 'y\u0302' stands twice, first in line 1, column 10"]),
    ("inputs: [1]\nlayers: []\nlerning_rate: 1", ["3:1: unknown key 'lerning_rate' in a network file"]),
    ("inputs: [1]\nlayers: []\nweights: 1", ["3:1: `weights` outside of a layer"]),
    ("inputs: [1]\nlayers:\ntargets:", ["2:1: nothing stands after `layers:`", "3:1: nothing stands after `targets:`"]),
    # layers
    ("inputs: [1]\nlayers: {dense: 3}", ["2:9: `layers` is not a list but a table"]),
    ("inputs: [1]\nlayers:\n- dens: [h1]", ["3:3: a layer of unknown kind 'dens'"]),
    ("inputs: [1]\nlayers:\n- weights: 3", ["3:3: a layer without its kind"]),
    ("inputs: [1]\nlayers: [null, [a]]", ["2:10: a layer cannot be nothing", "2:16: a layer cannot be a list"]),
    ("inputs: [1]\nlayers:\n- dense: [h1]\n  relu: [h2]", ["4:3: a layer with a second kind, 'relu'"]),
    ("inputs: [1]\nlayers:\n- dense: [h1]\n  wieghts: 3", ["4:3: unknown key 'wieghts' in a layer"]),
    ("inputs: [1]\nlayers:\n- dense: [h1]\n  weights:\n  i1: {w: 3}",
     ["4:3: nothing stands after `weights:`", "5:3: unknown key 'i1' in a layer"]),
    ("inputs: [1]\nlayers:\n- dense: 2\n  biases: {b: 1}\n  bias: 2", ["5:3: `bias` beside `biases`"]),
    ("inputs: [1]\nlayers:\n- dense: 2\n  biases: {'b[1]': 1}",
     ["4:12: 'b[1]' is not a name: brackets are for elements"]),
    ("inputs: [1]\nlayers:\n- dense: 2\n  weights: {i1: {'w[1]': 1}}",
     ["4:18: 'w[1]' is not a name: brackets are for elements"]),
    ("inputs: [1]\nlayers:\n- relu\n- relu: [a]\n  weights: 3", ["5:3: 'relu' has no `weights`"]),
    ("inputs: [1]\nlayers:\n- dense: 2.5", ["3:10: the number of units cannot be '2.5'"]),
    ("inputs: [1]\nlayers: [{concat: c, from: []}, {concat: d, from: {}}, let: {}, {}]\nloss: {}",
     ["2:28: `from` cannot be an empty list", "2:51: `from` cannot be an empty table",
      "2:61: `let` cannot be an empty table", "2:65: a layer cannot be an empty table",
      "3:7: a loss cannot be an empty table"]),
    ("inputs: [1]\nlayers:\n- dense: []", ["3:10: a layer's result has no names here"]),
    ("inputs: [1]\nlayers:\n- dense: ['h[1]', 3, 'x y', null]", [
        "3:11: 'h[1]' is not a name: brackets are for elements", "3:19: '3' is not a name: it starts with a digit",
        "3:22: 'x y' is not a name: ' ' cannot stand there",
        "3:29: an entry of a layer's result is not a name but nothing"]),
    ("inputs: [1]\nlayers:\n- dense: {z1: {size: 0}}", ["3:22: a size cannot be '0'"]),
    ("inputs: [1]\nlayers:\n- dense: {z1: 4}", ["3:15: a result cannot be '4'"]),
    ("inputs: [1]\nlayers:\n- dense: {a: [b], c: [d]}", ["3:10: a layer has one result"]),
    ("inputs: [1]\nlayers:\n- dense: 2\n  activation: {rleu: [a]}", ["4:16: an activation of unknown kind 'rleu'"]),
    ("inputs: [1]\nlayers:\n- dense: 2\n  activation: {relu: [a], slope: 3}",
     ["4:27: unknown key 'slope' in the activation 'relu'"]),
    # values
    ("inputs: {x1, x2}\nlayers: []", ["1:12: a value is missing here", "1:16: a value is missing here"]),
    ("inputs: []\nlayers: []\ntargets: {}", ["1:9: this list is empty", "3:10: this table is empty"]),
    ("inputs: 3\nlayers: []", ["1:9: `inputs` cannot be one number"]),
    ("inputs: [[1, 2], [3, 4]]\ntargets: {t: [[1], [2]]}\nlayers: []",
     ["1:9: `inputs` has lists inside its list, and is one list of numbers",
      "2:14: `targets` has lists inside its list, and is one list of numbers"]),
    ("inputs: x\nlayers: []\nvalues: {x: [[1, 2], [3, 4]], y: [[1]]}",
     ["3:13: `inputs` has lists inside its list, and is one list of numbers"]),
    ("inputs: [1]\ntargets: 1,5\nlayers: []", ["2:10: '1,5' is not a number"]),
    ("inputs: [1, x]\nlayers: []", ["1:13: `inputs` mixes numbers, names or lists"]),
    ("inputs: {3: 4, 'x[1]': 2}\nlayers: []",
     ["1:10: '3' is not a name: it starts with a digit", "1:16: 'x[1]' is not a name: brackets are for elements"]),
    ("inputs: {x: {file: x.pkl}}\nlayers: []", ["1:20: 'x.pkl' is not a file of numbers"]),
    ("inputs: {x: {file: x.npz, kye: a}}\nlayers: []", ["1:27: unknown key 'kye' in a file"]),
    ("inputs: [1]\nlayers: []\nfrozen: {b1: 1}", ["3:9: `frozen` is not a list but a table"]),
    ("inputs: [1]\nlayers: []\nfrozen: ['W1[0]', 'W1[a]']",
     ["3:10: 'W1[0]' is not an element", "3:19: 'W1[a]' is not an element"]),
    ("inputs: [1]\nlayers: []\nvalues: {a: b, c: null}",
     ["3:13: `values` has no number here", "3:19: `values` has no number here"]),
    # loss, steps, conventions
    ("inputs: [1]\nlayers: []\nloss: {mse: L, mae: M}", ["3:16: a loss with a second kind, 'mae'"]),
    ("inputs: [1]\nlayers: []\nloss: MSE", ["3:7: a loss of unknown kind 'MSE'"]),
    ("inputs: [1]\nlayers: []\nloss: {mse: 'L[1]', parts: {}, over_outputs: meen, delta: 1}", [
        "3:13: 'L[1]' is not a name: brackets are for elements", "3:28: `parts` is not a list but an empty table",
        "3:46: `over_outputs` cannot be 'meen'", "3:52: unknown key 'delta' in a loss"]),
    ("inputs: [1]\nlayers: []\nlearning_rate: fast\niterations: 0",
     ["3:16: 'fast' is not a number", "4:13: `iterations` cannot be '0'"]),
    ("inputs: [1]\nlayers: []\nloss: {huber: H, delta: -1}", ["3:25: `delta` cannot be '-1'"]),
    ("inputs: [1]\nlayers: [{elu: a, alpha: 0}]\nloss: {hinge: H, margin: 0}", [
        "2:26: `alpha` cannot be '0'", "3:26: `margin` cannot be '0'"]),
    ("inputs: [1]\nlayers: []\nloss: {ce: H, log: 2}", ["3:15: `log` is a key of the whole file"]),
    ("inputs: [1]\nlayers: []\noptimizer: sdg", ["3:12: an optimizer of unknown kind 'sdg'"]),
    ("inputs: [1]\nlayers: []\noptimizer: {sgd: 3, beta: 0.9}",
     ["3:18: an optimizer's options cannot be '3'", "3:21: 'beta' beside the optimizer"]),
    ("inputs: [1]\nlayers: []\ndigits: 20\nvectors: column\nrelu_at_zero: 0.5\nlog: 3\nrounding: half", [
        "3:9: `digits` cannot be '20'", "4:10: `vectors` cannot be 'column'", "5:15: `relu_at_zero` cannot be '0.5'",
        "6:6: `log` cannot be '3'", "7:11: `rounding` cannot be 'half'"]),
    ("inputs: [1]\nlayers: []\nrounding: {carry: {significant: 0}, at_least: 2}",
     ["3:33: `significant` cannot be '0'", "3:47: `at_least` beside `significant`"]),
    ("inputs: [1]\nlayers: []\nloss: mse\npenalty: {weight_decay: 0.1, l2: [22], l1: -1, on: {b: 1}, name: 3}", [
        "4:11: a penalty of unknown kind 'weight_decay'", "4:34: the factor of 'l2' is not a number but a list",
        "4:44: a penalty's factor cannot be '-1'", "4:52: `on` cannot be a table",
        "4:66: '3' is not a name: it starts with a digit"]),
    ("inputs: [1]\nlayers: []\npenalty: {on: all}",
     ["3:10: a penalty without its kind", "3:10: a penalty needs a loss beside it"]),
    ("inputs: [1]\nlayers: []\nloss: {mse: L, penalty: {l2: 1}}\npenalty: {l1: 1}\n"
     "report: [{mse: M, penalty: {l2: 1}}]",
     ["4:10: a second penalty", "5:28: a report has no penalty"]),
    ("inputs: [1]\ntargets: [2]\nlayers: []\nloss: {upstream: [1], parts: [a]}\niterations: 2\n"
     "report: [mse, {upstream: [1]}]\npenalty: {l2: 1}",
     ["2:10: `targets` beside upstream gradients, of a loss that is not known",
      "4:23: 'parts' beside `upstream`",
      "5:13: more than one iteration with upstream gradients: after one step they would change",
      "6:10: `report` beside upstream gradients, of a loss that is not known", "6:16: a report cannot be `upstream`",
      "7:10: `penalty` beside upstream gradients, of a loss that is not known"]),
    ("inputs: [1]\nlayers: []\nloss: upstream", ["3:7: `upstream` without its gradients"]),
    ("inputs: [1]\nlayers: []\nsamples: [[1]]\nsamples_per_step: 0", ["4:19: `samples_per_step` cannot be '0'"]),
    # not yet
    ("inputs: {x: {size: D}}\nlayers:\n- dense: 2\n  from: x\n"
     "  weights: {init: he_normal, seed: 0}\npenalty: 2", [
        "6:10: a penalty cannot be '2'"]),
]  # fmt: skip

NUMBERS = {
    "1_000": "'1_000' is not a number",
    "1:30": "'1:30' is not a number",
    "0x10": "'0x10' is not a number",
    "0,5": "'0,5' is not a number",
    "−5": "'−5' is not a number",
    "۵": "'۵' is not a number",
    "1e": "'1e' is not a number",
    ".": "'.' is not a number",
    "3/0": "'3/0' divides by zero",
    "1e999999999": "'1e999999999' is too large for a number here",
    "1e-999999999": "'1e-999999999' is too small for a number here",
    "1e309": "'1e309' is too large for a number here",
    "-1e-400": "'-1e-400' is too small for a number here",
    "9" * 500: f"'{'9' * 59}…' is too long for a number",
    **{
        text: f"'{text}' is not a finite number"
        for text in ("nan", "NaN", ".nan", "inf", "-inf", "+.Inf", "infinite", "∞")
    },
    '"0.5"': "'0.5' is in quotes, so it is a text and not a number",
}


def problems_of(text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        read(text, "net.yaml", None)
    return caught.value


@pytest.mark.parametrize(("text", "expected"), TABLE, ids=[text[-50:].strip() for text, _ in TABLE])
def test_all_problems_with_their_places(text: str, expected: list[str]) -> None:
    found = problems_of(text).problems
    assert [f"{place.line}:{place.column}: {message}" for place, message, _ in found] == expected
    assert all(problem.remedy for problem in found)


@pytest.mark.parametrize(("text", "message"), NUMBERS.items())
def test_numbers_that_are_none(text: str, message: str) -> None:
    (problem,) = problems_of(f"inputs:\n  x: {text}\nlayers: []").problems
    assert problem[:2] == (Place(2, 6), message)


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null", "~\n"])
def test_an_empty_file(text: str) -> None:
    with pytest.raises(UserError, match=r"^net\.yaml is empty\n  it needs at least `inputs` and `layers`$"):
        read(text, "net.yaml", None)


GOLDEN = [
    (
        "inputs: [1]\nlayers:\n  - dense: [h1]\n    wieghts: [[1]]\n",
        "net.yaml:4:5: unknown key 'wieghts' in a layer\n"
        "  4 |     wieghts: [[1]]\n"
        "    |     ^\n"
        "  did you mean 'weights'? known here: weights, biases, bias, activation, from",
    ),
    (
        "inputs: {日本: 1, ŷ\u0304: 1_000}\nlayers: []\n",
        "net.yaml:1:21: '1_000' is not a number\n"
        "  1 | inputs: {日本: 1, ŷ\u0304: 1_000}\n"
        "    |                      ^\n"
        "  write it without _: 1000",
    ),
    (
        "inputs: {a: 1}   \t # a tab\nlayers: []\nloss: \t mes\n",
        "net.yaml:3:9: a loss of unknown kind 'mes'\n"
        "  3 | loss:   mes\n"
        "    |         ^\n"
        "  did you mean 'mse'? known here: half_squared_error, squared_error, mean_squared_error, mse",
    ),
    (
        "inputs: [" + "1, " * 100 + "x]\nlayers: []\n",
        "net.yaml:1:310: `inputs` mixes numbers, names or lists\n"
        "  1 | …" + " 1," * 31 + " x]\n"
        "    | " + " " * 95 + "^\n"
        "  list numbers only or names only; a table gives both: {x1: 0.5, x2: 1.0}",
    ),
    (
        "inputs: [1]\nlayers: []\nloss: mse\x07",
        "net.yaml:3:10: the character U+0007 cannot stand here\n"
        "  3 | loss: mse\N{REPLACEMENT CHARACTER}\n"
        "    |          ^\n"
        "  remove it; a network file is plain text",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), GOLDEN)
def test_the_whole_message(text: str, expected: str) -> None:
    shown = str(problems_of(text))
    if "known here: half" in expected:  # the catalogue grows
        shown, expected = shown.split("known here")[0], expected.split("known here")[0]
    assert shown == expected


def test_long_listings_are_cut() -> None:
    shown = str(problems_of("inputs: [1]\nlayers: []\n" + "".join(f"key{at}: 1\n" for at in range(25))))
    assert shown.count("unknown key") == 20
    assert shown.endswith("\n… 5 more")


def test_another_stage_reports_in_the_same_way() -> None:
    spec = read("inputs: [1]\nlayers: []", "net.yaml", None)
    problems = Problems(spec.source, spec.lines)
    problems.raise_if_any()
    problems.add(Place(2, 9), "no layers", "add one")
    problems.add(Place(1, 9), "one input", "add another")
    with pytest.raises(SpecError) as caught:
        problems.raise_if_any()
    assert str(caught.value).splitlines()[::4] == ["net.yaml:1:9: one input", "net.yaml:2:9: no layers"]
