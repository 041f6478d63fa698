"""The sheet of ``collapse``: stacked affine layers as one affine map."""

from .sheet import Collapse

__all__ = ["Collapse"]
