"""A Gaussian process with expected improvement, as a staircase: kernel, process, improvement, suggest."""

from ._kernel import distances
from ._process import Process, fit_weights
from ._suggest import STARTUP_JOBS, relative_noise, standardised, suggest, without_gaps

__all__ = [
    "STARTUP_JOBS",
    "Process",
    "distances",
    "fit_weights",
    "relative_noise",
    "standardised",
    "suggest",
    "without_gaps",
]
