"""`Optimizer`: ask and tell, for a loop that is not ours."""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import numpy as np
import pytest

from hpsklearn_search import Optimizer, Trials, anneal, auto, fmin, hp, rand, tpe
from hpsklearn_search.exceptions import AllTrialsFailed, InvalidLoss, InvalidResultStatus, InvalidTrial
from hpsklearn_search.trials import STATUS_FAIL

SPACE = {"x": hp.uniform("x", -5, 5), "k": hp.choice("k", [{"n": hp.randint("n", 5)}, "none"])}


def loss(configuration: dict[str, Any]) -> float:
    """A valley at 1, a little deeper where n is 3."""
    k = configuration["k"]
    return (configuration["x"] - 1) ** 2 + (abs(k["n"] - 3) if k != "none" else 5)


def n_known(n: int, **kwargs: Any) -> Optimizer:
    """An optimizer after `n` trials, one after the other."""
    optimizer = Optimizer(SPACE, **{"algo": tpe.suggest, "random_state": 0, **kwargs})
    for _ in range(n):
        suggestion = optimizer.ask()
        optimizer.tell(suggestion, loss(suggestion.configuration))
    return optimizer


@pytest.mark.parametrize("algo", [None, "tpe", rand.suggest, anneal.suggest], ids=["auto", "tpe", "rand", "anneal"])
def test_ask_and_tell_is_the_search_that_fmin_makes(algo: Any) -> None:
    """The same suggestions from the same seed, one trial after the other."""
    trials = Trials()
    best = fmin(loss, SPACE, algo, 25, trials=trials, rstate=7, show_progressbar=False)
    optimizer = n_known(25, algo=algo, random_state=7)
    assert [trial.point for trial in optimizer.trials.record] == [trial.point for trial in trials.record]
    assert optimizer.best.point == best
    assert optimizer.trials.losses() == trials.losses()


def test_a_suggestion_has_its_number_its_point_and_its_configuration() -> None:
    """The point has raw values, the configuration is what an objective gets."""
    suggestions = Optimizer(SPACE, random_state=0).ask(20)
    assert [suggestion.number for suggestion in suggestions] == list(range(20))
    for suggestion in suggestions:
        if suggestion.point["k"] == 0:
            assert suggestion.configuration["k"] == {"n": suggestion.point["n"]}
        else:
            assert suggestion.configuration["k"] == "none"
            assert "n" not in suggestion.point


def test_outcomes_may_come_in_any_order() -> None:
    """By suggestion, or by its number."""
    optimizer = Optimizer(SPACE, random_state=0)
    first, second, third = optimizer.ask(3)
    optimizer.tell(third, 3.0)
    optimizer.tell(0, 1.0)
    assert optimizer.pending == [second]
    assert optimizer.trials.losses() == [1.0, None, 3.0]
    assert optimizer.best == first


@pytest.mark.parametrize("algo", [tpe.suggest, auto.suggest], ids=["tpe", "auto"])
def test_pending_suggestions_keep_the_next_ones_away(algo: Any) -> None:
    """Eight at once do not fall on one point, though a valley is known."""
    optimizer = Optimizer([hp.uniform("x", 0, 1), hp.uniform("y", 0, 1)], algo, random_state=0)
    for x, y in np.random.default_rng(0).random((30, 2)).tolist():
        optimizer.tell({"x": x, "y": y}, (x - 0.3) ** 2 + (y - 0.7) ** 2)
    asked = np.array([suggestion.configuration for suggestion in optimizer.ask(8)])
    apart = np.linalg.norm(asked[:, None] - asked[None], axis=2)[np.triu_indices(8, 1)]
    assert apart.min() > 1e-3


def test_a_finite_space_is_suggested_without_repeats() -> None:
    """Then it begins anew, since a measurement may be noisy."""
    optimizer = Optimizer(hp.choice("c", list("abcdefghi")), random_state=0)
    assert sorted(suggestion.configuration for suggestion in optimizer.ask(9)) == list("abcdefghi")
    assert optimizer.ask().configuration in "abcdefghi"


def test_a_failure_is_known_as_a_bad_point() -> None:
    """An exception, a status, a loss that is not finite: never the best, and they repel."""
    optimizer = Optimizer(hp.uniform("x", 0, 1), tpe.suggest, random_state=0)
    failures = [ValueError("too hot"), {"status": STATUS_FAIL, "loss": -10.0}, float("nan"), float("inf")]
    inside = 0
    for number in range(60):
        suggestion = optimizer.ask()
        x = suggestion.configuration
        inside += x > 0.5 and number >= 40
        optimizer.tell(suggestion, failures[number % 4] if x > 0.5 else (x - 0.3) ** 2)
    assert inside <= 5  # of random ones, ten
    assert optimizer.best.configuration < 0.5
    assert "too hot" in {trial.outcome.failure.message for trial in optimizer.trials.record if trial.outcome.failure}


def test_points_to_evaluate_come_first() -> None:
    """In their order, an option as its index, without what is inactive in them."""
    points = [{"x": 0.0, "k": 1}, {"x": 1.0, "k": 0, "n": 3}]
    optimizer = Optimizer(SPACE, points_to_evaluate=[{"x": 0.0, "k": "none", "n": 2}, points[1]])
    assert [suggestion.point for suggestion in optimizer.ask(3)][:2] == points


def test_a_trial_of_ones_own_is_part_of_the_record() -> None:
    """It need not have been suggested, and may be a second measurement of the same point."""
    optimizer = n_known(5)
    for value in (-2.0, -1.0):
        optimizer.tell({"x": 1.0, "k": 1}, value)
    assert optimizer.trials.losses()[5:] == [-2.0, -1.0]
    assert optimizer.best.number == 5
    assert optimizer.ask().number == 7


def test_a_record_is_continued() -> None:
    """That of a search, with what was still running in it as pending."""
    trials = Trials()
    fmin(loss, SPACE, rand.suggest, 6, trials=trials, rstate=0, show_progressbar=False)
    running = trials.record.add({"x": 0.5, "k": 1})
    optimizer = Optimizer(SPACE, trials=trials)
    assert [suggestion.number for suggestion in optimizer.pending] == [running.number]
    optimizer.tell(optimizer.pending[0], 0.1)
    assert (len(trials), optimizer.ask().number) == (7, 7)


@pytest.mark.parametrize("asked", [0, 2])
def test_a_pickled_optimizer_goes_on_as_the_original_does(asked: int) -> None:
    """Also with suggestions in the air."""
    original = n_known(15)
    in_the_air = original.ask(asked) if asked else []
    copy = pickle.loads(pickle.dumps(original))
    assert copy.pending == in_the_air
    for optimizer in (original, copy):
        for suggestion in optimizer.pending:
            optimizer.tell(suggestion.number, loss(suggestion.configuration))
    assert copy.ask(3) == original.ask(3)


def test_another_seed_suggests_something_else() -> None:
    """And no seed something new each time, after the first point, which is in the middle of the space."""
    points = [Optimizer(SPACE, random_state=seed).ask(2)[1].point["x"] for seed in (0, 0, 1, None, None)]
    assert len(set(points)) == 4
    assert points[0] == points[1]


def test_threads_of_another_scheduler_share_an_optimizer() -> None:
    """Four workers ask, wait for one another, and tell; none loses or doubles a trial."""
    optimizer = Optimizer(SPACE, tpe.suggest, random_state=0)
    together = threading.Barrier(4)

    def worker(_: int) -> list[int]:
        numbers = []
        for _ in range(15):
            suggestion = optimizer.ask()
            together.wait(timeout=60)  # all four have asked before anybody tells
            numbers.append(suggestion.number)
            failed = suggestion.number % 10 == 9
            optimizer.tell(suggestion, RuntimeError("no") if failed else loss(suggestion.configuration))
        return numbers

    with ThreadPoolExecutor(4) as pool:
        numbers = [number for part in pool.map(worker, range(4)) for number in part]
    assert sorted(numbers) == list(range(60))
    assert optimizer.pending == []
    assert sum(trial.is_ok for trial in optimizer.trials.record) == 54
    assert optimizer.trials.best_loss < 2.0


def test_a_scheduler_that_submits_futures_needs_nothing_else() -> None:
    """As many in flight as there are workers, a new one for each that comes back."""
    optimizer = Optimizer(SPACE, tpe.suggest, random_state=0)
    with ThreadPoolExecutor(3) as pool:
        futures = {pool.submit(loss, s.configuration): s for s in optimizer.ask(3)}
        while futures:
            done = next(as_completed(futures))
            optimizer.tell(futures.pop(done), done.result())
            if len(optimizer.trials.record) < 40:
                suggestion = optimizer.ask()
                futures[pool.submit(loss, suggestion.configuration)] = suggestion
    assert len(optimizer.trials) == 40
    assert optimizer.trials.best_loss < 2.0


# ---------------------------------------------------------------------- bad input
@pytest.mark.parametrize("result", [None, "0.5", 1j, np.zeros(2), {"status": "ok"}])
def test_what_is_no_loss_is_refused_and_leaves_the_suggestion_pending(result: Any) -> None:
    """A new result for it can be told."""
    optimizer = Optimizer(SPACE, random_state=0)
    suggestion = optimizer.ask()
    for target in (suggestion, suggestion.point):
        with pytest.raises(InvalidLoss, match=r"a real number as loss|without the key 'loss'"):
            optimizer.tell(target, result)
    assert optimizer.pending == [suggestion]
    optimizer.tell(suggestion, 0.5)


def test_an_unknown_status_is_refused() -> None:
    """With those that are known."""
    optimizer = Optimizer(SPACE)
    with pytest.raises(InvalidResultStatus, match="status='great'"):
        optimizer.tell(optimizer.ask(), {"status": "great", "loss": 1.0})


def test_a_suggestion_is_told_of_once() -> None:
    """A second measurement is a trial of its own."""
    optimizer = n_known(1)
    with pytest.raises(ValueError, match=r"trial 0 already has a result; .* tell\(point, result\)"):
        optimizer.tell(0, 1.0)


@pytest.mark.parametrize("suggestion", [5, -1, "0", None, [0]], ids=str)
def test_what_was_not_suggested_is_refused(suggestion: Any) -> None:
    """And what would be right is said."""
    with pytest.raises(ValueError, match=r"tell\(\) takes what its ask\(\) returned"):
        n_known(1).tell(suggestion, 1.0)


def test_a_suggestion_of_another_optimizer_is_refused() -> None:
    """Though its number is known here."""
    optimizer = Optimizer(SPACE, random_state=0)
    optimizer.ask()
    with pytest.raises(ValueError, match="no trial of this optimizer"):
        optimizer.tell(Optimizer(SPACE, random_state=1).ask(), 1.0)


def test_points_outside_the_space_are_refused() -> None:
    """As a first suggestion, with a result, or in a record."""
    with pytest.raises(InvalidTrial, match="unknown label 'z'"):
        Optimizer(SPACE, points_to_evaluate=[{"z": 1}])
    with pytest.raises(InvalidTrial, match=r"9\.0 cannot be drawn"):
        Optimizer(SPACE).tell({"x": 9.0, "k": 1}, 0.0)
    with pytest.raises(InvalidTrial, match="'k', which the space does not have"):
        Optimizer(hp.uniform("x", -5, 5), trials=n_known(2).trials)


def test_a_first_point_may_lie_outside_of_its_bounds_as_in_fmin() -> None:
    """A number; the constants of the space may stand beside it, if they are equal."""
    space = {"x": hp.uniform("x", 0, 1), "seed": 7}
    suggestion = Optimizer(space, points_to_evaluate=[{"x": 1.5, "seed": 7}]).ask()
    assert suggestion.configuration == {"x": 1.5, "seed": 7}
    with pytest.raises(InvalidTrial, match="'seed' is 8, but in the space it is the constant 7"):
        Optimizer(space, points_to_evaluate=[{"x": 0.5, "seed": 8}])


@pytest.mark.parametrize(("n", "error"), [(0, ValueError), (1.5, TypeError), ("2", TypeError)])
def test_a_number_of_suggestions_that_is_none_is_refused(n: Any, error: type[Exception]) -> None:
    """By its name."""
    with pytest.raises(error, match="n must be"):
        Optimizer(SPACE).ask(n)


def test_an_algorithm_that_has_nothing_more_is_named() -> None:
    """Rather than None returned."""
    with pytest.raises(RuntimeError, match="algo has nothing more to suggest after 0 trials"):
        Optimizer(SPACE, lambda new_ids, domain, trials, seed: []).ask()


def test_without_a_success_there_is_no_best() -> None:
    """As in `fmin`."""
    optimizer = Optimizer(SPACE)
    optimizer.tell(optimizer.ask(), OSError("gone"))
    with pytest.raises(AllTrialsFailed, match="none of 1 trials"):
        _ = optimizer.best
