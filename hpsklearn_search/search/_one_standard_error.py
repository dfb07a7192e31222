"""The one-standard-error rule: the simplest candidate whose mean is within one standard error of the best.

>>> results = {"mean_test_score": [0.90, 0.92, 0.80], "std_test_score": [0.02, 0.06, 0.0],
...            "split0_test_score": [], "split1_test_score": [], "split2_test_score": [],
...            "param_max_depth": [3, 9, 1]}
>>> one_standard_error("max_depth")(results)
0
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class OneStandardError:
    """A ``refit`` callable; see `one_standard_error`."""

    simplest: str
    metric: str = "score"
    larger_is_simpler: bool = False

    def __call__(self, cv_results: Mapping[str, Any]) -> int:
        """The row of the candidate to refit; ValueError if there is none."""
        means = np.asarray(self._column(cv_results, f"mean_test_{self.metric}"), dtype=float)
        deviations = np.asarray(self._column(cv_results, f"std_test_{self.metric}"), dtype=float)
        means = _without_failures(means, cv_results.get(f"rank_test_{self.metric}"))
        values = np.ma.asarray(self._column(cv_results, f"param_{self.simplest}"))
        # A candidate of a branch without the parameter cannot be compared, so it is never the simplest.
        simplicity = np.array([np.nan if v is np.ma.masked or v is None else float(v) for v in values])
        if not np.isfinite(means).any():
            raise ValueError(f"one_standard_error: no candidate has a finite mean_test_{self.metric}")
        best = int(np.nanargmax(np.where(np.isfinite(means), means, np.nan)))
        pattern = re.compile(rf"split\d+_test_{re.escape(self.metric)}$")
        n_splits = sum(1 for key in cv_results if pattern.match(key))
        with np.errstate(invalid="ignore"):
            is_as_good = means >= means[best] - deviations[best] / np.sqrt(n_splits)
        rows = np.flatnonzero(is_as_good & np.isfinite(simplicity))
        if not len(rows):
            return best
        order = -simplicity[rows] if self.larger_is_simpler else simplicity[rows]
        simplest = rows[order == order.min()]
        return int(simplest[np.argmax(means[simplest])])

    def _column(self, cv_results: Mapping[str, Any], name: str) -> Any:
        if name not in cv_results:
            similar = sorted(key for key in cv_results if key.startswith(name.partition("_")[0]))
            raise ValueError(f"one_standard_error: cv_results_ has no column {name!r}; it has {similar}")
        return cv_results[name]


def _without_failures(means: NDArray[np.float64], ranks: Any) -> NDArray[np.float64]:
    # Failed candidates share the last rank; a number for error_score can be higher than the mean of another.
    if ranks is None or np.ptp(ranks) == 0:
        return means
    is_last = np.asarray(ranks) == np.max(ranks)
    with np.errstate(invalid="ignore"):
        return np.where(is_last & (means > np.nanmin(means[~is_last])), np.nan, means)


def one_standard_error(simplest: str, *, metric: str = "score", larger_is_simpler: bool = False) -> OneStandardError:
    """A ``refit`` that takes the simplest candidate within one standard error of the best.

    The standard error is that of the best candidate's mean over the folds (Breiman, Friedman, Olshen and
    Stone, Classification and Regression Trees, 1984, section 3.4.3).

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
    >>> search = HyperoptSearchCV(tree, {"max_depth": [2, 3, 5, 8]}, max_evals=4, refit=one_standard_error("max_depth"))
    >>> search.fit(*load_iris(return_X_y=True)).best_params_
    {'max_depth': 3}
    """
    return OneStandardError(simplest, metric, larger_is_simpler)
