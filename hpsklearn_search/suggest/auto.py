"""The default algorithm."""

from .tpe import suggest

__all__ = ["suggest"]
