"""The derivative of a formula that is an activation of something: that of the activation, in its own result where the
catalogue declares it so, times that of what it is taken of. No exponential of large numbers overflows in it.
"""

from __future__ import annotations

from ...catalogue import Operation, Same
from ...expr import Expr, Sum, Sym, at, differentiate, product, rename
from ...expr.bind import fresh, walk, with_other_sums
from ...expr.differentiate import contract
from ...expr.letters import index_letters, relettered


def with_slopes(made: Operation, activation: Operation, body: Expr) -> Operation:
    """``made``, which is ``activation`` of ``body``, with the derivatives that this declares by each of the arguments;
    without one where a kink of ``body`` or an argument's other places are in the way."""
    if not activation.declared or (activation.program and not made.output.index):
        return made
    slopes = [(name, _Slope(made, activation, body, made.argument(name))) for name in made.arguments]
    forms = {name: found for name, slope in slopes if (found := slope.forms())}
    put = slopes[0][1].put
    left = {put(whole): put(rest) for whole, rest in activation.complements.items()}
    return made._replace(declared=forms, complements=left if forms else {})


class _Slope:
    """∂(activation of body)/∂by over the letters of the formula."""

    def __init__(self, made: Operation, activation: Operation, body: Expr, by: Sym) -> None:
        self.made, self.activation = made, activation
        self.body = with_other_sums(body, set(map(str, by.index)))
        taken = {*index_letters(made.formula), *map(str, by.index)}
        self.apart = {str(one): fresh(f"{one}′", taken) for one in by.index if one in made.output.index}
        """Other letters for those that the argument shares with the result."""
        self.by = Sym(by.name, tuple(self.apart.get(str(one), one) for one in by.index))
        self.mixed = not activation.is_elementwise
        self.axis = str(made.output.index[0]) if self.mixed else ""
        self.inner = fresh(f"{self.axis}′", {*taken, *self.apart.values()}) if self.mixed else ""

    def forms(self) -> tuple[Same, ...]:
        (forms,) = self.activation.declared.values()
        inside = at(self.body, {self.axis: self.inner}) if self.mixed else self.body
        slope = differentiate(inside, self.by)
        if slope != differentiate(inside, self.by, kink=1):
            return ()
        changed = tuple(one.map(self.put)._replace(form=self._through(self.put(one.form), slope)) for one in forms)
        tied = {*self.apart.values()}
        sums = (node.over for one in changed for node in walk(one.form) if isinstance(node, Sum))
        return () if tied.intersection(sums) else changed

    def _through(self, form: Expr, slope: Expr) -> Expr:
        found = product((form, slope))
        for letter in (*([self.inner] if self.mixed else []), *self.apart.values()):
            found = contract(letter, found)
        return found

    def put(self, node: Expr) -> Expr:
        """A formula of the activation in the symbols and letters of this one."""
        (read,) = self.activation.arguments
        if self.mixed:
            (own,), (other,) = self.activation.output.index, self.activation.argument(read).index
            letters = {str(own): self.axis, str(other): self.inner}
            for letter in index_letters(node):
                letters.setdefault(letter, fresh(self.inner, {*letters.values(), *self.apart.values()}))
            node = relettered(node, letters)

        def symbol(one: Expr) -> Expr:
            if isinstance(one, Sym) and one.name == self.activation.output.name:
                return Sym(self.made.output.name, one.index if self.mixed else self.made.output.index)
            if isinstance(one, Sym) and one.name == read:
                return at(self.body, {self.axis: one.index[0]}) if self.mixed else self.body
            return one

        return rename(node, symbol)
