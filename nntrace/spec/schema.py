"""The JSON Schema of a network file, for editors: keys, kinds and options as the reader and the catalogue have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ..catalogue import KINDS, Entry
from ..catalogue.registry import Option
from . import losses, passes, sources, training, validation, values
from .formula import LET
from .layers import ACTIVATION, parameter_keys
from .reader import OF_LAYERS, READERS, REQUIRED
from .scalars import looks_like_number
from .shorthands import DECAY, RATE, SHORT_RATE

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
NUMBER: Schema = {"type": ["number", "string"], "description": "0.5, or arithmetic: 3/4"}
COUNT: Schema = {"type": ["integer", "string"]}
RATES: Schema = {"type": "array", "items": NUMBER}
ANY: Schema = {}


def network_schema() -> Schema:
    """The schema of a whole file. What depends on sizes and names is left to nntrace, which says where it is wrong."""
    formulas = _table({LET: {"type": "object"}}, [LET])
    result = _table(dict.fromkeys((losses.OF, *losses.OF_RESULT), ANY), [losses.OF])
    upstream = _table({losses.UPSTREAM: ANY}, [losses.UPSTREAM])
    return {
        "$schema": DIALECT,
        "title": "A network for nntrace",
        "type": "object",
        "properties": {**{key: _keys().get(key, _read_by(reader)) for key, reader in READERS.items()}, **_short_keys()},
        "additionalProperties": False,
        "anyOf": [{"required": list(REQUIRED)}, {"required": ["parameters"]}, _begun_by_formulas()],
        "dependentSchemas": {"parameters": {"not": {"anyOf": [{"required": [key]} for key in OF_LAYERS]}}},
        "$defs": {
            "layer": {"anyOf": [*_forms("layer", _layer_keys), *_forms("activation", _from), formulas]},
            "activation": {"anyOf": list(_forms("activation"))},
            "loss": {"anyOf": [{"type": "string"}, *_forms("loss", _loss_keys), result, upstream]},
            RATE: {"anyOf": [NUMBER, RATES, *_schedules(), {"type": "object", "required": [training.DEFAULT]}]},
            "penalty": _table(
                {**{word: _described(entry, NUMBER) for word, entry in _words("penalty")},
                 **dict.fromkeys(losses.PENALTY_KEYS, ANY)}
            ),
        },
    }  # fmt: skip


def _keys() -> dict[str, Schema]:
    """What stands under the keys of the file that have a form of their own."""
    return {
        "title": {"type": ["string", "number", "null"]},
        "layers": {"type": "array", "items": {"$ref": "#/$defs/layer"}},
        "loss": {"$ref": "#/$defs/loss"},
        "report": {"anyOf": [{"$ref": "#/$defs/loss"}, {"type": "array", "items": {"$ref": "#/$defs/loss"}}]},
        "penalty": {"$ref": "#/$defs/penalty"},
        "optimizer": {"anyOf": list(_inside("optimizer", {training.START: ANY}))},
        "clip": {"anyOf": list(_inside("clip", {}))},
        RATE: {"$ref": f"#/$defs/{RATE}"},
        "order": {"anyOf": [{"const": passes.GIVEN}, _table({passes.SHUFFLE: COUNT}, [passes.SHUFFLE])]},
        "samples_per_step": {"anyOf": [COUNT, {"const": "all"}]},
        "validation": {"anyOf": [_table({validation.SPLIT: NUMBER, validation.SEED: COUNT}, [validation.SPLIT]), ANY]},
    }


def _short_keys() -> dict[str, Schema]:
    """Keys that stand for longer ones."""
    penalties = {word: _described(entry, ANY) for word, entry in _words("penalty")}
    return {SHORT_RATE: _keys()[RATE], DECAY: NUMBER, **penalties}


def _read_by(reader: Any) -> Schema:
    """What stands under a key, as its reader takes it: one of a few words, a whole number, or anything."""
    asked = reader.keywords if isinstance(reader, partial) else {}
    if "choices" in asked:
        return _one_of(asked["choices"])
    return COUNT if isinstance(reader, partial) and reader.func is values.count else ANY


def _one_of(words: Sequence[str]) -> Schema:
    """One of a few words; one that looks like a number is read as one."""
    return {"enum": [*words, *(float(word) for word in words if looks_like_number(word))]}


def _schedules() -> Iterator[Schema]:
    """A list of rates with what it counts, and each schedule beside the rate it starts from."""
    counted: Schema = {training.PER: {"enum": list(training.COUNTED)}}
    yield _table({training.LIST: RATES, **counted}, [training.LIST])
    for form in filter(lambda form: "const" not in form, _inside("schedule", {})):
        own = {**form["properties"], training.START: NUMBER, **counted}
        yield _table(own, [*form["required"], training.START])


def _words(kind: str) -> Iterator[tuple[str, Entry]]:
    """Every word for the entries of a kind, aliases included."""
    for entry in KINDS[kind].values():
        yield from ((word, entry) for word in (entry.name, *entry.aliases))


def _forms(kind: str, beside: Any = lambda entry: {}) -> Iterator[Schema]:
    """An entry's word alone, or before what names its result, with the keys that stand ``beside`` and its options."""
    for word, entry in _words(kind):
        yield _described(entry, {"const": word})
        own = {word: _described(entry, ANY), **beside(entry), **_options(entry)}
        yield {**_table(own, [word, *entry.needed()]), "description": entry.summary}


def _inside(kind: str, beside: Mapping[str, Schema]) -> Iterator[Schema]:
    """An entry's word alone, or before its options; one that needs a single option may have this alone."""
    for word, entry in _words(kind):
        needed = entry.needed()
        if not needed:
            yield _described(entry, {"const": word})
        options = [_table({**beside, **_options(entry)}, needed), *([NUMBER] if len(needed) == 1 else [])]
        yield _table({word: _described(entry, {"anyOf": [*options, *([] if needed else [{"type": "null"}])]})}, [word])


def _begun_by_formulas() -> Schema:
    """A file whose first layer is of formulas needs no inputs: ``values`` may give all that they read."""
    first = {"prefixItems": [{"required": [LET]}], "minItems": 1}
    return {"required": ["layers"], "properties": {"layers": first}}


def _layer_keys(entry: Entry) -> dict[str, Schema]:
    keys = dict.fromkeys(parameter_keys(entry), ANY)
    return {**keys, ACTIVATION: {"$ref": "#/$defs/activation"}, **_from(entry)}


def _from(entry: Entry) -> dict[str, Schema]:
    return {sources.FROM: ANY}


def _loss_keys(entry: Entry) -> dict[str, Schema]:
    reduction: Schema = {"enum": list(losses.REDUCTIONS)}
    known = {"over_outputs": reduction, "over_samples": reduction, "penalty": {"$ref": "#/$defs/penalty"}}
    return {key: known.get(key, ANY) for key in losses.LOSS_KEYS}


def _options(entry: Entry) -> dict[str, Schema]:
    return {name: _option(option) for name, option in entry.options().items()}


def _option(option: Option) -> Schema:
    has_default = not option.is_needed and isinstance(option.default, int | float | str)
    default = {"default": option.default} if has_default else {}
    match option.type:
        case "word":
            return {**_one_of(option.choices), **default}
        case "flag":
            return {"type": "boolean", **default}
        case "count":
            return {"type": "integer", **default}
        case _ if option.range == "epsilon":
            return {"anyOf": [NUMBER, _table({"inside": NUMBER}, ["inside"])], **default}
        case _:
            return {**NUMBER, **default}


def _described(entry: Entry, schema: Schema) -> Schema:
    return {**schema, "description": entry.summary}


def _table(properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    return {"type": "object", "properties": dict(properties), "required": list(required), "additionalProperties": False}
