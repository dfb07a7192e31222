"""What each search class can do, as a table in which each answer is the outcome of a run.

    pip install hyperopt optuna optuna-integration scikit-optimize
    PYTHONPATH=. python tests/benchmarks/features.py            # all probes: some minutes
    PYTHONPATH=. python tests/benchmarks/features.py interrupt  # one of them

Each probe runs in its own process, with a deadline. "no" means that it raised, died, hung, or gave another result.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, ShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

DEADLINE = 180
LIBRARIES = ["HyperoptSearchCV", "GridSearchCV", "hyperopt.sklearn", "OptunaSearchCV", "BayesSearchCV"]
X, y = load_iris(return_X_y=True)
TREE = DecisionTreeClassifier(random_state=0)
DEPTHS = {"max_depth": [1, 2, 3, 4, 5, 6]}


class Awkward(ClassifierMixin, BaseEstimator):
    """Does something bad if `a` is 3."""

    def __init__(self, a: int = 0, deed: str = "nothing") -> None:
        self.a = a
        self.deed = deed

    def fit(self, X: Any, y: Any) -> Awkward:
        """Store the classes, and do the deed if `a` is 3."""
        self.classes_ = np.unique(y)
        if self.a == 3:
            deeds: dict[str, Callable[[], Any]] = {
                "raise": lambda: 1 / 0, "die": lambda: os._exit(7), "exit": lambda: sys.exit(0),
                "interrupt": lambda: (_ for _ in ()).throw(KeyboardInterrupt),
            }  # fmt: skip
            deeds.get(self.deed, lambda: None)()
        return self

    def predict(self, X: Any) -> Any:
        """The first class, or another one."""
        return np.repeat(self.classes_[self.a % 2], len(X))


def search(library: str, estimator: Any, space: dict[str, list[Any]], n: int = 6, **options: Any) -> Any:
    """A search of that library over the same lists, with its own names for things."""
    options = {"cv": 3, **options}
    if library == "HyperoptSearchCV":
        from hpsklearn_search import HyperoptSearchCV

        return HyperoptSearchCV(estimator, space, max_evals=n, **options)
    if library == "GridSearchCV":
        options.pop("random_state", None)
        return GridSearchCV(estimator, space, **options)
    if library == "hyperopt.sklearn":
        from hyperopt import hp
        from hyperopt.sklearn import HyperoptSearchCV as Theirs

        if "random_state" in options:
            options["random_state"] = np.random.default_rng(options["random_state"])
        return Theirs(estimator, {k: hp.choice(k, v) for k, v in space.items()}, max_evals=n, **options)
    if library == "OptunaSearchCV":
        from optuna.distributions import CategoricalDistribution
        from optuna_integration import OptunaSearchCV

        return OptunaSearchCV(
            estimator, {k: CategoricalDistribution(v) for k, v in space.items()}, n_trials=n, **options
        )
    from skopt import BayesSearchCV

    return BayesSearchCV(estimator, space, n_iter=n, **options)


# ---------------------------------------------------------------------- probes: True is yes
def table(library: str) -> bool:
    """`cv_results_` with GridSearchCV's columns"""
    reference = GridSearchCV(TREE, DEPTHS, cv=3).fit(X, y).cv_results_
    return set(search(library, TREE, DEPTHS).fit(X, y).cv_results_) >= set(reference)


def same_answer(library: str) -> bool:
    """The whole of a small grid, each point once"""
    fitted = search(library, TREE, DEPTHS, n=6, random_state=0).fit(X, y)
    depths = [params["max_depth"] for params in fitted.cv_results_["params"]]
    return sorted(depths) == DEPTHS["max_depth"]


def multimetric(library: str) -> bool:
    """Several metrics"""
    fitted = search(library, TREE, DEPTHS, scoring=["accuracy", "f1_macro"], refit="accuracy").fit(X, y)
    return "mean_test_f1_macro" in fitted.cv_results_


def callable_refit(library: str) -> bool:
    """A function as `refit`, such as one standard error"""
    return int(search(library, TREE, DEPTHS, refit=lambda results: 2).fit(X, y).best_index_) == 2


def missing_values(library: str) -> bool:
    """X with NaN, or of texts"""
    holes = X.copy()
    holes[::7, 1] = np.nan
    search(library, TREE, DEPTHS).fit(holes, y)
    from sklearn.feature_extraction.text import CountVectorizer

    texts = [f"word{i % 5} word{i % 3}" for i in range(60)]
    model = make_pipeline(CountVectorizer(), DecisionTreeClassifier())
    search(library, model, {"decisiontreeclassifier__max_depth": [1, 2, 3]}, n=3).fit(texts, np.arange(60) % 3)
    return True


def groups(library: str) -> bool:
    """Folds drawn once, also where the splitter has no seed"""
    space = {"random_state": [0, 0, 0, 0]} if library == "GridSearchCV" else {"max_leaf_nodes": [900, 901, 902, 903]}
    fitted = search(library, TREE, space, n=4, cv=ShuffleSplit(3)).fit(X, y)
    return len(set(np.round(fitted.cv_results_["mean_test_score"], 9))) == 1


def seeded(library: str) -> bool:
    """With a seed: the same candidates for n_jobs=1 and n_jobs=2"""
    space = {"max_depth": list(range(1, 20)), "min_samples_leaf": list(range(1, 40))}
    if library == "GridSearchCV":
        space = DEPTHS
    tables = [
        search(library, TREE, space, n=25, random_state=0, n_jobs=n).fit(X, y).cv_results_["params"] for n in (1, 2)
    ]
    return tables[0] == tables[1]


def failing(library: str) -> bool:
    """A failing candidate does not stop the search"""
    space = {"a": [0, 1, 2, 3]}
    fitted = search(library, Awkward(deed="raise"), space, n=12, error_score=np.nan, random_state=0).fit(X, y)
    return fitted.best_params_["a"] != 3 and bool(np.isnan(fitted.cv_results_["mean_test_score"]).any())


def interrupt(library: str) -> bool:
    """After Ctrl-C the table of what finished is there"""
    fitted = search(library, Awkward(deed="interrupt"), {"a": [0, 1, 2, 3]}, n=12, random_state=0)
    with contextlib.suppress(KeyboardInterrupt):
        fitted.fit(X, y)
    return len(fitted.cv_results_["params"]) > 0


def leaving(library: str) -> bool:
    """A fit that calls `sys.exit()` does not end the program"""
    search(library, Awkward(deed="exit"), {"a": [0, 1, 2, 3]}, n=12, random_state=0).fit(X, y)
    return True


def dying(library: str) -> bool:
    """If a worker crashes, the other candidates are not lost"""
    search(library, Awkward(deed="die"), {"a": [0, 1, 2, 3]}, n=12, n_jobs=2, random_state=0).fit(X, y)
    return True


def silent(library: str) -> bool:
    """`verbose=0` prints nothing"""
    with tempfile.TemporaryFile() as file:
        saved = [os.dup(1), os.dup(2)]
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
        try:
            search(library, TREE, DEPTHS, n=4).fit(X, y)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for stream in (1, 2):
                os.dup2(saved[stream - 1], stream)
        return file.tell() == 0


def routing(library: str) -> bool:
    """Metadata routing: weights to fit and to the scorer"""
    import sklearn

    with sklearn.config_context(enable_metadata_routing=True):
        tree = DecisionTreeClassifier().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        search(library, tree, DEPTHS, n=3).fit(X, y, sample_weight=np.ones(len(y)))
    return True


PROBES = [table, same_answer, multimetric, callable_refit, missing_values, routing, groups, seeded, silent,
          failing, interrupt, leaving, dying]  # fmt: skip


def outcome(probe: str, library: str) -> str:
    """Run one probe in a process of its own."""
    command = [sys.executable, "-W", "ignore", __file__, "--run", probe, library]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        return "no"
    return "yes" if "outcome: True" in done.stdout else "no"


def main(names: list[str]) -> None:
    """Print the table, as Markdown."""
    print("| | " + " | ".join(LIBRARIES) + " |\n|---" * 1 + "|---" * len(LIBRARIES) + "|")
    for probe in PROBES:
        if not names or probe.__name__ in names:
            answers = [outcome(probe.__name__, library) for library in LIBRARIES]
            print(f"| {(probe.__doc__ or '').strip()} | " + " | ".join(answers) + " |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        warnings.simplefilter("ignore")
        with contextlib.suppress(ImportError):
            import optuna

            optuna.logging.set_verbosity(optuna.logging.WARNING)
        chosen = next(probe for probe in PROBES if probe.__name__ == sys.argv[2])
        print("outcome:", chosen(sys.argv[3]))
    else:
        main(sys.argv[1:])
