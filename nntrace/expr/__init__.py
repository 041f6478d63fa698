"""The language of formulas, and its interpreters. Knows nothing of networks, files or output.

``evaluate`` (numpy) is not imported here, so that a program that needs no arrays does not load them.
"""

from .bind import at, expand, free_indices, rename, substitute, symbols
from .calls import absolute, cos, erf, exp, ln, maximum, minimum, pi, sign, sin, sqrt, tanh, xdiv, xln
from .differentiate import contract, differentiate, sided
from .index import Affine, Index, at_letter
from .matrix_nodes import (
    Dimensions,
    Hadamard,
    HadamardDiv,
    HadamardPow,
    Literal,
    MatMul,
    MatrixExpr,
    Ones,
    Transpose,
    Whole,
)  # fmt: skip
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
    Indexed,
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
    expr,
    partial_key,
)  # fmt: skip
from .scalar import approximate, exact, holds
from .simplify import Rule, simplified, simplify
from .structure import factors_of, negative, product, terms_of, total
from .tree import children, rebuild

__all__ = [
    "HALF", "ONE", "ZERO", "Add", "Affine", "Call", "Cases", "Condition", "Delta", "Dimensions", "Div", "Expr",
    "Hadamard", "HadamardDiv", "HadamardPow", "Index", "Indexed", "Indicator", "Literal", "MatMul", "MatrixExpr",
    "Max", "Mul", "Neg", "Num", "Ones", "Partial", "Pow", "Rest", "Rule", "Size", "Sum", "Sym", "Transpose", "Whole",
    "absolute", "approximate", "at", "at_letter", "children", "contract", "cos", "differentiate", "erf", "exact",
    "exp", "expand", "expr", "factors_of", "free_indices", "holds", "ln", "maximum", "minimum", "negative",
    "partial_key", "pi", "product", "rebuild", "rename", "sided", "sign", "simplified", "simplify", "sin",
    "sqrt", "substitute", "symbols", "tanh", "terms_of", "total", "xdiv", "xln",
]  # fmt: skip
