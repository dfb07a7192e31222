"""What comes after the fit: the folds again, advice, and a comparison of candidates."""

from __future__ import annotations

import os
from numbers import Integral
from pathlib import Path
from traceback import format_exc
from typing import Any

from sklearn.utils.validation import check_is_fitted

from .._pandas import frame_of
from .._secrets_in_texts import without_secrets
from ..executors._streams import safe_logger
from ..space import brief, point_key
from ..trials import NEAR_OWN_VALUES, OWN_VALUES
from ._advice import Evidence, Finding, advice
from ._compare import check_alpha, compare_with
from ._evidence import evidence_of, metric_of, refit_metric_of
from ._known_points import own_point
from ._model import BestModel
from ._parameters import ParameterSpace
from ._report import write_report

logger = safe_logger(__name__)
# What is computed from the fitted attributes, and kept.
DERIVED = ("_importances", "_advice", "_kept_folds", "_limits")


class AfterFit(BestModel):
    """A fitted search that says what it has found out besides the winner."""

    n_trials_: int
    space_: Any

    @property
    def splits_(self) -> list[tuple[Any, Any]]:
        """The folds of the search: pairs of train and test rows, for whatever is to be measured on the same ones."""
        check_is_fitted(self, "trials_")
        return self._kept_folds.splits()

    @property
    def advice_(self) -> list[Finding]:
        """What the search has found out besides the winner, the most useful first; see `Finding`.

        Nothing is said of fewer than 20 candidates.
        """
        check_is_fitted(self, "cv_results_")
        cached, n_rows, findings = self.__dict__.get("_advice", (None, 0, []))
        if cached is not self.trials_ or n_rows != self.n_trials_:
            findings = advice(evidence_of(self, self._kept_folds))
            self._advice = self.trials_, self.n_trials_, findings
        return list(findings)

    @property
    def baseline_score_(self) -> float:
        """Mean test score of the estimator's own values, or of the candidate nearest to them.

        The column ``origin`` of `results_frame` says which of the two it is. It is NaN if the candidate was pruned
        or failed. Without such a candidate there is no such attribute.
        """
        check_is_fitted(self, "cv_results_")
        found = self._baseline()
        if found is None:
            raise AttributeError("baseline_score_: the estimator's own values were not among the candidates")
        return found[1]

    def _baseline(self) -> tuple[str, float] | None:
        """What the candidate with the estimator's own values, or near them, is called, and its score."""
        own = own_point(ParameterSpace(self.space_, self.estimator), self.estimator)
        key = None if own is None or own[0] != OWN_VALUES else point_key(own[1])
        for row, trial in enumerate(self._rows()):
            origin = self.trials_.record.origin_of(trial)
            is_own = origin == OWN_VALUES or key == point_key(trial.point)
            if is_own or origin == NEAR_OWN_VALUES:
                name = OWN_VALUES if is_own else NEAR_OWN_VALUES
                score = float(self.cv_results_[f"mean_test_{refit_metric_of(self)}"][row])
                return f"{name} (outside of a limit)" if trial.is_outside else name, score
        return None

    def _first_findings(self, n: int = 3) -> list[Finding]:
        """The first findings; none where they cannot be computed, which must not cost a result."""
        try:
            return self.advice_[:n]
        except Exception:
            logger.debug("no advice\n%s", without_secrets(format_exc()))
            return []

    def compare(self, n: int = 10, *, alpha: float = 0.05) -> Any:
        """Compare the best candidates with the best one, on the same folds.

        Parameters
        ----------
        n : int, default=10
            How many candidates to show.
        alpha : float, default=0.05
            The probability of calling an equal candidate worse, for all comparisons together. Intervals are
            those of one comparison at the level ``1 - alpha``.

        Returns
        -------
        pandas.DataFrame
            One row for each candidate, the best first: the mean score, ``difference`` (of the best's score and
            its own), ``low`` and ``high`` of the interval of the difference, ``p_value`` and ``same_as_best``.

        Raises
        ------
        ValueError
            If the search has one fold, if no candidate has a score, or if an argument is wrong.
        NotInstalledError
            If pandas is not installed.

        Notes
        -----
        It is the corrected resampled t-test of Nadeau and Bengio (2003) with Holm's correction (1979) for the
        comparisons with all candidates. The variance is at least that of single rows, because few folds of few rows
        often differ by equal steps. This holds for all metrics of classifiers but scikit-learn's errors such as
        ``"neg_log_loss"``, and for scikit-learn's metrics between 0 and 1 of all estimators.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from hpsklearn_search import HyperoptSearchCV
        >>> tree = DecisionTreeClassifier(random_state=0)
        >>> search = HyperoptSearchCV(tree, {"max_depth": [1, 2, 3]}, max_evals=3)
        >>> table = search.fit(*load_iris(return_X_y=True)).compare()
        >>> table[["param_max_depth", "same_as_best"]]
                  param_max_depth  same_as_best
        candidate
        2                       3          True
        1                       2          True
        0                       1         False
        """
        rows, metric, compared = self._comparison(n, alpha)
        parameters = {key: value for key, value in self.cv_results_.items() if key.startswith("param_")}
        columns = {f"mean_test_{metric}": compared.pop("mean"), **compared, **parameters}
        shown = {key: value[rows] for key, value in columns.items()}
        return frame_of(shown, what="compare()", index=rows.tolist(), name="candidate")

    def _comparison(self, n: int, alpha: float) -> tuple[Any, str, dict[str, Any]]:
        """The rows to show, best first, the metric, and the columns that compare all candidates with the best."""
        check_is_fitted(self, "cv_results_")
        evidence = evidence_of(self, self._kept_folds)
        _check_comparison(evidence, n, alpha)
        best = int(evidence.best_first[0])
        comparison = compare_with(
            best, evidence.scores, evidence.test_per_train, alpha, evidence.n_test, evidence.width
        )
        columns = {
            "mean": evidence.means,
            "difference": comparison.difference,
            "low": comparison.difference - comparison.half_width,
            "high": comparison.difference + comparison.half_width,
            "p_value": comparison.p_value,
            "same_as_best": comparison.is_same,
        }
        return evidence.best_first[:n], metric_of(self), columns

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write the search as one HTML page, to keep or to send.

        The page holds the result, the advice, the comparison with the best, pictures, importances, the space with
        what was found in it, all candidates, the failures, the times, and the code of the best model. It needs no
        network. Pictures need matplotlib; without it, a sentence stands in their place.

        Parameters
        ----------
        path : path-like
            Name of the file, in a folder that exists. An earlier page is replaced, any other file is not.

        Returns
        -------
        Path
            The absolute path of the page.

        Raises
        ------
        NotFittedError
            If the search is not fitted.
        FileNotFoundError, FileExistsError, IsADirectoryError, TypeError
            If no page can be written to `path`.

        Notes
        -----
        ``python -m hpsklearn_search report FILE.db`` makes a page of a save file, and
        ``python -m hpsklearn_search watch FILE.db`` shows a search while it runs.

        Examples
        --------
        >>> import os, tempfile
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from hpsklearn_search import HyperoptSearchCV
        >>> tree = DecisionTreeClassifier(random_state=0)
        >>> search = HyperoptSearchCV(tree, {"max_depth": [1, 2, 3]}, max_evals=3)
        >>> path = os.path.join(tempfile.mkdtemp(), "search.html")
        >>> search.fit(*load_iris(return_X_y=True)).report(path).name
        'search.html'
        """
        check_is_fitted(self, "cv_results_")
        return write_report(self, path)


def _check_comparison(evidence: Evidence, n: Any, alpha: Any) -> None:
    if not isinstance(n, Integral) or n < 1:
        raise ValueError(f"n is the number of candidates to show, got {brief(n)}; write compare(10)")
    check_alpha(alpha)
    if evidence.scores.shape[1] < 2:
        raise ValueError("compare(): one fold does not show how far scores vary; write cv=5, or several folds")
    if not len(evidence.best_first):
        raise ValueError(
            "compare(): no candidate has a score on every fold, and is within the limits if there are any, so there "
            "is no best one"
        )
