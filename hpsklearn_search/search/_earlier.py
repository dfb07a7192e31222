"""What a search learns from earlier ones: trials of the same data and estimator as its own, all others by rank.

>>> from hpsklearn_search.trials import EarlierSearch
>>> is_of_same_scores(EarlierSearch((), fingerprint={"X": "a", "y": "b", "scoring": None}), {"X": "a", "y": "c"})
False
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from ..exceptions import InvalidTrial
from ..space import Point, Space
from ..trials import EarlierSearch, NotComparable, Trial, Trials, differences, earlier_search_of
from ._describe import parameter_names
from ._fingerprint import SAME_SCORES, same_scores
from ._parameters import ParameterSpace
from .folds import FoldFunction

ANOTHER_SEARCH = "a search on other data, or with another metric or estimator"
OTHER = "so their losses are compared by rank, and lose weight as candidates of this search finish"


def learn_from_earlier(
    search: Any, place: Trials, trials: Trials, parameters: ParameterSpace, function: FoldFunction
) -> list[Point]:
    """Let `trials` know what `place` names as earlier; the points to try first."""
    own = earlier_search_of(place)
    searches = [*([own] if own.trials else []), *place.earlier]
    if not searches:
        return []
    try:
        current, problem = same_scores(search, function), ""
    except NotComparable as error:
        current, problem = None, str(error)
    if own.trials:
        _warn_of_other_data(own.fingerprint, current, problem)
    prior, others = [], []
    for earlier in searches:
        # Trials without a description are the user's own, with losses of this search.
        is_same = is_of_same_scores(earlier, current) or (earlier is own and own.fingerprint is None)
        found = _prior_trials(earlier, parameters.space, must=earlier is own) if is_same else None
        if found is None:
            others.append(earlier)
        else:
            prior.extend(found)
    trials.record.prior_trials = tuple(prior)
    winners = trials.record.learn_from(others, parameters.space, parameter_names(parameters))
    if not (prior or winners or trials.record.earlier):
        warnings.warn(
            "trials= has no finished candidate with a parameter of this space, so nothing is learned from it. "
            f"The space has {', '.join(parameters.space.labels)}",
            UserWarning,
            stacklevel=2,
        )
    return winners


def is_of_same_scores(earlier: EarlierSearch, current: Mapping[str, Any] | None) -> bool:
    """Whether the losses of a search are known to be of what `current` describes: data, metric and estimator."""
    known = earlier.fingerprint
    return bool(known) and known is not None and current is not None and not _other_data(known, current)


def _prior_trials(earlier: EarlierSearch, space: Space, *, must: bool) -> list[Trial] | None:
    """The trials within the ranges of `space`; None if they have other labels, an error if they `must` have these."""
    moved = Trials()
    for trial in earlier.trials:
        moved.record.insert(trial)
    try:
        moved.rewrite_for(space)
    except InvalidTrial:
        if must and not _shares_labels(earlier, space):
            raise
        return None
    return [trial for trial in moved.record if _is_within(space, trial.point)]


def _shares_labels(earlier: EarlierSearch, space: Space) -> bool:
    return bool(earlier.fingerprint) and any(label in space.index for trial in earlier.trials for label in trial.point)


def _is_within(space: Space, point: Point) -> bool:
    try:
        space.check(point)
    except InvalidTrial:
        return False
    return True


# ---------------------------------------------------------------------- other data
def _warn_of_other_data(earlier: Mapping[str, Any] | None, current: Mapping[str, Any] | None, problem: str) -> None:
    """Warn if trials that were passed as they are may be of other data or another metric."""
    if not earlier:
        return
    if current is None:
        text = f"trials= may hold trials of {ANOTHER_SEARCH}; this cannot be found out"
        warnings.warn(f"{text}, because an argument cannot be compared ({problem}), {OTHER}", UserWarning, stacklevel=2)
        return
    changed = list(_other_data(earlier, current))
    if changed:
        warnings.warn(
            f"trials= holds trials of {ANOTHER_SEARCH}, {OTHER}. Differences:\n  "
            + "\n  ".join(changed)
            + "\nPass the search itself, trials=old, if that is meant, or trials=None to start anew",
            UserWarning,
            stacklevel=2,
        )


def _other_data(earlier: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    first, second = ({name: whole.get(name) for name in SAME_SCORES} for whole in (earlier, current))
    return differences(first, second, "in trials")
