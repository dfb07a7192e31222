"""Try the least explored option again: the best point of a model family is rarely among its first draws.

A search that follows its best trial settles on the option (the model family, the kernel) that was good
first, even if another one becomes better with its own parameters tuned. So some suggestions must take the
option that was tried least. Where options are branches, with parameters of their own, a suggestion must
with probability

    0.4 t / (t + 10)                                                                            (1)

where t is the number of finished trials that were suggested after the best one. Such a suggestion is to
improve on the best trial of its own branch, because a branch that is behind must first catch up. A branch
is given up if it does not catch up: with b its best loss in the first half of its trials and a its best
loss now, it is given up as long as

    a - 2 (b - a) > the best loss of all                                                        (2)

The second half of its n trials gained b - a, so n more at the same rate would gain 2 (b - a). That is the
most to expect, since gains shrink. (The rising bandits of Li and others, 2020, decide between model families
by the same bound.)

>>> import numpy as np
>>> from hpsklearn_search import Trials, hp
>>> from hpsklearn_search.space import Space
>>> from hpsklearn_search.trials import Outcome
>>> space, trials = Space(hp.choice("model", ["tree", "svm"])), Trials()
>>> for number, model in enumerate([0, 0, 1]):
...     trial = trials.record.add({"model": model})
...     trial = trials.record.finish(number, Outcome("ok", loss=float(number)))
>>> history = trials.history(space)
>>> {under_explored_value(history, np.random.default_rng(seed)) for seed in range(50)} == {None, (0, 1)}
True
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from ..space._typing import FloatArray
from ..trials import History

Option: TypeAlias = "tuple[int, int]"  # A column of a choice, and the index of one of its options.

SHARE_OF_VALUES = 0.15  # Probability of forcing the least tried option where options are plain values.
SHARE_OF_BRANCHES = 0.4  # The factor of equation (1).
PATIENCE = 10  # The t at which equation (1) reaches half of that factor.
MIN_TRIALS_TO_GIVE_UP = 4  # A branch with fewer trials is never given up.
EXPECTED_GAIN = 2.0  # The factor of equation (2).


def under_explored_option(history: History, rng: np.random.Generator) -> Option | None:
    """The least tried branch, of those not given up, of a choice that is always active; mostly None."""
    if not history.space.layout.branching:
        return None
    n_since = _n_since_best(history)
    share = SHARE_OF_BRANCHES * n_since / (n_since + PATIENCE)  # eq. 1
    return _least_tried(history, share, rng, _is_given_up)


def under_explored_value(history: History, rng: np.random.Generator) -> Option | None:
    """The same for a choice among values, in a space where no choice has branches."""
    if history.space.layout.branching:
        return None
    return _least_tried(history, SHARE_OF_VALUES, rng, lambda history, option: False)


def restricted_to(history: History, option: Option) -> History:
    """The trials that took an option, as if there were no others."""
    rows = history.units[:, option[0]] == option[1]
    return History(
        history.space,
        history.units[rows],
        history.losses[rows],
        history.variances[rows],
        history.pending[rows],
        history.known[rows],
        {},
    )


def _least_tried(
    history: History,
    share: float,
    rng: np.random.Generator,
    is_given_up: Callable[[History, Option], bool],
) -> Option | None:
    """The option of one of the choices that was tried least for its prior, in a `share` of the cases."""
    choices = _choices(history)
    if rng.random() >= share or not choices:
        return None
    column, prior = choices[int(rng.integers(len(choices)))]
    options = ((column, option) for option in least_tried_first(history.units[:, column], prior, rng))
    return next((option for option in options if not is_given_up(history, option)), None)


def least_tried_first(units: FloatArray, prior: FloatArray, rng: np.random.Generator) -> list[int]:
    """The options that can be drawn, by how often `units` hold each compared with its probability."""
    counts = np.bincount(units[~np.isnan(units)].astype(np.intp), minlength=len(prior))
    with np.errstate(over="ignore"):  # a probability may be as small as 1e-320
        tries = (counts + rng.random(len(prior))) / np.where(prior > 0, prior, np.nan)
    return np.argsort(tries)[: np.count_nonzero(prior)].tolist()  # NaN is last


def _choices(history: History) -> list[tuple[int, FloatArray]]:
    """Column and prior of the choices that are always active; only those with branches where there are such."""
    layout, dimensions = history.space.layout, history.space.dimensions
    return [
        (int(column), prior)
        for column, prior in zip(layout.categorical, layout.priors, strict=True)
        if not dimensions[column].conditions and (not layout.branching or column in layout.branching)
    ]


def _is_given_up(history: History, option: Option) -> bool:
    """Whether a branch is behind, and by equation (2) not about to catch up."""
    drawn = ~history.pending & ~history.known  # a point that was learned elsewhere says nothing of a branch's progress
    losses = history.losses[(history.units[:, option[0]] == option[1]) & drawn]
    if len(losses) < MIN_TRIALS_TO_GIVE_UP:
        return False
    halfway, now = (_best(part) for part in (losses[: (len(losses) + 1) // 2], losses))
    if np.isinf(halfway):  # all of its first trials failed, so there is no gain to measure
        return bool(np.isinf(now))
    return now - EXPECTED_GAIN * (halfway - now) > _best(history.losses[drawn])  # eq. 2


def _best(losses: FloatArray) -> float:
    """The smallest loss, infinite where no trial is ok."""
    return float(np.nanmin(losses, initial=np.inf))


def _n_since_best(history: History) -> int:
    """t of equation (1): how many finished trials were suggested after the best one; 0 if none is ok."""
    losses = history.losses[~history.pending]
    return 0 if np.isnan(losses).all() else len(losses) - 1 - int(np.nanargmin(losses))
