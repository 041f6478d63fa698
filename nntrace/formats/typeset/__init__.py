"""What the typeset formats share: formulas and steps, written once for every language of formulas.

An expression is walked once (``formulas``); how a fraction, an index or a matrix is written is one language's table
(``latex``, ``typst``, ``mathml``). A step's rows (``rows``) and a sheet's order (``sheet``) are the same for all.
"""
