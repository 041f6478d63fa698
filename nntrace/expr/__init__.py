"""The language of formulas, and its interpreters. Knows nothing of networks, files or output.

``evaluate`` (numpy) is not imported here, so that a program that needs no arrays does not load them.
"""

from .bind import at, expand, free_indices, rename, substitute, symbols
from .differentiate import contract, differentiate, sided
from .nodes import (
    HALF,
    ONE,
    ZERO,
    Add,
    Call,
    Cases,
    Condition,
    Delta,
    Div,
    Expr,
    Index,
    Indicator,
    Max,
    Mul,
    Neg,
    Num,
    Partial,
    Pow,
    Rest,
    Size,
    Sum,
    Sym,
    Tensor,
    children,
    exp,
    expr,
    ln,
    maximum,
    partial_key,
    rebuild,
    tanh,
    xln,
)  # fmt: skip
from .scalar import approximate, exact, holds
from .simplify import simplify
from .structure import negative, product, total

__all__ = [
    "HALF", "ONE", "ZERO", "Add", "Call", "Cases", "Condition", "Delta", "Div", "Expr", "Index", "Indicator", "Max",
    "Mul", "Neg", "Num", "Partial", "Pow", "Rest", "Size", "Sum", "Sym", "Tensor", "approximate", "at", "children",
    "contract", "differentiate", "exact", "exp", "expand", "expr", "free_indices", "holds", "ln", "maximum", "negative",
    "partial_key", "product", "rebuild", "rename", "sided", "simplify", "substitute", "symbols", "tanh", "total", "xln",
]  # fmt: skip
