"""A Gaussian process with expected improvement, as a staircase.

The steps are kernel, process, losses, improvement, posterior, limits, suggest.

`_relevance` serves the importances: it says which axes the trials speak of.
"""

from ._suggest import STARTUP_JOBS, suggest

__all__ = ["STARTUP_JOBS", "suggest"]
