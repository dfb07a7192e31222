"""What every algorithm promises."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpsklearn_search import fmin, hp
from hpsklearn_search.space import Space
from hpsklearn_search.suggest import anneal, auto, gp, mix, rand, tpe
from hpsklearn_search.trials import Outcome, Trials
from tests.strategies import spaces

MIXED = [(0.3, rand.suggest), (0.3, anneal.suggest), (0.4, tpe.suggest)]
ALGORITHMS = {
    "rand": rand.suggest,
    "tpe": tpe.suggest,
    "gp": gp.suggest,
    "auto": auto.suggest,
    "anneal": anneal.suggest,
    "mix": functools.partial(mix.suggest, p_suggest=MIXED),
}
BRANCHES = Space(
    hp.choice(
        "model",
        [
            {"C": hp.logrange("C", 1e-3, 1e3), "kernel": hp.choice("kernel", ["rbf", "poly", "linear"])},
            {"depth": hp.uniformint("depth", 1, 12), "rate": hp.quniform("rate", 0, 1, 0.25)},
            {"mu": hp.normal("mu", 0, 1)},
        ],
    )
)


def filled(space: Space, n: int, *, seed: int = 0, failing: float = 0.2, pending: int = 0) -> Trials:
    """A record of `n` random trials, some of them failed, the last ones pending."""
    rng = np.random.default_rng(seed)
    trials = Trials()
    for number in range(n):
        trials.record.add(space.draw(rng))
        if number < n - pending:
            fails = rng.random() < failing
            trials.record.finish(number, Outcome("fail") if fails else Outcome("ok", loss=float(rng.normal())))
    return trials


@pytest.mark.parametrize("name", ALGORITHMS)
@given(space=spaces(), n=st.sampled_from([0, 1, 12, 30]), seed=st.integers(0, 2**62))
@settings(max_examples=25, deadline=None)
def test_a_suggestion_lies_in_the_space(name: str, space: Any, n: int, seed: int) -> None:
    """For any space and record, the point has the active labels, with values that can be drawn."""
    parsed = Space(space)
    [point] = ALGORITHMS[name]([n], parsed, filled(parsed, n, pending=min(n, 2)), seed)
    assert parsed.check(point) == point


@pytest.mark.parametrize("name", ALGORITHMS)
def test_equal_records_and_seeds_give_equal_suggestions(name: str) -> None:
    """Algorithms keep no state besides the record, so a record that was just loaded gives the same suggestion."""
    old, fresh = filled(BRANCHES, 40), filled(BRANCHES, 40)
    for n in (25, 32, 40):  # the old record has a history of suggestions, the fresh one has not
        ALGORITHMS[name]([n], BRANCHES, old.limited_to(n), seed=1)
    assert ALGORITHMS[name]([40], BRANCHES, old, seed=5) == ALGORITHMS[name]([40], BRANCHES, fresh, seed=5)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_another_seed_gives_another_suggestion(name: str) -> None:
    """Twenty seeds give twenty points; some share a coordinate, because a step on one axis keeps the other."""
    space = Space({"x": hp.uniform("x", 0, 1), "y": hp.normal("y", 0, 1)})
    trials = filled(space, 30)
    points = [ALGORITHMS[name]([30], space, trials, seed)[0] for seed in range(20)]
    assert len({(point["x"], point["y"]) for point in points}) == 20
    assert min(len({point[label] for point in points}) for label in space.labels) > 10


@pytest.mark.parametrize("name", ["tpe", "gp", "auto", "anneal", "mix"])
def test_outcomes_beyond_the_view_change_nothing(name: str) -> None:
    """Outcomes of the last five trials do not matter while they are hidden."""
    good, bad = (filled(BRANCHES, 30, pending=5) for _ in range(2))
    for number in range(25, 30):
        good.record.finish(number, Outcome("ok", loss=-100.0))
        bad.record.finish(number, Outcome("fail"))
    suggest = ALGORITHMS[name]
    assert suggest([30], BRANCHES, good.limited_to(25), 3) == suggest([30], BRANCHES, bad.limited_to(25), 3)


@pytest.mark.parametrize("name", ["tpe", "gp", "auto", "anneal"])
def test_failed_trials_repel(name: str) -> None:
    """If half of the line always fails, few of the last twenty suggestions go there (of random ones, ten would)."""
    space, trials = Space(hp.uniform("x", 0, 1)), Trials()
    inside = 0
    for number in range(50):
        [point] = ALGORITHMS[name]([number], space, trials, seed=number)
        trials.record.add(point)
        fails = point["x"] > 0.5
        inside += fails and number >= 30
        trials.record.finish(number, Outcome("fail") if fails else Outcome("ok", loss=(point["x"] - 0.3) ** 2))
    assert inside <= 6


@pytest.mark.parametrize("name", ["tpe", "gp", "auto"])
def test_open_trials_repel(name: str) -> None:
    """Eight suggestions that are pending together keep a distance from each other."""
    space, trials = Space({"x": hp.uniform("x", 0, 1), "y": hp.uniform("y", 0, 1)}), Trials()
    rng = np.random.default_rng(0)
    for number in range(30):
        point = space.draw(rng)
        trials.record.add(point)
        loss = (point["x"] - 0.3) ** 2 + (point["y"] - 0.7) ** 2
        trials.record.finish(number, Outcome("ok", loss=loss))
    for number in range(30, 38):
        trials.record.add(ALGORITHMS[name]([number], space, trials, seed=number)[0])
    last = trials.history(space).units[30:]
    separation = np.linalg.norm(last[:, None] - last[None], axis=2)[np.triu_indices(8, 1)]
    assert separation.min() > 1e-3


@pytest.mark.parametrize("name", ["tpe", "gp", "auto", "anneal", "mix"])
def test_no_point_is_suggested_twice_while_there_are_others(name: str) -> None:
    """A search visits the sixty points of a grid in sixty trials."""
    seen = []
    space = {"a": hp.choice("a", list("pqrst")), "b": hp.randint("b", 12)}
    fmin(lambda point: seen.append(tuple(point.values())) or float(point["b"]), space, ALGORITHMS[name], 60, rstate=1,
         show_progressbar=False)  # fmt: skip
    assert len(set(seen)) == 60


@pytest.mark.parametrize(("space", "more"), [(Space({"x": hp.uniform("x", 0, 1)}), 0), (BRANCHES, 10)])
@pytest.mark.parametrize(("name", "jobs"), [("tpe", 10), ("gp", 8), ("auto", 8)])
def test_as_many_trials_as_documented_are_drawn_whatever_the_losses(
    name: str, jobs: int, space: Space, more: int
) -> None:
    """With one trial less, losses change none of ten seeds' suggestions; with this number they change some."""

    def n_known(n: int, seed: int, sign: float) -> dict[str, Any]:
        trials, rng = Trials(), np.random.default_rng(seed)
        for number in range(n):
            trials.record.add(space.draw(rng))
            trials.record.finish(number, Outcome("ok", loss=sign * number))
        [point] = ALGORITHMS[name]([n], space, trials, seed)
        return point

    n = jobs + more
    assert not any(n_known(n - 1, seed, 1.0) != n_known(n - 1, seed, -1.0) for seed in range(10))
    assert any(n_known(n, seed, 1.0) != n_known(n, seed, -1.0) for seed in range(10))


def branin(p: dict[str, float]) -> float:
    """A function with several minima."""
    x, y = p["x"], p["y"]
    return (y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6) ** 2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10


def bowl(p: dict[str, float]) -> float:
    """A function of five parameters with one minimum, away from the middle, where the first trial is."""
    return sum((v - 0.5 - 0.1 * i) ** 2 for i, v in enumerate(p.values()))


def branches(p: dict[str, Any]) -> float:
    """A function of two branches, of which the one that starts worse has the better minimum."""
    return abs(np.log10(p["C"]) - 1) if "C" in p else 1.0 + abs(p["z"])


FUNCTIONS = {
    "branin": (branin, {"x": hp.uniform("x", -5, 10), "y": hp.uniform("y", 0, 15)}),
    "bowl": (bowl, {f"x{i}": hp.uniform(f"x{i}", -1, 1) for i in range(5)}),
    "branches": (branches, hp.choice("b", [{"C": hp.logrange("C", 1e-6, 1e6)}, {"z": hp.normal("z", 0, 1)}])),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(("name", "n"), [("tpe", 40), ("auto", 40), ("anneal", 100)])
def test_the_median_best_beats_random_search(name: str, n: int, function: str) -> None:
    """Over 20 seeds of `n` trials; an algorithm no better than random search would fail at least half of the time."""
    f, space = FUNCTIONS[function]

    def best(algo: Any, seed: int) -> float:
        losses: list[float] = []
        fmin(lambda p: losses.append(f(p)) or losses[-1], space, algo, n, rstate=seed, show_progressbar=False)
        return min(losses)

    median = np.median([best(ALGORITHMS[name], seed) for seed in range(20)])
    assert median < 0.8 * np.median([best(rand.suggest, seed) for seed in range(20)])


def test_options_of_tpe_can_be_bound() -> None:
    """The names of hyperopt's options work with functools.partial."""
    algo = functools.partial(
        tpe.suggest, n_startup_jobs=3, n_EI_candidates=8, gamma=0.3, prior_weight=2.0, verbose=False
    )
    assert set(fmin(lambda x: x**2, hp.uniform("x", -1, 1), algo, 10, rstate=0, show_progressbar=False)) == {"x"}


@pytest.mark.parametrize("name", ["tpe", "auto", "anneal"])
@pytest.mark.parametrize(
    "space",
    [
        {"c": hp.choice("c", list(range(10_000))), "x": hp.uniform("x", 0, 1)},
        {f"x{i}": hp.uniform(f"x{i}", 0, 1) for i in range(200)},
        hp.choice("c", [{f"x{i}.{j}": hp.uniform(f"x{i}.{j}", 0, 1) for j in range(10)} for i in range(100)]),
    ],
    ids=["10,000 options", "200 parameters", "1,000 parameters in a tree"],
)
def test_large_spaces_are_searched(name: str, space: Any) -> None:
    """After forty trials, well beyond the start-up phase, the suggestion is valid."""
    parsed = Space(space)
    [point] = ALGORITHMS[name]([40], parsed, filled(parsed, 40), 0)
    assert parsed.check(point)
