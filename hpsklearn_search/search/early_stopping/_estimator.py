"""Models that stop early inside cross-validation, without seeing the fold they are scored on."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import replace
from inspect import signature
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ..._keywords import ExplainsParameters
from ...space import children
from ...space._typing import IntArray
from .._compat import (
    HasMethods,
    Interval,
    check_method_params,
    fit_context,
    indexable,
    safe_indexing,
    validate_parameters,
)
from ._boosters import Booster, Part
from ._curve import Follower, limit_of, rows_digest
from ._hold_out import hold_out
from ._libraries import LIBRARIES, booster_of

# Parameters of a booster's fit that EarlyStopping sets itself.
RESERVED = {
    "eval_set", "eval_X", "eval_y", "X_val", "y_val", "early_stopping_rounds", "use_best_model",
    *(name for booster in LIBRARIES.values() for name in booster.evaluation_names.values() if "val" in name),
}  # fmt: skip


def _has(name: str) -> Any:
    """Whether the fitted booster, or before the fit `estimator`, has a method."""

    def check(self: Any) -> bool:
        getattr(getattr(self, "estimator_", self.estimator), name)  # its AttributeError says why
        return True

    return check


class EarlyStopping(ExplainsParameters, MetaEstimatorMixin, BaseEstimator):
    """A booster or a network that stops when its loss on a held-out part of its training data no longer falls.

    In a search, that part is taken from the *training* part of each fold. The rows that a candidate is scored
    on decide nothing, so the scores are honest. `HyperoptSearchCV` records the best iteration of each fold
    (the columns ``split0_best_iteration``, ..., ``median_best_iteration`` of ``cv_results_``), and refits
    the best candidate on all rows with the median of its folds.

    Parameters
    ----------
    estimator : estimator
        A booster of LightGBM, XGBoost, CatBoost or scikit-learn (``HistGradientBoosting`` from version 1.7 on),
        or a classifier or regressor with ``partial_fit`` and ``max_iter``, such as ``MLPClassifier`` and
        ``SGDRegressor``. Its own number of iterations is the maximum, so set it high:
        ``LGBMClassifier(n_estimators=1000)``.
    validation_fraction : float, default=0.1
        The share of the training rows that is held out, at most 0.5. With groups, it is the share of the
        groups.
    n_iter_no_change : int, default=20
        The fit stops after this many iterations in a row without improvement.
    shuffle : bool, default=True
        Whether the held-out rows are drawn at random, with the same share of each class. If False, they are the
        last rows, for data in the order of time.
    random_state : int, RandomState or None, default=0
        The seed for drawing the held-out rows. With a fixed seed, the same rows are held out for every
        candidate of a fold, so candidates can be compared.
    n_iterations : int, default=None
        The number of iterations, if it is known. Then no rows are held out. The refit of a search sets it. By
        default the number is found with the held-out rows.

    Attributes
    ----------
    estimator_ : estimator
        The fitted model. It predicts with its best iteration; HistGradientBoosting predicts with all the
        iterations it ran.
    best_iteration_ : int
        The number of iterations of the best model, counted from 1.
    n_held_out_ : int
        The number of rows that were held out.
    classes_, n_features_in_, feature_names_in_, feature_importances_
        Those of the fitted model.

    Notes
    -----
    The booster's own evaluation metric decides: ``LGBMClassifier(metric="auc")``,
    ``XGBClassifier(eval_metric="auc")``, ``CatBoostClassifier(eval_metric="AUC")``,
    ``HistGradientBoostingClassifier(scoring="roc_auc")``. If there are several, LightGBM uses the first one
    and XGBoost the last one. A ``HistGradientBoosting`` model keeps the iterations after its best one.
    ``GradientBoosting`` and models with ``partial_fit`` have no such metric. For them the log loss decides, or the
    share of wrong labels if there are no probabilities. For regressors it is the loss that they minimise, and the
    absolute error in place of robust losses.

    A model with ``partial_fit`` gets the training rows once in each round, in a new order. A network with
    ``solver="lbfgs"`` has no ``partial_fit``, and is fitted to its end.

    The booster's own arguments for early stopping (``early_stopping_rounds`` and its aliases, callbacks,
    ``use_best_model``, ``od_wait``) have no effect: `n_iter_no_change` replaces them. LightGBM cannot stop
    early in dart mode, and does all its iterations there. CatBoost derives a learning rate that is not given
    from the number of iterations; the refit of a search has the median of the folds' rates.

    Rankers need the queries of the rows: ``fit(X, y, qid=...)`` for ``XGBRanker``, ``fit(X, y, group_id=...)``
    for ``CatBoostRanker``. The rows of a query are held out together. ``LGBMRanker`` is not supported.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import HistGradientBoostingRegressor
    >>> from hpsklearn_search import EarlyStopping, HyperoptSearchCV, hp
    >>> model = EarlyStopping(
    ...     HistGradientBoostingRegressor(max_iter=30), n_iter_no_change=3
    ... )
    >>> space = {"estimator__learning_rate": hp.logrange(0.05, 0.3)}
    >>> search = HyperoptSearchCV(model, space, max_evals=2, cv=2, random_state=0)
    >>> best = search.fit(*load_diabetes(return_X_y=True)).best_estimator_
    >>> medians = search.cv_results_["median_best_iteration"]
    >>> best.best_iteration_ == int(medians[search.best_index_])
    True
    """

    _parameter_constraints: dict[str, Any] = {
        "estimator": [HasMethods(["fit", "predict"])],
        "validation_fraction": [Interval(Real, 0.0, 0.5, closed="right")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "n_iterations": [Interval(Integral, 1, None, closed="left"), None],
    }

    _meant = {
        **dict.fromkeys(("early_stopping_rounds", "stopping_rounds", "patience", "rounds"), "n_iter_no_change"),
        **dict.fromkeys(("test_size", "eval_fraction", "valid_size", "eval_size"), "validation_fraction"),
        **dict.fromkeys(("seed", "random_seed"), "random_state"),
        **dict.fromkeys(("model", "booster", "base_estimator"), "estimator"),
        **dict.fromkeys(("n_estimators", "max_iter", "num_boost_round"), "Set it in the booster, as a maximum"),
        **dict.fromkeys(("eval_set", "X_val"), "Leave it out: a part of the training data is held out"),
    }

    def __init__(
        self,
        estimator: Any,
        *,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 20,
        shuffle: bool = True,
        random_state: Any = 0,
        n_iterations: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.shuffle = shuffle
        self.random_state = random_state
        self.n_iterations = n_iterations

    # ------------------------------------------------------------------ fit
    @fit_context(prefer_skip_nested_validation=False)  # the booster validates its own parameters
    def fit(
        self, X: Any, y: Any = None, *, sample_weight: Any = None, groups: Any = None, **fit_params: Any
    ) -> EarlyStopping:
        """Fit the booster.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training data, in any form that the booster takes.
        y : array-like of shape (n_samples,), default=None
            The target.
        sample_weight : array-like of shape (n_samples,), default=None
            The weights of the rows, also of those that are held out. If all of these have the weight 0, they count
            alike. By default all rows have the same weight.
        groups : array-like of shape (n_samples,), default=None
            The groups of the rows. The rows of a group are held out together. By default each row is a group of
            its own.
        **fit_params : dict
            Other arguments of the booster's ``fit``, or of ``partial_fit`` for a model that is trained by it. If one
            has a value for each row, the booster gets the values of its training rows.

        Returns
        -------
        EarlyStopping
            The fitted estimator.

        Raises
        ------
        TypeError
            If `estimator` is not a booster, or an evaluation set is passed, or an argument that ``partial_fit`` does
            not take.
        ValueError
            If there are not enough rows or groups, or a parameter has a wrong value.
        """
        if y is None:
            raise ValueError(f"This {type(self).__name__} estimator requires y to be passed, but the target y is None")
        _refuse_reserved(fit_params)
        booster = booster_of(self.estimator)
        X, y, sample_weight, groups = indexable(X, y, sample_weight, groups)
        metadata = {"sample_weight": sample_weight, "groups": groups, **fit_params}
        metadata = {name: value for name, value in metadata.items() if value is not None}
        if get_config()["enable_metadata_routing"]:
            routed = process_routing(self, "fit", **metadata).estimator.fit
            # `fit` names sample_weight, so this class requests it, and passes it on even if the booster does not.
            metadata = {**routed, **{k: v for k, v in metadata.items() if k == "sample_weight"}}
        fit_params = {name: value for name, value in metadata.items() if name != "groups"}
        self.estimator_ = clone(self.estimator)
        if self.n_iterations is not None:
            booster.fit_all(self.estimator_, Part(X, y, fit_params), self.n_iterations)
            self.best_iteration_, self.n_held_out_ = int(self.n_iterations), 0
            return self
        if groups is None:  # the rows of a query of a ranker stay together
            groups = fit_params.get("qid", fit_params.get("group_id"))
        both = self._split(X, y, groups)
        train, held_out = (
            Part(safe_indexing(X, rows), safe_indexing(y, rows), check_method_params(X, fit_params, rows))
            for rows in both
        )
        held_out = _with_weights_that_count(held_out)
        self._fit_and_follow(booster, train, held_out, both[1])
        self.best_iteration_, self.n_held_out_ = booster.best_iteration(self.estimator_), len(held_out.y)
        return self

    def _fit_and_follow(self, booster: Booster, train: Part, held_out: Part, rows: IntArray) -> None:
        """Fit, and tell the search about the curve if it follows this fit."""
        self._curve: dict[str, Any] | None = None
        limit = limit_of(self)
        if limit is None:
            booster.fit(self.estimator_, train, held_out, self.n_iter_no_change)
            return
        follower = Follower(f"{type(booster).__name__} {rows_digest(held_out.y, rows)}", limit)
        booster.fit(self.estimator_, train, held_out, self.n_iter_no_change, follower)
        self._curve = follower.curve()

    def _split(self, X: Any, y: Any, groups: Any) -> tuple[Any, Any]:
        labels = np.asarray(y)
        is_one_column = labels.size == len(labels)
        return hold_out(
            labels.ravel() if is_one_column else labels,
            self.validation_fraction,
            stratify=is_classifier(self.estimator) and is_one_column,
            shuffle=self.shuffle,
            groups=groups,
            random_state=self.random_state,
        )

    def get_metadata_routing(self) -> MetadataRouter:
        """What `fit` uses itself (`groups`), and what it passes to the booster.

        Returns
        -------
        MetadataRouter
            scikit-learn's description of this routing.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=type(self).__name__).add_self_request(self)
        return router.add(estimator=self.estimator, method_mapping=mapping)

    # ------------------------------------------------------------------ methods of the booster
    @available_if(_has("predict"))
    def predict(self, X: Any) -> Any:
        """The booster's prediction, array of shape (n_samples,)."""
        check_is_fitted(self, "estimator_")
        return self.estimator_.predict(X)

    @available_if(_has("predict_proba"))
    def predict_proba(self, X: Any) -> Any:
        """The booster's probabilities, array of shape (n_samples, n_classes)."""
        check_is_fitted(self, "estimator_")
        return self.estimator_.predict_proba(X)

    @available_if(_has("decision_function"))
    def decision_function(self, X: Any) -> Any:
        """The booster's decision function, array of shape (n_samples,) or (n_samples, n_classes)."""
        check_is_fitted(self, "estimator_")
        return self.estimator_.decision_function(X)

    @available_if(_has("score"))
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The booster's own score: accuracy, or R squared."""
        check_is_fitted(self, "estimator_")
        if sample_weight is None:
            return float(self.estimator_.score(X, y))
        if "sample_weight" in signature(self.estimator_.score).parameters:
            return float(self.estimator_.score(X, y, sample_weight=sample_weight))
        metric = accuracy_score if is_classifier(self.estimator_) else r2_score  # CatBoost's, with weights
        return float(metric(y, self.estimator_.predict(X), sample_weight=sample_weight))

    def _fitted_attribute(self, name: str) -> Any:
        if "estimator_" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__} has no {name} before it is fitted")
        return getattr(self.estimator_, name)

    @property
    def classes_(self) -> Any:
        """The class labels, array of shape (n_classes,)."""
        return self._fitted_attribute("classes_")

    @property
    def n_features_in_(self) -> int:
        """The number of columns of X."""
        return int(self._fitted_attribute("n_features_in_"))

    @property
    def feature_names_in_(self) -> Any:
        """The names of the columns of X, if it had names."""
        return self._fitted_attribute("feature_names_in_")

    @property
    def feature_importances_(self) -> Any:
        """The booster's importance of each column of X."""
        return self._fitted_attribute("feature_importances_")

    @property
    def _estimator_type(self) -> Any:  # read by scikit-learn before 1.6
        return getattr(self.estimator, "_estimator_type", None)

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import get_tags  # scikit-learn 1.6 and later, as is this method

        tags, inner = super().__sklearn_tags__(), get_tags(self.estimator)
        for name in ("estimator_type", "classifier_tags", "regressor_tags", "target_tags", "input_tags"):
            setattr(tags, name, deepcopy(getattr(inner, name)))
        tags.target_tags.required = True
        return tags


def _with_weights_that_count(held_out: Part) -> Part:
    """The rows without their weights if these are all 0: the loss of such rows is not defined."""
    if np.any(held_out.fit_params.get("sample_weight", 1)):
        return held_out
    others = {name: value for name, value in held_out.fit_params.items() if name != "sample_weight"}
    return replace(held_out, fit_params=others)


# ---------------------------------------------------------------------- for the search
def contains_early_stopping(*objects: Any) -> bool:
    """Whether there is an `EarlyStopping` in estimators, in their parameters, or in spaces of them."""
    return any(any(True for _ in _all_in(item)) for item in objects)


def _all_in(item: Any) -> Iterator[EarlyStopping]:
    if isinstance(item, EarlyStopping):
        yield item
    elif hasattr(item, "get_params") and not isinstance(item, type):
        yield from (value for value in item.get_params(deep=True).values() if isinstance(value, EarlyStopping))
    else:
        for child in [*children(item), *([item.value] if hasattr(item, "value") else [])]:
            yield from _all_in(child)


def check_early_stopping(estimator: Any, space: Any, fit_params: Iterable[str]) -> None:
    """Raise for an argument of an `EarlyStopping`, or of its fit, that is wrong in every candidate."""
    if not contains_early_stopping(estimator, space):
        return
    _refuse_reserved(name.rpartition("__")[2] for name in fit_params)
    names = set(_names_in(space))
    for path, model in [("", estimator), *estimator.get_params(deep=True).items()]:
        is_replaced = any(path == name or path.startswith(f"{name}__") for name in names)
        if isinstance(model, EarlyStopping) and not is_replaced:
            _check_params(model, names)
            _warn_of_searched_iterations(path, model, names)
    for model in _all_in(space):
        _check_params(model, names)


def _check_params(model: EarlyStopping, names: Iterable[str]) -> None:
    searched = {name.rpartition("__")[2] for name in names}  # a value of a candidate fails with the candidate
    params = {name: value for name, value in model.get_params(deep=False).items() if name not in searched}
    validate_parameters(model._parameter_constraints, params, caller_name=type(model).__name__)
    if "estimator" in params:
        booster_of(params["estimator"])


def _warn_of_searched_iterations(path: str, model: EarlyStopping, names: set[str]) -> None:
    if f"{path}__estimator".removeprefix("__") in names:
        return
    for name in booster_of(model.estimator).iteration_names:
        full_name = f"{path}__estimator__{name}".removeprefix("__")
        if full_name in names:
            warnings.warn(
                f"space: EarlyStopping finds the number of iterations itself, and {full_name!r} is only its maximum; "
                f"set {name} high in the estimator, and leave it out of the space",
                UserWarning,
                stacklevel=5,
            )


def _names_in(space: Any) -> Iterator[str]:
    if isinstance(space, dict):
        yield from (name for name in space if isinstance(name, str))
    for child in children(space):
        yield from _names_in(child)


def _refuse_reserved(fit_params: Iterable[str]) -> None:
    for name in fit_params:
        if name in RESERVED:
            raise TypeError(f"fit: EarlyStopping sets {name} itself, from the training rows; leave it out")


def best_iterations(estimator: Any) -> dict[str, int]:
    """``{parameter name: best iteration}`` of every `EarlyStopping` in a fitted estimator."""
    return {path: int(model.best_iteration_) for path, model in _fitted_by_path(estimator)}


def derived_params(estimator: Any) -> dict[str, float]:
    """``{parameter name: value}`` that boosters in a fitted estimator derived, and a refit would not."""
    return {
        f"{path}__estimator__{name}".removeprefix("__"): value
        for path, model in _fitted_by_path(estimator)
        for name, value in booster_of(model.estimator).derived_params(model.estimator_).items()
    }


def _fitted_by_path(estimator: Any) -> Iterator[tuple[str, Any]]:
    params = estimator.get_params(deep=True)
    for path, value in [("", estimator), *params.items()]:
        if not isinstance(value, EarlyStopping):
            continue
        parent, _, name = path.rpartition("__")
        # A meta-estimator that fits a clone stores it under the parameter's name with an underscore.
        fitted = getattr(params.get(parent, estimator), f"{name}_", None) if path else None
        model = fitted if isinstance(fitted, EarlyStopping) else value
        if hasattr(model, "best_iteration_"):
            yield path, model
