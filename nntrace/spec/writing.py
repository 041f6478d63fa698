"""The text of a network file from Python's dictionaries, lists, numbers and texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

WIDTH = 100


def yaml_text(network: Mapping[str, Any]) -> str:
    """The file that says the same, its keys in this order; what is short stands on one line."""
    return yaml.dump(network, Dumper=_Writer, sort_keys=False, default_flow_style=None, allow_unicode=True, width=WIDTH)


class _Writer(yaml.SafeDumper):
    """Numbers are written as Python shows them; a text has quotes only where YAML would not give it back."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Writer.add_representer(float, lambda writer, number: writer.represent_scalar("tag:yaml.org,2002:float", repr(number)))
