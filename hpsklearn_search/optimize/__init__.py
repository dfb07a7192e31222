"""The loop, and what it asks of objectives, stoppers and callbacks."""

from ._ask import Asker
from ._automatic import automatic_callbacks, offer
from ._checks import check_algo, check_loss_threshold, check_positive_integer, check_timeout
from ._finish import finishing
from ._journal import Journal, journal
from ._log import LogLines
from ._loop import Loop, Plan, entropy_of
from ._progress import ProgressContext, ProgressLine
from ._protocol import Callback, Objective, Stopper
from ._stoppers import early_stop, loss_threshold

__all__ = [
    "Asker",
    "Callback",
    "Journal",
    "LogLines",
    "Loop",
    "Objective",
    "Plan",
    "ProgressContext",
    "ProgressLine",
    "Stopper",
    "automatic_callbacks",
    "check_algo",
    "check_loss_threshold",
    "check_positive_integer",
    "check_timeout",
    "early_stop",
    "entropy_of",
    "finishing",
    "journal",
    "loss_threshold",
    "offer",
]
