"""Index letters that have one value only: what a single unit is derived with has none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...expr import ONE, Delta, Div, Expr, Max, Mul, Partial, Size, Sum, Sym, at
from ...expr.bind import transform
from ...expr.index import Index
from ...expr.structure import as_product
from ...network.batch import SAMPLE


def without_single(node: Expr, sizes_of: Callable[[Expr], Mapping[str, str]], sizes: Mapping[str, str]) -> Expr:
    """An expression over keys with 1 in place of each letter that runs to 1, but for that of the samples: a sum over
    one is its one addend, and its mean is that too. ``sizes`` tell how far the letters run; in a sum, what ``sizes_of``
    says of its body."""
    single: dict[str, Index] = {letter: 0 for letter, size in sizes.items() if size == "1" and letter != SAMPLE}

    def leaf(part: Expr) -> Expr | None:
        match part:
            case Sum(over, body) | Max(over, body):
                inner = {**sizes, over: sizes_of(body).get(over, sizes.get(over, ""))}
                found = without_single(body, sizes_of, inner)
                return found if inner[over] == "1" and over != SAMPLE else type(part)(over, found)
            case Mul(factors):
                kept: list[Expr] = []
                for old, new in ((one, transform(one, leaf)) for one in factors if not is_mean_of_one(one, sizes)):
                    if isinstance(new, Mul) and isinstance(old, Sum):
                        kept += new.factors
                    elif new == old or new != ONE:
                        kept.append(new)
                return as_product(kept)
            case Delta() | Sym() | Partial():
                return at(part, single)
            case _:
                return None

    return transform(node, leaf)


def is_mean_of_one(factor: Expr, sizes: Mapping[str, str]) -> bool:
    """Whether a factor is the 1/n of a single number."""
    return isinstance(factor, Div) and isinstance(factor.bottom, Size) and sizes.get(factor.bottom.over) == "1"
