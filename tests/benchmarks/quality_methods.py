"""Optimisers for `search_quality.py`: this library's algorithms and installed peers, asked and told alike."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from quality_problems import Axis, Config, Problem

from hpsklearn_search import Trials, hp
from hpsklearn_search.space import Space
from hpsklearn_search.suggest import auto, gp, rand, tpe, trial_seed
from hpsklearn_search.trials import Outcome


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


class Skopt:
    """scikit-optimize's Gaussian process; it knows no branches, so it chooses what is inactive, too."""

    def __init__(self, problem: Problem, seed: int) -> None:
        from skopt import Optimizer
        from skopt.space import Categorical, Integer, Real

        def dimension(axis: Axis) -> Any:
            if axis.options:
                return Categorical(list(range(len(axis.options))))
            return (Integer if axis.whole else Real)(axis.low, axis.high, "log-uniform" if axis.log else "uniform")

        self.axes = problem.axes
        self.optimizer = Optimizer([dimension(axis) for axis in problem.axes], random_state=seed, n_initial_points=10)

    def ask(self) -> tuple[Config, Any]:
        """A configuration, and a token to tell its loss by."""
        drawn, config = self.optimizer.ask(), {}
        for axis, value in zip(self.axes, drawn, strict=True):
            if axis.when is None or config.get(axis.when[0]) == axis.when[1]:
                config[axis.name] = axis.options[int(value)] if axis.options else value
        return config, drawn

    def tell(self, token: Any, loss: float) -> None:
        """Enter a loss."""
        self.optimizer.tell(token, loss)


class Hebo:
    """HEBO (Cowen-Rivers and others, 2022); it knows no branches, so it chooses what is inactive, too."""

    def __init__(self, problem: Problem, seed: int) -> None:
        import torch
        from hebo.design_space.design_space import DesignSpace
        from hebo.optimizers.hebo import HEBO

        def dimension(axis: Axis) -> dict[str, Any]:
            if axis.options:
                return {"name": axis.name, "type": "cat", "categories": list(range(len(axis.options)))}
            kind = ("pow_int" if axis.log else "int") if axis.whole else ("pow" if axis.log else "num")
            return {"name": axis.name, "type": kind, "lb": axis.low, "ub": axis.high}

        torch.manual_seed(seed)
        self.axes = problem.axes
        self.optimizer = HEBO(DesignSpace().parse([dimension(axis) for axis in problem.axes]), scramble_seed=seed)

    def ask(self) -> tuple[Config, Any]:
        """A configuration, and a token to tell its loss by."""
        drawn, config = self.optimizer.suggest(n_suggestions=1), {}
        for axis in self.axes:
            if axis.when is None or config.get(axis.when[0]) == axis.when[1]:
                value = drawn[axis.name].iloc[0]
                config[axis.name] = axis.options[int(value)] if axis.options else (int if axis.whole else float)(value)
        return config, drawn

    def tell(self, token: Any, loss: float) -> None:
        """Enter a loss."""
        self.optimizer.observe(token, np.array([[loss]]))


METHODS: dict[str, Callable[[Problem, int], Method]] = {
    "default": lambda problem, seed: Ours(auto.suggest, problem, seed),
    "tpe": lambda problem, seed: Ours(tpe.suggest, problem, seed),
    "gp": lambda problem, seed: Ours(gp.suggest, problem, seed),
    "random": lambda problem, seed: Ours(rand.suggest, problem, seed),
    "hyperopt": Hyperopt,
    "optuna": lambda problem, seed: Optuna("TPESampler", problem, seed),
    "optuna-gp": lambda problem, seed: Optuna("GPSampler", problem, seed),
    "scikit-optimize": Skopt,
    "hebo": Hebo,
}
