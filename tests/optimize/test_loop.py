"""The loop: what is suggested when, what is recorded, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpsklearn_search import Callback, hp
from hpsklearn_search.executors import FakeExecutor, Finished
from hpsklearn_search.optimize import Loop, Plan, Window, entropy_of, stop_at_loss, stop_by
from hpsklearn_search.space import Space
from hpsklearn_search.suggest import rand
from hpsklearn_search.trials import STATUS_CRASHED, Failure, Outcome, Trial, Trials

LINE = Space({"x": hp.uniform("x", -1, 1)})
GRID = Space({"a": hp.choice("a", list("pqr")), "b": hp.randint("b", 2)})


class Parts:
    """An objective of `n` parts, each of which gives x squared plus its part number."""

    def __init__(self, n: int = 3) -> None:
        self.n = n

    @property
    def function(self) -> Any:
        """Square the number."""
        return lambda payload: payload[0] ** 2 + payload[1]

    def tasks(self, trial: Trial, *, batch_folds: bool = False) -> list[tuple[float, int]]:
        """As many as there are parts."""
        return [(trial.point.get("x", 0.0), part) for part in range(self.n)]

    def outcome(self, trial: Trial, parts: Mapping[int, Finished]) -> Outcome | None:
        """When all parts are in, the mean, or the failure of any part."""
        if len(parts) < self.n:
            return None
        failure = next((part.failure for part in parts.values() if part.failure is not None), None)
        if failure is not None:
            return Outcome(failure.status, failure=failure)
        return Outcome("ok", loss=float(np.mean([parts[part].value for part in sorted(parts)])))

    def remember(self, trial: Trial) -> None:
        """There is nothing to learn."""

    def raise_if_fatal(self, trial: Trial) -> None:
        """Nothing ends the search."""


class DecidedByTheFirst(Parts):
    """Needs its first part only."""

    def outcome(self, trial: Trial, parts: Mapping[int, Finished]) -> Outcome | None:
        """What part 0 says, as soon as it is in."""
        return Outcome("ok", loss=parts[0].value) if 0 in parts else None


class Greedy:
    """An algorithm that halves the best x it may know, and remembers what it was shown."""

    def __init__(self) -> None:
        self.shown: dict[int, list[bool]] = {}

    def __call__(self, new_ids: Any, domain: Space, trials: Trials, seed: int) -> list[dict[str, float]]:
        """Half the best, or a draw."""
        history = trials.history(domain)
        self.shown[new_ids[0]] = (~history.pending).tolist()
        draw = domain.draw(np.random.default_rng(seed))
        if not history.ok.any():
            return [draw]
        best = 2 * history.units[np.nanargmin(history.losses), 0] - 1
        return [{"x": float(best + draw["x"]) / 2}]


def run(
    plan: Plan,
    *,
    capacity: int = 1,
    order: int | None = None,
    objective: Any = None,
    trials: Trials | None = None,
    callbacks: Any = (),
    **fake: Any,
) -> tuple[Trials, str, FakeExecutor]:
    """A finished search on a fake executor."""
    trials = Trials() if trials is None else trials
    executor = FakeExecutor(capacity, order, **fake)
    reason = Loop(plan, objective or Parts(), executor, trials, callbacks).run()
    return trials, reason, executor


def rows(trials: Trials) -> list[tuple[dict[str, Any], float | None]]:
    """Points and losses, in order of suggestion."""
    return [(trial.point, trial.loss) for trial in trials.record]


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 4))
@settings(max_examples=40)
def test_with_a_window_no_finishing_order_changes_the_record(order: int, capacity: int, window: int) -> None:
    """The same seed and window give the same trials, whichever trial finishes first and however many run at once."""
    expected = rows(run(Plan(LINE, Greedy(), entropy=7, max_evals=12, window=Window(window)))[0])
    plan = Plan(LINE, Greedy(), entropy=7, max_evals=12, window=Window(window))
    assert rows(run(plan, capacity=capacity, order=order)[0]) == expected


@given(st.integers(0, 2**32), st.integers(1, 5))
@settings(max_examples=20)
def test_a_suggestion_sees_exactly_its_window(order: int, window: int) -> None:
    """Trial t is shown the outcomes of trials 0 .. t-W and no other."""
    algo = Greedy()
    run(Plan(LINE, algo, entropy=1, max_evals=10, window=Window(window)), capacity=4, order=order)
    for number, known in algo.shown.items():
        assert known == [other <= number - window for other in range(number)]


@given(st.integers(0, 2**32), st.integers(1, 8))
@settings(max_examples=20)
def test_without_a_window_any_order_leaves_a_complete_record(order: int, capacity: int) -> None:
    """Every trial is numbered, evaluated once and finished, with no more tasks out than there are workers."""
    trials, reason, executor = run(Plan(LINE, Greedy(), entropy=3, max_evals=15), capacity=capacity, order=order)
    assert reason == "max_evals"
    assert [trial.number for trial in trials.record] == list(range(15))
    assert all(trial.is_ok for trial in trials.record)
    assert len(executor.submitted) == len(set(executor.submitted)) == 45
    assert executor.most_waiting <= capacity
    assert executor.closed


def test_parts_of_an_open_trial_come_before_a_new_trial() -> None:
    """Few trials are open at a time, so that suggestions know much."""
    _, _, executor = run(Plan(LINE, rand.suggest, entropy=3, max_evals=3), capacity=2)
    assert [task.trial for task in executor.submitted] == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_a_decided_trial_drops_its_other_parts() -> None:
    """Parts that are not needed are never submitted where they have not started."""
    trials, _, executor = run(Plan(LINE, rand.suggest, entropy=0, max_evals=4), objective=DecidedByTheFirst())
    assert [(task.trial, task.part) for task in executor.submitted] == [(0, 0), (1, 0), (2, 0), (3, 0)]
    assert all(trial.is_ok for trial in trials.record)


@pytest.mark.parametrize("capacity", [1, 3])
def test_a_stopper_ends_the_search_where_the_window_says(capacity: int) -> None:
    """Stopped by the outcome of trial 4, a window of 3 still holds trials 5 and 6, on any number of workers."""

    def after_five(trials: Trials) -> str | None:
        return "enough" if len([loss for loss in trials.losses() if loss is not None]) >= 5 else None

    plan = Plan(LINE, rand.suggest, entropy=0, max_evals=50, window=Window(3), stoppers=[after_five])
    trials, reason, _ = run(plan, capacity=capacity, order=capacity)
    assert (len(trials), reason) == (7, "enough")


def test_a_loss_threshold_stops() -> None:
    """The search ends with the first loss at or below the threshold."""
    plan = Plan(LINE, rand.suggest, entropy=0, max_evals=500, window=Window(1), stoppers=[stop_at_loss(1.01)])
    trials, reason, _ = run(plan)
    assert reason == "loss_threshold"
    assert trials.losses()[-1] <= 1.01 < min(trials.losses()[:-1])


def test_early_stop_functions_hand_on_their_arguments() -> None:
    """What a function returns second is what it is called with next."""
    seen: list[tuple[Any, ...]] = []

    def count(trials: Trials, n: int = 0) -> tuple[bool, list[int]]:
        seen.append((n,))
        return n == 3, [n + 1]

    run(Plan(LINE, rand.suggest, entropy=0, max_evals=50, window=Window(1), stoppers=[stop_by(count)]))
    assert seen == [(0,), (1,), (2,), (3,)]


def test_a_finite_space_is_used_up_without_repeats() -> None:
    """Six points give six trials and then the search ends."""
    trials, reason, _ = run(Plan(GRID, rand.suggest, entropy=0, max_evals=50, repeats=False))
    assert reason == "exhausted"
    assert len({tuple(trial.point.items()) for trial in trials.record}) == len(trials) == 6


def test_a_finite_space_may_repeat_where_asked() -> None:
    """First every point once, then again."""
    trials, reason, _ = run(Plan(GRID, rand.suggest, entropy=0, max_evals=9, repeats=True))
    points = [tuple(trial.point.items()) for trial in trials.record]
    assert reason == "max_evals"
    assert len(set(points[:6])) == 6
    assert len(points) == 9


def test_refused_points_cost_no_trial() -> None:
    """What the constraint refuses is replaced before it is recorded."""
    plan = Plan(GRID, rand.suggest, entropy=0, max_evals=50, repeats=False, accepts=lambda point: point["b"] == 1)
    trials, _, _ = run(plan)
    assert sorted((t.point["a"], t.point["b"]) for t in trials.record) == [(0, 1), (1, 1), (2, 1)]


def test_a_constraint_that_refuses_everything_is_an_error() -> None:
    """After 10,000 draws the message names the argument."""
    with pytest.raises(ValueError, match="constraints"):
        run(Plan(LINE, rand.suggest, entropy=0, max_evals=5, accepts=lambda point: False))


def test_given_points_come_first() -> None:
    """Then the algorithm goes on."""
    plan = Plan(LINE, rand.suggest, entropy=0, max_evals=3, first_points=[{"x": 0.25}, {"x": -0.25}])
    assert [point["x"] for point, _ in rows(run(plan)[0])][:2] == [0.25, -0.25]


def test_a_crashed_part_makes_a_failed_trial() -> None:
    """It is recorded with its cause, is never the best, and the search goes on."""
    crash = Failure(STATUS_CRASHED, "TrialCrashed", "killed")
    plan = Plan(LINE, rand.suggest, entropy=0, max_evals=4)
    trials, _, _ = run(plan, fail=lambda task: crash if task.trial == 1 else None)
    assert [trial.is_ok for trial in trials.record] == [True, False, True, True]
    assert trials.record[1].outcome.failure is crash
    assert trials.record.best.number != 1


def test_unfinished_trials_are_run_again_first() -> None:
    """A record from an interrupted search is completed at the same points."""
    trials = Trials()
    trials.record.add({"x": 0.5})
    trials, _, executor = run(Plan(LINE, rand.suggest, entropy=0, max_evals=2), trials=trials)
    assert trials.record[0].is_ok
    assert executor.submitted[0].trial == 0


def test_a_continued_search_equals_an_uninterrupted_one() -> None:
    """Five trials and then five more are ten in one go."""
    whole = run(Plan(LINE, Greedy(), entropy=5, max_evals=10, window=Window(2)))[0]
    half = run(Plan(LINE, Greedy(), entropy=5, max_evals=5, window=Window(2)))[0]
    both = run(Plan(LINE, Greedy(), entropy=5, max_evals=10, window=Window(2)), trials=half)[0]
    assert rows(both) == rows(whole)


class Rescales(Callback):
    """Changes the point of a trial in place, as somebody does who plots it."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def on_trial_begin(self, trials: Trials, trial: Trial) -> None:
        """Change it before the trial runs."""
        trial.point["x"] = 100.0

    def on_trial_end(self, trials: Trials, trial: Trial) -> None:
        """Change it after the trial ran."""
        self.seen.append(trial.point["x"])
        trial.point["x"] *= 10


def test_a_callback_that_changes_a_point_changes_its_copy() -> None:
    """What runs and what is recorded stay the same, and so does what the next callback sees."""
    plan = Plan(LINE, rand.suggest, entropy=0, max_evals=4)
    callbacks = [Rescales(), Rescales()]
    trials = run(plan, callbacks=callbacks)[0]
    assert rows(trials) == rows(run(plan)[0])
    assert [callback.seen for callback in callbacks] == [[trial.point["x"] for trial in trials.record]] * 2


class SaveFileCallback(Callback):
    """Writes down what it is told."""

    def __init__(self, stop_after: int = 99) -> None:
        self.lines: list[str] = []
        self.stop_after = stop_after

    def on_search_begin(self, trials: Trials, search: Mapping[str, Any]) -> None:
        """First line."""
        self.lines.append(f"begin {search['total']}")

    def on_trial_end(self, trials: Trials, trial: Trial) -> bool:
        """A line a trial."""
        self.lines.append(f"trial {trial.number}")
        return trial.number + 1 >= self.stop_after

    def on_search_end(self, trials: Trials, reason: str) -> None:
        """Last line."""
        self.lines.append(f"end {reason}")


def test_callbacks_are_told_everything_in_order() -> None:
    """Begin, every trial, end."""
    save_file_callback = SaveFileCallback()
    run(Plan(LINE, rand.suggest, entropy=0, max_evals=2, description={"total": 2}), callbacks=[save_file_callback])
    assert save_file_callback.lines == ["begin 2", "trial 0", "trial 1", "end max_evals"]


def test_a_callback_can_end_the_search() -> None:
    """By returning True."""
    save_file_callback = SaveFileCallback(stop_after=3)
    plan = Plan(LINE, rand.suggest, entropy=0, max_evals=20, description={"total": 20})
    trials, reason, _ = run(plan, callbacks=[save_file_callback])
    assert (len(trials), reason) == (3, "callback")


def test_an_exception_closes_the_executor_and_tells_callbacks() -> None:
    """What has finished stays in the record."""

    class Breaks(Parts):
        """Cannot bear the third trial."""

        def raise_if_fatal(self, trial: Trial) -> None:
            """Raise."""
            if trial.number == 2:
                raise RuntimeError("third")

    save_file_callback, trials, executor = SaveFileCallback(), Trials(), FakeExecutor(1)
    plan = Plan(LINE, rand.suggest, entropy=0, max_evals=9, description={"total": 9})
    with pytest.raises(RuntimeError, match="third"):
        Loop(plan, Breaks(), executor, trials, [save_file_callback]).run()
    assert executor.closed
    assert save_file_callback.lines[-1] == "end error"
    assert len(trials) == 3


@pytest.mark.parametrize("make", [lambda: 3, lambda: np.random.RandomState(3), lambda: np.random.default_rng(3)])
def test_a_seed_may_be_an_int_a_random_state_or_a_generator(make: Any) -> None:
    """Equal seeds give equal entropy."""
    assert entropy_of(make()) == entropy_of(make())


def test_no_seed_is_fresh_entropy() -> None:
    """Two searches without a seed differ (but for once in 2**128)."""
    assert entropy_of(None) != entropy_of(None)
