"""What a search says through ``logging``: the trials that failed, and how it ended."""

from __future__ import annotations

import logging

from ..trials import Trial, Trials
from ._protocol import Callback

__all__ = ["LogLines"]

logger = logging.getLogger(__name__)


class LogLines(Callback):
    """A warning for each trial that raised or lost its worker, and a line at the end (level INFO).

    Where logging is not configured, Python shows warnings on stderr and nothing else.
    """

    def on_trial_end(self, trials: Trials, trial: Trial) -> None:
        """Warn of a failure that did not end the search."""
        failure = None if trial.outcome is None else trial.outcome.failure
        if failure is not None:
            logger.warning("trial %s at %s failed: %s", trial.tid, trial.point, failure)

    def on_search_end(self, trials: Trials, reason: str) -> None:
        """Say why it ended, after how many trials, and how good the best is."""
        logger.info("search ended (%s) after %d trials, best loss %s", reason, len(trials.record), trials.best_loss)
