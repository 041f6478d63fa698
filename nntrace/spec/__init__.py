"""A network file → a checked ``Spec``, or all of its problems at once, each with its place."""

from .load import load
from .model import Spec
from .problems import Problem, Problems, SpecError
from .reader import read

__all__ = ["Problem", "Problems", "Spec", "SpecError", "load", "read"]
