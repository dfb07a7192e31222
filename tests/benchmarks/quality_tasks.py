"""Small scikit-learn tasks for `search_quality.py`: made data, other families than a user's, scores tabulated once.

The losses of random configurations, by 3-fold cross-validation, are kept in a file of the cache directory;
a regression forest over them then answers for every configuration in a fraction of a millisecond. What is
searched is the forest, which keeps the shape of the real thing: steps, plateaus, options that interact.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from quality_problems import Axis, Config, Problem

ROWS = 400
CACHE = Path(os.environ.get("QUALITY_CACHE", Path(tempfile.gettempdir()) / "search_quality"))


# ---------------------------------------------------------------------- families
SVR = (
    Axis("C", 1e-2, 1e4, log=True),
    Axis("epsilon", 1e-3, 1.0, log=True),
    Axis("kernel", options=("rbf", "poly", "linear")),
    Axis("gamma", 1e-4, 10, log=True, when=("kernel", "rbf")),
    Axis("degree", 2, 4, whole=True, when=("kernel", "poly")),
)
TREE = (
    Axis("depth", 1, 16, whole=True),
    Axis("leaf", 1, 40, log=True, whole=True),
    Axis("alpha", 1e-4, 1e-1, log=True),
    Axis("features", 0.1, 1.0),
    Axis("splitter", options=("best", "random")),
)
CHAIN = (
    Axis("keep", 1, 10, whole=True),
    Axis("degree", 1, 3, whole=True),
    Axis("ridge", 1e-4, 1e4, log=True),
    Axis("scaler", options=("none", "standard", "quantile")),
)
SGD = (
    Axis("alpha", 1e-6, 1e0, log=True),
    Axis("penalty", options=("l2", "l1", "elasticnet")),
    Axis("ratio", 0.0, 1.0, when=("penalty", "elasticnet")),
    Axis("loss", options=("hinge", "log_loss", "modified_huber")),
    Axis("schedule", options=("optimal", "constant", "adaptive")),
    Axis("eta0", 1e-4, 1e1, log=True),
    Axis("average", options=(False, True)),
)
NEAR = (
    Axis("k", 1, 30, whole=True),
    Axis("weights", options=("uniform", "distance")),
    Axis("p", 1, 5, whole=True),
    Axis("scaler", options=("none", "standard", "quantile")),
)
BOOST = (
    Axis("rate", 1e-3, 1.0, log=True),
    Axis("rounds", 3, 40, log=True, whole=True),
    Axis("depth", 1, 5, whole=True),
    Axis("leaf", 1, 30, log=True, whole=True),
    Axis("features", 0.2, 1.0),
)
NET = (
    Axis("units", 2, 40, log=True, whole=True),
    Axis("rate", 1e-4, 1.0, log=True),
    Axis("alpha", 1e-6, 1e1, log=True),
    Axis("activation", options=("relu", "tanh", "logistic")),
    Axis("momentum", 0.0, 0.99),
    Axis("batch", 8, 64, log=True, whole=True),
)
DISCRIMINANT = (
    Axis("kind", options=("linear", "quadratic")),
    Axis("shrinkage", 0.0, 1.0, when=("kind", "linear")),
    Axis("regularisation", 1e-5, 1.0, log=True, when=("kind", "quadratic")),
    Axis("components", 2, 12, whole=True),
    Axis("whiten", options=(False, True)),
)


def _scaler(name: str) -> Any:
    from sklearn.preprocessing import QuantileTransformer, StandardScaler

    return {"none": "passthrough", "standard": StandardScaler(), "quantile": QuantileTransformer(n_quantiles=50)}[name]


def _svr(c: Config) -> Any:
    from sklearn.svm import SVR

    return SVR(
        C=c["C"],
        epsilon=c["epsilon"],
        kernel=c["kernel"],
        gamma=c.get("gamma", 1.0),
        degree=c.get("degree", 3),
        coef0=1.0,
        max_iter=2000,
    )


def _tree(c: Config, regression: bool) -> Any:
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    return (DecisionTreeRegressor if regression else DecisionTreeClassifier)(
        max_depth=c["depth"],
        min_samples_leaf=c["leaf"],
        ccp_alpha=c["alpha"],
        max_features=c["features"],
        splitter=c["splitter"],
        random_state=0,
    )


def _chain(c: Config) -> Any:
    from sklearn.feature_selection import SelectKBest, f_regression
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures

    select = SelectKBest(f_regression, k=c["keep"])
    return make_pipeline(select, _scaler(c["scaler"]), PolynomialFeatures(c["degree"]), Ridge(c["ridge"]))


def _sgd(c: Config) -> Any:
    from sklearn.linear_model import SGDClassifier

    return SGDClassifier(
        loss=c["loss"],
        penalty=c["penalty"],
        l1_ratio=c.get("ratio", 0.15),
        alpha=c["alpha"],
        max_iter=15,
        learning_rate=c["schedule"],
        eta0=c["eta0"],
        average=c["average"],
        random_state=0,
    )


def _near(c: Config, regression: bool) -> Any:
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
    from sklearn.pipeline import make_pipeline

    near = KNeighborsRegressor if regression else KNeighborsClassifier
    return make_pipeline(_scaler(c["scaler"]), near(c["k"], weights=c["weights"], p=c["p"]))


def _boost(c: Config) -> Any:
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(
        learning_rate=c["rate"],
        n_estimators=c["rounds"],
        max_depth=c["depth"],
        min_samples_leaf=c["leaf"],
        max_features=c["features"],
        random_state=0,
    )


def _net(c: Config) -> Any:
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline

    return make_pipeline(
        _scaler("standard"),
        MLPClassifier(
            (c["units"],),
            solver="sgd",
            alpha=c["alpha"],
            learning_rate_init=c["rate"],
            momentum=c["momentum"],
            activation=c["activation"],
            batch_size=c["batch"],
            max_iter=12,
            random_state=0,
        ),
    )


def _discriminant(c: Config) -> Any:
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
    from sklearn.pipeline import make_pipeline

    last = (
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage=c["shrinkage"])
        if c["kind"] == "linear"
        else QuadraticDiscriminantAnalysis(reg_param=c["regularisation"])
    )
    return make_pipeline(PCA(c["components"], whiten=c["whiten"]), last)


# ---------------------------------------------------------------------- data and tasks
def _data(name: str) -> Any:
    from sklearn import datasets

    if name == "friedman":
        return datasets.make_friedman1(160, noise=1.0, random_state=3)
    if name == "moons":
        return datasets.make_moons(200, noise=0.35, random_state=3)
    if name == "shells":
        return datasets.make_gaussian_quantiles(n_samples=220, n_features=6, n_classes=3, random_state=3)
    if name == "iris":
        return datasets.load_iris(return_X_y=True)
    return datasets.make_classification(
        240, 20, n_informative=6, n_redundant=4, n_classes=3, flip_y=0.08, random_state=3
    )


TASKS: dict[str, tuple[tuple[Axis, ...], Callable[[Config], Any], str]] = {
    "svr friedman": (SVR, _svr, "friedman"),
    "chain friedman": (CHAIN, _chain, "friedman"),
    "tree friedman": (TREE, lambda c: _tree(c, True), "friedman"),
    "near friedman": (NEAR, lambda c: _near(c, True), "friedman"),
    "tree blobs": (TREE, lambda c: _tree(c, False), "blobs"),
    "sgd blobs": (SGD, _sgd, "blobs"),
    "near moons": (NEAR, lambda c: _near(c, False), "moons"),
    "near blobs": (NEAR, lambda c: _near(c, False), "blobs"),
    "discriminant blobs": (DISCRIMINANT, _discriminant, "blobs"),
    "boost shells": (BOOST, _boost, "shells"),
    "net iris": (NET, _net, "iris"),
}


def _measured(task: str) -> tuple[np.ndarray, np.ndarray]:
    """Encoded random configurations of a task and their losses, from the cache where they are in it."""
    from sklearn.model_selection import cross_val_score

    axes, build, data = TASKS[task]
    path = CACHE / f"{hashlib.sha1(f'{task} {ROWS} {axes}'.encode()).hexdigest()[:16]}.npz"
    if path.exists():
        stored = np.load(path)
        return stored["x"], stored["y"]
    rng, (features, target) = np.random.default_rng(11), _data(data)
    problem = Problem(task, "", axes, lambda config: 0.0)
    x, y = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(ROWS):
            config = problem.at(rng.random(len(axes)))
            x.append(encoded(axes, config))
            y.append(1.0 - float(np.mean(cross_val_score(build(config), features, target, cv=3))))
    losses = np.clip(np.nan_to_num(y, nan=3.0), 0.0, 3.0)
    CACHE.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(partial, x=np.array(x), y=losses)
    partial.replace(path)
    return np.array(x), losses


def encoded(axes: tuple[Axis, ...], config: Config) -> np.ndarray:
    """Numbers as they are, on the axis's scale; options as indices; -1 where inactive."""
    row = []
    for axis in axes:
        if axis.name not in config:
            row.append(-1.0 if not axis.log else np.log(axis.low) - 1.0)
        elif axis.options:
            row.append(float(axis.options.index(config[axis.name])))
        else:
            row.append(float(np.log(config[axis.name])) if axis.log else float(config[axis.name]))
    return np.array(row, dtype=np.float32)


@cache
def _forest(task: str) -> list[Any]:
    from sklearn.ensemble import ExtraTreesRegressor

    x, y = _measured(task)
    fitted = ExtraTreesRegressor(25, max_features=None, random_state=0).fit(x, y)
    return [tree.tree_ for tree in fitted.estimators_]


def _loss(task: str) -> Callable[[Config], float]:
    axes = TASKS[task][0]
    return lambda c: float(np.mean([tree.predict(encoded(axes, c)[None])[0, 0] for tree in _forest(task)]))


def _selection(name: str, tasks: dict[str, str]) -> Problem:
    """A choice among families, each with its own space."""
    axes = [Axis("family", options=tuple(tasks))]
    for family, task in tasks.items():
        for axis in TASKS[task][0]:
            when = ("family", family) if axis.when is None else (f"{family}.{axis.when[0]}", axis.when[1])
            axes.append(Axis(f"{family}.{axis.name}", axis.low, axis.high, axis.log, axis.whole, axis.options, when))
    losses = {family: _loss(task) for family, task in tasks.items()}

    def loss(c: Config) -> float:
        family = c["family"]
        return losses[family]({k[len(family) + 1 :]: v for k, v in c.items() if k.startswith(f"{family}.")})

    return Problem(name, "conditional", tuple(axes), loss, moves=False)


def task_problems() -> list[Problem]:
    """All tasks, and two that choose among families; the same for every instance."""
    kinds = {"near moons": "discrete"}
    alone = (
        "svr friedman",
        "chain friedman",
        "tree blobs",
        "sgd blobs",
        "near moons",
        "discriminant blobs",
        "boost shells",
        "net iris",
    )
    return [
        *(Problem(task, kinds.get(task, "scikit-learn"), TASKS[task][0], _loss(task), moves=False) for task in alone),
        _selection("select friedman", {"svr": "svr friedman", "tree": "tree friedman", "near": "near friedman"}),
        _selection(
            "select blobs",
            {"sgd": "sgd blobs", "tree": "tree blobs", "near": "near blobs", "discriminant": "discriminant blobs"},
        ),
    ]
