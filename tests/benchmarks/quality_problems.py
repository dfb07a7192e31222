"""Problems for `search_quality.py`: made functions of six kinds, most of them moved about from instance to instance.

An instance of a problem is one place of its optimum (and, of a tree, one order of its branches): seed s of
a comparison runs instance s, so nothing can be tuned to where an optimum happens to lie.

>>> [problem.kind for problem in made_problems(0)][:2]
['smooth', 'smooth']
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Config = dict[str, Any]


@dataclass(frozen=True)
class Axis:
    """One parameter: a range, whole numbers of a range, or options; `when` names the option that activates it."""

    name: str
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    whole: bool = False
    options: tuple[Any, ...] = ()
    when: tuple[str, Any] | None = None

    def value(self, u: float) -> Any:
        """The value at quantile `u`."""
        if self.options:
            return self.options[min(int(u * len(self.options)), len(self.options) - 1)]
        half = 0.5 if self.whole else 0.0
        low, high = self.low - half, self.high + half
        if self.log:
            low, high = math.log(low), math.log(high)
        x = low + u * (high - low)
        x = math.exp(x) if self.log else x
        x = min(max(x, self.low), self.high)
        return round(x) if self.whole else x


@dataclass(frozen=True)
class Problem:
    """A loss over axes; `noise` is the standard deviation of an observation, `best` the smallest loss if known."""

    name: str
    kind: str
    axes: tuple[Axis, ...]
    loss: Callable[[Config], float]
    noise: float = 0.0
    best: float | None = None
    reference: int = 4000
    """How many random draws stand for the prior."""
    moves: bool = True
    """Whether its instances differ."""

    def at(self, quantiles: np.ndarray) -> Config:
        """The configuration at the quantiles of its axes, those of inactive ones ignored."""
        config: Config = {}
        for axis, u in zip(self.axes, quantiles, strict=True):
            if axis.when is None or config.get(axis.when[0]) == axis.when[1]:
                config[axis.name] = axis.value(float(u))
        return config


def cube(d: int, low: float = 0.0, high: float = 1.0) -> tuple[Axis, ...]:
    """`d` numeric axes x0, x1, ... of one range."""
    return tuple(Axis(f"x{i}", low, high) for i in range(d))


def _array(c: Config) -> np.ndarray:
    return np.array([v for k, v in c.items() if k.startswith("x")])


# ---------------------------------------------------------------------- smooth
def _moved(f: Callable[[np.ndarray], float], d: int, half: float, rng: np.random.Generator) -> Any:
    """`f`, with its minimum at 0, on a cube where that lies at a random inner point."""
    centre = rng.uniform(-0.6, 0.6, d) * half
    return lambda c: float(f(_array(c) - centre))


def _camel(x: np.ndarray) -> float:
    """Six humps, two of them lowest (Dixon and Szego, 1978); the minimum shifted to 0 and lifted to 0."""
    a, b = x[0] + 0.0898, x[1] - 0.7126
    return (4 - 2.1 * a**2 + a**4 / 3) * a**2 + a * b + (-4 + 4 * b**2) * b**2 + 1.0316284535


def _rastrigin(x: np.ndarray) -> float:
    """A bowl full of ripples (Rastrigin, 1974)."""
    return float((x**2 + 3 * (1 - np.cos(2 * np.pi * x))).sum())


def _ellipsoid(x: np.ndarray) -> float:
    """A bowl a hundred times as steep on its last axis as on its first, on a logarithmic scale."""
    return float(np.log1p((10.0 ** np.linspace(0, 2, len(x)) * x**2).sum()))


def _dixon(x: np.ndarray) -> float:
    """A chain of coupled valleys (Dixon and Price, 1989), its minimum where all are 0 here."""
    z = x + np.array([2.0 ** -((2.0**i - 2) / 2.0**i) for i in range(1, len(x) + 1)])
    i = np.arange(2, len(x) + 1)
    return float(np.log1p((z[0] - 1) ** 2 + (i * (2 * z[1:] ** 2 - z[:-1]) ** 2).sum()))


def _zakharov(x: np.ndarray) -> float:
    """A bowl with a bent ridge of fourth order."""
    t = float((0.5 * np.arange(1, len(x) + 1) * x).sum())
    return float(np.log1p((x**2).sum() + t**2 + t**4))


def _funnels(d: int, rng: np.random.Generator) -> Any:
    """Eight wells of unequal depth and width; only half of the axes matter much."""
    centres, width = rng.uniform(0.1, 0.9, (8, d)), rng.uniform(0.15, 0.45, 8)
    depth, scale = np.append(1.0, rng.uniform(0.3, 0.85, 7)), np.where(np.arange(d) % 2, 0.3, 1.0)

    def loss(c: Config) -> float:
        away = (((_array(c) - centres) * scale) ** 2).sum(axis=1)
        return float(1 - (depth * np.exp(-away / (2 * width**2))).max())

    return loss


def _needle(rng: np.random.Generator) -> Any:
    """A wide bowl, and next to it a well of a tenth of the width that goes deeper."""
    bowl, well = rng.uniform(0.2, 0.8, 3), rng.uniform(0.1, 0.9, 3)

    def loss(c: Config) -> float:
        x = _array(c)
        deep = 0.6 * math.exp(-float(((x - well) ** 2).sum()) / (2 * 0.08**2))
        return 0.6 + min(1.0, float(((x - bowl) ** 2).sum())) - deep

    return loss


# ---------------------------------------------------------------------- like tuning
def _booster(rng: np.random.Generator) -> Any:
    """Rate and rounds trade off, depth is a step, two options shift the best."""
    shift = dict(zip(("gini", "entropy", "log"), rng.permutation([0.0, 0.4, 0.9]), strict=True))
    at, depth = rng.uniform(0.6, 1.4), int(rng.integers(3, 7))

    def loss(c: Config) -> float:
        balance = math.log10(c["rate"]) + math.log10(c["rounds"]) - at - shift[c["criterion"]]
        overfit = 0.03 * abs(c["depth"] - (depth if c["bootstrap"] else depth + 3))
        start = 0.1 * shift[c["criterion"]] + (0 if c["bootstrap"] else 0.05)
        return balance**2 + overfit + 0.2 * (c["subsample"] - 0.8) ** 2 + start

    return loss


def _network(rng: np.random.Generator) -> Any:
    """A rate that diverges beyond a cliff which depends on the optimiser, and a flat penalty."""
    cliff = dict(zip(("sgd", "adam", "rmsprop"), rng.permutation([-0.5, -2.0, -1.2]), strict=True))
    gain = dict(zip(("relu", "tanh", "elu", "gelu"), rng.permutation([0.0, 0.02, 0.05, 0.1]), strict=True))
    layers, drop = int(rng.integers(2, 6)), rng.uniform(0.1, 0.4)

    def loss(c: Config) -> float:
        slack = cliff[c["solver"]] - math.log10(c["rate"])
        if slack < 0:
            return 0.9
        fit = 1 - math.exp(-0.35 * (slack - 0.3) ** 2)
        size = 0.04 * abs(c["layers"] - layers) + 0.02 * (math.log2(c["units"]) - 6) ** 2
        return min(
            0.9,
            0.05
            + 0.5 * fit
            + size
            + gain[c["activation"]]
            + 0.4 * (c["drop"] - drop) ** 2
            + 0.01 * abs(math.log10(c["decay"]) + 4),
        )

    return loss


def _plateaus(rng: np.random.Generator) -> Any:
    """An accuracy over 60 test points: steps, with large plateaus."""
    centre = rng.uniform(0.2, 0.8, 4)
    return lambda c: math.floor(60 * min(1.0, float(np.abs(_array(c) - centre).mean()) * 1.6)) / 60


def _explosion(rng: np.random.Generator) -> Any:
    """A bowl, and in a third of the space losses of all magnitudes up to ten billion."""
    centre, normal = rng.uniform(0.3, 0.7, 4), rng.normal(size=4)

    def loss(c: Config) -> float:
        x = _array(c)
        beyond = float((x - centre) @ normal) / float(np.linalg.norm(normal))
        return float(((x - centre) ** 2).sum()) + (10 ** min(10.0, 40 * (beyond - 0.15)) if beyond > 0.15 else 0.0)

    return loss


# ---------------------------------------------------------------------- conditional
FAMILY_AXES = (
    Axis("family", options=("linear", "kernel", "forest")),
    Axis("penalty", 1e-4, 1e4, log=True, when=("family", "linear")),
    Axis("cost", 1e-3, 1e3, log=True, when=("family", "kernel")),
    Axis("kernel", options=("rbf", "poly"), when=("family", "kernel")),
    Axis("gamma", 1e-6, 10, log=True, when=("kernel", "rbf")),
    Axis("degree", 2, 6, whole=True, when=("kernel", "poly")),
    Axis("leaves", 2, 128, whole=True, when=("family", "forest")),
    Axis("share", 0.05, 1.0, when=("family", "forest")),
)


def _families(rng: np.random.Generator) -> Any:
    """Three model families; the one with the best average does not hold the best point."""
    cost, gamma = rng.uniform(-1, 2), rng.uniform(-4, -1)
    leaves, share = rng.uniform(20, 100), rng.uniform(0.2, 0.8)

    def loss(c: Config) -> float:
        if c["family"] == "linear":
            return 0.30 + 0.01 * abs(math.log10(c["penalty"]))
        if c["family"] == "kernel":
            rbf = c["kernel"] == "rbf"
            width = 0.2 * (math.log10(c["gamma"]) - gamma) ** 2 if rbf else 0.1 * abs(c["degree"] - 3) + 0.1
            return 0.10 + 0.05 * (math.log10(c["cost"]) - cost) ** 2 + width
        return 0.2 + 0.3 * abs(c["leaves"] - leaves) / 100 + 0.5 * (c["share"] - share) ** 2

    return loss


def _branch_axes(sizes: tuple[int, ...]) -> tuple[Axis, ...]:
    """A choice of branches with so many numeric parameters each."""
    options = tuple("abcdefgh"[: len(sizes)])
    under = [Axis(f"{o}{i}", when=("branch", o)) for o, n in zip(options, sizes, strict=True) for i in range(n)]
    return (Axis("branch", options=options), *under)


def _branches(
    sizes: tuple[int, ...], steep: tuple[float, ...], floor: tuple[float, ...], rng: np.random.Generator
) -> Any:
    """A bowl in each branch: some shallow and soon good, others steep, and better in the end."""
    options = "abcdefgh"[: len(sizes)]
    order = rng.permutation(len(sizes))
    centre = {o: rng.uniform(0.15, 0.85, n) for o, n in zip(options, sizes, strict=True)}

    def loss(c: Config) -> float:
        at, o = order[options.index(c["branch"])], c["branch"]
        x = np.array([c[f"{o}{i}"] for i in range(len(centre[o]))])
        return floor[at] + steep[at] * float(((x - centre[o]) ** 2).mean()) if len(x) else floor[at]

    return loss


PIPELINE_AXES = (
    Axis("scaler", options=("none", "standard", "quantile")),
    Axis("bins", 10, 200, log=True, whole=True, when=("scaler", "quantile")),
    Axis("reduce", options=("none", "pca", "select")),
    Axis("variance", 0.5, 0.99, when=("reduce", "pca")),
    Axis("keep", 2, 30, whole=True, when=("reduce", "select")),
    Axis("model", options=("svm", "trees")),
    Axis("C", 1e-3, 1e3, log=True, when=("model", "svm")),
    Axis("gamma", 1e-5, 10, log=True, when=("model", "svm")),
    Axis("depth", 1, 20, whole=True, when=("model", "trees")),
    Axis("rate", 1e-3, 1, log=True, when=("model", "trees")),
)


def _pipeline(rng: np.random.Generator) -> Any:
    """Three steps with options of their own; scaling matters to one of the models only."""
    cost, gamma, depth, rate = rng.uniform(-1, 2), rng.uniform(-4, -1), rng.uniform(3, 12), rng.uniform(-2, -0.5)
    keep, variance = rng.uniform(5, 25), rng.uniform(0.7, 0.95)
    base = dict(zip(("svm", "trees"), rng.permutation([0.10, 0.13]), strict=True))

    def loss(c: Config) -> float:
        cut = {
            "none": 0.03,
            "pca": 2 * (c.get("variance", 0) - variance) ** 2,
            "select": 0.01 + 0.004 * abs(c.get("keep", 0) - keep),
        }[c["reduce"]]
        if c["model"] == "svm":
            scale = {"none": 0.15, "standard": 0.0, "quantile": 0.02 + 0.02 * abs(math.log10(c.get("bins", 1)) - 2)}
            ridge = (math.log10(c["C"]) + math.log10(c["gamma"]) - cost - gamma) ** 2
            rest = scale[c["scaler"]] + 0.04 * ridge + 0.01 * (math.log10(c["C"]) - cost) ** 2
        else:
            rest = 0.01 * abs(c["depth"] - depth) + 0.08 * (math.log10(c["rate"]) - rate) ** 2
        return base[c["model"]] + cut + rest

    return loss


# ---------------------------------------------------------------------- discrete
def _lattice(rng: np.random.Generator) -> Any:
    """A rugged bowl on a grid."""
    a, b = int(rng.integers(2, 10)), int(rng.integers(1, 7))
    cost = dict(zip("abc", rng.permutation([0.0, 0.6, 1.3]), strict=True))
    return lambda c: (
        (c["i"] - a) ** 2
        + 2 * (c["j"] - b) ** 2
        + 0.5 * abs(c["i"] - c["j"])
        + cost[c["k"]]
        + 0.7 * ((3 * c["i"] + 5 * c["j"]) % 4)
    )


def _switches(n: int, rng: np.random.Generator) -> Any:
    """Switches that help or harm, some only together."""
    alone, pairs = rng.normal(0, 1, n), np.triu(rng.normal(0, 0.7, (n, n)) * (rng.random((n, n)) < 0.2), 1)

    def loss(c: Config) -> float:
        on = np.array([float(c[f"s{i}"]) for i in range(n)])
        return float(alone @ on + on @ pairs @ on)

    return loss


# ---------------------------------------------------------------------- the set
def made_problems(instance: int) -> list[Problem]:
    """All made problems at one instance."""

    def rng(number: int) -> np.random.Generator:
        return np.random.default_rng([instance, number, 97])

    def bowl(
        name: str, f: Callable[[np.ndarray], float], d: int, half: float, number: int, noise: float = 0.0
    ) -> Problem:
        kind = "noisy" if noise else "smooth"
        return Problem(name, kind, cube(d, -half, half), _moved(f, d, half, rng(number)), noise, 0.0)

    booster_axes = (
        Axis("criterion", options=("gini", "entropy", "log")),
        Axis("rate", 1e-3, 1.0, log=True),
        Axis("rounds", 8, 512, log=True, whole=True),
        Axis("depth", 1, 12, whole=True),
        Axis("bootstrap", options=(True, False)),
        Axis("subsample", 0.3, 1.0),
    )
    network_axes = (
        Axis("rate", 1e-5, 1.0, log=True),
        Axis("solver", options=("sgd", "adam", "rmsprop")),
        Axis("layers", 1, 8, whole=True),
        Axis("units", 8, 512, log=True, whole=True),
        Axis("activation", options=("relu", "tanh", "elu", "gelu")),
        Axis("drop", 0.0, 0.6),
        Axis("decay", 1e-7, 1e-1, log=True),
    )
    grid = (Axis("i", 0, 11, whole=True), Axis("j", 0, 8, whole=True), Axis("k", options=("a", "b", "c")))
    two, five = (2, 4), (1, 2, 3, 3, 4)
    return [
        bowl("camel2", _camel, 2, 2.5, 1),
        bowl("rastrigin4", _rastrigin, 4, 3.0, 2),
        bowl("ellipsoid8", _ellipsoid, 8, 3.0, 3),
        bowl("dixon5", _dixon, 5, 3.0, 4),
        bowl("zakharov3", _zakharov, 3, 5.0, 5),
        Problem("funnels6", "smooth", cube(6), _funnels(6, rng(6)), best=0.0),
        Problem("needle3", "smooth", cube(3), _needle(rng(7))),
        Problem("booster", "mixed", booster_axes, _booster(rng(8))),
        Problem("network", "mixed", network_axes, _network(rng(9))),
        Problem("plateaus", "mixed", cube(4), _plateaus(rng(10)), best=0.0),
        Problem("explosion", "mixed", cube(4), _explosion(rng(11)), best=0.0),
        Problem("families", "conditional", FAMILY_AXES, _families(rng(12)), best=0.1),
        Problem(
            "two branches", "conditional", _branch_axes(two), _branches(two, (1.0, 3.0), (0.1, 0.0), rng(13)), best=0.0
        ),
        Problem(
            "five branches",
            "conditional",
            _branch_axes(five),
            _branches(five, (0.4, 3.0, 1.5, 1.0, 4.0), (0.12, 0.0, 0.08, 0.05, 0.03), rng(14)),
            best=0.0,
        ),
        Problem("pipeline", "conditional", PIPELINE_AXES, _pipeline(rng(15))),
        bowl("noisy zakharov3", _zakharov, 3, 5.0, 16, noise=0.5),
        bowl("noisy camel2", _camel, 2, 2.5, 17, noise=1.0),
        Problem("noisy families", "noisy", FAMILY_AXES, _families(rng(18)), noise=0.03, best=0.1),
        Problem("lattice", "discrete", grid, _lattice(rng(19))),
        Problem(
            "switches",
            "discrete",
            tuple(Axis(f"s{i}", options=(False, True)) for i in range(10)),
            _switches(10, rng(20)),
        ),
    ]
