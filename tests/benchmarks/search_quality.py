"""What a search finds in a given number of evaluations, beside installed peers and random search.

Run it as ``python tests/benchmarks/search_quality.py [--methods default tpe hyperopt optuna]
[--problems branin svc] [--seeds 10] [--evals 100] [--open 1] [--plot curves.png]``. The figure of merit
is the regret relative to random search: (the best so far - the best known) over (the expected best of as
many random draws - the best known), so that random search has 1 and a solved problem 0. On a noisy
problem the best so far is chosen by what was observed and judged by the true loss. `--open` keeps that
many evaluations open, which finish in random order.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.datasets import load_diabetes, load_wine
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeRegressor

from hpsklearn_search import Trials, hp
from hpsklearn_search.space import Space
from hpsklearn_search.suggest import auto, gp, rand, tpe, trial_seed
from hpsklearn_search.trials import Outcome

BUDGETS = (10, 25, 50, 100, 200)
Config = dict[str, Any]


# ---------------------------------------------------------------------- problems
@dataclass(frozen=True)
class Axis:
    """One parameter: a range, whole numbers of a range, or options; `when` names the option it hangs under."""

    name: str
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    whole: bool = False
    options: tuple[Any, ...] = ()
    when: tuple[str, Any] | None = None


@dataclass(frozen=True)
class Problem:
    """A loss over axes; `noise` is the standard deviation that an observation adds to it."""

    name: str
    kind: str
    axes: tuple[Axis, ...]
    loss: Callable[[Config], float]
    noise: float = 0.0
    reference: int = 4000
    """How many random draws stand for the prior."""


def branin(c: Config) -> float:
    """Two dimensions, three equal minima (Dixon and Szego, 1978)."""
    x, y = c["x0"], c["x1"]
    return (y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6) ** 2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10


HARTMANN_A = np.array(
    [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
)
HARTMANN_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def hartmann(c: Config) -> float:
    """Six dimensions, four wells (Hartman, 1973)."""
    x = np.array([c[f"x{i}"] for i in range(6)])
    return -float(np.array([1.0, 1.2, 3.0, 3.2]) @ np.exp(-(HARTMANN_A * (x - HARTMANN_P) ** 2).sum(axis=1)))


def ackley(c: Config) -> float:
    """A funnel full of ripples, off the centre (Ackley, 1987)."""
    x = np.array(list(c.values())) - 0.7
    return float(-20 * np.exp(-0.2 * np.sqrt((x**2).mean())) - np.exp(np.cos(2 * np.pi * x).mean()) + 20 + math.e)


def rosenbrock(c: Config) -> float:
    """A bent valley, on a logarithmic scale (Rosenbrock, 1960)."""
    x = np.array(list(c.values()))
    return float(np.log1p((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()))


def styblinski(c: Config) -> float:
    """A quartic on every axis by itself, with a false minimum on each (Styblinski and Tang, 1990)."""
    x = np.array(list(c.values()))
    return float((x**4 - 16 * x**2 + 5 * x).sum() / 2)


def booster(c: Config) -> float:
    """Made to look like boosting: rate and rounds trade off, depth is a step, two options shift the best."""
    shift = {"gini": 0.0, "entropy": 0.4, "log": 0.9}[c["criterion"]]
    balance = math.log10(c["rate"]) + math.log10(c["rounds"]) - 1.2 - shift
    overfit = 0.03 * abs(c["depth"] - (4 if c["bootstrap"] else 7))
    return balance**2 + overfit + 0.2 * (c["subsample"] - 0.8) ** 2 + 0.1 * shift + (0 if c["bootstrap"] else 0.05)


def families(c: Config) -> float:
    """Three model families; the one with the best average does not hold the best point."""
    if c["family"] == "linear":
        return 0.30 + 0.01 * abs(math.log10(c["penalty"]))
    if c["family"] == "kernel":
        width = 0.2 * (math.log10(c["gamma"]) + 2.5) ** 2 if c["kernel"] == "rbf" else 0.1 * abs(c["degree"] - 3) + 0.1
        return 0.10 + 0.05 * (math.log10(c["cost"]) - 1.5) ** 2 + width
    return 0.2 + 0.3 * abs(c["leaves"] - 40) / 100 + 0.5 * (c["share"] - 0.4) ** 2


def lattice(c: Config) -> float:
    """A rugged bowl on a grid."""
    i, j, k = c["i"], c["j"], c["k"]
    return (i - 4) ** 2 + 2 * (j - 2) ** 2 + 0.5 * abs(i - j) + (1.3 if k == "b" else 0.0) + 0.7 * ((3 * i + 5 * j) % 4)


@cache
def _wine() -> Any:
    return load_wine(return_X_y=True)


@cache
def _diabetes() -> Any:
    return load_diabetes(return_X_y=True)


def svc(c: Config) -> float:
    """Error of a support vector machine on wine, 5 folds."""
    scaler = StandardScaler() if c["scaler"] == "standard" else MinMaxScaler()
    model = SVC(C=c["C"], gamma=c["gamma"], kernel=c["kernel"], degree=c.get("degree", 3), max_iter=5000)
    return 1.0 - float(cross_val_score(make_pipeline(scaler, model), *_wine(), cv=5).mean())


def regression_tree(c: Config) -> float:
    """Mean squared error of a decision tree on diabetes, 5 folds."""
    model = DecisionTreeRegressor(
        max_depth=c["depth"], min_samples_leaf=c["leaf"], ccp_alpha=c["alpha"], max_features=c["features"],
        criterion=c["criterion"], random_state=0,
    )  # fmt: skip
    return -float(cross_val_score(model, *_diabetes(), cv=5, scoring="neg_mean_squared_error").mean())


def _cube(d: int, low: float = 0.0, high: float = 1.0) -> tuple[Axis, ...]:
    return tuple(Axis(f"x{i}", low, high) for i in range(d))


def problems() -> list[Problem]:
    """All problems, by kind."""
    plane = (Axis("x0", -5, 10), Axis("x1", 0, 15))
    booster_axes = (
        Axis("criterion", options=("gini", "entropy", "log")), Axis("rate", 1e-3, 1.0, log=True),
        Axis("rounds", 8, 512, log=True, whole=True), Axis("depth", 1, 12, whole=True),
        Axis("bootstrap", options=(True, False)), Axis("subsample", 0.3, 1.0),
    )  # fmt: skip
    kernel, forest = ("family", "kernel"), ("family", "forest")
    family_axes = (
        Axis("family", options=("linear", "kernel", "forest")),
        Axis("penalty", 1e-4, 1e4, log=True, when=("family", "linear")),
        Axis("cost", 1e-3, 1e3, log=True, when=kernel), Axis("kernel", options=("rbf", "poly"), when=kernel),
        Axis("gamma", 1e-6, 10, log=True, when=("kernel", "rbf")),
        Axis("degree", 2, 6, whole=True, when=("kernel", "poly")),
        Axis("leaves", 2, 128, whole=True, when=forest), Axis("share", 0.05, 1.0, when=forest),
    )  # fmt: skip
    svc_axes = (
        Axis("C", 1e-3, 1e3, log=True), Axis("gamma", 1e-5, 10, log=True),
        Axis("kernel", options=("rbf", "poly", "sigmoid")),
        Axis("degree", 2, 5, whole=True, when=("kernel", "poly")), Axis("scaler", options=("standard", "minmax")),
    )  # fmt: skip
    tree_axes = (
        Axis("depth", 1, 20, whole=True), Axis("leaf", 1, 60, log=True, whole=True), Axis("alpha", 1e-1, 1e3, log=True),
        Axis("features", 0.1, 1.0), Axis("criterion", options=("squared_error", "absolute_error")),
    )  # fmt: skip
    return [
        Problem("branin", "smooth", plane, branin),
        Problem("hartmann6", "smooth", _cube(6), hartmann),
        Problem("ackley6", "smooth", _cube(6, -7, 12), ackley),
        Problem("rosenbrock3", "smooth", _cube(3, -2, 3), rosenbrock),
        Problem("styblinski4", "smooth", _cube(4, -5, 5), styblinski),
        Problem("booster", "mixed", booster_axes, booster),
        Problem("families", "conditional", family_axes, families),
        Problem("noisy branin", "noisy", plane, branin, noise=5.0),
        Problem("noisy hartmann6", "noisy", _cube(6), hartmann, noise=0.2),
        Problem("lattice", "discrete", (Axis("i", 0, 11, whole=True), Axis("j", 0, 8, whole=True),
                                        Axis("k", options=("a", "b", "c"))), lattice),
        Problem("svc", "scikit-learn", svc_axes, svc, reference=400),
        Problem("tree", "scikit-learn", tree_axes, regression_tree, reference=400),
    ]  # fmt: skip


# ---------------------------------------------------------------------- methods
class Method(Protocol):
    """Asked for a configuration, told its loss; several may be open."""

    def ask(self) -> tuple[Config, Any]:
        """A configuration, and a token to tell its loss by."""

    def tell(self, token: Any, loss: float) -> None:
        """Enter a loss."""


def nodes(axes: tuple[Axis, ...], hp: Any) -> Any:
    """The axes as a nest of `hp` nodes, of this library or of hyperopt."""

    def node(axis: Axis) -> Any:
        if axis.options:
            return hp.choice(axis.name, [{axis.name: option, **level((axis.name, option))} for option in axis.options])
        if axis.whole and axis.log:
            return hp.qloguniform(axis.name, math.log(axis.low), math.log(axis.high), 1)
        if axis.whole:
            return hp.uniformint(axis.name, int(axis.low), int(axis.high))
        if axis.log:
            return hp.loguniform(axis.name, math.log(axis.low), math.log(axis.high))
        return hp.uniform(axis.name, axis.low, axis.high)

    def level(when: tuple[str, Any] | None) -> dict[str, Any]:
        return {axis.name: node(axis) for axis in axes if axis.when == when}

    return level(None)


def flat(axes: tuple[Axis, ...], tree: Any) -> Config:
    """What such a nest became, as one flat dict in the order of the axes."""
    found: Config = {}

    def walk(part: Config) -> None:
        for name, value in part.items():
            if isinstance(value, dict):
                walk(value)
            else:
                found[name] = value

    walk(tree)
    whole = {axis.name for axis in axes if axis.whole}
    return {a.name: int(found[a.name]) if a.name in whole else found[a.name] for a in axes if a.name in found}


class Ours:
    """An algorithm of this library, driven as the loop drives it."""

    def __init__(self, algo: Any, problem: Problem, seed: int) -> None:
        self.algo, self.axes, self.seed = algo, problem.axes, seed
        self.space, self.trials = Space(nodes(problem.axes, hp)), Trials()

    def ask(self) -> tuple[Config, int]:
        """A configuration, and a token to tell its loss by."""
        number = len(self.trials.record)
        [point] = self.algo([number], self.space, self.trials, trial_seed(self.seed, number))
        self.trials.record.add(point)
        return flat(self.axes, self.space.assemble(point)), number

    def tell(self, token: int, loss: float) -> None:
        """Enter a loss."""
        self.trials.record.finish(token, Outcome("ok", loss=loss))


class Hyperopt:
    """hyperopt's TPE as it is when nothing is said."""

    def __init__(self, problem: Problem, seed: int) -> None:
        import hyperopt

        self.hyperopt, self.axes = hyperopt, problem.axes
        self.tree = nodes(problem.axes, hyperopt.hp)
        self.domain = hyperopt.base.Domain(lambda config: 0.0, self.tree)
        self.trials, self.rng = hyperopt.Trials(), np.random.default_rng(seed)

    def ask(self) -> tuple[Config, Any]:
        """A configuration, and a token to tell its loss by."""
        ids = self.trials.new_trial_ids(1)
        self.trials.refresh()
        seed = int(self.rng.integers(2**31 - 1))
        docs = self.hyperopt.tpe.suggest(ids, self.domain, self.trials, seed, verbose=False)
        self.trials.insert_trial_docs(docs)
        self.trials.refresh()
        values = {label: found[0] for label, found in docs[0]["misc"]["vals"].items() if found}
        config = flat(self.axes, self.hyperopt.space_eval(self.tree, values))
        return config, self.trials._dynamic_trials[-1]

    def tell(self, token: Any, loss: float) -> None:
        """Enter a loss."""
        token["result"], token["state"] = {"status": "ok", "loss": loss}, self.hyperopt.JOB_STATE_DONE
        self.trials.refresh()


class Optuna:
    """A sampler of optuna as it is when nothing is said."""

    def __init__(self, sampler: str, problem: Problem, seed: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.axes = problem.axes
        self.study = optuna.create_study(sampler=getattr(optuna.samplers, sampler)(seed=seed))

    def ask(self) -> tuple[Config, Any]:
        """A configuration, and a token to tell its loss by."""
        trial, config = self.study.ask(), {}
        for axis in self.axes:
            if axis.when is not None and config.get(axis.when[0]) != axis.when[1]:
                continue
            if axis.options:
                config[axis.name] = trial.suggest_categorical(axis.name, axis.options)
            elif axis.whole:
                config[axis.name] = trial.suggest_int(axis.name, int(axis.low), int(axis.high), log=axis.log)
            else:
                config[axis.name] = trial.suggest_float(axis.name, axis.low, axis.high, log=axis.log)
        return config, trial

    def tell(self, token: Any, loss: float) -> None:
        """Enter a loss."""
        self.study.tell(token, loss)


METHODS: dict[str, Callable[[Problem, int], Method]] = {
    "default": lambda problem, seed: Ours(auto.suggest, problem, seed),
    "tpe": lambda problem, seed: Ours(tpe.suggest, problem, seed),
    "gp": lambda problem, seed: Ours(gp.suggest, problem, seed),
    "random": lambda problem, seed: Ours(rand.suggest, problem, seed),
    "hyperopt": Hyperopt,
    "optuna": lambda problem, seed: Optuna("TPESampler", problem, seed),
    "optuna-gp": lambda problem, seed: Optuna("GPSampler", problem, seed),
}


# ---------------------------------------------------------------------- measuring
def run(method: str, problem: Problem, seed: int, evals: int, open_at_once: int) -> tuple[np.ndarray, float]:
    """The true loss of the best so far after each evaluation, shape (evals,), and CPU seconds per suggestion."""
    noise, order = np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2])
    optimiser, spent = METHODS[method](problem, seed), 0.0
    observed: list[float] = []
    true: list[float] = []
    waiting: list[tuple[Config, Any]] = []
    for asked in range(evals + open_at_once):
        start = time.process_time()
        if asked < evals:
            waiting.append(optimiser.ask())
        spent += time.process_time() - start
        if len(waiting) < open_at_once and asked < evals:
            continue
        if not waiting:
            break
        config, token = waiting.pop(int(order.integers(len(waiting))))
        true.append(problem.loss(config))
        observed.append(true[-1] + problem.noise * float(noise.normal()))
        start = time.process_time()
        optimiser.tell(token, observed[-1])
        spent += time.process_time() - start
    best = [int(np.argmin(observed[: i + 1])) for i in range(evals)]
    return np.array(true)[best], spent / evals


def reference(problem: Problem) -> tuple[Callable[[int], float], float]:
    """The expected best of b random draws as a function of b, and the best of all of them."""
    space, rng = Space(nodes(problem.axes, hp)), np.random.default_rng(20)
    draws = (flat(problem.axes, space.assemble(space.draw(rng))) for _ in range(problem.reference))
    losses = np.sort([problem.loss(config) for config in draws])
    left = 1.0 - np.arange(len(losses) + 1) / len(losses)

    def expected(b: int) -> float:
        return float(losses @ (left[:-1] ** b - left[1:] ** b))

    return expected, float(losses[0])


def regrets(problem: Problem, methods: Iterable[str], args: argparse.Namespace) -> dict[str, tuple[np.ndarray, float]]:
    """Relative regret after each evaluation, mean over the seeds, and CPU milliseconds a suggestion."""
    expected, best = reference(problem)
    runs = {m: [run(m, problem, seed, args.evals, args.open) for seed in range(args.seeds)] for m in methods}
    best = min(best, *(float(trace.min()) for each in runs.values() for trace, _ in each))
    scale = np.array([max(expected(b) - best, 1e-12) for b in range(1, args.evals + 1)])
    return {
        m: (np.mean([np.clip((trace - best) / scale, 0, 3) for trace, _ in each], axis=0),
            1e3 * float(np.mean([cpu for _, cpu in each])))
        for m, each in runs.items()
    }  # fmt: skip


def installed(method: str) -> bool:
    """Whether a method's library is there."""
    try:
        METHODS[method](problems()[0], 0).ask()
    except ImportError as missing:
        print(f"{method} is left out: {missing}")
        return False
    return True


def plot(curves: dict[str, np.ndarray], path: str) -> None:
    """Mean regret over the problems against evaluations."""
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(figsize=(6, 4))
    for method, curve in curves.items():
        axes.plot(np.arange(1, len(curve) + 1), curve, label=method)
    axes.set(xlabel="evaluations", ylabel="regret relative to random search", ylim=(0, 1.1))
    axes.legend()
    plt.savefig(path, dpi=120, bbox_inches="tight")


def main() -> None:
    """Print one table a problem kind, and one over all problems."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", nargs="+", default=["default", "tpe", "hyperopt", "optuna"], choices=METHODS)
    parser.add_argument("--problems", nargs="+", default=[problem.name for problem in problems()])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--evals", type=int, default=100)
    parser.add_argument("--open", type=int, default=1, help="evaluations open at once")
    parser.add_argument("--plot", help="file for a picture of the curves; needs matplotlib")
    args = parser.parse_args()
    methods = [method for method in args.methods if installed(method)]
    budgets = [b for b in BUDGETS if b <= args.evals]
    print("| problem | kind | method | " + " | ".join(f"at {b}" for b in budgets) + " | CPU ms a suggestion |")
    print("|---|---|---|" + "---|" * (len(budgets) + 1))
    chosen = [problem for problem in problems() if problem.name in args.problems]
    total: dict[str, list[tuple[np.ndarray, float]]] = {method: [] for method in methods}
    for problem in chosen:
        for method, found in regrets(problem, methods, args).items():
            total[method].append(found)
            _row(problem.name, problem.kind, method, *found, budgets)
    curves = {method: np.mean([curve for curve, _ in each], axis=0) for method, each in total.items()}
    for method, each in total.items():
        _row("all", "", method, curves[method], float(np.mean([cpu for _, cpu in each])), budgets)
    if args.plot:
        plot(curves, args.plot)


def _row(name: str, kind: str, method: str, curve: np.ndarray, cpu: float, budgets: list[int]) -> None:
    cells = " | ".join(f"{curve[b - 1]:.2f}" for b in budgets)
    print(f"| {name} | {kind} | {method} | {cells} | {cpu:.2f} |", flush=True)


if __name__ == "__main__":
    main()
