"""One line of progress on stderr: done of total, time left, best so far."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from tqdm.auto import tqdm

from ..trials import Trial, Trials
from ._protocol import Callback

__all__ = ["ProgressLine"]


class ProgressLine(Callback):
    """A tqdm bar on stderr that follows the trials; it takes no stream away from anybody.

    Parameters
    ----------
    unit : str, default="trial"
        What is counted.
    describe : callable, optional
        The text for the best trial so far; by default its loss.
    """

    def __init__(self, unit: str = "trial", describe: Callable[[Trial], str] | None = None) -> None:
        self.unit = unit
        self.describe = describe or (lambda trial: f"best loss: {trial.loss:.6g}")
        self._bar: Any = None

    def on_search_begin(self, trials: Trials, search: Mapping[str, Any]) -> None:
        """Open the bar."""
        self._bar = tqdm(
            total=search.get("total"),
            initial=sum(trial.is_finished for trial in trials.record),
            unit=self.unit,
            file=sys.stderr,
            dynamic_ncols=True,
        )

    def on_trial_end(self, trials: Trials, trial: Trial) -> None:
        """Advance it."""
        if trials.best_loss is not None:
            self._bar.set_postfix_str(self.describe(trials.record.best), refresh=False)
        self._bar.update(1)

    def on_search_end(self, trials: Trials, reason: str) -> None:
        """Close it."""
        self._bar.close()
