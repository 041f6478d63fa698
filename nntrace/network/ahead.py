"""A network at the point where an optimizer takes its gradients: its parameters there have names of their own."""

from __future__ import annotations

from .model import Network, Tensor

MARK = "\u0303"
"""The tilde over the first letter: w̃21 is where w21 is looked at. Source: Goodfellow et al., algorithm 8.3."""


def named_ahead(network: Network) -> Network:
    """The same network, whose parameters are called w̃21 instead of w21; what is an input too keeps its name."""
    parameters = set(network.parameters)
    own = {name for name, uses in network.uses.items() if parameters.issuperset(use.key for use in uses)}

    def there(name: str) -> str:
        return name[:1] + MARK + name[1:]

    def renamed(tensor: Tensor) -> Tensor:
        names = {cell: there(name) if name in own else name for cell, name in tensor.names.items()}
        return tensor._replace(name=None if tensor.name is None else there(tensor.name), names=names)

    tensors = {key: renamed(one) if key in parameters else one for key, one in network.tensors.items()}
    uses = {there(name) if name in own else name: elements for name, elements in network.uses.items()}
    frozen = frozenset(there(name) if name in own or name not in network.uses else name for name in network.frozen)
    return network._replace(tensors=tensors, uses=uses, frozen=frozen)
