"""A Gaussian process with expected improvement, as a staircase: kernel, process, losses, improvement, suggest.

`_relevance` serves the importances: it says which axes the trials speak of.
"""

from ._suggest import STARTUP_JOBS, suggest

__all__ = ["STARTUP_JOBS", "suggest"]
