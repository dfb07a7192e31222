"""The loop, and what it asks of objectives, stoppers and callbacks."""

from ._callbacks import Callback, LogLines, notify_on_finish
from ._checks import check_positive_integer, check_threshold, check_timeout
from ._expected_gain import GainStopper, NoExpectedGain, no_expected_gain
from ._launch import launch
from ._loop import Loop, Plan, entropy_of
from ._progress import ProgressContext, ProgressLine
from ._protocol import Objective, Stopper
from ._stoppers import stop_at_loss, stop_by, stoppers
from ._suggester import Suggester
from ._window import Window

__all__ = [
    "Callback",
    "GainStopper",
    "LogLines",
    "Loop",
    "NoExpectedGain",
    "Objective",
    "Plan",
    "ProgressContext",
    "ProgressLine",
    "Stopper",
    "Suggester",
    "Window",
    "check_positive_integer",
    "check_threshold",
    "check_timeout",
    "entropy_of",
    "launch",
    "no_expected_gain",
    "notify_on_finish",
    "stop_at_loss",
    "stop_by",
    "stoppers",
]
