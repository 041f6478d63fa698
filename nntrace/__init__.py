"""nntrace: a tracer of neural networks that shows its work.

    net = nntrace.load("net.yaml")      # or a dict with the same keys
    net.step(lr=0.1)                    # prints as the sheet does; shows in Jupyter

A mistake of the user's is a ``UserError``, with the message that the command prints.
"""

from __future__ import annotations

from .errors import UserError

TYPE_CHECKING = False  # that of ``typing``, which a command loads later, when its memory is set up
if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from typing import Any

    from .library.net import Net

__version__ = "0.1.0"
__all__ = ["UserError", "__version__", "load"]


def load(network: str | os.PathLike[str] | Mapping[str, Any], *, allow_files: bool = False) -> Net:
    """The network of a file, or of a dict with a network file's keys and, where it likes, numpy arrays.

    ``allow_files`` lets a network read array files outside its own folder. Raises a ``UserError``.
    """
    from .library.reading import load as read  # heavier than all that the command line needs of this file

    return read(network, allow_files=allow_files)
