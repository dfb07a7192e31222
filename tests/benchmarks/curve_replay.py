"""What stopping a booster within a fold changes: recorded curves, judged again by the rule.

    PYTHONPATH=. python tests/benchmarks/curve_replay.py record --file curves.jsonl [--libraries lightgbm ...]
    PYTHONPATH=. python tests/benchmarks/curve_replay.py judge [--file recorded/curves.jsonl.gz]

Recorded are random candidates with early stopping on real and made data, each with its test scores on three
folds, and its best validation loss after 5, 10, 20, ... rounds. Then the candidates of a data set are searched
again, in many orders and with every earlier candidate known. Only what is stopped differs from one rule to
another. Half of the data sets served to choose the margin, and the others to judge it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from real_tables import CLASSIFICATION, table
from sklearn.datasets import make_classification
from sklearn.metrics import get_scorer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hpsklearn_search import EarlyStopping, Racing
from hpsklearn_search.optimize import Window
from hpsklearn_search.search._curve_limits import CurveLimits
from hpsklearn_search.search._racing import Race
from hpsklearn_search.search.early_stopping import BEST, NAME, Limit, _rounds
from hpsklearn_search.search.early_stopping._curve import best_case
from hpsklearn_search.search.early_stopping._rounds import loss_on
from hpsklearn_search.trials import Trial

TO_CHOOSE = (
    "diabetes", "german", "contraceptive", "car_prices", "made_classes", "Wage", "credit_data", "deliveries",
    "hotel_rates",
)  # fmt: skip
TO_JUDGE = (
    "yeast3", "Sacramento", "HMDA", "made_numbers", "mlc_churn", "Computers", "stackoverflow", "ring", "made_rows",
)  # fmt: skip
MOST_ROWS = 8000
FEWER_ROWS = 2000  # where we train each round ourselves
CLASSES = (*CLASSIFICATION, "made_rows")
N_SPLITS = 3
RULES = {
    "curves": Racing("ceiling"),
    "curves and folds": Racing(),
}
SCORES = ("of the curve", "accuracy or MAE", "AUC")
CURVE = "curve"
ROUNDS = 5 * 2 ** np.arange(9)  # 5, 10, ..., 1280
RATE = {"learning_rate": ("log", 0.01, 0.3)}
SPACES: dict[str, dict[str, Any]] = {
    "lightgbm": {
        **RATE, "num_leaves": ("logint", 4, 128), "min_child_samples": ("logint", 5, 100),
        "colsample_bytree": ("float", 0.4, 1.0), "reg_lambda": ("log", 1e-3, 10.0),
    },
    "weights": {
        **RATE, "num_leaves": ("logint", 4, 128), "scale_pos_weight": ("log", 0.3, 30.0),
    },
    "xgboost": {
        **RATE, "max_depth": ("int", 2, 8), "min_child_weight": ("log", 0.5, 30.0),
        "colsample_bytree": ("float", 0.4, 1.0), "subsample": ("float", 0.5, 1.0),
    },
    "sklearn": {
        **RATE, "max_leaf_nodes": ("logint", 4, 128), "min_samples_leaf": ("logint", 5, 100),
        "max_features": ("float", 0.4, 1.0), "l2_regularization": ("log", 1e-3, 10.0),
    },
    "catboost": {
        **RATE, "depth": ("int", 2, 7), "l2_leaf_reg": ("log", 0.5, 20.0),
        "random_strength": ("float", 0.0, 2.0), "rsm": ("float", 0.4, 1.0),
    },
    "network": {
        "learning_rate_init": ("log", 1e-4, 0.1), "hidden_layer_sizes": ("logint", 8, 64),
        "alpha": ("log", 1e-6, 1.0), "batch_size": ("logint", 32, 256),
    },
    "linear": {"eta0": ("log", 1e-5, 0.1), "alpha": ("log", 1e-6, 1.0)},
    "boosting": {
        **RATE, "max_depth": ("int", 2, 6), "min_samples_leaf": ("logint", 1, 50), "subsample": ("float", 0.5, 1.0),
    },
}  # fmt: skip
OF_ROUNDS = ("network", "linear", "boosting")
SCORERS = {
    True: ("neg_log_loss", "accuracy", "roc_auc_ovr", "balanced_accuracy"),
    False: ("neg_mean_squared_error", "r2", "neg_mean_absolute_error"),
}


def booster(library: str, is_class: bool, params: dict[str, Any]) -> Any:
    """A model of at most 1,000 rounds, in one thread."""
    kind = "Classifier" if is_class else "Regressor"
    if library in ("lightgbm", "weights"):
        import lightgbm

        fixed = {"n_estimators": 1000, "n_jobs": 1, "verbose": -1, "random_state": 0}
        return getattr(lightgbm, f"LGBM{kind}")(**fixed, **params)
    if library == "xgboost":
        import xgboost

        return getattr(xgboost, f"XGB{kind}")(n_estimators=1000, n_jobs=1, random_state=0, **params)
    if library == "catboost":
        import catboost

        fixed = {"iterations": 500, "thread_count": 1, "allow_writing_files": False, "random_seed": 0}
        return getattr(catboost, f"CatBoost{kind}")(**fixed, **params)
    from sklearn import ensemble, linear_model, neural_network

    if library == "network":
        return getattr(neural_network, f"MLP{kind}")(max_iter=200, random_state=0, **params)
    if library == "linear":
        loss = "log_loss" if is_class else "squared_error"
        return getattr(linear_model, f"SGD{kind}")(loss=loss, learning_rate="constant", random_state=0, **params)
    if library == "boosting":
        return getattr(ensemble, f"GradientBoosting{kind}")(n_estimators=500, random_state=0, **params)
    return getattr(ensemble, f"HistGradientBoosting{kind}")(max_iter=1000, random_state=0, **params)


def curve(library: str, model: Any) -> list[float]:
    """The validation loss after each round."""
    if library == "sklearn":
        return (-model.validation_score_[1:]).tolist()
    sets = model.evals_result_ if library != "xgboost" else model.evals_result()
    metrics = list(next(reversed(sets.values())).values())
    return list(map(float, metrics[-1 if library == "xgboost" else 0]))


def record(file: Path, libraries: list[str], names: list[str], candidates: int) -> None:
    """Add to the file the folds of random candidates, one candidate a line; what is there is left out."""
    done = {(row["data"], row["library"], row["number"]) for row in rows(file)} if file.exists() else set()
    for library in libraries:
        for name in names:
            start = time.process_time()
            for number, point in enumerate(random_points(library, name, candidates)):
                if (name, library, number) in done:
                    continue
                folds = [run_fold(library, name, point, fold) for fold in range(N_SPLITS)]
                row = {"data": name, "library": library, "number": number, "folds": folds}
                with file.open("a") as lines:
                    lines.write(json.dumps(row) + "\n")
            print(f"{library} {name}: {time.process_time() - start:.0f} s", flush=True)


def random_points(library: str, name: str, candidates: int) -> Iterator[dict[str, Any]]:
    """The same candidates in every run."""
    rng = np.random.default_rng([len(library), *name.encode()])
    for _ in range(candidates):
        yield {name: drawn(*how, rng) for name, how in SPACES[library].items()}


def drawn(kind: str, low: float, high: float, rng: np.random.Generator) -> float:
    """A value of a parameter."""
    value = rng.uniform(low, high) if kind in ("float", "int") else np.exp(rng.uniform(np.log(low), np.log(high)))
    return round(value) if kind.endswith("int") else float(value)


def run_fold(library: str, name: str, point: dict[str, Any], fold: int) -> dict[str, Any]:
    """Test scores, rounds, seconds, the best validation loss and that after 5, 10, 20, ... rounds."""
    is_class = name in CLASSES
    X, y = data(name, FEWER_ROWS if library in OF_ROUNDS else MOST_ROWS)
    splitter = (StratifiedKFold if is_class else KFold)(N_SPLITS, shuffle=True, random_state=0)
    train, test = list(splitter.split(X, y))[fold]
    model: Any = EarlyStopping(booster(library, is_class, point))
    if library in OF_ROUNDS:
        model = make_pipeline(StandardScaler(), model)
    start = time.process_time()
    with losses_of_rounds() as losses:
        model.fit(X[train], y[train])
    seconds = time.process_time() - start
    best = np.minimum.accumulate(losses or curve(library, model.estimator_))
    scores = {scorer: float(get_scorer(scorer)(model, X[test], y[test])) for scorer in SCORERS[is_class]}
    at = [float(f"{best[n - 1]:.7g}") for n in ROUNDS if n <= len(best)]
    return {"scores": scores, "rounds": len(best), "seconds": round(seconds, 3), "best": float(best[-1]), "at": at}


@contextmanager
def losses_of_rounds() -> Iterator[list[float]]:
    """The losses of a model whose rounds we train ourselves, in a list that is filled during the fit."""
    losses: list[float] = []

    def keep(*args: Any) -> tuple[str, float]:
        metric, loss = loss_on(*args)
        losses.append(loss)
        return metric, loss

    with patch.object(_rounds, "loss_on", keep):
        yield losses


@cache
def data(name: str, most_rows: int) -> tuple[Any, Any]:
    """X and y of a data set."""
    if name == "made_rows":
        made: tuple[Any, Any] = make_classification(
            most_rows, 12, n_informative=8, n_clusters_per_class=4, flip_y=0.1, random_state=0
        )
        return made
    return table(name, most_rows)


def rows(file: Path) -> list[dict[str, Any]]:
    """The lines of a file, compressed or not."""
    text = gzip.decompress(file.read_bytes()).decode() if file.suffix == ".gz" else file.read_text()
    return [json.loads(line) for line in text.splitlines()]


# ---------------------------------------------------------------------- judging
class RelativeLimits(CurveLimits):
    """The loss of the best candidate, and a share of it as margin, from the first candidate on."""

    def of(self, n_known: int | None, n_splits: int) -> list[Limit]:
        """The limit on each fold."""
        if not self._best_first(n_known):
            return [Limit()] * n_splits
        return [Limit(CURVE, float(loss + self.z * abs(loss))) for loss in self.best_losses(n_known)]


class Recorded:
    """The candidates of one data set and library."""

    def __init__(self, candidates: list[dict[str, Any]], metric: int) -> None:
        name = score_of(candidates[0]["library"], candidates[0]["data"], metric)
        folds = [candidate["folds"] for candidate in candidates]
        self.scores = np.array([[fold["scores"][name] for fold in of_one] for of_one in folds])
        self.best = [[fold["best"] for fold in of_one] for of_one in folds]
        self.rounds = np.array([[fold["rounds"] for fold in of_one] for of_one in folds])
        self.cases = [[list(best_cases(fold)) for fold in of_one] for of_one in folds]


def score_of(library: str, name: str, metric: int) -> str | None:
    """The scorer; with weights of the classes, the balanced one of the accuracy."""
    names = ("neg_log_loss", "balanced_accuracy" if library == "weights" else "accuracy", "roc_auc_ovr")
    return names[metric] if name in CLASSES else ("neg_mean_squared_error", "neg_mean_absolute_error", None)[metric]


def best_cases(fold: dict[str, Any]) -> Iterator[tuple[int, float]]:
    """After which rounds the rule is asked, and the best case that it finds."""
    for n in range(3, len(fold["at"]) + 1):
        if ROUNDS[n - 1] < fold["rounds"]:
            yield int(ROUNDS[n - 1]), best_case(fold["at"][:n])


def search(recorded: Recorded, order: Any, limits: CurveLimits, racing: Racing) -> tuple[int, float]:
    """Rounds, and the best mean score of the candidates that are not pruned."""
    race = Race(racing, Window(None), curves=limits)
    n_rounds, best, n_splits = 0, -np.inf, recorded.scores.shape[1]
    for number in order:
        scores, is_pruned = recorded.scores[number].tolist(), False
        for fold, limit in enumerate(race.curve_limits(number, n_splits)):
            after = [rounds for rounds, loss in recorded.cases[number][fold] if loss > limit.loss]
            n_rounds += after[0] if after else recorded.rounds[number, fold]
            is_pruned = bool(after)
            if not is_pruned and racing.rule == "auto":
                is_pruned = race.pruned_after(Trial(number, {}), scores[: fold + 1]) is not None
            if is_pruned:
                break
        if not is_pruned:
            race.add(number, scores, [{NAME: CURVE, BEST: loss} for loss in recorded.best[number]])
            best = max(best, float(np.mean(scores)))
    return n_rounds, best


def judge_one(recorded: Recorded, orders: list[Any], margin: str, racing: Racing) -> tuple[float, ...]:
    """Shares of the orders with another winner and of the rounds, and the largest loss in standard errors."""
    means = recorded.scores.mean(axis=1)
    error = recorded.scores[means.argmax()].std(ddof=1) / np.sqrt(recorded.scores.shape[1])
    results = [search(recorded, order, limits_of(margin), racing) for order in orders]
    gaps = np.array([means.max() - best for _, best in results])
    rounds = float(np.mean([n for n, _ in results])) / recorded.rounds.sum()
    return float(np.mean(gaps > 1e-12)), rounds, float(gaps.max() / error)


def limits_of(margin: str) -> CurveLimits:
    """Limits with a margin of so many s, or of a percentage of the best loss."""
    kind, z = (RelativeLimits, float(margin[:-1]) / 100) if margin.endswith("%") else (CurveLimits, float(margin))
    return kind({CURVE}, z)


def judge(file: Path, names: tuple[str, ...], margins: list[str], n_orders: int) -> None:
    """Print a line for each library, score, margin, with and without the rules over folds."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows(file):
        groups.setdefault((row["library"], row["data"]), []).append(row)
    print(
        f"{'library':10s}{'score':16s}{'rules':18s}{'margin':>7s}{'changed':>9s}{'worst':>7s}{'rounds':>8s}{'loss':>7s}"
    )
    for library in dict.fromkeys(library for library, _ in groups):
        mine = {name: group for (of, name), group in groups.items() if of == library and name in names}
        for metric, kind in enumerate(SCORES):
            chosen = [group for name, group in mine.items() if score_of(library, name, metric) is not None]
            recorded = [Recorded(group, metric) for group in chosen]
            rng = np.random.default_rng(0)
            orders = [[rng.permutation(len(one.scores)) for _ in range(n_orders)] for one in recorded]
            for rules, racing in RULES.items():
                for margin in margins:
                    lines = np.array([judge_one(*both, margin, racing) for both in zip(recorded, orders, strict=True)])
                    changed, left, loss = lines.mean(axis=0)[0], lines.mean(axis=0)[1], lines[:, 2].max()
                    print(
                        f"{library:10s}{kind:16s}{rules:18s}{margin:>7s}{100 * changed:>7.1f} %"
                        f"{100 * lines[:, 0].max():>5.0f} %{100 * left:>6.0f} %{loss:>7.2f}",
                        flush=True,
                    )


def main() -> None:
    """Record or judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["record", "choose", "judge"])
    parser.add_argument("--file", type=Path, default=Path(__file__).parent / "recorded" / "curves.jsonl.gz")
    parser.add_argument("--libraries", nargs="+", default=list(SPACES))
    parser.add_argument("--data", nargs="+", default=[*TO_CHOOSE, *TO_JUDGE])
    parser.add_argument("--candidates", type=int, default=24)
    parser.add_argument("--margins", nargs="+", default=["inf", "0%", "1%", "3", "4", "5"])
    parser.add_argument("--orders", type=int, default=100)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.what == "record":
        record(arguments.file, arguments.libraries, arguments.data, arguments.candidates)
    else:
        names = TO_CHOOSE if arguments.what == "choose" else TO_JUDGE
        judge(arguments.file, names, arguments.margins, arguments.orders)


if __name__ == "__main__":
    main()
