"""How to stop each library of boosted trees early, and how to read its best iteration.

Iterations are counted from 1: ``best_iteration`` is the number of trees (of rounds, with several classes) of the best
model.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np

from ..._classes import class_names
from ._curve import Follower
from ._metrics import is_comparable, sign_of

# What CatBoost derives from the number of iterations, with all names by which a user can set it.
DERIVED: Mapping[str, tuple[str, ...]] = {
    "learning_rate": ("learning_rate", "eta"),
    "leaf_estimation_iterations": ("leaf_estimation_iterations",),
}


@dataclass(frozen=True)
class Part:
    """Some rows of the training data, with their parameters for the booster's ``fit``."""

    X: Any
    y: Any
    fit_params: Mapping[str, Any]


class Booster:
    """What early stopping needs from a library."""

    # Parameters that give the number of iterations. `fit_all` sets those that `get_params` has, else the first.
    iteration_names: tuple[str, ...]

    # The library's own arguments for early stopping, with the value that switches each off. EarlyStopping
    # decides alone when to stop. In a fit without an evaluation set most of them are errors.
    own_stopping: Mapping[str, Any] = {}

    # Fit parameters with a value per row, and what ``fit`` calls them for the evaluation set.
    evaluation_names: Mapping[str, str] = {}

    def check(self, estimator: Any) -> None:
        """Raise TypeError if `estimator` is of the library and cannot stop early."""

    def fit(self, estimator: Any, train: Part, held_out: Part, patience: int, follower: Follower | None = None) -> None:
        """Fit on `train` until the metric on `held_out` has not improved for `patience` iterations.

        A `follower` sees the losses, if they can be compared between candidates, and may stop the fit earlier.
        """
        raise NotImplementedError

    def fit_all(self, estimator: Any, rows: Part, n_iterations: int) -> None:
        """Fit on `rows` with a number of iterations, without early stopping."""
        params = estimator.get_params()
        names = [name for name in self.iteration_names if name in params] or self.iteration_names[:1]
        estimator.set_params(**dict.fromkeys(names, n_iterations))
        self._switch_off_own_stopping(estimator)
        estimator.fit(rows.X, rows.y, **self._plain_fit_params(rows.fit_params))

    def best_iteration(self, estimator: Any) -> int:
        """The number of iterations of the best model, after `fit`."""
        raise NotImplementedError

    def derived_params(self, estimator: Any) -> dict[str, float]:
        """Parameters that `fit` derived from the number of iterations: the refit, which has another one, needs them."""
        return {}

    def _switch_off_own_stopping(self, estimator: Any) -> None:
        params = estimator.get_params()
        neutral = {name: value for name, value in self.own_stopping.items() if params.get(name) is not None}
        if neutral:
            estimator.set_params(**neutral)

    def _plain_fit_params(self, fit_params: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of a fit that watches no evaluation set."""
        return dict(fit_params)

    def _evaluation_params(self, held_out: Part) -> dict[str, Any]:
        values = held_out.fit_params
        return {new: values[name] for name, new in self.evaluation_names.items() if values.get(name) is not None}


class LightGBM(Booster):
    """``LGBMClassifier`` and ``LGBMRegressor``."""

    iteration_names = (
        "n_estimators", "num_iterations", "num_iteration", "n_iter", "num_tree", "num_trees", "num_round",
        "num_rounds", "nrounds", "num_boost_round", "max_iter",
    )  # fmt: skip
    own_stopping = dict.fromkeys(
        ("early_stopping_round", "early_stopping_rounds", "early_stopping", "n_iter_no_change"), None
    )
    evaluation_names = {"sample_weight": "eval_sample_weight", "init_score": "eval_init_score"}

    def check(self, estimator: Any) -> None:
        if "LGBMRanker" in class_names(estimator):
            raise TypeError(
                f"EarlyStopping cannot fit {type(estimator).__name__}: its fit takes group sizes, which cannot be "
                "divided between training and held-out rows; use XGBRanker with fit(..., qid=...) or "
                "CatBoostRanker with fit(..., group_id=...)"
            )

    def fit(self, estimator: Any, train: Part, held_out: Part, patience: int, follower: Follower | None = None) -> None:
        from lightgbm import early_stopping

        self._switch_off_own_stopping(estimator)
        stop = early_stopping(patience, first_metric_only=True, verbose=False)
        # LightGBM makes an array of a list of training rows, but not of an evaluation set.
        X = np.asarray(held_out.X, dtype=float) if isinstance(held_out.X, list | tuple) else held_out.X
        # The new names, eval_X and eval_y, do not encode the labels of a classifier (LightGBM 4.7).
        has_eval_set = "eval_set" in signature(estimator.fit).parameters
        evaluation = {"eval_set": [(X, held_out.y)]} if has_eval_set else {"eval_X": X, "eval_y": held_out.y}
        evaluation.update({name: [value] for name, value in self._evaluation_params(held_out).items()})
        options = self._plain_fit_params(train.fit_params)
        follow = [] if follower is None else [_LightGBMCallback(follower)]
        options["callbacks"] = [*(options.get("callbacks") or ()), stop, *follow]
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*eval_set.* deprecated")
            warnings.filterwarnings("ignore", message="Early stopping is not available in dart mode")
            estimator.fit(train.X, train.y, **evaluation, **options)

    def _plain_fit_params(self, fit_params: Mapping[str, Any]) -> dict[str, Any]:
        callbacks = fit_params.get("callbacks") or ()
        others = [callback for callback in callbacks if "_EarlyStoppingCallback" not in class_names(callback)]
        return {**fit_params, "callbacks": others} if callbacks else dict(fit_params)

    def best_iteration(self, estimator: Any) -> int:
        # 0, or None, where LightGBM did not stop early, as in dart mode: then the model has all iterations.
        return int(estimator.best_iteration_ or estimator.booster_.current_iteration())


class XGBoost(Booster):
    """``XGBClassifier``, ``XGBRegressor``, ``XGBRanker``."""

    iteration_names = ("n_estimators",)
    own_stopping = {"early_stopping_rounds": None}
    evaluation_names = {
        "sample_weight": "sample_weight_eval_set", "base_margin": "base_margin_eval_set", "qid": "eval_qid",
    }  # fmt: skip

    def check(self, estimator: Any) -> None:
        if {"XGBRFClassifier", "XGBRFRegressor"} & set(class_names(estimator)):
            name = type(estimator).__name__
            raise TypeError(f"EarlyStopping cannot fit {name}: a random forest grows in a single iteration")

    def fit(self, estimator: Any, train: Part, held_out: Part, patience: int, follower: Follower | None = None) -> None:
        self._switch_off_own_stopping(estimator)
        estimator.set_params(early_stopping_rounds=patience)
        own_callbacks = estimator.get_params().get("callbacks")
        if follower is not None:
            estimator.set_params(callbacks=[*(own_callbacks or ()), _xgboost_callback(follower)])
        evaluation = {name: [value] for name, value in self._evaluation_params(held_out).items()}
        options = {"verbose": False, **train.fit_params}
        estimator.fit(train.X, train.y, eval_set=[(held_out.X, held_out.y)], **evaluation, **options)
        # With set_params, XGBoost hands all parameters to the fitted model again, and refuses a list of metrics.
        estimator.callbacks = own_callbacks
        if _is_linear(estimator):  # XGBoost cannot predict with some of the rounds of a linear model
            self.fit_all(estimator, train, estimator.best_iteration + 1)

    def _switch_off_own_stopping(self, estimator: Any) -> None:
        super()._switch_off_own_stopping(estimator)
        callbacks = estimator.get_params().get("callbacks")
        if callbacks:
            others = [callback for callback in callbacks if "EarlyStopping" not in class_names(callback)]
            estimator.set_params(callbacks=others or None)

    def best_iteration(self, estimator: Any) -> int:
        return int(estimator.n_estimators) if _is_linear(estimator) else int(estimator.best_iteration) + 1


def _is_linear(estimator: Any) -> bool:
    return bool(estimator.get_params().get("booster") == "gblinear")


class CatBoost(Booster):
    """``CatBoostClassifier``, ``CatBoostRegressor``, ``CatBoostRanker``."""

    iteration_names = ("iterations", "n_estimators", "num_boost_round", "num_trees")
    own_stopping = {
        "early_stopping_rounds": None, "od_wait": None, "od_type": "Iter", "od_pval": 0, "use_best_model": False,
        "eval_fraction": 0,
    }  # fmt: skip
    # CatBoost takes these for an evaluation set only in a Pool.
    evaluation_names = {
        "sample_weight": "weight",
        **{name: name for name in ("baseline", "group_id", "group_weight", "subgroup_id")},
    }
    verbosity_names = ("verbose", "logging_level", "silent", "verbose_eval")
    weight_names = ("class_weights", "auto_class_weights", "scale_pos_weight")

    def fit(self, estimator: Any, train: Part, held_out: Part, patience: int, follower: Follower | None = None) -> None:
        self._switch_off_own_stopping(estimator)
        params = {**estimator.get_params(), **train.fit_params}
        quiet = {} if any(name in params for name in self.verbosity_names) else {"verbose": False}
        evaluation = self._evaluation_set(held_out, params)
        options = {**train.fit_params, **quiet, "early_stopping_rounds": patience, "use_best_model": True}
        # CatBoost weights the classes of the evaluation set, too; then the loss is another one.
        is_weighted = any(params.get(name) is not None for name in self.weight_names)
        if follower is not None and not is_weighted:
            options["callbacks"] = [*(options.get("callbacks") or ()), _CatBoostCallback(follower)]
        estimator.fit(train.X, train.y, eval_set=evaluation, **options)

    def _evaluation_set(self, held_out: Part, params: Mapping[str, Any]) -> Any:
        values = self._evaluation_params(held_out)
        if not values:
            return held_out.X, held_out.y
        from catboost import Pool

        names = ("cat_features", "text_features", "embedding_features")
        return Pool(held_out.X, held_out.y, **values, **{name: params[name] for name in names if name in params})

    def best_iteration(self, estimator: Any) -> int:
        return int(estimator.tree_count_)  # use_best_model=True has cut the model there

    def derived_params(self, estimator: Any) -> dict[str, float]:
        given, used = estimator.get_params(), estimator.get_all_params()
        return {name: used[name] for name, names in DERIVED.items() if all(given.get(n) is None for n in names)}


class HistGradientBoosting(Booster):
    """scikit-learn's ``HistGradientBoostingClassifier`` and ``-Regressor``, from version 1.7 on."""

    iteration_names = ("max_iter",)
    own_stopping = {"early_stopping": False}
    evaluation_names = {"sample_weight": "sample_weight_val"}

    def check(self, estimator: Any) -> None:
        if "X_val" not in signature(estimator.fit).parameters:
            raise TypeError(
                f"{type(estimator).__name__} takes no evaluation set before scikit-learn 1.7; there, use its own "
                "early_stopping=True without EarlyStopping, or another booster"
            )

    def fit(self, estimator: Any, train: Part, held_out: Part, patience: int, follower: Follower | None = None) -> None:
        estimator.set_params(early_stopping=True, n_iter_no_change=patience)
        evaluation = {"X_val": held_out.X, "y_val": held_out.y, **self._evaluation_params(held_out)}
        options = {**evaluation, **train.fit_params}
        metric = estimator.loss if estimator.scoring == "loss" else estimator.scoring
        if follower is None or not is_comparable(metric):
            estimator.fit(train.X, train.y, **options)
            return
        # scikit-learn has no callback here. To train 20, 40, ... iterations by a warm start gives the same model, but
        # each start bins the rows again, which took 10 to 15 % of the time of a fit and more than was saved.
        with _asked_after_each_iteration(estimator, follower, metric):
            estimator.fit(train.X, train.y, **options)

    def best_iteration(self, estimator: Any) -> int:
        # validation_score_[0] is the score before the first tree.
        return max(1, int(np.argmax(estimator.validation_score_)))


# ---------------------------------------------------------------------- callbacks that follow a curve
class _LightGBMCallback:
    """Stops LightGBM as its own early stopping does, with the best iteration so far."""

    order = 40  # after early_stopping

    def __init__(self, follower: Follower) -> None:
        self.follower = follower
        self._best: tuple[int, Any] = 0, []

    def __call__(self, env: Any) -> None:
        from lightgbm.callback import EarlyStopException

        results = [result for result in env.evaluation_result_list if result[0] != "training"]
        metric, value, is_higher_better = results[0][1:4]
        is_dart = any(env.params.get(name) == "dart" for name in ("boosting", "boosting_type", "boost"))
        if is_dart or not is_comparable(metric):
            return
        is_hopeless = self.follower.stops_after(metric, -value if is_higher_better else value)
        if self.follower.n_best == self.follower.n_rounds:
            self._best = env.iteration, env.evaluation_result_list
        if is_hopeless:
            raise EarlyStopException(*self._best)


def _xgboost_callback(follower: Follower) -> Any:
    from xgboost.callback import TrainingCallback

    class Follow(TrainingCallback):
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            metric, values = list(next(reversed(evals_log.values())).items())[-1]
            return is_comparable(metric) and follower.stops_after(metric, sign_of(metric) * values[-1])

    return Follow()


class _CatBoostCallback:
    """Stops CatBoost, which goes on while the answer is True."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower

    def after_iteration(self, info: Any) -> bool:
        metrics = info.metrics["validation"]
        metric, values = next(iter(metrics.items()))
        if len(metrics) > 1 or not is_comparable(metric):
            return True  # of several, the order does not tell which one decides
        return not self.follower.stops_after(metric, sign_of(metric) * values[-1])


@contextmanager
def _asked_after_each_iteration(estimator: Any, follower: Follower, metric: str) -> Iterator[None]:
    """Let the follower answer, too, when HistGradientBoosting asks itself whether to stop."""
    own = getattr(estimator, "_should_stop", None)
    if own is None:
        yield
        return

    def should_stop(scores: Sequence[float]) -> bool:
        if len(scores) - 1 > follower.n_rounds:  # the first score is that before the first tree
            follower.stops_after(metric, -float(scores[-1]))
        return follower.is_stopped or own(scores)

    estimator._should_stop = should_stop
    try:
        yield
    finally:
        del estimator._should_stop
