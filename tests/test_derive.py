"""Every line of a derivation, read back from its text and evaluated with the network's own numbers.

The lines of a step must agree with each other and with what the step's name means: a value, a gradient of the engine,
or a local derivative, which comes from the printed forward formulas with dual numbers.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any
from unicodedata import normalize

import numpy as np
import pytest
from networks import DRAWN, OF_ANY_OUTPUTS, generate
from shipped import CONFIGS, tried
from symbolic_reader import OPTIONS, AtKink, Dual, Index, Matrix, dual

from nntrace.catalogue import KINDS
from nntrace.expr.script import UNICODE
from nntrace.formats import render
from nntrace.network.building.build import build
from nntrace.network.model import Network
from nntrace.network.quantities import find, parameters
from nntrace.solution.derive.question import Question
from nntrace.solution.derive.sheet import Derivation
from nntrace.solution.formulas.tensor import TensorFormulas
from nntrace.spec import load, read
from nntrace.trace.arrays import ArrayTrace

CLOSE = 1e-10
CALLED = re.compile(rf"([a-z_]+)\(([^;]+)({OPTIONS.pattern})\)")
NAMED = [letter + "′" * count for letter in "Zu" for count in range(9)]
"""What a derivation calls a part that repeats, in these networks."""
MIXED = r"\[((?:\d+,)+[a-z](?:,[a-z0-9]+)*|[a-z](?:,[a-z0-9]+)+)\]"
"""An index of letters and of numbers, in brackets."""
SPLIT = re.compile(r"(\w) (≠|=) (\w)")


Definitions = dict[str, tuple[tuple[str, ...], str]]
"""Index letters and meaning of a name."""


class Reading:
    """One network's derivation beside its numbers."""

    def __init__(
        self,
        network: Network,
        sheet: dict[str, Any],
        question: Question | None = None,
        symbols: Mapping[str, int] = {},
    ) -> None:
        self.network, self.sheet = network, sheet
        self.symbols = symbols
        """What the symbols for sizes stand for."""
        question = question or Question()
        self.has_numbers = question.with_numbers and network.conventions.rounding.places is None  # else carried ones
        self.jacobians = {label: pair for pair, label in question.jacobians.items()}
        self.differentiated = ""
        """The formula of what a line is the derivative of, with the space before it."""
        self.sample, self.of_each = 0, False
        """Of which sample a line is read that is about each of them, and whether it says that it is."""
        self.n, self.k, self.mark = "n", "", "⁽ⁿ⁾"
        """The letters of a sample and of its class, if there is one, and the mark of what belongs to each sample."""
        self.largest = ""
        """What the largest argument of a softmax is called; nothing where it is not written."""
        for remark in sheet.get("remarks", ()):
            if found := re.match(r"(\w) counts the samples.*(⁽.⁾)", remark["text"]):
                self.n, self.mark = found.groups()
        for line in (line for step in sheet["steps"] for line in step["lines"]):
            if found := re.search(r" is 1 at (\w)", line["note"] or ""):
                self.k = found.group(1)
            if found := re.match(r"(\w) is the largest ", line["note"] or ""):
                self.largest = found.group(1)
        trace = ArrayTrace(network)
        self.values, self.slopes = trace.arrays, trace.gradients
        formulas = TensorFormulas(network)
        self.keys: dict[str, str] = {}
        self.deltas: dict[str, str] = {}
        self.loss = formulas.name(network.loss or "").name
        for key, tensor in network.tensors.items():
            name = formulas.name(key)
            self.keys[name.name + (self.mark if name.mark else "")] = key
            if name.mark and tensor.role != "loss":  # a single number of each sample: q_n, and q⁽ⁿ⁾ between matrices
                self.keys[name.name] = key
            if tensor.role in ("unit", "input", "parameter") and key in self.slopes:
                delta = formulas.gradient_name(key)
                if hasattr(delta, "name"):
                    self.deltas[delta.name] = key
        self.deltas.update({label: key for key, label in question.labels.items()})
        self.summed = str(network.tensors[network.data].name) if network.data else self.loss
        """The loss of which each sample has a part: of one with a penalty, that of the data."""
        self.per_sample = self.keys.get(self.summed + self.mark)
        self.cells: dict[str, tuple[str, tuple[int, ...]]] = {}
        """Where each element is that has a name of its own or an index in brackets, without its sample."""
        for key, tensor in network.tensors.items():
            for cell in tensor.cells():
                short = cell[1:] if tensor.sampled else cell
                is_shown = short or tensor.names.get(short, name) not in self.keys  # a shared bias that is tied
                if is_shown and tensor.role in ("unit", "input", "parameter", "target"):
                    whole = formulas.name(key).name
                    index = ",".join(str(place + 1) for place in short)
                    own = tensor.names.get(short)
                    self.cells[own or f"{whole}[{index}]"] = (key, short)
                    if formulas.naming.is_delta(key) and key in self.slopes:
                        delta = formulas.gradient_name(key)
                        self.cells[f"δ_{own}" if own else f"{delta.name}[{index}]"] = (f"∂{key}", short)
        self.definitions: Definitions = {}
        """What a name in a line above means, in its index letters."""
        self.names = [*self.keys, *self.deltas, *self.cells, *symbols, *NAMED, *self.largest]
        self.formula: dict[str, tuple[tuple[str, ...], str, Definitions]] = {}
        self.calls: dict[tuple[str, str], str] = {}
        for step in sheet["steps"]:
            meant, own = self.apart(step)
            text = own[0]["text"]
            name, letters = self.parted(step["name"])
            called = CALLED.fullmatch(text)
            single = name in self.keys and len(self.written(name, self.array(name).shape)) == len(letters)
            if step["section"] == "network" and (letters or not called or single):
                self.formula.setdefault(name, (letters, own[-1]["text"], meant))
                if called and single:
                    self.calls[called.expand(r"\1\3"), self.parted(called.group(2))[0]] = name
            elif step["section"] == "network" and called:
                self.calls[called.expand(r"\1\3"), called.group(2)] = name
            elif step["section"] == "loss gradient" and name in (self.loss, self.summed):
                has_letters = bool(letters) or self.per_sample is None or name != self.summed
                self.formula.setdefault(name if has_letters else "", (letters, text, meant))
            elif step["section"] == "loss gradient" and name in self.keys:
                self.formula.setdefault(name, (letters, text, meant))
        self.hot: dict[tuple[int, ...], int] = {}
        """The class of each sample; of a single one, under no sample."""
        for tensor in network.tensors.values():
            if tensor.role == "target" and tensor.structural:
                self.hot.update({cell[:-1]: cell[-1] for cell, one in (tensor.typed or {}).items() if one == 1})

    @property
    def reader(self) -> Index:
        return Index(self.names, self.look, self.partial, self.slope, self.extent)

    def saturated(self) -> bool:
        """Whether a unit is so near to 1 that ``1 - a`` has lost its digits."""
        units = [array for key, array in self.values.items() if self.network.tensors[key].role == "unit"]
        return any(bool(((np.abs(np.abs(array) - 1) < 1e-5) & (np.abs(array) != 1)).any()) for array in units)

    def parted(self, text: str) -> tuple[str, tuple[str, ...]]:
        """A symbol as its name and its index letters."""
        if text in self.keys or text in self.deltas:
            return text, ()
        if found := re.fullmatch(rf"(.+){MIXED}", text):
            return found.group(1), tuple(found.group(2).split(","))
        name, _, letters = text.rpartition("_")
        return (name, tuple(letters)) if name else (text, ())

    def apart(self, step: dict[str, Any]) -> tuple[Definitions, list[dict[str, Any]]]:
        """What a step calls a part that repeats, and its own lines."""
        meant, own = {}, []
        for line in step["lines"]:
            name, _, text = line["text"].partition(" = ")
            is_name = " " not in name
            name, letters = self.parted(name)
            if text and is_name and name in NAMED:
                meant[name] = (letters, text)
            else:
                own.append(line)
        return meant, own

    def array(self, name: str, index: tuple[int, ...] = ()) -> Any:
        if name in self.deltas:
            return self.slopes[self.deltas[name]]
        if name == self.summed and index and self.per_sample:
            return self.values[self.per_sample]
        return self.values[self.keys[name]]

    def look(self, name: str, index: tuple[int, ...]) -> float:
        if name in self.symbols:
            return float(self.symbols[name])
        if name in self.definitions:
            letters, text = self.definitions[name]
            return dual(self.reader.evaluate(text, dict(zip(letters, index, strict=True)))).value
        if self.is_element(name, index):
            key, cell = self.cells[name]
            whole = self.slopes[key[1:]] if key.startswith("∂") else self.values[key]
            return float(whole[(*index, *cell)])
        return float(self.array(name, index)[self.stored(name, index)])

    def tensor(self, name: str, index: tuple[int, ...] = ()) -> Any:
        """What a name stands for: of the loss with an index, that of each sample."""
        if name == self.summed and index and self.per_sample:
            return self.network.tensors[self.per_sample]
        return self.network.tensors[self.deltas.get(name) or self.keys[name.removesuffix(self.mark)]]

    def stored(self, name: str, index: tuple[int, ...]) -> tuple[int, ...]:
        """The index in the program's arrays: the sample first, and a 0 where an axis of one place has no letter."""
        tensor = self.tensor(name, index)
        if tensor.sampled and self.network.conventions.vectors == "columns":
            index = (*index[-1:], *index[:-1])
        return (*index, *(0,) * (len(tensor.shape) - len(index)))

    def written(self, name: str, stored: tuple[int, ...], index: tuple[Any, ...] = (0,)) -> tuple[int, ...]:
        """The other way: the index, or shape, as a line has it."""
        tensor = self.tensor(name, index)
        sample, cell = stored[: tensor.sampled], stored[tensor.sampled :]
        cell = () if all(size == 1 for size in tensor.sample_shape) else cell
        return (*cell, *sample) if self.network.conventions.vectors == "columns" else (*sample, *cell)

    def is_element(self, name: str, index: tuple[int, ...]) -> bool:
        """Whether a name is that of an element: of one number, in a batch of one for each sample."""
        if name not in self.cells:
            return False
        key, _ = self.cells[name]
        sampled = self.network.tensors[key.removeprefix("∂")].sampled
        return name not in (*self.keys, *self.deltas) or len(index) == sampled

    def total_by(self, name: str, index: tuple[int, ...]) -> float:
        """The engine's gradient by an element: over all places of its name."""
        key, cell = self.cells[name]
        places = [(use.key, use.cell) for use in self.network.uses.get(name, ())] or [(key, (*index, *cell))]
        if self.network.tensors[key].sampled:
            places = [(key, (*index, *cell))]
        return sum(float(self.slopes[key][cell]) for key, cell in places if key in self.slopes)

    def partial(self, of: str, at: tuple[int, ...], by: str, index: tuple[int, ...]) -> float:
        if of == self.loss and not at and self.is_element(by, index):
            return self.total_by(by, index)
        if of == self.loss and not at and self.repeats(by, index):
            return self.total_by(self.network.tensors[self.keys[by]].names[self.stored(by, index)], ())
        stored = index if by in (self.loss, self.summed) else self.stored(by, index)
        key = self.per_sample if by == self.summed and index else self.keys[by]
        if of in (self.loss, self.summed if by == self.summed else "") and not at:  # no penalty reads a sample's part
            return float(self.slopes[key][stored]) if key in self.slopes else 0.0
        tensor = self.network.tensors[by_key := str(key)]
        if tensor.role in ("unit", "input") and of in (self.loss, self.summed) and (tensor.sampled or not at):
            inner = float(self.slopes[self.per_sample][at]) if at and self.per_sample else 1.0
            return float(self.slopes[by_key][stored]) / inner  # the whole derivative: no penalty reads a unit
        return self.local(of, at, by, index)

    def is_loss(self, name: str) -> bool:
        return name == self.loss or self.network.tensors[self.keys[name]].role == "loss"

    def local(self, of: str, at: tuple[int, ...], by: str, index: tuple[int, ...]) -> float:
        """∂of/∂by through the one printed formula of ``of``."""
        letters, text, meant = self.formula[of]
        place = self.stored(by, index)

        def look(name: str, cell: tuple[int, ...]) -> Any:
            if name in meant:
                inner, definition = meant[name]
                return reader.evaluate(definition, dict(zip(inner, cell, strict=True)))
            uses = [(use.key, use.cell) for use in self.network.uses.get(name, ()) if use.key == self.keys.get(by)]
            element = uses[0] if uses else self.cells.get(name)  # h1 is the first of a1
            same = name == by and cell == index
            same = same or (element is not None and (element[0], (*cell, *element[1])) == (self.keys.get(by), place))
            return Dual(self.look(name, cell), float(same))

        reader = Index(self.names, look, self.partial, self.slope, self.extent)
        return dual(reader.evaluate(text, dict(zip(letters, at, strict=True)))).slope

    def slope(self, kind: str, name: str, index: tuple[int, ...]) -> float:
        if self.is_element(name, index):
            key, cell = self.cells[name]
            places = {key: cell} | {use.key: use.cell for use in self.network.uses.get(name, ())}
            name, cell = next(
                (shown, places[one])
                for shown, one in self.keys.items()
                if one in places and (kind, shown) in self.calls
            )
            index = self.written(name, (*index, *cell))
        return self.local(self.calls[kind, name], index, name, index)

    def sizes(self, *texts: str) -> dict[str, int]:
        """How far each index letter runs, from the arrays that it stands at."""
        found: dict[str, int] = {}
        for text in texts:
            for name in sorted(self.names, key=len, reverse=True):
                for letters, _ in self.indices(name, text) if name in (*self.keys, *self.deltas) else ():
                    shape = self.written(name, self.array(name, letters).shape, letters)
                    if len(shape) == len(letters):
                        found.update(zip(letters, shape, strict=True))
        return {letter: size for letter, size in found.items() if letter.isalpha()}

    @staticmethod
    def indices(name: str, text: str) -> Iterator[tuple[tuple[str, ...], int]]:
        """The indices that a name has in a text, and where."""
        for match in re.finditer(rf"(?<![^\W_]){re.escape(name)}(?:_([a-z]+)(?![A-Za-z0-9_′])|{MIXED})", text):
            yield tuple(match.group(1) or match.group(2).split(",")), match.start()

    def extent(self, letter: str, text: str) -> int:
        """How far a letter runs where it first stands in a text, or in the formula that is differentiated there."""
        found: list[tuple[int, int]] = []
        text += self.differentiated
        meant = (of for name, (letters, of) in self.definitions.items() if letter in letters and f"{name}_" in text)
        text = " ".join([text, *meant])
        for name in (*self.keys, *self.deltas):
            for letters, place in self.indices(name, text):
                shape = self.written(name, self.array(name, letters).shape, letters)
                if letter in letters and len(shape) == len(letters):
                    found.append((place, shape[letters.index(letter)]))
        return min(found)[1] if found or letter != self.n else self.network.samples or 0

    # -- steps -------------------------------------------------------------------------------------------------------

    def disagreements(self) -> Iterator[str]:
        """Every line that is not what its step's name means."""
        for step in self.sheet["steps"]:
            if step["name"] == "parameters":
                count = len(list(parameters(self.network)))
                yield from (f"{text} is not {count}" for text in map(counted, texts_of(step)) if text != count)
                continue
            if step["section"] == "stability":
                yield from (f"{step['id']} {step['name']}: {problem}" for problem in self.of_stability(step))
                continue
            meant, own = self.apart(step)
            self.definitions.update(meant)
            texts = [line["text"] for line in own]
            check = self.by_index if self.in_indices(step["name"], texts) else self.as_matrix
            yield from (f"{step['id']} {step['name']}: {problem}" for problem in check(step, texts))

    def of_stability(self, step: dict[str, Any]) -> Iterator[str]:
        """A formula equals its safe form at the network's own numbers; numbers put in come to the value shown."""
        texts = [line["text"] for line in step["lines"]]
        if step["lines"][0]["kind"] == "substitution":
            found, shown = calculated(texts[0]), {"undefined": math.nan}.get(texts[1]) or calculated(texts[1])
            close = abs(found - shown) < 10 ** (1 - self.network.conventions.digits) * abs(found)
            if not (found == shown or (math.isnan(found) and math.isnan(shown)) or close):
                yield f"{texts[0]} is {found!r}, not {texts[1]}"
            return

        def one_sample(name: str) -> Any:
            array = self.values[self.keys[name]]
            return array[0] if self.network.tensors[self.keys[name]].sampled else array

        def look(name: str, index: tuple[int, ...]) -> float:
            array = one_sample(read.group(1) if name == self.largest else name)
            return float(array.max() if name == self.largest else array[(*index, *(0,) * (array.ndim - len(index)))])

        def extent(letter: str, text: str) -> int:
            name = max((name for name in self.keys if f"{name}_{letter}" in text), key=len)
            return len(one_sample(name))

        read = re.search(rf"([^\s({{]+?)(?:_[a-z])? - {self.largest}\b", texts[0]) or re.match("(.*)", "")
        assert read is not None
        reader = Index(self.names, look, self.partial, self.slope, extent)
        if step["name"] == self.loss:  # of all outputs together
            expected = self.values[self.per_sample][0] if self.per_sample else self.values[self.keys[self.loss]]
            found = [dual(reader.evaluate(text, {})).value for text in texts]
            yield from (f"{text} is not {expected!r}" for text, one in zip(texts, found, strict=True)
                        if not same(one, expected))  # fmt: skip
            return
        if not self.parted(step["name"])[1]:  # of a single unit
            texts += [step["name"]] if step["name"] in self.keys and step["name"] != self.loss else []
            values = [dual(reader.evaluate(text, {})).value for text in texts]
            yield from (f"{text} is not {values[-1]!r}" for text, one in zip(texts, values, strict=False)
                        if not same(one, values[-1]))  # fmt: skip
            return
        [letter] = step["name"][-1]
        known = step["name"][:-2] in self.keys and step["name"][:-2] != self.loss  # else what one output adds to it
        texts += [step["name"]] if known else []
        for place in range(extent(letter, texts[-1])):
            values = [dual(reader.evaluate(text, {letter: place})).value for text in texts]
            for text, value in zip(texts, values, strict=True):
                if not same(value, values[-1]):
                    yield f"{text} is {value!r} at {place}, not {values[-1]!r}"

    def in_indices(self, name: str, texts: list[str]) -> bool:
        whole = [text for text in (name, *texts) if self.sizes(text) or "Σ" in text]
        after = name.rpartition("/∂")[2].removesuffix(self.mark)
        words = {one: rf"(?<![^\W_]){re.escape(one)}(?:{self.mark})?(?![\w′⁽])" for one in (*self.keys, *self.deltas)}
        known = [one for one, word in words.items() if any(re.search(word, text) for text in (name, *texts))]
        if known and all(math.prod(self.tensor(one).shape) == 1 for one in known):
            return True
        of = self.keys.get(name.partition("/∂")[0].removeprefix("∂"))
        if of is not None and of != self.network.loss and self.network.tensors[of].role == "loss":
            return True
        if any(" if " in text for text in texts) or (after in self.cells and after not in (*self.keys, *self.deltas)):
            return True
        return bool(whole) or name == self.loss

    def by_index(self, step: dict[str, Any], texts: list[str]) -> Iterator[str]:
        name, _ = self.parted(step["name"].partition("/∂")[0].removeprefix("∂"))
        self.differentiated = " " + self.formula[name][1] if name in self.formula else ""
        sizes = self.sizes(*texts, *(text for _, text in self.definitions.values())) | self.sizes(step["name"])
        letters_of = (letter for found in re.findall(rf"_([a-z]+)(?![A-Za-z0-9_′])|{MIXED}", step["name"])
                      for letter in "".join(found))  # fmt: skip
        free = sorted({*letters_of} & sizes.keys())
        classes = self.hot if step["section"] == "loss gradient" and self.k in sizes else {}
        different = SPLIT.match(step["reason"] or "") if "≠" in (step["reason"] or "") else None
        for place in product(*(range(sizes[letter]) for letter in free)):
            at = dict(zip(free, place, strict=True))
            if classes:
                right = classes[tuple(at[letter] for letter in self.n if self.network.samples is not None)]
                if at.setdefault(self.k, right) != right:
                    continue
            if self.is_excepted(step, at):
                continue
            letters = {different.group(1), different.group(3)} if different else set()
            if different and len({at.get(letter) for letter in letters}) < 2:
                continue
            reader = self.reader
            expected = dual(reader.evaluate(step["name"], at)).value
            for text in texts:
                called = CALLED.fullmatch(text) if step["section"] == "network" else None
                if called and (called.expand(r"\1\3"), self.parted(called.group(2))[0]) in self.calls:
                    continue  # that the activation's name stands for the formula that follows
                found = dual(reader.evaluate(text, at)).value
                if not same(found, expected):
                    yield f"{text} is {found!r} at {at}, not {expected!r}"
            if self.has_numbers:
                listed = self.listed(step, at, self.k if classes else "")
                if not (same(listed, expected) if listed is not None else not math.isfinite(expected)):
                    yield f"its value is {step['value']!r}, {listed!r} at {at}, not {expected!r}"

    def listed(self, step: dict[str, Any], at: dict[str, int], chosen: str) -> float | None:
        """The number that a step's value has at these indices: those of its name in order, that of the class apart."""
        names = sorted((*self.keys, *self.deltas, *self.cells), key=len, reverse=True)
        pattern = "|".join(map(re.escape, names))
        found = re.findall(rf"(?<![^\W_])(?:{pattern})(?:_([a-z]+)|⁽(.)⁾|{MIXED})?(?![A-Za-z0-9_′])", step["name"])
        letters = filter(
            str.isalpha, "".join(index or mixed or normalize("NFKD", mark) for index, mark, mixed in found)
        )
        value = step["value"]
        for letter in dict.fromkeys(letters):
            value = value if letter == chosen else value[at[letter]]
        return None if value is None else float(value)

    def repeats(self, by: str, index: tuple[int, ...]) -> bool:
        """Whether the name of an element is in several places."""
        name = self.network.tensors[self.keys[by]].names.get(self.stored(by, index)) if by in self.keys else None
        return name is not None and len(self.network.uses[name]) > 1

    def is_excepted(self, step: dict[str, Any], at: dict[str, int]) -> bool:
        """Whether a step says itself that it is not about an element: a gradient where there is no connection, or by
        one of several places."""
        of, _, after = step["name"].rpartition("/∂")
        by, letters = self.parted(after)
        tensor = self.network.tensors.get(self.keys.get(by, ""))
        written = tuple(at.get(letter, 0) for letter in letters)
        cell = () if tensor is None else self.stored(by, written)
        reason = step["reason"] or ""
        if tensor is None or of != f"∂{self.loss}":
            by_itself = "by itself" in reason and self.repeats(by, written)
            return tensor is not None and (cell in tensor.missing or by_itself)
        missing = cell in tensor.missing and re.search("every connection|missing", reason)
        return bool(missing or (self.repeats(by, written) and "tied" in reason))

    def as_matrix(self, step: dict[str, Any], texts: list[str]) -> Iterator[str]:
        """Lines between whole matrices; those about each sample are read for every one of them."""
        self.of_each = any("for each sample" in (line["note"] or "") for line in step["lines"])
        if self.mark in step["name"]:
            for sample in range(self.network.samples or 0):
                self.sample = sample
                yield from self.as_matrices(step, texts)
        else:
            yield from self.as_matrices(step, texts)

    def as_matrices(self, step: dict[str, Any], texts: list[str]) -> Iterator[str]:
        marked = [name + self.mark for name in (*self.keys, *self.deltas, *self.jacobians)]
        names = [*self.names, *self.jacobians, *marked]
        reader = Matrix(names, self.whole, self.whole_partial, self.call, sizes=self.symbols)
        beside = [text.split(" = ") for text in texts if re.match(rf"\S+{self.mark} = ", text)]
        texts = [text for text in texts if text.split(" = ") not in beside]
        for sample, (left, right) in product(range(self.network.samples or 0), beside):
            self.sample = sample
            if not same(reader.evaluate(left), reader.evaluate(right)):
                yield f"{left} is not {right} for sample {sample}"
        expected = reader.evaluate(step["name"])
        rows, *columns = np.shape(expected) or (1,)
        for line, text in zip(step["lines"], texts, strict=False):
            reader.identity = rows if [rows] == columns else 0  # else that of the matrix beside it
            try:
                found = reader.evaluate(text)
            except ValueError:  # no matrix is beside it
                reader.identity = max(rows, *columns)
                found = reader.evaluate(text)
            if isinstance(found, str):
                found = np.eye(len(expected))
            if not same(found, expected):
                yield f"{text} is {found!r}, not {expected!r}"
            for down, across in re.findall(r"\[(\w+)×(\w+)\](?=$|, )", line["note"] or ""):
                counts = tuple(self.symbols.get(size) or int(size) for size in (down, across))
                if np.shape(np.atleast_2d(expected)) != counts:
                    yield f"{line['note']} is not the shape {np.shape(expected)}"

    def laid_out(self, key: str, array: Any) -> Any:
        """A tensor as a matrix: a vector is a column or a row, the samples stand the other way."""
        columns = self.network.conventions.vectors == "columns"
        tensor = self.network.tensors[key]
        array = np.asarray(array, dtype=float)
        if tensor.sampled and array.ndim == len(tensor.shape):
            array = array.reshape(array.shape[0], -1)
            return array.T if columns else array
        if array.ndim == 1:
            return array[:, None] if columns else array[None, :]
        return array.reshape(1, 1) if array.ndim == 0 else array

    def whole(self, name: str) -> Any:
        if name in self.symbols:
            return float(self.symbols[name])
        if name in self.cells and name not in (*self.keys, *self.deltas):
            key, cell = self.cells[name]
            own = (self.sample,) if self.network.tensors[key].sampled else ()
            return float(self.values[key][(*own, *cell)])
        if name.removesuffix(self.mark) in self.jacobians:
            names = {key: shown for shown, key in self.keys.items()}
            return self.whole_partial(*(names[key] for key in self.jacobians[name.removesuffix(self.mark)]))
        key = (
            self.deltas.get(name.removesuffix(self.mark))
            or self.keys[name if name in self.keys else name[: -len(self.mark)]]
        )
        array = self.slopes[key] if name.removesuffix(self.mark) in self.deltas else self.values[key]
        return self.laid_out(key, self.of_sample(name, array))

    def of_sample(self, name: str, array: Any) -> Any:
        """What belongs to the one sample, where a name says so."""
        return array[self.sample] if name.endswith(self.mark) and (self.of_each or name not in self.keys) else array

    def whole_partial(self, of: str, by: str) -> Any:
        if of == self.loss:
            key = self.keys[by.removesuffix(self.mark)]
            return self.laid_out(key, self.of_sample(by, self.slopes[key]))
        of, by = of.removesuffix(self.mark), by.removesuffix(self.mark)
        tensors = [self.network.tensors[self.keys[name]] for name in (of, by)]
        down, across = (list(np.ndindex(one.sample_shape)) for one in tensors)
        over, under = ((self.sample,) if one.sampled else () for one in tensors)
        rows = [self.written(of, (*over, *j)) for j in down]
        places = [self.written(by, (*under, *i)) for i in across]
        return np.array([[self.local(of, row, by, place) for place in places] for row in rows])

    def call(self, kind: str, name: str) -> Any:
        if not kind.endswith("′"):
            return self.whole(self.calls[kind, name])
        shown = name.removesuffix(self.mark)
        values = self.values[self.keys[shown]]
        cells = (self.written(shown, cell) for cell in np.ndindex(values.shape))
        slopes = np.array([self.slope(kind[:-1], shown, cell) for cell in cells])
        return self.laid_out(self.keys[shown], self.of_sample(name, slopes.reshape(values.shape)))


def texts_of(step: dict[str, Any]) -> list[str]:
    return [line["text"] for line in step["lines"]]


def counted(text: str) -> int:
    """A product and sum of counts."""
    return int(eval(text.replace("×", "*"), {"__builtins__": {}}))


def calculated(text: str) -> float:
    """A formula of numbers alone, as a pocket calculator that knows infinities has it."""
    power = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    text = re.sub(r"×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: "e" + found.group(1).translate(power), text)
    text = re.sub(r"\|([^|]+)\|", r"abs(\1)", text).replace("e^{", "exp(").replace("}", ")").replace("×", "*")
    text = re.sub(r"(?<![a-z\d.])\d+(\.\d+)?(e-?\d+)?", lambda found: f"number({found.group()})", text).replace(
        "∞", "inf"
    )
    text = re.sub("[²³⁴]", lambda found: f"**{'²³⁴'.index(found.group()) + 2}", text.replace("∞", "inf"))
    known = {
        "exp": np.exp,
        "ln": np.log,
        "sqrt": np.sqrt,
        "max": max,
        "abs": abs,
        "sin": np.sin,
        "cos": np.cos,
        "tanh": np.tanh,
        "erf": math.erf,
        "number": np.float64,
        "inf": np.float64("inf"),
    }
    with np.errstate(all="ignore"):
        return float(eval(text, {"__builtins__": {}}, known))


def same(found: Any, expected: Any) -> bool:
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    if not (np.isfinite(found).all() and np.isfinite(expected).all()):
        return True
    if found.size != expected.size and 1 not in (found.size, expected.size):
        return False
    scale = 1 + np.abs(found).max() + np.abs(expected).max()
    return bool((np.abs(found - expected) <= CLOSE * scale).all())


def reading(network: Network, question: Question) -> Reading:
    derivation = Derivation(network, question)
    solution = derivation.solution()
    sheet = json.loads("\n".join(render(solution, "json", width=80, script=UNICODE)))
    for step in sheet["steps"] if question.with_numbers else ():  # the rounded numbers beside the symbols
        if step["section"] != "stability":
            step["lines"] = [line for line in step["lines"] if line["kind"] not in ("substitution", "value")]
    return Reading(derivation.network, sheet, question)


@pytest.mark.parametrize("path", tried(CONFIGS), ids=lambda path: path.stem)
def test_every_line_of_a_config(path: Path) -> None:
    network = build(load(str(path)), numbers=False)
    if network.has_numbers:
        assert list(reading(network, Question(with_numbers=True)).disagreements()) == []


CHUNK = 10


@pytest.mark.parametrize("start", range(0, DRAWN, CHUNK))
def test_every_line_of_generated_networks(start: int) -> None:
    for seed in range(start, min(start + CHUNK, DRAWN)):
        text = generate(seed).text
        try:
            one = reading(build(read(text, "generated", None)), Question(with_numbers=True))
            problems = [] if one.saturated() else list(one.disagreements())
        except AtKink:
            continue
        assert problems == [], text


ALIKE = """\
inputs: {x: [1, -2]}
targets: {t: [0.7, 0.2]}
layers:
- dense: z
  weights: [[0.5, -0.25], [-0.5, 1]]
- {elu: p, alpha: 0.5, from: z}
- {elu: q, alpha: 0.25, from: z}
- {add: s, from: [p, q]}
- gelu: r
- {gelu: v, form: tanh}
- softmax: m
- {softmax: n, shift: true}
loss: {mse: J}
"""
"""Functions of one kind, of which options are all that tells some apart; both softmaxes are the same function."""

BATCH = """
inputs: {x: {size: 3}}
targets: {y: {size: 2}}
samples: [[1, 2, 3, 0, 1], [0.5, -1, 2, 1, 0]]
vectors: VECTORS
layers:
  - dense: 4
    weights: {init: he_normal, seed: 1}
    biases: {init: he_normal, seed: 3}
    activation: tanh
  - dense: 2
    weights: {init: he_normal, seed: 2}
    bias: {b: 0.1}
    activation: softmax
loss: LOSS
"""


@pytest.mark.grid
@pytest.mark.parametrize("loss", OF_ANY_OUTPUTS)
@pytest.mark.parametrize("vectors", ["columns", "rows"])
def test_every_line_of_a_batch(vectors: str, loss: str) -> None:
    text = BATCH.replace("VECTORS", vectors).replace("LOSS", loss)
    assert list(reading(build(read(text, "batch", None)), Question(with_numbers=True)).disagreements()) == []


@pytest.mark.grid
@pytest.mark.parametrize("loss", OF_ANY_OUTPUTS)
@pytest.mark.parametrize("vectors", ["columns", "rows"])
def test_every_line_of_a_batch_of_which_the_size_alone_is_known(vectors: str, loss: str) -> None:
    """The sheet of m samples holds for those that there are; with their number for m it is the same sheet."""
    text = BATCH.replace("VECTORS", vectors).replace("LOSS", loss)
    network = build(read(text, "batch", None))
    rows = "samples: [[1, 2, 3, 0, 1], [0.5, -1, 2, 1, 0]]"

    def sheet(samples: str) -> dict[str, Any]:
        sized = build(read(text.replace(rows, samples), "sized", None), numbers=False)
        assert not sized.has_numbers
        return reading(sized, Question()).sheet

    symbolic = sheet("samples: {size: m}")
    assert list(Reading(network, symbolic, symbols={"m": 2}).disagreements()) == []
    assert [line for step in symbolic["steps"] for line in step["lines"] if "(1/m) × Σ_n L_n" in line["text"]]
    assert {row["samples"] for row in symbolic["shapes"] if row["role"] == "input"} <= {"[3×m]", "[m×3]"}
    if loss != "cross_entropy":  # that the targets sum to 1 is known of numbers alone
        assert sheet("samples: {size: 2}")["steps"] == reading(network, Question()).sheet["steps"]


@pytest.mark.parametrize("vectors", ["columns", "rows"])
def test_the_jacobians_of_each_sample_are_matrices(vectors: str) -> None:
    text = BATCH.replace("VECTORS", vectors).replace("LOSS", "mse")
    named = {("a2", "z2"): "J", ("z2", "a1"): "G", ("z1", "b1"): "B"}
    one = reading(build(read(text, "batch", None)), Question(jacobians=named, labels={"a1": "g"}))
    assert list(one.disagreements()) == []
    texts = {step["name"]: texts_of(step) for step in one.sheet["steps"]}
    outer = "a2⁽ⁿ⁾ a2⁽ⁿ⁾ᵀ" if vectors == "columns" else "a2⁽ⁿ⁾ᵀ a2⁽ⁿ⁾"
    assert texts["J⁽ⁿ⁾"][0] == "∂a2⁽ⁿ⁾/∂z2⁽ⁿ⁾"
    assert texts["J⁽ⁿ⁾"][1].endswith(f") - {outer}")
    assert texts["∂z1⁽ⁿ⁾/∂x⁽ⁿ⁾"] == ["W1" if vectors == "columns" else "W1ᵀ"]
    forms = {"columns": "δ2⁽ⁿ⁾ = J⁽ⁿ⁾ᵀ (∂L/∂a2⁽ⁿ⁾)", "rows": "δ2⁽ⁿ⁾ = (∂L/∂a2⁽ⁿ⁾) J⁽ⁿ⁾"}
    assert texts["δ2"][-1] == forms[vectors]
    assert texts["g"][-1] == ("g⁽ⁿ⁾ = G⁽ⁿ⁾ᵀ δ2⁽ⁿ⁾" if vectors == "columns" else "g⁽ⁿ⁾ = δ2⁽ⁿ⁾ G⁽ⁿ⁾")


@pytest.mark.parametrize(("right", "wrong"), [
    ("diag(a2⁽ⁿ⁾) - a2⁽ⁿ⁾ a2⁽ⁿ⁾ᵀ", "diag(a2⁽ⁿ⁾) + a2⁽ⁿ⁾ a2⁽ⁿ⁾ᵀ"),
    ("diag(1 - a1⁽ⁿ⁾ ⊙ a1⁽ⁿ⁾)", "diag(1 - 1.0005 × a1⁽ⁿ⁾ ⊙ a1⁽ⁿ⁾)"),
    ("g⁽ⁿ⁾ = G⁽ⁿ⁾ᵀ δ2⁽ⁿ⁾", "g⁽ⁿ⁾ = 1.0005 × G⁽ⁿ⁾ᵀ δ2⁽ⁿ⁾"),
])  # fmt: skip
def test_a_wrong_line_about_each_sample_is_caught(right: str, wrong: str) -> None:
    text = BATCH.replace("VECTORS", "columns").replace("LOSS", "mse")
    one = reading(build(read(text, "batch", None)), Question(jacobians={("z2", "a1"): "G"}, labels={"a1": "g"}))
    [line] = [line for step in one.sheet["steps"] for line in step["lines"] if line["text"] == right]
    line["text"] = wrong
    assert list(one.disagreements())


def test_columns_of_ones_are_written_with_their_size() -> None:
    """In a batch n counts the samples, so that 1_n and 1_j would be no columns of n and of j ones."""
    text = BATCH.replace("VECTORS", "columns").replace("LOSS", "hinge")
    one = reading(build(read(text, "batch", None)), Question())
    texts = {step["name"]: texts_of(step)[-1] for step in one.sheet["steps"]}
    assert (texts["z1"], texts["∂L/∂b"], texts["∂L/∂b1"]) == ("W1 x + b1 1_2ᵀ", "1_2ᵀ δ2 1_2", "δ1 1_2")
    assert not any(re.search(r"(?<!\w)1_[a-z]", text) for step in one.sheet["steps"] for text in texts_of(step))


FUSED = """
inputs: {x: [1, 2]}
targets: TARGETS
layers:
  - dense: 3
    weights: {init: he_normal, seed: 1}
    activation: ACTIVATION
log: LOG
loss: {LOSS: L, over_outputs: OVER}
"""
TARGETS = {"one-hot": "[0, 1, 0]", "soft": "[0.5, 0.25, 0.25]", "free": "[0.5, 0.25, 0.5]", "class": "z1[2]"}


@pytest.mark.grid
@pytest.mark.parametrize("over", ["sum", "mean"])
@pytest.mark.parametrize("log", ["e", "2", "10"])
@pytest.mark.parametrize(("loss", "activation", "targets"), [
    ("ce", "softmax", "one-hot"), ("ce", "softmax", "soft"), ("ce", "softmax", "free"), ("ce", "softmax", "class"),
    ("bce", "sigmoid", "one-hot"), ("bce", "sigmoid", "free"),
])  # fmt: skip
def test_what_cancels_in_a_loss(loss: str, activation: str, targets: str, log: str, over: str) -> None:
    """Nothing is used but what is said: Σ y = 1 beside the one form that needs it, and no sign lost in a step."""
    text = FUSED.replace("LOSS", loss).replace("ACTIVATION", activation).replace("LOG", log).replace("OVER", over)
    shown = TARGETS[targets].replace("z1", "a1")
    one = reading(build(read(text.replace("TARGETS", shown), "fused", None)), Question(with_numbers=True))
    assert list(one.disagreements()) == []
    steps = [step for step in one.sheet["steps"] if step["section"] == "loss gradient"]
    facts = [line for step in steps for line in step["lines"] if "= 1" in (line["note"] or "")]
    assert len(facts) == (loss == "ce" and targets in ("one-hot", "soft"))
    [main] = [step for step in steps if step["name"] in ("∂L/∂z1_i", "∂L/∂z1_k") and "≠" not in (step["reason"] or "")][
        :1
    ]
    texts = texts_of(main)
    if loss == "bce":
        assert any("(1 - y_k) a1_k - y_k (1 - a1_k)" in text for text in texts)
        assert any("a1_k - y_k a1_k - y_k + y_k a1_k" in text for text in texts)
    elif targets != "class":
        assert any("-Σ_k y_k (1[k = i] - a1_i)" in text for text in texts)
        assert any("-(y_i - a1_i Σ_k y_k)" in text for text in texts)
    else:
        assert any("-(1 - a1_k)" in text for step in steps for text in texts_of(step))


@pytest.mark.parametrize("kink", [0, 1])
@pytest.mark.parametrize("over", ["sum", "mean"])
def test_a_hinge_is_derived_for_the_right_class_and_for_another(over: str, kink: int) -> None:
    text = FUSED.replace("ACTIVATION", "tanh").replace("LOG", "e").replace("TARGETS", "a1[2]") + f"relu_at_zero: {kink}"
    one = reading(build(read(text.replace("LOSS", "hinge").replace("OVER", over), "hinge", None)), Question())
    assert list(one.disagreements()) == []
    texts = {step["name"]: texts_of(step)[-1] for step in one.sheet["steps"]}
    positive = f"1[a1_{{}} - a1_k + 1 {'≥' if kink else '>'} 0]"
    scale = "1/3 × " if over == "mean" else ""
    assert texts["∂L/∂a1_i"] == scale + positive.format("i")
    assert texts["∂L/∂a1_k"].startswith("-")
    assert texts["∂L/∂a1_k"].endswith(f"Σ_j {positive.format('j')} × (1 - 1[j = k])")


BY_CLASS = """
inputs: {x: {size: 3}}
targets: y
samples: [[1, 2, 3, dog], [0.5, -1, 2, cat], [1, 1, 0, dog]]
vectors: VECTORS
layers:
  - dense: 4
    weights: {init: he_normal, seed: 1}
    activation: tanh
  - dense: {s: [p1, p2, p3]}
    weights: {init: he_normal, seed: 2}
  - LAST: {o: [dog, cat, cow]}
loss: {LOSS: L, over_outputs: OVER}
relu_at_zero: KINK
"""


@pytest.mark.grid
@pytest.mark.parametrize("vectors", ["columns", "rows"])
@pytest.mark.parametrize(
    ("loss", "activation"), [("hinge", "tanh"), ("ce", "softmax"), ("ce", "sigmoid"), ("mse", "softmax")]
)
@pytest.mark.parametrize("over", ["sum", "mean"])
def test_a_loss_by_the_class_of_each_sample(loss: str, activation: str, over: str, vectors: str) -> None:
    text = BY_CLASS.replace("VECTORS", vectors).replace("LOSS", loss).replace("LAST", activation).replace("OVER", over)
    one = reading(build(read(text.replace("KINK", "0"), "classes", None)), Question(with_numbers=True))
    assert list(one.disagreements()) == []
    steps = [step for step in one.sheet["steps"] if step["section"] == "loss gradient"]
    if loss != "mse":
        [own] = [step for step in steps if step["name"] == "L_n"]
        assert own["lines"][1]["note"] == "k is the class of sample n: y is 1 at k, 0 elsewhere"
    cases = {(step["reason"] or "").partition(",")[0] for step in steps}
    assert ("i ≠ k" in cases) == ((loss, activation) in (("hinge", "tanh"), ("ce", "softmax")))


@pytest.mark.parametrize("kink", [0, 1])
def test_a_hinge_in_a_batch_is_derived_for_the_right_class_and_for_another(kink: int) -> None:
    text = BY_CLASS.replace("VECTORS", "columns").replace("LOSS", "hinge").replace("LAST", "tanh")
    one = reading(build(read(text.replace("OVER", "sum").replace("KINK", str(kink)), "hinge", None)), Question())
    texts = {step["name"]: texts_of(step) for step in one.sheet["steps"]}
    sign = "≥" if kink else ">"
    assert texts["L_n"][-1] == "Σ_j (1 - 1[j = k]) × max(0, o_jn - o_kn + 1)"
    assert texts["∂L_n/∂o_in"][-1] == f"1[o_in - o_kn + 1 {sign} 0]"
    assert texts["∂L_n/∂o_kn"][-1] == f"-Σ_j 1[o_jn - o_kn + 1 {sign} 0] × (1 - 1[j = k])"
    assert "∂L/∂o_ln" in texts


LETTERED = """
inputs: {i: {size: 3}}
targets: {n: {size: 2}}
samples: [[1, 2, 3, 0, 1], [0.5, -1, 2, 1, 0]]
vectors: VECTORS
layers:
  - dense: {j: {size: 4}}
    weights: {k: {init: he_normal, seed: 1}}
    biases: {l: {init: he_normal, seed: 3}}
    activation: {tanh: p}
  - dense: {q: {size: 2}}
    weights: {h: {init: he_normal, seed: 2}}
    bias: {m: 0.1}
    activation: {softmax: M}
loss: LOSS
"""
SINGLE = """
inputs: {i: 1, j: 2}
targets: k
layers:
  - dense: [n, m]
    weights: {i: [p, q], j: [r, h]}
    bias: {l: 0.1}
  - softmax: [k, g]
loss: LOSS
values: {p: 0.5, q: 0.25, r: -1, h: 1}
"""


@pytest.mark.grid
@pytest.mark.parametrize("loss", OF_ANY_OUTPUTS)
@pytest.mark.parametrize(
    "text", [LETTERED, LETTERED.replace("VECTORS", "rows"), SINGLE], ids=["batch", "rows", "single"]
)
def test_no_letter_is_a_name_and_an_index(text: str, loss: str) -> None:
    """Where a network calls something i, another letter counts: every line still says what it means."""
    network = build(read(text.replace("VECTORS", "columns").replace("LOSS", loss), "lettered", None))
    one = reading(network, Question(with_numbers=True))
    assert list(one.disagreements()) == []
    texts = " ".join(text for step in one.sheet["steps"] for text in texts_of(step))
    assert not set(re.findall(r"Σ_(\w) ", texts)) & set(one.names)


def test_a_name_that_an_index_would_make() -> None:
    """x_i is an input here, and no element of x at i."""
    text = "inputs: {x_i: 1, x_j: 2}\ntargets: {t: 1}\nlayers:\n- dense: z\n  weights: [[1, 2]]\nloss: mse\n"
    one = reading(build(read(text, "x_i", None)), Question())
    assert list(one.disagreements()) == []
    assert one.formula["z"][1] == "Σ_h x_h W1[1,h]"


def test_the_middle_of_a_softmax_that_nothing_cancels() -> None:
    text = FUSED.replace("ACTIVATION", "softmax").replace("LOG", "e").replace("TARGETS", "[0, 1, 0]")
    one = reading(build(read(text.replace("LOSS", "mse").replace("OVER", "mean"), "mse", None)), Question())
    assert list(one.disagreements()) == []
    assert any("Σ_j ∂L/∂a1_j × a1_j (1[j = i] - a1_i)" in texts_of(step) for step in one.sheet["steps"])


TIED = """
inputs: {x1: 1, x2: 2}
targets: {t1: 0.5, t2: 0.25}
layers:
  - dense: [h1, h2]
    weights: {x1: [a, q], x2: [a, null]}
    bias: {d: 0.1}
  - sigmoid: [s1, s2]
  - dense: [o1, o2]
    weights: {s1: [a, g], s2: [f, g]}
loss: {squared_error: E}
values: {a: 0.5, q: 0.25, g: -1, f: 1}
"""


def test_a_tied_weight_has_one_gradient_and_counts_once() -> None:
    one = reading(build(read(TIED, "tied", None)), Question(with_numbers=True))
    assert list(one.disagreements()) == []
    texts = {step["name"]: texts_of(step) for step in one.sheet["steps"]}
    assert texts["parameters"] == ["2 × 2 + 1 + 2 × 2 - 1 - 3", "5"]
    assert texts["∂E/∂a"] == ["δ_h1 x1 + δ_h1 x2 + δ_o1 s1"]
    assert texts["∂E/∂g"] == ["δ_o2 s1 + δ_o2 s2"]


def test_the_delta_of_a_single_unit_named_as_its_layer_has_no_index() -> None:
    text = "inputs: {x: 2}\ntargets: {t: 1}\nvalues: {w: 0.5}\nloss: {mse: L}\nlayers:\n"
    text += "- {dense: h, weights: [[w]]}\n- {dense: o, weights: [[w]]}\n"
    one = reading(build(read(text, "tied", None)), Question(with_numbers=True))
    assert list(one.disagreements()) == []
    assert "δ_h x + δ_o h" in {
        text for step in one.sheet["steps"] if step["name"] == "∂L/∂w" for text in texts_of(step)
    }


def test_a_penalty_is_derived_and_counts_a_tied_weight_once() -> None:
    penalty = "penalty: {l2: 0.01, l1: 0.1, on: all, name: R}\n"
    one = reading(build(read(TIED + penalty, "tied", None)), Question(with_numbers=True))
    assert list(one.disagreements()) == []
    steps = {step["name"]: step for step in one.sheet["steps"]}
    assert texts_of(steps["∂E/∂g"]) == [
        "δ_o2 s1 + 2 × 0.01 × g + 0.1 sign(g) + δ_o2 s2",
        "δ_o2 s1 + 0.02 g + 0.1 sign(g) + δ_o2 s2",
    ]
    assert "power rule" in steps["∂R/∂d"]["lines"][0]["note"]
    assert steps["∂R/∂d"]["reason"] == "sign(0) = 0, by convention"


CROSSED = """
inputs: {x1: 1, x2: 2}
targets: {t: 1}
layers:
- dense: [h1, h2]
  weights: {h1: [w, v], h2: [v, w]}
  biases: {b: 0.5, c: 1}
- dense: [o]
  weights: {o: [w, w]}
loss: half_squared_error
values: {w: 0.5, v: 0.25}
penalty: {l2: 0.1, on: [w, b]}
"""


def test_what_a_penalty_counts_has_the_shape_of_its_tensor_and_a_summand_in_the_gradient() -> None:
    derivation = Derivation(build(read(CROSSED, "crossed", None)), Question()).solution()
    rows = [row.split() for row in render(derivation, "txt", width=100, script=UNICODE)]
    assert ["M_W1", "what", "counts", "[2×2]", "[2×2]"] in rows
    assert ["M_b1", "what", "counts", "[2×1]", "[2×1]"] in rows
    reasons = {
        step["name"]: step["reason"] for step in reading(build(read(CROSSED, "", None)), Question()).sheet["steps"]
    }
    places = "a summand for each place: W1[1,1], W1[2,2], W2[1,1], W2[1,2]"
    assert reasons["∂L/∂w"] == f"{places}, and what L_penalty adds"
    assert reasons["∂L/∂v"] == "a summand for each place: W1[1,2], W1[2,1]"


@pytest.mark.parametrize("name", ["a", "q", "h1", "s2", "x1", "o2"])
def test_a_gradient_by_one_element(name: str) -> None:
    network = build(read(TIED, "tied", None))
    one = reading(network, Question(elements=tuple(find(network, name))))
    assert any(step["name"] in (f"∂E/∂{name}", f"δ_{name}") for step in one.sheet["steps"])
    assert list(one.disagreements()) == []


# ---------------------------------------------------------------------------------------------------- test the tester

WRONG = [
    ("a sign", "ŷ_k (1 - ŷ_k)", "ŷ_k (1 + ŷ_k)"),
    ("an index", "a1_i", "x_i"),
    ("a transpose", "W2ᵀ δ2", "W2 δ2"),
    ("a factor", "δ2_j a1_i", "1.0005 × δ2_j × a1_i"),
    ("a quotient's sign", "(0 Z - e^{z2_k} e^{z2_i}) / Z²", "(0 Z + e^{z2_k} e^{z2_i}) / Z²"),
    ("an outer product", "δ1 xᵀ", "x δ1ᵀ"),
]


@pytest.mark.parametrize(("right", "wrong"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_line_is_caught(right: str, wrong: str) -> None:
    one = reading(build(load(str(next(p for p in CONFIGS if p.stem == "homework3-q2-numbers")))), Question())
    lines = [line for step in one.sheet["steps"] for line in step["lines"] if line["text"] == right]
    assert lines
    for line in lines:
        line["text"] = wrong
    try:
        problems = list(one.disagreements())
    except ValueError:
        return
    assert problems


@pytest.mark.parametrize("name", ["z1_j", "∂ŷ_k/∂z2_k", "∂ŷ_k/∂z2_i", "∂a1_j/∂z1_i", "∂L/∂z2_i", "∂L/∂W1_ji", "δ1_j"])
def test_a_wrong_value_is_caught(name: str) -> None:
    path = next(p for p in CONFIGS if p.stem == "homework3-q2-numbers")
    one = reading(build(load(str(path))), Question(with_numbers=True))

    def wrong(value: Any) -> Any:
        return [wrong(inner) for inner in value] if isinstance(value, list) else value and value * 1.0005 + 1e-6

    for step in one.sheet["steps"]:
        if step["name"] == name:
            assert step["value"] is not None
            step["value"] = wrong(step["value"]) if name != "∂a1_j/∂z1_i" else [[0, 1], [1, 0]]
    assert list(one.disagreements())


def test_a_softmax_without_its_declared_jacobian(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = KINDS["activation"]["softmax"]
    monkeypatch.setitem(
        KINDS["activation"], "softmax", entry._replace(build=lambda: entry.build()._replace(declared={}))
    )
    monkeypatch.setattr("nntrace.network.building.operations._OPERATIONS", {})
    path = next(path for path in CONFIGS if path.stem == "homework3-q2-numbers")
    one = reading(build(load(str(path))), Question())
    assert not any(line["text"] == "ŷ_k (1 - ŷ_k)" for step in one.sheet["steps"] for line in step["lines"])
    assert list(one.disagreements()) == []
    assert math.isfinite(float(one.slopes["W1"].sum()))
