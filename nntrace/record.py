"""Named tuples whose classes cost nothing to make.

``typing.NamedTuple`` takes 0.4 ms for each class: it compiles every annotation, and a constructor. A hundred of these
were a quarter of every start; here a constructor is compiled when the first record of its class is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

__all__ = ["Record"]

if TYPE_CHECKING:
    from typing import NamedTuple as Record
else:
    from collections import _tuplegetter as field

    class _Named(tuple):
        """What all records share."""

        __slots__ = ()
        _fields = ()
        _field_defaults = {}

        def __new__(cls, *values: Any, **named: Any) -> Any:
            cls.__new__ = staticmethod(_constructor(cls))
            return cls.__new__(cls, *values, **named)

        def _replace(self, **changed: Any) -> Any:
            result = tuple.__new__(type(self), map(changed.pop, self._fields, self))
            if changed:
                raise TypeError(f"{type(self).__name__} has no field {', '.join(changed)}")
            return result

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self) -> str:
            return f"{type(self).__name__}({', '.join(f'{name}={one!r}' for name, one in self._asdict().items())})"

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

    def _constructor(record: type) -> Callable[..., Any]:
        """A function with one argument for each field: that of all records with as many, under their names."""
        code = _template(len(record._fields)).replace(co_varnames=("_cls", *record._fields))
        return FunctionType(code, {"_new": tuple.__new__}, "__new__", tuple(record._field_defaults.values()))

    @cache
    def _template(count: int) -> CodeType:
        arguments = "".join(f"_{place}, " for place in range(count))
        return eval(f"lambda _cls, {arguments}: _new(_cls, ({arguments}))").__code__

    def _annotated(own: dict[str, Any]) -> Iterable[str]:
        """The names that a class annotates, where Python (from 3.14 on) evaluates its annotations only when asked."""
        try:
            from annotationlib import Format, call_annotate_function, get_annotate_from_class_namespace
        except ImportError:
            return ()
        annotate = get_annotate_from_class_namespace(own)
        return () if annotate is None else call_annotate_function(annotate, Format.FORWARDREF)

    class _Kind(type):
        """What a class that names ``Record`` as its base is made by: it becomes a tuple with named fields."""

        def __new__(cls, name: str, bases: tuple[type, ...], own: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, own)
            fields = tuple(own["__annotations__"] if "__annotations__" in own else _annotated(own))
            defaults = {one: own[one] for one in fields if one in own}
            own |= {one: field(place, "") for place, one in enumerate(fields)}
            shared = {"__slots__": (), "__match_args__": fields, "_fields": fields, "_field_defaults": defaults}
            return type(name, (_Named,), {**own, **shared})

    class Record(metaclass=_Kind):
        """The base to name: ``class Cell(Record)``, with fields and their defaults as in a ``NamedTuple``."""
