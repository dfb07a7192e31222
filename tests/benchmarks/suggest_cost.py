"""What a suggestion costs as trials accumulate, compared with hyperopt and optuna.

Run it as ``python tests/benchmarks/suggest_cost.py [--methods tpe default hyperopt optuna]
[--trials 10 100 1000 10000] [--repeats 9]``. CPU milliseconds in one process: the median and, because a
model is fitted only now and then, the mean over a run of suggestions whose outcomes are told. Then what a
record of a thousand trials weighs, and what 1,000 evaluations of x squared cost through each library's
own loop.
"""

from __future__ import annotations

import argparse
import datetime
import os
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from hpsklearn_search import Trials, fmin, hp
from hpsklearn_search.space import Space
from hpsklearn_search.suggest import auto, gp, rand, tpe
from hpsklearn_search.trials import Outcome


def numeric(hp: Any, d: int) -> dict[str, Any]:
    """`d` parameters, every third on a logarithmic scale."""
    return {
        f"x{i}": hp.uniform(f"x{i}", 0, 1) if i % 3 else hp.loguniform(f"x{i}", np.log(1e-3), np.log(1e3))
        for i in range(d)
    }


SPACES: dict[str, Callable[[Any], Any]] = {
    "10 parameters": lambda hp: numeric(hp, 10),
    "10,000 options": lambda hp: {"c": hp.choice("c", list(range(10_000))), "x": hp.uniform("x", 0, 1)},
    "200 parameters": lambda hp: numeric(hp, 200),
    "1,000 in a tree": lambda hp: hp.choice(
        "b", [{f"x{i}.{j}": hp.uniform(f"x{i}.{j}", 0, 1) for j in range(10)} for i in range(100)]
    ),
}


class Ours:
    """An algorithm of this library over a record that is already filled."""

    def __init__(self, algo: Any, shape: str, n: int) -> None:
        self.algo, self.space, self.trials = algo, Space(SPACES[shape](hp)), Trials()
        self.rng = np.random.default_rng(0)
        for _ in range(n):
            self._enter(self.space.draw(self.rng))

    def _enter(self, point: dict[str, Any]) -> None:
        number = self.trials.record.add(point).number
        self.trials.record.finish(number, Outcome("ok", loss=float(self.rng.normal())))

    def step(self) -> float:
        """Suggest and tell; CPU seconds of both."""
        start = time.process_time()
        number = len(self.trials.record)
        self._enter(self.algo([number], self.space, self.trials, number)[0])
        return time.process_time() - start


class Hyperopt:
    """hyperopt's TPE over documents that are already there."""

    def __init__(self, shape: str, n: int) -> None:
        import hyperopt

        self.hyperopt, self.rng, self.trials = hyperopt, np.random.default_rng(0), hyperopt.Trials()
        self.domain = hyperopt.base.Domain(lambda config: 0.0, SPACES[shape](hyperopt.hp))
        space = Space(SPACES[shape](hp))
        self.trials.insert_trial_docs([self._document(tid, space) for tid in range(n)])
        self.trials.refresh()

    def _document(self, tid: int, space: Space) -> dict[str, Any]:
        point = space.draw(self.rng)
        values = {label: [point[label]] if label in point else [] for label in space.labels}
        now = datetime.datetime.now()
        return {
            "state": 2, "tid": tid, "spec": None, "result": {"status": "ok", "loss": float(self.rng.normal())},
            "misc": {"tid": tid, "cmd": ("domain_attachment", "FMinIter_Domain"), "workdir": None,
                     "idxs": {label: [tid] if found else [] for label, found in values.items()}, "vals": values},
            "exp_key": None, "owner": None, "version": 0, "book_time": now, "refresh_time": now,
        }  # fmt: skip

    def step(self) -> float:
        """Suggest and tell; CPU seconds of both."""
        start = time.process_time()
        ids = self.trials.new_trial_ids(1)
        self.trials.refresh()
        seed = int(self.rng.integers(2**31 - 1))
        docs = self.hyperopt.tpe.suggest(ids, self.domain, self.trials, seed, verbose=False)
        self.trials.insert_trial_docs(docs)
        self.trials.refresh()
        last = self.trials._dynamic_trials[-1]
        last["result"], last["state"] = {"status": "ok", "loss": float(self.rng.normal())}, 2
        return time.process_time() - start


class Optuna:
    """optuna's TPE over trials that are already there."""

    def __init__(self, shape: str, n: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        if shape != "10 parameters":
            raise NotImplementedError
        self.rng, self.study = np.random.default_rng(0), optuna.create_study(
            sampler=optuna.samplers.TPESampler(seed=0)
        )  # fmt: skip
        scales = {
            f"x{i}": optuna.distributions.FloatDistribution(*((0, 1) if i % 3 else (1e-3, 1e3)), log=not i % 3)
            for i in range(10)
        }
        space = Space(SPACES[shape](hp))
        self.scales = scales
        self.study.add_trials(
            [
                optuna.trial.create_trial(
                    params={k: min(max(v, scales[k].low), scales[k].high) for k, v in space.draw(self.rng).items()},
                    distributions=scales, value=float(self.rng.normal()),
                )
                for _ in range(n)
            ]
        )  # fmt: skip

    def step(self) -> float:
        """Suggest and tell; CPU seconds of both."""
        start = time.process_time()
        trial = self.study.ask()
        for label, scale in self.scales.items():
            trial.suggest_float(label, scale.low, scale.high, log=scale.log)
        self.study.tell(trial, float(self.rng.normal()))
        return time.process_time() - start


METHODS: dict[str, Callable[[str, int], Any]] = {
    "default": lambda shape, n: Ours(auto.suggest, shape, n),
    "tpe": lambda shape, n: Ours(tpe.suggest, shape, n),
    "gp": lambda shape, n: Ours(gp.suggest, shape, n),
    "random": lambda shape, n: Ours(rand.suggest, shape, n),
    "hyperopt": Hyperopt,
    "optuna": Optuna,
}


def suggestions(args: argparse.Namespace) -> None:
    """The table of CPU milliseconds a suggestion."""
    print("| space | past trials | method | CPU ms, median | mean |\n|---|---|---|---|---|")
    for shape in SPACES:
        for n in args.trials if shape == "10 parameters" else [100]:
            for method in args.methods:
                try:
                    prepared = METHODS[method](shape, n)
                except (ImportError, NotImplementedError):
                    continue
                prepared.step()  # what is built once is not counted
                took = [1e3 * prepared.step() for _ in range(args.repeats)]
                print(f"| {shape} | {n} | {method} | {np.median(took):.2f} | {np.mean(took):.2f} |", flush=True)


def weight() -> None:
    """Megabytes of a record of 1,000 trials of 10 parameters, with its arrays."""
    space, rng = Space(SPACES["10 parameters"](hp)), np.random.default_rng(0)
    tracemalloc.start()
    trials = Trials()
    for number in range(1000):
        trials.record.add(space.draw(rng))
        trials.record.finish(number, Outcome("ok", loss=0.0))
    trials.history(space)
    print(f"\n1,000 trials of 10 parameters: {tracemalloc.get_traced_memory()[0] / 1e6:.2f} MB")
    tracemalloc.stop()


def _by_hyperopt() -> None:
    import hyperopt

    hyperopt.fmin(lambda x: x * x, hyperopt.hp.uniform("x", -5, 5), algo=hyperopt.tpe.suggest, max_evals=1000,
                  rstate=np.random.default_rng(0), show_progressbar=False, verbose=False)  # fmt: skip


def _by_optuna() -> None:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(lambda trial: trial.suggest_float("x", -5, 5) ** 2, n_trials=1000)


def _by_ours(algo: Any) -> None:
    fmin(lambda x: x * x, hp.uniform("x", -5, 5), algo, 1000, rstate=0, show_progressbar=False)


def loops() -> None:
    """CPU seconds of 1,000 evaluations of x squared."""
    ways: dict[str, Callable[[], None]] = {
        "tpe": lambda: _by_ours(tpe.suggest), "default": lambda: _by_ours(None),
        "hyperopt": _by_hyperopt, "optuna": _by_optuna,
    }  # fmt: skip
    print("\n| 1,000 evaluations of x squared | CPU s |\n|---|---|")
    for name, way in ways.items():
        start = time.process_time()
        try:
            way()
        except ImportError:
            continue
        print(f"| {name} | {time.process_time() - start:.2f} |", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", nargs="+", default=["tpe", "default", "hyperopt", "optuna"], choices=METHODS)
    parser.add_argument("--trials", nargs="+", type=int, default=[10, 100, 250, 1000, 10_000])
    parser.add_argument("--repeats", type=int, default=9)
    args = parser.parse_args()
    suggestions(args)
    weight()
    loops()


if __name__ == "__main__":
    main()
