"""A Gaussian process with expected improvement, as a staircase: kernel, process, improvement, suggest."""

from ._suggest import suggest

__all__ = ["suggest"]
