"""When to stop: functions from the trials known so far to a reason, or None.

>>> from hpsklearn_search.trials import Outcome, Trials
>>> trials = Trials()
>>> stop = loss_threshold(0.5)
>>> stop(trials) is None
True
>>> _ = trials.record.add({}); _ = trials.record.finish(0, Outcome("ok", loss=0.4))
>>> stop(trials)
'loss_threshold'
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..trials import Trials
from ._protocol import Stopper

__all__ = ["early_stop", "loss_threshold"]


def loss_threshold(threshold: float) -> Stopper:
    """Stop once the best loss is at most `threshold`."""

    def stop(trials: Trials) -> str | None:
        best = trials.best_loss
        return "loss_threshold" if best is not None and best <= threshold else None

    return stop


def early_stop(function: Callable[..., tuple[bool, Any]]) -> Stopper:
    """hyperopt's protocol: ``function(trials, *previous) -> (stop, next previous)``.

    The function sees finished trials only, since those written for hyperopt read the loss of the last one.
    """
    previous: list[Any] = []

    def stop(trials: Trials) -> str | None:
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
