"""Callbacks that a search gets without being asked for.

Who offers them stands above the loop, and above the searches: experiment trackers draw plots of a
fitted search, for example. So they register here when the package is imported, and the searches ask.

>>> from hpsklearn_search import SparkTrials, Trials
>>> automatic_callbacks([], Trials(), "fmin")
[]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from ..trials import Trials
from ._protocol import Callback

__all__ = ["Offer", "automatic_callbacks", "offer"]

Offer: TypeAlias = Callable[[Sequence[Callback], "Trials | None", str], "list[Callback]"]
"""From the user's callbacks and trials, and ``"fmin"`` or ``"HyperoptSearchCV"``, to further callbacks."""

_offers: list[Offer] = []


def offer(function: Offer) -> None:
    """Ask `function` at the begin of every search from now on."""
    _offers.append(function)


def automatic_callbacks(given: Sequence[Callback], trials: Trials | None, kind: str) -> list[Callback]:
    """What all who registered offer to a search with these callbacks and trials.

    Parameters
    ----------
    given : sequence of Callback
        The user's own.
    trials : Trials or None
        What the user passed as ``trials``.
    kind : {"fmin", "HyperoptSearchCV"}
        Which search it is.
    """
    return [callback for function in _offers for callback in function(given, trials, kind)]
