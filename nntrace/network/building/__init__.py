"""From a checked ``Spec`` to a ``Network``: sizes, names and numbers resolved."""
