"""The simplest of the candidates that the folds cannot tell apart from the best, by the intervals of `compare`.

>>> results = {"mean_test_score": [0.86, 0.86, 0.12], "param_max_depth": [9, 3, 1],
...            "split0_test_score": [0.9, 0.8, 0.1], "split1_test_score": [0.8, 0.9, 0.1],
...            "split2_test_score": [0.88, 0.88, 0.16]}
>>> simplest_of_the_best("max_depth")(results)
1
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..space import brief
from ..space._typing import BoolArray, FloatArray
from ._compare import check_alpha, compare_with
from ._simplest import FoldFacts, Simplest


@dataclass(frozen=True)
class SimplestOfTheBest(Simplest):
    """A ``refit`` callable; see `simplest_of_the_best`."""

    alpha: float = 0.05

    function: ClassVar[str] = "simplest_of_the_best"
    takes_columns: ClassVar[bool] = True

    def is_as_good(self, scores: FloatArray, means: FloatArray, best: int, facts: FoldFacts) -> BoolArray:
        """Which candidates the folds cannot tell apart from the best one."""
        found = compare_with(best, scores, facts.test_per_train, self.alpha, facts.n_test, facts.width)
        # Holm's correction guards against calling an equal candidate worse; here the other mistake costs more.
        return np.abs(found.difference) <= found.half_width


def simplest_of_the_best(
    simplest: str | Sequence[str] | Callable[[dict[str, Any]], Any],
    *,
    metric: str = "score",
    larger_is_simpler: bool = False,
    alpha: float = 0.05,
) -> SimplestOfTheBest:
    """A ``refit`` that takes the simplest of the candidates which the folds cannot tell apart from the best.

    Their interval of the difference in `HyperoptSearchCV.compare` contains 0. This is stricter than ``same_as_best``
    there, which allows for the number of comparisons.

    Parameters
    ----------
    simplest : str, list of str or callable
        What orders the candidates, the smallest first: the name of a numeric parameter, as in ``best_params_``, or
        a column of times or scores in ``cv_results_``, such as ``"mean_fit_time"``. Of a list, the second name
        decides where the first is equal. A function receives the parameters of a candidate and returns a number.
    metric : str, default="score"
        The metric to compare, where there are several.
    larger_is_simpler : bool, default=False
        Whether a larger value is a simpler model, as for a penalty.
    alpha : float, default=0.05
        The probability of calling an equal candidate worse, in one comparison. A larger value accepts fewer.

    Returns
    -------
    SimplestOfTheBest
        A callable for ``refit``.

    Notes
    -----
    A candidate that is a little worse is in the choice as long as the folds do not show it: few folds of few rows
    show little. `one_standard_error` accepts a fixed distance in place of a test.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from hpsklearn_search import HyperoptSearchCV, simplest_of_the_best
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> depths = {"max_depth": [1, 2, 3, 8]}
    >>> rule = simplest_of_the_best("max_depth")
    >>> search = HyperoptSearchCV(tree, depths, max_evals=4, refit=rule)
    >>> search.fit(*load_iris(return_X_y=True)).best_params_
    {'max_depth': 2}
    """
    key = simplest if callable(simplest) or isinstance(simplest, str) else _names(simplest)
    if not key:
        raise TypeError(
            f"simplest must be the name of a parameter, such as 'max_depth', a list of names, a column such as "
            f"'mean_fit_time', or a function of the parameters; got {brief(simplest)}"
        )
    check_alpha(alpha)
    return SimplestOfTheBest(key, metric, larger_is_simpler, alpha)


def _names(value: Any) -> tuple[str, ...]:
    """The names in a list; none if it is no list of names."""
    is_list = isinstance(value, list | tuple) and all(isinstance(name, str) for name in value)
    return tuple(value) if is_list else ()
