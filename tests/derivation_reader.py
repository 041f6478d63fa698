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
from typing import Any
from unicodedata import normalize

import numpy as np
from symbolic_reader import OPTIONS, Dual, Identity, Index, Matrix, dual, shape_differs

from nntrace.expr import Expr, Sym
from nntrace.expr.bind import walk
from nntrace.expr.script import UNICODE
from nntrace.formats import render
from nntrace.network.chain_rule import keyed
from nntrace.network.model import Network
from nntrace.network.quantities import parameters
from nntrace.solution.derive.question import Question
from nntrace.solution.derive.sheet import Derivation
from nntrace.solution.formulas.tensor import TensorFormulas
from nntrace.trace.arrays import ArrayTrace

CLOSE = 1e-10
CALLED = re.compile(rf"([a-z_]+)\(([^;]+)({OPTIONS.pattern})\)")
NAMED = [letter + "′" * count for letter in "ZSQuvqUVR" for count in range(9)]
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
        self.by_itself = False
        """Whether a line says that it is by one place of an element that is in several."""
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
        bare = [name for name in self.names if name.removesuffix(self.mark) not in {*self.names} - {name}]
        return Index(bare, self.look, self.partial, self.slope, self.extent)

    def saturated(self) -> bool:
        """Whether a unit is so near to 1 that ``1 - a`` has lost its digits, or nearly 0 in doubles where it is 0."""
        units = [np.abs(array) for key, array in self.values.items() if self.network.tensors[key].role == "unit"]
        near = [((np.abs(size - 1) < 1e-5) & (size != 1)) | ((size < 1e-15) & (size != 0)) for size in units]
        return any(bool(one.any()) for one in near)

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
            if text and is_name and name in NAMED and name not in (*self.keys, *self.cells):
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
        if of == self.loss and not at and self.repeats(by, index) and not self.by_itself:
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
            if self.by_itself and len(self.network.uses.get(name, ())) > 1:
                uses = [one for one in uses if Sym(*one) in self.read_by(of)]
                element = uses[0] if uses else None
            else:
                element = uses[0] if uses else self.cells.get(name)  # h1 is the first of a1
            same = name == by and cell == index
            same = same or (element is not None and (element[0], (*cell, *element[1])) == (self.keys.get(by), place))
            return Dual(self.look(name, cell), float(same))

        reader = Index(self.names, look, self.partial, self.slope, self.extent)
        return dual(reader.evaluate(text, dict(zip(letters, at, strict=True)))).slope

    def read_by(self, of: str) -> set[Expr]:
        """What the engine's formula of ``of`` reads: of a name in several places it tells which one is meant."""
        step = self.network.made_by.get(self.keys.get(of, ""))
        return set() if step is None else {*walk(keyed(step.operation.formula, step))}

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
        end = summand_end(text)
        text += self.differentiated
        meant = (of for name, (letters, of) in self.definitions.items() if letter in letters and f"{name}_" in text)
        text = " ".join([text, *meant])
        for name in (*self.keys, *self.deltas):
            for letters, place in self.indices(name, text):
                shape = self.written(name, self.array(name, letters).shape, letters)
                if letter in letters and len(shape) == len(letters):
                    found.append((place, shape[letters.index(letter)]))
        if summed := [size for place, size in found if place < end]:
            return min(summed)  # where it runs along the first part of an axis, that of the part
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
            self.by_itself = "by itself" in (step["reason"] or "")
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
        transposed = any("ᵀ" in text for text in texts)
        if known and not transposed and all(math.prod(self.tensor(one).shape) == 1 for one in known):
            return True
        of = self.keys.get(name.partition("/∂")[0].removeprefix("∂"))
        if of is not None and of != self.network.loss and self.network.tensors[of].role == "loss":
            return True
        if any(" if " in text for text in texts) or (after in self.cells and after not in (*self.keys, *self.deltas)):
            return True
        defined = any(re.search(rf"(?<!\w){one}(?![^\W_]|['′])", text) for one in self.definitions for text in texts)
        return bool(whole) or defined or name == self.loss

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
            return tensor is not None and cell in tensor.missing
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
        names = [*self.between_matrices, *self.jacobians, *marked]
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
            if isinstance(found, Identity):
                found = found.factor * np.eye(len(expected))
            if shape_differs(text, found, expected) or not same(found, expected):
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

    @property
    def between_matrices(self) -> list[str]:
        """The names in a line between matrices: what is called by its own name is a number of each sample."""
        return [*self.names, *(name + self.mark for name in self.cells)]

    def whole(self, name: str) -> Any:
        if name in self.symbols:
            return float(self.symbols[name])
        if name in self.cells and name not in (*self.keys, *self.deltas):
            key, cell = self.cells[name]
            own = (self.sample,) if self.network.tensors[key].sampled else ()
            return float(self.values[key][(*own, *cell)])
        if name.endswith(self.mark) and name.removesuffix(self.mark) not in (*self.keys, *self.deltas, *self.jacobians):
            key, cell = self.cells[name.removesuffix(self.mark)]
            numbers = self.values[key][(slice(None), *cell)]
            return float(numbers[self.sample]) if self.of_each else self.laid_out(key, numbers).T
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


def summand_end(text: str) -> int:
    """Where what a sum adds up ends: before the next term, or the bracket around it."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        depth += (1 if text[place - 1 : place] in ("", *" ([{|-") else -1) if letter == "|" else 0
        if depth < 0 or (not depth and text[place : place + 3] in (" + ", " - ")):
            return place
    return len(text)


def texts_of(step: dict[str, Any]) -> list[str]:
    return [line["text"] for line in step["lines"]]


def counted(text: str) -> int:
    """A product and sum of counts."""
    return int(eval(text.replace("×", "*"), {"__builtins__": {}}))


def calculated(text: str) -> float:
    """A formula of numbers alone, as a pocket calculator that knows infinities has it."""
    power = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    text = re.sub(r"×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: "e" + found.group(1).translate(power), text)
    text = re.sub(r"(?<![\w.)}∞²³])\|", "abs(", text).replace("|", ")")
    text = text.replace("e^{", "exp(").replace("^{", "**(").replace("}", ")").replace("×", "*")
    text = re.sub(r"(?<![a-z\d.])\d+(\.\d+)?(e-?\d+)?", lambda found: f"number({found.group()})", text).replace(
        "∞", "inf"
    )
    text = re.sub("[²³⁴]", lambda found: f"**{'²³⁴'.index(found.group()) + 2}", text.replace("∞", "inf"))
    known = {
        "exp": np.exp,
        "ln": np.log,
        "sqrt": np.sqrt,
        "max": lambda *numbers: np.maximum.reduce(numbers),  # of what is undefined it is undefined
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
