"""How often each rule of advice speaks where it must be silent, and where it must speak.

    python advice.py [--searches 100] [--algo random] [--scenarios "only noise,a plateau"]

An estimator without data returns a known function of its parameters as score, plus an effect of the fold and
noise. Seeds 0, 1, 2, ... ; one search a seed and scenario. Without `--algo` it is the default algorithm.
"""

from __future__ import annotations

import argparse
import warnings
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import KFold

from hpsklearn_search import HyperoptSearchCV, hp

Values = dict[str, Any]


class Known(BaseEstimator):
    """An estimator whose score is `law` of its parameters, plus noise and an effect of the fold."""

    def __init__(
        self, law: Any = None, noise: float = 0.01, seed: int = 0, odd_fold: float = 0.0, **values: Any
    ) -> None:
        self.law, self.noise, self.seed, self.odd_fold, self.values = law, noise, seed, odd_fold, values

    def get_params(self, deep: bool = True) -> Values:
        """The parameters of the law beside the usual ones."""
        own = {"law": self.law, "noise": self.noise, "seed": self.seed, "odd_fold": self.odd_fold}
        return {**own, **self.values}

    def set_params(self, **params: Any) -> Known:
        """Take any parameter of the law."""
        for name, value in params.items():
            if name in ("law", "noise", "seed", "odd_fold"):
                setattr(self, name, value)
            else:
                self.values[name] = value
        return self

    def fit(self, X: Any, y: Any = None) -> Known:
        """Fail where the law is NaN."""
        if np.isnan(self.law(self.values)):
            raise ValueError("no fit here")
        return self

    def score(self, X: Any, y: Any = None) -> float:
        """The law, the fold's effect and noise, which depends on the parameters, the fold and the seed."""
        fold = int(X[0, 0])
        rng = np.random.default_rng([self.seed, fold, zlib.crc32(repr(sorted(self.values.items())).encode())])
        effect = 0.02 * np.random.default_rng([self.seed, fold]).normal() + (self.odd_fold if fold == 0 else 0.0)
        return float(self.law(self.values) + effect + self.noise * rng.normal())


SPACE = {name: hp.uniform(0, 1) for name in "abc"}


def inside(v: Values) -> float:
    """The optimum is inside of both ranges that matter."""
    return 0.8 - (v["a"] - 0.5) ** 2 - 0.3 * (v["b"] - 0.4) ** 2


def at_the_edge(v: Values) -> float:
    """The optimum is at the lower end of `a`."""
    return 0.8 - 0.5 * v["a"] - 0.1 * (v["b"] - 0.4) ** 2


def nothing(v: Values) -> float:
    """No parameter has an effect."""
    return 0.8


def steep(v: Values) -> float:
    """Few candidates are near the optimum."""
    return 0.8 - 4 * abs(v["a"] - 0.5) - 4 * abs(v["b"] - 0.5)


def failing(v: Values) -> float:
    """High values of `b` fail."""
    return np.nan if v["b"] > 0.7 else inside(v)


def failing_anywhere(v: Values) -> float:
    """A quarter of the candidates fail, wherever they are."""
    return np.nan if zlib.crc32(repr(v["a"]).encode()) % 4 == 0 else inside(v)


def two_branches(v: Values) -> float:
    """One branch is far better."""
    return 0.8 - abs(v["x"] - 0.5) if v["model"] == "good" else 0.3 - 0.1 * v["z"]


def failing_in_two_ways(v: Values) -> float:
    """Each end of `c` fails for a reason of its own."""
    if v["c"] > 0.8:
        raise ValueError(f"c is too large: {v['c']}")
    if v["c"] < 0.2:
        raise RuntimeError(f"c is too small: {v['c']}")
    return inside(v)


def failing_in_two_ways_anywhere(v: Values) -> float:
    """A fifth of the candidates fails for each of two reasons, wherever they are."""
    number = zlib.crc32(repr(sorted(v.items())).encode()) % 5
    if number < 2:
        raise (ValueError, RuntimeError)[number]("no fit here")
    return inside(v)


def equal_branches(v: Values) -> float:
    """Both branches reach the same score."""
    return 0.8 - abs(v.get("x", v.get("z", 0.5)) - 0.5)


def all_matter(v: Values) -> float:
    """Each parameter has the same effect."""
    return 0.8 - sum((v[name] - 0.5) ** 2 for name in "abc")


def plateau(v: Values) -> float:
    """Half of the space is equally good, the other half is bad."""
    return 0.8 if v["a"] > 0.5 else 0.3


def ten_parameters(v: Values) -> float:
    """The optimum is far from the middle in ten dimensions, and 60 candidates do not find it."""
    return 0.8 - sum((v[name] - (0.1 if name in "aceg" else 0.85)) ** 2 for name in "abcdefghij")


BRANCHES = hp.choice("m", [{"model": "good", "x": hp.uniform(0, 1)}, {"model": "bad", "z": hp.uniform(0, 1)}])
TEN = {name: hp.uniform(0, 1) for name in "abcdefghij"}
WIDE = {"a": hp.uniform(2, 3), "b": hp.uniform(0, 1)}
# What runs; the rules that must speak, and those that must not. An algorithm that learns must say "rising" and not
# "flat" of "ten parameters", and its many candidates near the best of "few good ones" can hardly be told apart.
SCENARIOS: dict[str, tuple[Callable[[Values], float], Any, Values, set[str], set[str]]] = {
    "optimum inside": (
        inside,
        SPACE,
        {},
        {"decisive", "idle"},
        {"edge", "failures", "fold", "behind", "constant", "ceiling"},
    ),
    "optimum at the edge": (lambda v: at_the_edge({**v, "a": v["a"] - 2}), WIDE, {}, {"edge"}, {"failures", "fold"}),
    "only noise": (nothing, SPACE, {}, {"same"}, {"edge", "decisive", "failures", "fold", "behind", "rising"}),
    "few good ones": (steep, SPACE, {"noise": 0.002}, {"decisive"}, {"same", "edge", "fold"}),
    "failures in a region": (failing, SPACE, {}, {"failures"}, {"edge", "fold"}),
    "failures anywhere": (failing_anywhere, SPACE, {}, set(), {"failures", "edge", "fold"}),
    "failures at both ends": (failing_in_two_ways, SPACE, {}, {"failures"}, {"edge", "fold"}),
    "two failures anywhere": (failing_in_two_ways_anywhere, SPACE, {}, set(), {"failures", "edge", "fold"}),
    "an odd fold": (inside, SPACE, {"odd_fold": -0.4}, {"fold"}, {"edge", "failures"}),
    "a branch behind": (two_branches, BRANCHES, {}, {"behind"}, {"failures", "fold"}),
    "equal branches": (equal_branches, BRANCHES, {}, set(), {"behind", "failures", "fold"}),
    "all matter": (all_matter, SPACE, {}, set(), {"idle", "edge", "behind"}),
    "a plateau": (plateau, SPACE, {"noise": 0.0}, {"flat", "same", "idle"}, {"edge", "rising", "failures", "fold"}),
    "ten parameters": (ten_parameters, TEN, {"noise": 0.002}, set(), {"no_gain", "failures", "fold"}),
}


def kinds(name: str, seed: int, algo: Any, n: int) -> set[str]:
    """The rules that speak in one search."""
    law, space, settings, _, _ = SCENARIOS[name]
    X = np.repeat(np.arange(5.0), 20)[:, None]
    search = HyperoptSearchCV(
        Known(law, seed=seed, **settings), space, max_evals=n, cv=KFold(5), algo=algo, random_state=seed, refit=False
    )
    with warnings.catch_warnings(), suppress(ValueError):  # the first five candidates may fail with one error
        warnings.simplefilter("ignore")
        search.fit(X)
    return {finding.kind for finding in search.advice_}


def main() -> None:
    """Print, for each scenario, how often each rule spoke, and whether that is an alarm or a hit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searches", type=int, default=100)
    parser.add_argument("--algo", default=None)
    parser.add_argument("--n", type=int, default=60)
    parser.add_argument("--scenarios", default="")
    arguments = parser.parse_args()
    chosen = [name for name in arguments.scenarios.split(",") if name] or list(SCENARIOS)
    for name in chosen:
        _, _, _, must, must_not = SCENARIOS[name]
        counts: Counter[str] = Counter()
        for seed in range(arguments.searches):
            counts.update(kinds(name, seed, arguments.algo, arguments.n))
        share = {kind: counts[kind] / arguments.searches for kind in sorted({*counts, *must, *must_not})}
        print(name)
        for kind, value in share.items():
            role = "hit" if kind in must else "false alarm" if kind in must_not else ""
            print(f"    {kind:10} {value:6.3f}  {role}", flush=True)


if __name__ == "__main__":
    main()
