"""The end of a search from whose next candidates little is expected.

>>> no_expected_gain(0.1)
no_expected_gain(0.1)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from ..space import Space, brief
from ..suggest import Outlook
from ..suggest._startup import startup_jobs
from ..suggest.gp import STARTUP_JOBS
from ..trials import Trials

AFTER_STARTUP = 12  # trials that the algorithm has chosen before the model is asked
EVERY = 5  # trials between two questions: one costs as much as a few suggestions
IN_A_ROW = 4  # answers, since a model of few trials is sometimes sure of what is not so


@dataclass(frozen=True)
class NoExpectedGain:
    """A value of ``early_stop_fn``; see `no_expected_gain`."""

    share: float

    def __repr__(self) -> str:
        return f"no_expected_gain({self.share:g})"

    def over(self, space: Space) -> GainStopper:
        """The stopper of one search over `space`."""
        return GainStopper(self.share, space)


@dataclass
class GainStopper:
    """Stops when the expected gain was below a share of the best loss's standard error several times in a row."""

    share: float
    space: Space
    text: str = field(default="", init=False)  # the last figure, for the line of progress
    _n_below: int = field(default=0, init=False)

    def __call__(self, trials: Trials) -> str | None:
        """The reason to stop, if there is one."""
        n = len(trials.finished())
        if n < startup_jobs(self.space, STARTUP_JOBS) + AFTER_STARTUP or n % EVERY:
            return None
        figure = Outlook.of(trials.history(self.space)).in_errors
        self.text = f"expected gain: {figure:.2g} SE" if math.isfinite(figure) else ""
        self._n_below = self._n_below + 1 if figure < self.share else 0
        return "early_stop_fn" if self._n_below >= IN_A_ROW else None


def no_expected_gain(share: float = 0.1) -> NoExpectedGain:
    """An ``early_stop_fn`` that ends a search when little is expected of ten more candidates.

    It ends the search when a model of the scores expects less from the next ten candidates than `share` times the
    standard error of the best score.

    Parameters
    ----------
    share : float, default=0.1
        The share of the standard error, more than 0. With a larger one, the search ends earlier.

    Returns
    -------
    NoExpectedGain
        A value for ``early_stop_fn`` of `HyperoptSearchCV` and of `fmin`, with any algorithm.

    Raises
    ------
    TypeError, ValueError
        If `share` is no number above 0.

    Notes
    -----
    The expected gain is E[max(0, f(x_0) - min_i f(x_i))], the expected improvement of a batch (Ginsbourger, Le Riche
    and Carraro, 2010; for one candidate that of Mockus, 1978, and of Jones, Schonlau and Welch, 1998). Here f is the
    loss, x_0 the candidate of the lowest predicted loss, and x_1 .. x_10 are those with the largest expected
    improvement, one after the other. The model is the Gaussian process of the default algorithm.

    The standard error is that of the best candidate's mean over the folds, ``std_test_score / sqrt(k - 1)``. In `fmin`
    it is the root of ``loss_variance``, or the noise of the model where the objective returns none.

    The model is asked after every fifth candidate, from the 20th on (the 30th in a space with branches). Four answers
    in a row end the search, so it has at least 35 candidates.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from hpsklearn_search import HyperoptSearchCV, hp, no_expected_gain
    >>> space = {"C": hp.logrange(1e-3, 1e3), "gamma": hp.logrange(1e-4, 1e1)}
    >>> rule = no_expected_gain(0.1)
    >>> search = HyperoptSearchCV(
    ...     SVC(), space, max_evals=100, early_stop_fn=rule, random_state=0
    ... )
    >>> search.fit(*load_iris(return_X_y=True)).n_trials_ < 100
    True
    """
    if isinstance(share, bool) or not isinstance(share, float | int):
        raise TypeError(f"share must be a number of standard errors, as in no_expected_gain(0.1), got {brief(share)}")
    if not 0 < float(share) < math.inf:
        raise ValueError(f"share must be more than 0, got {share!r}; write no_expected_gain(0.1)")
    return NoExpectedGain(float(share))


def check_is_made(function: Any) -> None:
    """Raise if the function that makes a rule is passed in place of the rule."""
    if function is no_expected_gain:
        raise TypeError("no_expected_gain makes the rule that is needed; write early_stop_fn=no_expected_gain(0.1)")
