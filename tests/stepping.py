"""A training step as a sheet, for tests: at the network's own learning rate, or at another where it has none."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from nntrace.library.words import with_rate
from nntrace.network.model import Network
from nntrace.network.quantities import Quantity
from nntrace.solution.content.model import Solution
from nntrace.solution.sheets.settings import Settings
from nntrace.solution.sheets.training import training
from nntrace.trace.trace import Trace

PLAIN = Settings()


def rate_of(network: Network, otherwise: Fraction | int = 1) -> Fraction:
    """The network's learning rate."""
    rates = network.training.rates
    return Fraction(otherwise) if rates is None else rates.default


def rated(network: Network, otherwise: Fraction | int = 1) -> Network:
    """The network, with a learning rate where it has none."""
    return network if network.training.rates is not None else with_rate(network, Fraction(otherwise))


def stepped(
    network: Network,
    settings: Settings = PLAIN,
    only: Sequence[Quantity] | None = None,
    trace: Trace | None = None,
    otherwise: Fraction | int = 1,
) -> Solution:
    """The sheet of ``nntrace step``; ``otherwise`` is the rate of a network that has none."""
    return training(rated(network, otherwise), settings, only, trace).solution
