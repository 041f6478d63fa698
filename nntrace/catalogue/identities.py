"""Rules of exponentials and logarithms that lead from one equal form to the next, over any numbers u and v."""

from __future__ import annotations

from ..expr import Rule, Sym, absolute, exp, ln, maximum

_U, _V = Sym("u"), Sym("v")
CASE_BY_CASE: Rule = (maximum(0, _U), " and ", absolute(_U), " case by case")
LN_OF_EXP: Rule = (_U, " = ", ln(exp(_U)))
LN_OF_PRODUCT: Rule = (ln(_U) + ln(_V), " = ", ln(_U * _V))
LN_OF_QUOTIENT: Rule = (ln(_U) - ln(_V), " = ", ln(_U / _V))
EXP_OF_DIFFERENCE: Rule = (exp(_U - _V), " = ", exp(_U) / exp(_V))
FACTORED: Rule = (exp(_U) * (1 + exp(-_U)), " = ", 1 + exp(_U))
SIGMOIDS: Rule = (exp(_U) / (1 + exp(_U)), " = ", 1 / (1 + exp(-_U)), " = ", 1 - 1 / (1 + exp(_U)))
