"""The one-standard-error rule: the simplest candidate whose mean is within one standard error of the best.

>>> results = {
...     "mean_test_score": [0.90, 0.92, 0.80],
...     "std_test_score": [0.02, 0.06, 0.0],
...     "split0_test_score": [],
...     "split1_test_score": [],
...     "split2_test_score": [],
...     "param_max_depth": [3, 9, 1],
... }
>>> one_standard_error("max_depth")(results)
0
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..space import Choice, brief, children
from ._describe import settings
from ._parameters import ParameterSpace


@dataclass(frozen=True)
class OneStandardError:
    """A ``refit`` callable; see `one_standard_error`."""

    simplest: str
    metric: str = "score"
    larger_is_simpler: bool = False

    def written(self) -> str:
        """The call that makes it."""
        metric = "" if self.metric == "score" else f", metric={self.metric!r}"
        return f"one_standard_error({self.simplest!r}{metric})"

    def __call__(self, cv_results: Mapping[str, Any]) -> int:
        """The row of the candidate to refit; ValueError if there is none."""
        means = np.asarray(self._column(cv_results, f"mean_test_{self.metric}"), dtype=float)
        ranks = cv_results.get(f"rank_test_{self.metric}")
        return self.choose(cv_results, _outranked(means, ranks))

    def choose(self, cv_results: Mapping[str, Any], has_failed: NDArray[np.bool_]) -> int:
        """The same, of the candidates that have not failed."""
        means = np.asarray(self._column(cv_results, f"mean_test_{self.metric}"), dtype=float)
        deviations = np.asarray(self._column(cv_results, f"std_test_{self.metric}"), dtype=float)
        means = np.where(np.isfinite(means) & ~has_failed, means, np.nan)
        if np.isnan(means).all():
            raise ValueError(f"one_standard_error: no candidate has a finite mean_test_{self.metric}")
        values = np.ma.asarray(self._column(cv_results, f"param_{self.simplest}"))
        # A candidate of a branch without the parameter cannot be compared, so it is never the simplest.
        simplicity = np.array([np.nan if v is np.ma.masked or v is None else self._number(v) for v in values])
        best = int(np.nanargmax(means))
        with np.errstate(invalid="ignore"):
            is_as_good = means >= means[best] - self._standard_error(cv_results, deviations[best])
        rows = np.flatnonzero(is_as_good & np.isfinite(simplicity))
        if not len(rows):
            return best
        order = -simplicity[rows] if self.larger_is_simpler else simplicity[rows]
        simplest = rows[order == order.min()]
        return int(simplest[np.argmax(means[simplest])])

    def _standard_error(self, cv_results: Mapping[str, Any], deviation: float) -> float:
        """That of a mean over k folds, from their population deviation, which is what scikit-learn's table has."""
        pattern = re.compile(rf"split\d+_test_{re.escape(self.metric)}$")
        n_splits = sum(1 for key in cv_results if pattern.match(key))
        # sqrt(k/(k-1)) makes it the deviation of a sample, and 1/sqrt(k) that of the mean; one fold tells nothing.
        return deviation / np.sqrt(n_splits - 1) if n_splits > 1 else 0.0

    def _number(self, value: Any) -> float:
        try:
            if not isinstance(value, str):
                return float(value)
        except (TypeError, ValueError):
            pass
        raise self.not_a_number(value)

    def not_a_number(self, value: Any) -> ValueError:
        """The error for a parameter that cannot be ordered by its values."""
        shown = repr(str(value)) if isinstance(value, str) else brief(value)
        return ValueError(
            f"one_standard_error({self.simplest!r}): {self.simplest} can be {shown}, which is not a number; name a "
            'parameter whose values are numbers, as in refit=one_standard_error("max_depth")'
        )

    def _column(self, cv_results: Mapping[str, Any], name: str) -> Any:
        if name not in cv_results:
            similar = sorted(key for key in cv_results if key.startswith(name.partition("_")[0]))
            raise ValueError(f"one_standard_error: cv_results_ has no column {name!r}; it has {similar}")
        return cv_results[name]


def _outranked(means: NDArray[np.float64], ranks: Any) -> NDArray[np.bool_]:
    """Which rows have the last rank although the mean of another row is lower: they failed."""
    # A table alone does not say more: a number for error_score may be higher than the mean of another.
    if ranks is None or np.ptp(ranks) == 0:
        return np.zeros(len(means), dtype=bool)
    is_last = np.asarray(ranks) == np.max(ranks)
    with np.errstate(invalid="ignore"):
        outranked: NDArray[np.bool_] = is_last & (means > np.nanmin(means[~is_last]))
    return outranked


def check_simplest(refit: Any, parameters: ParameterSpace) -> None:
    """Raise if `refit` orders candidates by a parameter that the space has not, or that can be a text."""
    if refit is one_standard_error:
        name = next(iter(_names(parameters.space.root)), "max_depth")
        raise TypeError(
            f"one_standard_error makes the function that is needed; write refit=one_standard_error({name!r})"
        )
    if not isinstance(refit, OneStandardError):
        return
    names = set(_names(parameters.space.root))
    if refit.simplest not in names:
        similar = get_close_matches(refit.simplest, names, n=1) or sorted(names)
        raise ValueError(
            f"one_standard_error({refit.simplest!r}): the space does not set {refit.simplest}; name a parameter that "
            f"it sets, as in refit=one_standard_error({similar[0]!r})"
        )
    for setting in settings(parameters):
        if setting.parameter == refit.simplest and setting.is_direct and isinstance(setting.node, Choice):
            texts = [option for option in setting.node.options if isinstance(option, str)]
            if texts:
                raise refit.not_a_number(texts[0])


def check_metric(refit: Any, metrics: list[str]) -> None:
    """Raise if `refit` compares a metric that the table will not have."""
    if isinstance(refit, OneStandardError) and refit.metric not in metrics:
        rest = ")" if metrics == ["score"] else f", metric={metrics[0]!r})"
        raise ValueError(
            f"{refit.written()}: the search has no metric {refit.metric!r}, it has {metrics}; write "
            f"refit=one_standard_error({refit.simplest!r}{rest}"
        )


def _names(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        yield from node
    for child in children(node):
        yield from _names(child)


def one_standard_error(simplest: str, *, metric: str = "score", larger_is_simpler: bool = False) -> OneStandardError:
    """A ``refit`` that takes the simplest candidate within one standard error of the best.

    The standard error is that of the best candidate's mean over the k folds, ``std_test_score / sqrt(k - 1)``
    (Breiman, Friedman, Olshen and Stone, Classification and Regression Trees, 1984, section 3.4.3).

    Parameters
    ----------
    simplest : str
        The name of a numeric parameter, as in ``best_params_``; a smaller value is a simpler model.
    metric : str, default="score"
        The metric to compare, where there are several.
    larger_is_simpler : bool, default=False
        Whether a larger value is a simpler model, as for a penalty.

    Returns
    -------
    OneStandardError
        A callable for ``refit``. It can be pickled and compared.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from hpsklearn_search import HyperoptSearchCV, one_standard_error
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> search = HyperoptSearchCV(
    ...     tree,
    ...     {"max_depth": [2, 3, 5, 8]},
    ...     max_evals=4,
    ...     refit=one_standard_error("max_depth"),
    ... )
    >>> search.fit(*load_iris(return_X_y=True)).best_params_
    {'max_depth': 3}
    """
    if not isinstance(simplest, str):
        raise TypeError(f"simplest must be the name of one parameter, such as 'max_depth', got {simplest!r}")
    return OneStandardError(simplest, metric, larger_is_simpler)
