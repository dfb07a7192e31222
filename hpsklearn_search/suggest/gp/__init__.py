"""A Gaussian process with expected improvement, as a staircase: kernel, process, losses, improvement, suggest."""

from ._suggest import STARTUP_JOBS, suggest

__all__ = ["STARTUP_JOBS", "suggest"]
