"""The one-standard-error rule: the simplest candidate whose mean is within one standard error of the best.

>>> results = {
...     "mean_test_score": [0.90, 0.92, 0.80],
...     "split0_test_score": [0.9, 0.84, 0.8],
...     "split1_test_score": [0.9, 0.92, 0.8],
...     "split2_test_score": [0.9, 1.0, 0.8],
...     "param_max_depth": [3, 9, 1],
... }
>>> one_standard_error("max_depth")(results)
0
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .._texts import public_repr
from ..space._typing import BoolArray, FloatArray
from ._simplest import FoldFacts, Simplest


@dataclass(frozen=True)
class OneStandardError(Simplest):
    """A ``refit`` callable; see `one_standard_error`."""

    function: ClassVar[str] = "one_standard_error"

    def is_as_good(self, scores: FloatArray, means: FloatArray, best: int, facts: FoldFacts) -> BoolArray:
        """Which means are within the standard error of the best one."""
        n_splits = scores.shape[1]
        # That of a mean over k folds, from the deviation of a sample; one fold tells nothing.
        error = scores[best].std(ddof=1) / np.sqrt(n_splits) if n_splits > 1 else 0.0
        # A mean that is exactly one standard error below must not be left out because of its last digits.
        rounding = 1e-12 * np.abs(scores[best]).max()
        with np.errstate(invalid="ignore"):
            is_within: BoolArray = means >= means[best] - error - rounding
        return is_within


def one_standard_error(simplest: str, *, metric: str = "score", larger_is_simpler: bool = False) -> OneStandardError:
    """A ``refit`` that takes the simplest candidate within one standard error of the best.

    The standard error is that of the best candidate's mean over the k folds, ``std_test_score / sqrt(k - 1)``
    (Breiman, Friedman, Olshen and Stone, Classification and Regression Trees, 1984, section 3.4.3).

    Parameters
    ----------
    simplest : str
        The name of a numeric parameter, as in ``best_params_``: ``"max_depth"``. A smaller value is a simpler
        model.
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
        raise TypeError(f"simplest must be the name of one parameter, such as 'max_depth', got {public_repr(simplest)}")
    return OneStandardError(simplest, metric, larger_is_simpler)
