"""nntrace: a tracer of neural networks that shows its work."""

__version__ = "0.1.0"
