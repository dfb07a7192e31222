"""Models that are trained in rounds by us: gradient boosting of scikit-learn, and what has ``partial_fit``."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.cluster import MiniBatchKMeans
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.linear_model import Perceptron, SGDClassifier, SGDRegressor
from sklearn.metrics import (
    log_loss,
    mean_absolute_error,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from hpsklearn_search import EarlyStopping, HyperoptSearchCV, hp, spaces
from hpsklearn_search.search.early_stopping import BEST, BEST_CASE, NAME, Limit, curve_of, following
from hpsklearn_search.search.early_stopping._boosters import Part
from hpsklearn_search.search.early_stopping._libraries import booster_of
from hpsklearn_search.search.early_stopping._rounds import loss_on

X, y = make_classification(300, 8, flip_y=0.3, random_state=0)
X_3, y_3 = make_classification(300, 8, n_informative=4, n_classes=3, flip_y=0.3, random_state=0)
X_real, y_real = make_regression(300, 8, noise=60.0, random_state=0)
y_real = y_real / y_real.std()
VERSION = tuple(map(int, sklearn.__version__.split(".")[:2]))
network = {"learning_rate_init": 0.02, "hidden_layer_sizes": (30,), "random_state": 0}
MODELS = {
    "boosted classes": (GradientBoostingClassifier(n_estimators=300, random_state=0), X, y),
    "boosted numbers": (GradientBoostingRegressor(n_estimators=300, learning_rate=0.3, random_state=0), X_real, y_real),
    "network of classes": (MLPClassifier(**network), X, y),
    "network of numbers": (MLPRegressor(**network), X_real, y_real),
    "linear classes": (SGDClassifier(loss="log_loss", random_state=0), X, y),
    "linear labels": (SGDClassifier(class_weight="balanced", random_state=0), X_3, y_3),
    "linear numbers": (SGDRegressor(random_state=0), X_real, y_real),
    "perceptron": (Perceptron(random_state=0), X, y),
}
PARTIAL = [name for name in MODELS if "boosted" not in name]


def halves(X: Any, y: Any) -> tuple[Part, Part]:
    """Rows to train on, and rows that are held out."""
    return Part(X[:250], y[:250], {}), Part(X[250:], y[250:], {})


# ---------------------------------------------------------------------- when training ends
@pytest.mark.parametrize("name", MODELS)
def test_training_ends_when_the_held_out_rows_no_longer_improve(name: str) -> None:
    """The best iteration is far below the maximum, and the refit of a known number holds nothing out."""
    model, *data = MODELS[name]
    found = EarlyStopping(model, n_iter_no_change=5).fit(*data)
    assert 1 <= found.best_iteration_ < 200
    assert found.n_held_out_ == 30
    fixed = EarlyStopping(model, n_iterations=found.best_iteration_).fit(*data)
    assert (fixed.best_iteration_, fixed.n_held_out_) == (found.best_iteration_, 0)
    assert fixed.predict(data[0]).shape == (300,)


@pytest.mark.parametrize("name", PARTIAL)
def test_the_model_is_that_of_its_best_round(name: str) -> None:
    """Rounds after the best one leave nothing in it."""
    model, *data = MODELS[name]
    train, held_out = halves(*data)
    stopped, plain = clone(model), clone(model)
    booster = booster_of(model)
    booster.fit(stopped, train, held_out, patience=4)
    booster.fit_all(plain, train, booster.best_iteration(stopped))
    np.testing.assert_array_equal(stopped.predict(data[0]), plain.predict(data[0]))


@pytest.mark.parametrize(
    ("model", "data", "loss"),
    [
        (GradientBoostingClassifier(), (X, y), log_loss),
        (GradientBoostingClassifier(loss="exponential"), (X, y), log_loss),
        (GradientBoostingClassifier(subsample=0.5), (X_3, y_3), log_loss),
        (GradientBoostingRegressor(init="zero"), (X_real, y_real), mean_squared_error),
        (GradientBoostingRegressor(loss="huber"), (X_real, y_real), mean_absolute_error),
        (
            GradientBoostingRegressor(loss="quantile", alpha=0.8),
            (X_real, y_real),
            lambda y, values: mean_pinball_loss(y, values, alpha=0.8),
        ),
    ],
)
def test_gradient_boosting_keeps_the_stages_up_to_its_lowest_loss(model: Any, data: Any, loss: Any) -> None:
    """The losses after each stage are those of scikit-learn's staged predictions."""
    train, held_out = halves(*data)
    model = clone(model).set_params(n_estimators=60, learning_rate=0.3, random_state=0)
    full, stopped = clone(model).fit(train.X, train.y), clone(model)
    booster_of(model).fit(stopped, train, held_out, patience=60)
    staged = full.staged_predict_proba if hasattr(full, "predict_proba") else full.staged_predict
    losses = [loss(held_out.y, values) for values in staged(held_out.X)]
    n_best = int(np.argmin(losses)) + 1
    assert stopped.n_estimators_ == len(stopped.estimators_) == len(stopped.train_score_) == n_best
    np.testing.assert_allclose(stopped.predict(held_out.X), list(full.staged_predict(held_out.X))[n_best - 1])


def test_a_monitor_of_the_user_is_called_as_well() -> None:
    """It sees each stage, and its word ends the training."""
    seen: list[int] = []

    def monitor(number: int, model: Any, environment: Any) -> bool:
        seen.append(number)
        return number == 3

    model = EarlyStopping(GradientBoostingClassifier(learning_rate=0.01)).fit(X, y, monitor=monitor)
    assert seen == [0, 1, 2, 3]
    assert model.best_iteration_ <= 4


class Orders(ClassifierMixin, BaseEstimator):
    """A classifier that records the order of the rows in each round."""

    def __init__(self, max_iter: int = 4, random_state: Any = None) -> None:
        self.max_iter = max_iter
        self.random_state = random_state

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Orders:
        """Record an order."""
        self.classes_ = classes
        self.orders_ = [*getattr(self, "orders_", []), self.random_state.permutation(len(X)).tolist()]
        return self

    def fit(self, X: Any, y: Any) -> Orders:
        """Not called: rounds are trained by ``partial_fit``."""
        raise NotImplementedError

    def predict(self, X: Any) -> Any:
        """The first class."""
        return np.full(len(X), self.classes_[0])


def test_each_round_has_an_order_of_its_own() -> None:
    """An integer seed gives other orders in each round, and the same ones in each fit."""
    first, second = (EarlyStopping(Orders(random_state=3), n_iterations=4).fit(X, y) for _ in range(2))
    orders = first.estimator_.orders_
    assert len({tuple(order) for order in orders}) == 4
    assert orders == second.estimator_.orders_
    assert first.estimator_.random_state == 3


@pytest.mark.parametrize("name", MODELS)
def test_the_parameters_stay_as_they_were_given(name: str) -> None:
    """What training needed to change is changed back."""
    model, *data = MODELS[name]
    assert EarlyStopping(model, n_iter_no_change=2).fit(*data).estimator_.get_params() == model.get_params()


class Forgetful(Orders):
    """A classifier that forgets its fit when it gets parameters."""

    def set_params(self, **params: Any) -> Forgetful:
        """Set the parameters of an estimator without a fit."""
        for name in ("classes_", "orders_"):
            vars(self).pop(name, None)
        super().set_params(**params)
        return self


def test_a_model_that_is_fitted_gets_no_parameters_by_set_params() -> None:
    """A library may begin anew then."""
    assert len(EarlyStopping(Forgetful(random_state=3)).fit(X, y).estimator_.orders_) == 1


def test_own_early_stopping_has_no_effect() -> None:
    """scikit-learn's own rule would hold out further rows, and ``partial_fit`` refuses it."""
    own = {"early_stopping": True, "validation_fraction": 0.3, "n_iter_no_change": 1}
    for name in ("network of classes", "linear classes"):
        model, *data = MODELS[name]
        with_own, without = (EarlyStopping(clone(model).set_params(**more)).fit(*data) for more in (own, {}))
        assert with_own.best_iteration_ == without.best_iteration_


def test_weights_of_zero_take_held_out_rows_away() -> None:
    """Rows with wrong labels do not count where their weight is zero."""
    wrong, weights = y.copy(), np.ones(300)
    wrong[-15:], weights[-15:] = 1 - y[-15:], 0.0
    for name in ("boosted classes", "linear classes"):
        model = EarlyStopping(MODELS[name][0], shuffle=False)
        right, other = (clone(model).fit(X, labels, sample_weight=weights) for labels in (y, wrong))
        assert right.best_iteration_ == other.best_iteration_


@pytest.mark.parametrize("n_iterations", [None, 4])
def test_an_argument_that_partial_fit_does_not_take_is_named(n_iterations: int | None) -> None:
    """The model's own ``fit`` takes a start, which makes no sense for the rounds after the first."""
    model = EarlyStopping(SGDClassifier(), n_iterations=n_iterations)
    with pytest.raises(TypeError, match="SGDClassifier by partial_fit, which does not take coef_init; leave it out"):
        model.fit(X, y, coef_init=np.zeros((1, 8)))


@pytest.mark.parametrize(("kind", "target"), [(MLPClassifier, y), (MLPRegressor, y_real)])
def test_a_network_without_rounds_is_fitted_to_its_end(kind: Any, target: Any) -> None:
    """The solver lbfgs has no rounds: it runs as scikit-learn runs it."""
    model = kind(hidden_layer_sizes=(4,), solver="lbfgs", alpha=1.0, max_iter=500, random_state=0)
    found = EarlyStopping(model, shuffle=False).fit(X, target)
    plain = clone(model).fit(X[:270], target[:270])
    np.testing.assert_array_equal(found.predict(X), plain.predict(X))
    assert found.best_iteration_ == plain.n_iter_
    again = EarlyStopping(model, n_iterations=plain.n_iter_).fit(X[:270], target[:270])
    np.testing.assert_array_equal(again.predict(X), plain.predict(X))


@pytest.mark.skipif(VERSION < (1, 7), reason="needs scikit-learn 1.7: MLPRegressor(loss='poisson')")
@pytest.mark.parametrize("weights", [None, np.linspace(0.5, 1.5, 50)])
def test_counts_of_several_targets_are_judged_by_their_mean_deviance(weights: Any) -> None:
    """scikit-learn's deviance takes one target."""
    counts = np.random.default_rng(0).poisson(3.0, (300, 2))
    found = MLPRegressor(**network, loss="poisson", max_iter=5).fit(X_real, counts)
    rows = Part(X_real[:50], counts[:50], {} if weights is None else {"sample_weight": weights})
    prediction = found.predict(rows.X)
    each = [mean_poisson_deviance(rows.y[:, k], prediction[:, k], sample_weight=weights) for k in range(2)]
    metric, loss = loss_on(found, rows, prediction)
    assert metric == "poisson"
    assert loss == pytest.approx(np.mean(each))


def test_several_labels_per_row_are_judged_by_the_share_of_wrong_rows() -> None:
    """A network for multilabel targets has no log loss of one target."""
    data = make_multilabel_classification(200, 8, n_classes=3, random_state=0)
    found = EarlyStopping(MLPClassifier(**network), n_iter_no_change=5).fit(*data)
    assert found.predict(data[0]).shape == data[1].shape


@pytest.mark.parametrize("most", [0, -1, None, 2.5])
def test_a_maximum_that_is_no_number_of_rounds_is_named(most: Any) -> None:
    """Without a round there would be no model."""
    with pytest.raises(ValueError, match=f"SGDClassifier: max_iter={most} is no number of rounds"):
        EarlyStopping(SGDClassifier(max_iter=most)).fit(X, y)


def test_a_clusterer_is_refused() -> None:
    """There is no target whose loss could decide."""
    with pytest.raises(TypeError, match="a classifier or regressor with partial_fit and max_iter, got MiniBatchKMeans"):
        EarlyStopping(MiniBatchKMeans()).fit(X, y)


@pytest.mark.skipif(VERSION < (1, 6), reason="needs scikit-learn 1.6: check_estimator(on_fail=None)")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "model",
    [GradientBoostingRegressor(n_estimators=5), SGDClassifier(max_iter=10, loss="log_loss", random_state=0)],
    ids=str,
)
def test_scikit_learns_checks_hold(model: Any) -> None:
    """All of them pass but those that no random split can pass: which rows are held out depends on their number."""
    checks = check_estimator(EarlyStopping(model), on_fail=None)
    failed = {check["check_name"] for check in checks if check["status"] == "failed"}
    assert all(name.startswith("check_sample_weight_equivalence") for name in failed), failed


# ---------------------------------------------------------------------- curves
def followed(model: Any, limit: Limit, *data: Any) -> dict[str, Any]:
    """What a fit of the model tells of its curve."""
    with following(model, limit):
        model.fit(*data)
    curve = curve_of(model)
    assert curve is not None
    return curve


SLOW = {
    "boosted classes": {"learning_rate": 0.01},
    "network of classes": {"learning_rate_init": 1e-4},
}


@pytest.mark.parametrize("name", SLOW)
def test_a_model_above_its_limit_stops_after_20_rounds(name: str) -> None:
    """A limit that it reaches changes nothing."""
    model, *data = MODELS[name]
    model = EarlyStopping(clone(model).set_params(**SLOW[name]))
    free = followed(model, Limit(), *data)
    n_free, predictions = model.best_iteration_, model.predict(data[0])
    assert BEST_CASE not in free
    assert n_free > 40
    assert followed(model, Limit(free[NAME], free[BEST] + 1e-9), *data) == free
    np.testing.assert_array_equal(model.predict(data[0]), predictions)
    assert followed(model, Limit(free[NAME], -1e3), *data)[BEST_CASE] > -1e3
    assert model.best_iteration_ <= 20


@pytest.mark.parametrize("model", [GradientBoostingRegressor(loss="quantile"), GradientBoostingRegressor(loss="huber")])
def test_the_loss_of_the_model_names_the_curve(model: Any) -> None:
    """Quantiles cannot be compared between candidates; the robust loss is judged by the absolute error."""
    model = EarlyStopping(model)
    with following(model, Limit()):
        model.fit(X_real, y_real)
    curve = curve_of(model)
    assert curve is None if model.estimator.loss == "quantile" else curve[NAME].endswith("absolute_error")


def test_a_linear_model_is_not_followed() -> None:
    """Its gains may grow for hundreds of rounds, so no limit ends it."""
    model, *data = MODELS["linear classes"]
    model = EarlyStopping(model)
    with following(model, Limit()):
        model.fit(*data)
    assert curve_of(model) is None


# ---------------------------------------------------------------------- a search
def test_a_search_of_networks_finds_their_rounds() -> None:
    """The refit runs through the rows as often as the folds did in the median."""
    model = make_pipeline(StandardScaler(), EarlyStopping(MODELS["network of classes"][0], n_iter_no_change=5))
    space = {"earlystopping__estimator__alpha": hp.logrange(1e-4, 10)}
    search = HyperoptSearchCV(model, space, max_evals=4, cv=3, random_state=0).fit(X, y)
    median = int(search.cv_results_["median_best_iteration"][search.best_index_])
    refitted = search.best_estimator_[-1]
    assert refitted.best_iteration_ == refitted.estimator_.n_iter_ == median
    assert pickle.loads(pickle.dumps(refitted)).best_iteration_ == median


@pytest.mark.parametrize("name", ["boosted classes", "network of classes", "linear classes"])
def test_a_ready_space_leaves_the_number_of_rounds_out(name: str) -> None:
    """`EarlyStopping` finds it."""
    model, *data = MODELS[name]
    space = spaces.suggest(EarlyStopping(model), *data)
    assert space
    assert not {"estimator__max_iter", "estimator__n_estimators"} & set(space)
