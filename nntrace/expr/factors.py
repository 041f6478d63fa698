"""The factors of products and fractions: how often each stands there, and what stands both above and below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from .calls import sqrt
from .nodes import ONE, Call, Div, Expr, Num, Pow
from .structure import as_product, factors_of


def parts_of(factor: Expr) -> tuple[Expr, Expr]:
    """What stands above and below in a factor."""
    return (factor.top, factor.bottom) if isinstance(factor, Div) else (factor, ONE)


def cancelled(factors: Sequence[Expr]) -> tuple[list[Expr], list[Expr]]:
    """A product without what stands in it both above and below, and that: of a × (b / a) is left 1 × b."""
    fractions = list(map(parts_of, factors))
    above = counted(base for top, _ in fractions for base in factors_of(top))
    below = counted(base for _, bottom in fractions for base in factors_of(bottom))
    shared = ((base, min(above[base], below[base])) for base in above if not isinstance(base, Num))
    common = Counter({base: count for base, count in shared if count > 0})
    gone_above, gone_below = Counter(common), Counter(common)
    left = [(_without(top, gone_above), _without(bottom, gone_below)) for top, bottom in fractions]
    return [top if bottom == ONE else Div(top, bottom) for top, bottom in left], list(common)


def _without(node: Expr, gone: Counter[Expr]) -> Expr:
    """A product without factors, each as often as ``gone`` says, which is counted down."""
    kept: list[Expr] = []
    for base, count in counted(factors_of(node)).items():
        taken = max(0, min(count, gone[base]))
        gone[base] -= taken
        kept += [power(base, count - taken)] if count != taken else []
    return as_product(kept)


def counted(factors: Iterable[Expr]) -> Counter[Expr]:
    """How often each factor stands in a product, that of a power as often as its exponent says."""
    counts: Counter[Expr] = Counter()
    for factor in factors:
        match factor:
            case Pow(base, Num(int(exponent))) if exponent > 1 and (body := under_root(base)) is not None:
                counts[body] += exponent // 2
                counts[base] += exponent % 2
            case Pow(base, Num(int(exponent))):
                counts[base] += exponent
            case _:
                counts[factor] += 1
    return counts


def under_root(node: Expr) -> Expr | None:
    """What a square root is of."""
    match node:
        case Call(_, (body,)) if node == sqrt(body):
            return body
        case _:
            return None


def power(base: Expr, count: int) -> Expr:
    """A factor so often."""
    return base if count == 1 else Pow(base, Num(count))
