"""Look again at the option that was tried least: the best point of a family is rarely among its first draws.

A search that follows its best trial settles on the option (the model family, the kernel) that was soon
good, however much better another one becomes once its own parameters are right. So some suggestions must
take the option that was tried least often. Where options are branches, with parameters of their own, a
suggestion must with probability

    0.4 t / (t + 10)                                                                            (1)

t being how many trials finished since the best one was suggested, and it is to improve on the best of its
own branch: one that is behind must first climb. It must be climbing, though. A branch whose best loss was
b when half of its trials were in, and is a now, is given up as long as

    a - 2 (b - a) > the best loss of all                                                        (2)

for the gains of a search shrink, so that by as many trials again it is not likely to gain even that. (The
same bound decides between families in the rising bandits of Li and others, 2020.)

>>> import numpy as np
>>> from hpsklearn_search import Trials, hp
>>> from hpsklearn_search.space import Space
>>> from hpsklearn_search.trials import Outcome
>>> space, trials = Space(hp.choice("model", ["tree", "svm"])), Trials()
>>> for number, model in enumerate([0, 0, 1]):
...     trial = trials.record.add({"model": model})
...     trial = trials.record.finish(number, Outcome("ok", loss=float(number)))
>>> {neglected_value(trials.history(space), np.random.default_rng(seed)) for seed in range(50)} == {None, (0, 1)}
True
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from .._typing import FloatArray
from ..trials import History
from ._axes import layout

Option: TypeAlias = "tuple[int, int]"
"""A column of a choice, and the index of one of its options."""

SHARE_OF_VALUES, SHARE_OF_BRANCHES = 0.15, 0.4
"""How often the least tried option is taken: where options are values; where they are branches, at most."""
PATIENCE = 10
"""After how many trials without a better loss a branch is taken half as often as at most."""
UNJUDGED = 4
"""Of how many trials a branch has too few to be given up."""
AHEAD = 2.0
"""How many times what the later half of its trials gained a branch is trusted to gain yet."""


def under_explored_option(history: History, rng: np.random.Generator) -> Option | None:
    """The least tried branch, of those not given up, of a choice that is always active; mostly None.

    Parameters
    ----------
    history : History
        The trials so far, pending ones included.
    rng : numpy.random.Generator
        Source of randomness.
    """
    if not _branching(history):
        return None
    choices = [i for i in _always_active(history) if layout(history.space).categorical[i] in _branching(history)]
    stagnation = _stagnation(history)
    share = SHARE_OF_BRANCHES * stagnation / (stagnation + PATIENCE)  # eq. 1
    return _least_tried(history, choices, share, rng, _is_given_up)


def neglected_value(history: History, rng: np.random.Generator) -> Option | None:
    """The same of a choice among values, in a space where no choice is among branches."""
    if _branching(history):
        return None
    return _least_tried(history, _always_active(history), SHARE_OF_VALUES, rng, lambda history, option: False)


def _branching(history: History) -> frozenset[int]:
    return layout(history.space).branching


def _always_active(history: History) -> list[int]:
    """Places among the categorical columns."""
    dimensions = history.space.dimensions
    return [i for i, axis in enumerate(layout(history.space).categorical) if not dimensions[axis].conditions]


def _least_tried(
    history: History,
    choices: list[int],
    share: float,
    rng: np.random.Generator,
    is_given_up: Callable[[History, Option], bool],
) -> Option | None:
    """The option of one of `choices` that was tried least for its prior, in a `share` of the cases."""
    if rng.random() >= share or not choices:
        return None
    columns, i = layout(history.space), choices[int(rng.integers(len(choices)))]
    axis, prior = int(columns.categorical[i]), columns.priors[i]
    counts = np.bincount(history.units[:, axis].astype(np.intp), minlength=len(prior))
    wanted = (counts + rng.random(len(prior))) / np.where(prior > 0, prior, np.nan)
    least_first = (int(option) for option in np.argsort(wanted) if prior[option] > 0)
    return next(((axis, option) for option in least_first if not is_given_up(history, (axis, option))), None)


def _is_given_up(history: History, option: Option) -> bool:
    """Whether a branch is behind, and by equation (2) not about to catch up."""
    losses = history.losses[(history.units[:, option[0]] == option[1]) & ~history.pending]
    if len(losses) < UNJUDGED:
        return False
    halfway, now = (_best(part) for part in (losses[: (len(losses) + 1) // 2], losses))
    if np.isinf(halfway):  # its first trials failed: what it has gained since is not known
        return bool(np.isinf(now))
    return now - AHEAD * (halfway - now) > _best(history.losses)


def _best(losses: FloatArray) -> float:
    """The smallest loss, infinite where no trial is ok."""
    return float(np.nanmin(losses, initial=np.inf))


def _stagnation(history: History) -> int:
    """How many finished trials were suggested after the best one; 0 if none is ok."""
    known = history.losses[~history.pending]
    return 0 if np.isnan(known).all() else len(known) - 1 - int(np.nanargmin(known))


def taking(history: History, option: Option) -> History:
    """The trials that took an option, as if there were no others."""
    rows = history.units[:, option[0]] == option[1]
    return History(
        history.space, history.units[rows], history.losses[rows], history.variances[rows], history.pending[rows], {}
    )
