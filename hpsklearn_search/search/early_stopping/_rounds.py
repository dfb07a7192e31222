"""Models of scikit-learn that are trained in rounds, and that do not watch rows which were held out for them.

So their loss on these rows is computed here after each round: the log loss or, without probabilities, the share of
wrong labels; for numbers, the loss that the model minimises.

>>> from sklearn.linear_model import SGDRegressor
>>> X, y = np.arange(40.0)[:, None] / 40, np.arange(40.0)
>>> model, rows = SGDRegressor(random_state=0, max_iter=50), Part(X, y, {})
>>> PartialFit().fit(model, rows, rows, patience=5)
>>> PartialFit().best_iteration(model)
50
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy, deepcopy
from functools import partial
from inspect import signature
from numbers import Integral
from typing import Any

import numpy as np
from scipy.special import expit, softmax
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import (
    accuracy_score,
    log_loss,
    mean_absolute_error,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
)
from sklearn.utils import check_array, check_random_state
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import unique_labels

from ..._classes import class_names
from ._boosters import Booster, Part
from ._curve import Follower
from ._metrics import is_comparable

# The losses of scikit-learn that grow with the distance, and not with its square.
_ABSOLUTE = ("absolute_error", "huber", "epsilon_insensitive")


class Watch:
    """Whether a model is trained on, given its loss after each round."""

    def __init__(self, patience: int, follower: Follower | None) -> None:
        self.patience = patience
        self.follower = follower
        self.best = math.inf
        self.n_rounds = 0
        self.n_best = 0  # the number of rounds with the best loss

    def stops_after(self, metric: str, loss: float) -> bool:
        """Whether training ends, given the loss after one more round."""
        self.n_rounds += 1
        if self.n_best == 0 or loss < self.best:
            self.best, self.n_best = loss, self.n_rounds
        is_followed = self.follower is not None and is_comparable(metric)
        is_hopeless = is_followed and self.follower.stops_after(metric, loss)  # type: ignore[union-attr]
        return is_hopeless or self.n_rounds - self.n_best >= self.patience


class PartialFit(Booster):
    """A classifier or regressor with ``max_iter``, which runs through the rows once in each call of ``partial_fit``."""

    iteration_names = ("max_iter",)
    own_stopping = {"early_stopping": False}

    @staticmethod
    def can_fit(estimator: Any) -> bool:
        """Whether `estimator` is such a one. The class decides: a solver may have no ``partial_fit``."""
        is_of_rounds = hasattr(type(estimator), "partial_fit") and hasattr(estimator, "get_params")
        is_of_targets = is_of_rounds and (is_classifier(estimator) or is_regressor(estimator))
        return is_of_targets and "max_iter" in estimator.get_params()

    def fit(self, estimator: Any, train: Part, held_out: Part, patience: int, follower: Follower | None = None) -> None:
        if not _has_rounds(estimator):
            estimator.fit(train.X, train.y, **train.fit_params)
            return
        # Only curves of networks were recorded. A linear model with a small rate gains more and more for hundreds of
        # rounds, which equation (1) of _curve.py does not expect.
        watch, kept = Watch(patience, follower if "BaseMultilayerPerceptron" in class_names(estimator) else None), {}
        with _as_in_one_fit(estimator, train.y):
            for _ in self._rounds(estimator, train, _most_rounds(estimator)):
                metric, loss = loss_on(estimator, held_out, predicted(estimator, held_out.X))
                is_over = watch.stops_after(metric, loss)
                if watch.n_best == watch.n_rounds:
                    kept = deepcopy(vars(estimator))
                if is_over:
                    break
            vars(estimator).update(kept)
        estimator.n_iter_ = watch.n_best

    def fit_all(self, estimator: Any, rows: Part, n_iterations: int) -> None:
        estimator.set_params(max_iter=n_iterations)
        if not _has_rounds(estimator):
            estimator.fit(rows.X, rows.y, **rows.fit_params)
            return
        with _as_in_one_fit(estimator, rows.y):
            for _ in self._rounds(estimator, rows, n_iterations):
                pass
        estimator.n_iter_ = n_iterations

    def best_iteration(self, estimator: Any) -> int:
        return max(1, int(np.max(estimator.n_iter_)))

    def _rounds(self, estimator: Any, rows: Part, n_rounds: int) -> Iterator[None]:
        """Train on the rows, one round at a time."""
        _check_taken(estimator, rows.fit_params)
        self._switch_off_own_stopping(estimator)
        classes = {"classes": unique_labels(rows.y)} if is_classifier(estimator) else {}
        for _ in range(n_rounds):
            estimator.partial_fit(rows.X, rows.y, **classes, **rows.fit_params)
            yield


def _has_rounds(estimator: Any) -> bool:
    # With the solver lbfgs, partial_fit of scikit-learn's MLPRegressor is there, and trains to the end.
    return hasattr(estimator, "partial_fit") and estimator.get_params().get("solver") != "lbfgs"


def _check_taken(estimator: Any, fit_params: Iterable[str]) -> None:
    taken = signature(estimator.partial_fit).parameters
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.values())
    refused = [name for name in fit_params if name not in taken and not takes_any]
    if refused:
        raise TypeError(
            f"fit: EarlyStopping trains {type(estimator).__name__} by partial_fit, which does not take {refused[0]}; "
            "leave it out"
        )


def _most_rounds(estimator: Any) -> int:
    most = estimator.get_params()["max_iter"]
    if not isinstance(most, Integral) or most < 1:
        name = type(estimator).__name__
        raise ValueError(
            f"{name}: max_iter={most!r} is no number of rounds; set an integer of at least 1: max_iter=200"
        )
    return int(most)


@contextmanager
def _as_in_one_fit(estimator: Any, y: Any) -> Iterator[None]:
    """Let each call of ``partial_fit`` go on where the last one ended, with the parameters that ``fit`` would take."""
    own = estimator.get_params(deep=False)
    changed: dict[str, Any] = {}
    if "random_state" in own:  # a number would give the rows the same order in every round
        changed["random_state"] = check_random_state(own["random_state"])
    if isinstance(own.get("class_weight"), str):  # "balanced", which partial_fit refuses
        labels = unique_labels(y)
        weights = compute_class_weight(own["class_weight"], classes=labels, y=np.asarray(y))
        changed["class_weight"] = dict(zip(labels.tolist(), weights.tolist(), strict=True))
    estimator.set_params(**changed)
    try:
        yield
    finally:
        # A library may begin anew in set_params.
        vars(estimator).update({name: own[name] for name in changed})


class GradientBoosting(Booster):
    """scikit-learn's ``GradientBoostingClassifier`` and ``-Regressor``."""

    iteration_names = ("n_estimators",)
    own_stopping = {"n_iter_no_change": None}

    def fit(self, estimator: Any, train: Part, held_out: Part, patience: int, follower: Follower | None = None) -> None:
        self._switch_off_own_stopping(estimator)
        watch, stages = Watch(patience, follower), _Stages(held_out.X)
        own_monitor = train.fit_params.get("monitor")

        def monitor(number: int, model: Any, environment: Any) -> bool:
            is_over = watch.stops_after(*loss_on(model, held_out, stages.prediction(model, number)))
            return bool(own_monitor is not None and own_monitor(number, model, environment)) or is_over

        estimator.fit(train.X, train.y, **{**train.fit_params, "monitor": monitor})
        for name in ("estimators_", "train_score_", "oob_improvement_", "oob_scores_"):
            if hasattr(estimator, name):
                setattr(estimator, name, getattr(estimator, name)[: watch.n_best])
        if hasattr(estimator, "oob_scores_"):
            estimator.oob_score_ = estimator.oob_scores_[-1]
        estimator.n_estimators_ = watch.n_best

    def best_iteration(self, estimator: Any) -> int:
        return int(estimator.n_estimators_)


class _Stages:
    """What gradient boosting predicts on some rows, with one more stage at a time."""

    def __init__(self, X: Any) -> None:
        self.X = X
        self.numbers = check_array(X, dtype=np.float32, accept_sparse="csr")  # as the trees take them
        self.raw: Any = None

    def prediction(self, model: Any, number: int) -> Any:
        """The probabilities or values after the stage `number`, from 0 on, after those before it."""
        if number == 0:
            begun = copy(model)
            begun.estimators_ = model.estimators_[:1]
            predict = begun.decision_function if is_classifier(model) else begun.predict
            self.raw = np.array(predict(self.X), dtype=float).reshape(self.numbers.shape[0], -1)
        else:
            for column, tree in enumerate(model.estimators_[number]):
                self.raw[:, column] += model.learning_rate * tree.predict(self.numbers, check_input=False)
        return _probabilities(self.raw, model.loss) if is_classifier(model) else self.raw.ravel()


def _probabilities(raw: Any, loss: str) -> Any:
    """Those of the classes, shape (n_samples, n_classes), from the sums over the stages."""
    # Friedman, Greedy function approximation, 2001, for the log loss; Friedman, Hastie and Tibshirani, Additive
    # logistic regression, 2000: the exponential loss estimates half of the log odds.
    if raw.shape[1] > 1:
        return softmax(raw, axis=1)
    positive = expit(2 * raw if loss == "exponential" else raw)
    return np.hstack([1 - positive, positive])


def predicted(estimator: Any, X: Any) -> Any:
    """The probabilities of the classes if the estimator has any, else its predictions."""
    return estimator.predict_proba(X) if hasattr(estimator, "predict_proba") else estimator.predict(X)


def loss_on(estimator: Any, rows: Part, prediction: Any) -> tuple[str, float]:
    """The name of the loss that decides on held-out rows, and its value."""
    weights = rows.fit_params.get("sample_weight")
    if not is_classifier(estimator):
        metric, loss = _loss_of_numbers(estimator)
        return metric, float(loss(rows.y, prediction, sample_weight=weights))
    y = np.asarray(rows.y)
    y = y.ravel() if y.size == len(y) else y
    has_probabilities = hasattr(estimator, "predict_proba")
    if has_probabilities and y.ndim == 1 and len(estimator.classes_) > 1:
        return "log_loss", float(log_loss(y, prediction, sample_weight=weights, labels=estimator.classes_))
    labels = estimator.predict(rows.X) if has_probabilities else prediction
    return "error", 1.0 - float(accuracy_score(y, labels, sample_weight=weights))


def _loss_of_numbers(estimator: Any) -> tuple[str, Any]:
    loss = getattr(estimator, "loss", None)
    if loss in _ABSOLUTE:
        return "absolute_error", mean_absolute_error
    if loss == "quantile":
        return "quantile", partial(mean_pinball_loss, alpha=estimator.alpha)
    if loss == "poisson":
        return "poisson", _mean_deviance
    return "squared_error", mean_squared_error


def _mean_deviance(y: Any, prediction: Any, sample_weight: Any) -> float:
    """Of the Poisson distribution, over all targets, which scikit-learn's function takes one by one."""
    n_targets = np.size(prediction) // len(prediction)
    weights = None if sample_weight is None else np.repeat(sample_weight, n_targets)
    return float(mean_poisson_deviance(np.ravel(y), np.ravel(prediction), sample_weight=weights))
