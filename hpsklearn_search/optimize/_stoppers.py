"""When to stop: functions from the trials known so far to a reason, or None.

>>> from hpsklearn_search.trials import Outcome, Trials
>>> trials = Trials()
>>> stop = stop_at_loss(0.5)
>>> stop(trials) is None
True
>>> _ = trials.record.add({}); _ = trials.record.finish(0, Outcome("ok", loss=0.4))
>>> stop(trials)
'loss_threshold'
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..space import Space
from ..trials import Trials
from ._expected_gain import NoExpectedGain, check_is_made
from ._protocol import Stopper


def stoppers(loss_threshold: float | None, early_stop_fn: Any, space: Space | None = None) -> list[Stopper]:
    """The stoppers of two arguments that both faces have; `space` is for a rule that asks a model."""
    by_loss = [] if loss_threshold is None else [stop_at_loss(loss_threshold)]
    if isinstance(early_stop_fn, NoExpectedGain) and space is not None:
        return [*by_loss, early_stop_fn.over(space)]
    return by_loss if early_stop_fn is None else [*by_loss, stop_by(early_stop_fn)]


def stop_at_loss(threshold: float, reason: str = "loss_threshold") -> Stopper:
    """Stop once the best loss is at most `threshold`."""

    def stop(trials: Trials) -> str | None:
        best = trials.best_loss
        return reason if best is not None and best <= threshold else None

    return stop


def stop_by(function: Callable[..., tuple[bool, Any]]) -> Stopper:
    """Stop when ``function(trials, *previous) -> (stop, next previous)`` says so."""
    if getattr(function, "__name__", "") == "no_progress_loss":  # hyperopt's, or ours
        raise TypeError("no_progress_loss makes the function that is needed; write early_stop_fn=no_progress_loss(30)")
    check_is_made(function)
    previous: list[Any] = []

    def stop(trials: Trials) -> str | None:
        # Functions of this protocol read the loss of the last trial, so they see finished trials only.
        answer = function(trials.finished(), *previous)
        try:
            must_stop, arguments = answer
            previous[:] = list(arguments)
        except (TypeError, ValueError):
            raise TypeError(
                f"early_stop_fn must return (stop, arguments), such as (False, [count + 1]), got {answer!r}"
            ) from None
        return "early_stop_fn" if must_stop else None

    return stop
