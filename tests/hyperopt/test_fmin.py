"""`fmin`: hyperopt's arguments, in its order, with its meaning where that is right."""

from __future__ import annotations

import inspect
import logging
import os
import sqlite3
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpsklearn_search import (
    STATUS_FAIL,
    STATUS_OK,
    AllTrialsFailed,
    Callback,
    Trials,
    auto,
    fmin,
    hp,
    rand,
    space_eval,
    tpe,
)
from hpsklearn_search.exceptions import InvalidLoss, InvalidResultStatus, InvalidTrial
from hpsklearn_search.hyperopt import generate_trials_to_calculate
from hpsklearn_search.hyperopt.early_stop import no_progress_loss

LINE = hp.uniform("x", -1, 1)
NINE = {"a": hp.choice("a", [10, 20, 30]), "b": hp.randint("b", 3)}
BRANCHES = hp.choice("model", [{"C": hp.logrange("C", 0.1, 10)}, {"depth": hp.uniformint("depth", 1, 9)}])


def minimise(fn: Any, space: Any = LINE, algo: Any = rand.suggest, max_evals: Any = 5, **options: Any) -> Trials:
    """The trials of a silent search."""
    trials = options.pop("trials", None)
    trials = Trials() if trials is None else trials
    fmin(fn, space, algo, max_evals, trials=trials, **{"show_progressbar": False, "return_argmin": False, **options})
    return trials


# ---------------------------------------------------------------------- arguments
@pytest.mark.parametrize("space", [{"a": 1}, [1, 2], hp.choice("a", [1]), {"a": hp.randint("a", 1)}])
def test_a_space_of_one_point_is_warned_of(space: Any) -> None:
    """All trials evaluate it, as in hyperopt; a single trial is no mistake."""
    with pytest.warns(UserWarning, match="nothing to search in the space: .* or max_evals=1") as caught:
        minimise(lambda config: 1.0, space, max_evals=2)
    assert caught[0].filename == __file__
    minimise(lambda config: 1.0, space, max_evals=1)


def test_the_arguments_stand_in_the_order_of_hyperopt() -> None:
    """Old calls may pass them by position."""
    names = [name for name, p in inspect.signature(fmin).parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert names == [
        "fn", "space", "algo", "max_evals", "timeout", "loss_threshold", "trials", "rstate", "allow_trials_fmin",
        "pass_expr_memo_ctrl", "catch_eval_exceptions", "verbose", "return_argmin", "points_to_evaluate",
        "max_queue_len", "show_progressbar", "early_stop_fn", "trials_save_file",
    ]  # fmt: skip


@pytest.mark.parametrize("algo", [rand.suggest, tpe.suggest, None], ids=["rand", "tpe", "default"])
@pytest.mark.parametrize(
    "seed", [lambda: 3, lambda: np.int64(3), lambda: np.random.RandomState(3), lambda: np.random.default_rng(3)]
)
def test_a_seed_of_any_kind_repeats_a_search(seed: Any, algo: Any) -> None:
    """An int, a RandomState or a Generator."""
    first, second = (minimise(abs, algo=algo, max_evals=15, rstate=seed()) for _ in range(2))
    assert first.vals == second.vals


def test_the_environment_may_give_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """hyperopt's variable is read where there is no rstate."""
    monkeypatch.setenv("HYPEROPT_FMIN_SEED", "7")
    assert minimise(abs).vals == minimise(abs, rstate=7).vals != minimise(abs, rstate=8).vals


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"rstate": "seed"}, TypeError, "rstate must be an int"),
        ({"rstate": -1}, ValueError, "rstate must not be negative"),
        ({"max_evals": None}, ValueError, "max_evals=None needs another way to stop"),
        ({"loss_threshold": 10**400}, TypeError, "loss_threshold must be a number"),
        ({"max_evals": 0}, ValueError, "max_evals must be at least 1"),
        ({"max_evals": "ten"}, TypeError, "max_evals"),
        ({"timeout": -1}, ValueError, "The timeout argument should be None or a positive value. Given value: -1"),
        ({"timeout": True}, TypeError, "The timeout argument should be None or a positive value. Given value: True"),
        ({"loss_threshold": "low"}, TypeError, "loss_threshold"),
        ({"max_queue_len": 0}, ValueError, "max_queue_len must be at least 1"),
        ({"trials": [1, 2]}, TypeError, "trials must be"),
        ({"algo": "simulated"}, ValueError, "algo='simulated' is unknown"),
        ({"points_to_evaluate": {"x": 0.5}}, TypeError, "a list of points"),
        (
            {"points_to_evaluate": [{"x": 0.5}, {"x": "a"}]},
            InvalidTrial,
            r"points_to_evaluate\[1\].*'a' cannot be drawn",
        ),
        ({"points_to_evaluate": [{"y": 0.5}]}, InvalidTrial, "unknown label 'y'"),
        ({"points_to_evaluate": [{}]}, InvalidTrial, "'x' is active but has no value"),
    ],
)
def test_wrong_arguments_are_refused_before_the_first_trial(options: dict[str, Any], error: Any, match: str) -> None:
    """The message names the argument and the value."""
    calls: list[Any] = []
    with pytest.raises(error, match=match):
        minimise(calls.append, **options)
    assert calls == []


def test_a_limit_in_hyperopts_words_is_explained_in_a_note() -> None:
    """The message is what scripts compare with; the note gives the line that is right."""
    with pytest.raises(ValueError, match="timeout argument") as caught:
        minimise(abs, timeout=0)
    assert caught.value.__notes__ == [
        "timeout must be a positive number of seconds, such as timeout=60, or None for no limit; got 0"
    ]


@pytest.mark.parametrize(
    "stop", [{"timeout": 0.2}, {"loss_threshold": 0.5}, {"early_stop_fn": lambda trials: (len(trials) == 3, [])}]
)
def test_without_max_evals_another_limit_ends_the_search(stop: dict[str, Any]) -> None:
    """One of the three must be there."""
    assert len(minimise(abs, max_evals=None, **stop)) >= 1


def test_max_evals_is_the_total_of_the_record() -> None:
    """A second call adds what is missing, and a third nothing."""
    trials = minimise(abs, max_evals=3)
    assert len(minimise(abs, max_evals=5, trials=trials)) == 5
    assert len(minimise(abs, max_evals=4, trials=trials)) == 5


def test_a_continued_search_equals_an_uninterrupted_one() -> None:
    """With equal seeds no start-up point comes twice."""
    whole = minimise(abs, algo=tpe.suggest, max_evals=30, rstate=5)
    parts = Trials()
    for total in (4, 17, 30):
        minimise(abs, algo=tpe.suggest, max_evals=total, rstate=5, trials=parts)
    assert parts.vals == whole.vals
    assert len(set(parts.vals["x"])) == 30


def test_a_trials_class_of_the_users_gets_the_work() -> None:
    """Its own method fmin is called, unless that is not allowed."""

    class Mine(Trials):
        """Counts."""

        n = 0

        def fmin(self, *args: Any, **options: Any) -> Any:
            """And goes on as usual."""
            self.n += 1
            return super().fmin(*args, **options)

    trials = Mine()
    minimise(abs, trials=trials, points_to_evaluate=[{"x": 0.5}])
    assert (trials.n, len(trials), trials.vals["x"][0]) == (1, 5, 0.5)
    minimise(abs, trials=trials, max_evals=6, allow_trials_fmin=False)
    assert (trials.n, len(trials)) == (1, 6)


def test_the_space_may_stand_in_annotations() -> None:
    """Then the function gets keyword arguments."""

    def fn(x: hp.uniform("x", -1, 1), y: hp.randint("y", 3), scale: Any = 2.0) -> float:
        return scale * abs(x) + y

    best = fmin(fn, "annotated", max_evals=10, rstate=0, return_argmin=False, show_progressbar=False)
    assert set(best) == {"x", "y"}


# ---------------------------------------------------------------------- what is returned
def test_the_best_point_or_the_best_configuration_is_returned() -> None:
    """A choice is its index in the one and its option in the other."""
    options = {"max_evals": 9, "algo": rand.suggest, "show_progressbar": False}
    assert fmin(lambda p: p["a"] + p["b"], NINE, **options) == {"a": 0, "b": 0}
    assert fmin(lambda p: p["a"] + p["b"], NINE, **options, return_argmin=False) == {"a": 10, "b": 0}


@pytest.mark.parametrize("result", [{"status": STATUS_FAIL}, float("nan"), {"status": STATUS_OK, "loss": float("inf")}])
def test_when_all_trials_fail_there_is_no_best(result: Any) -> None:
    """No configuration is None, and no point an error that quotes the first failure."""
    assert fmin(lambda x: result, LINE, max_evals=3, return_argmin=False, show_progressbar=False) is None
    with pytest.raises(AllTrialsFailed, match="none of 3 trials succeeded; the first that failed is trial 0 at"):
        fmin(lambda x: result, LINE, max_evals=3, show_progressbar=False)


@pytest.mark.parametrize("value", [None, 1j, "1.5", 10**400, np.array([1.0]), np.array(1.0), [0.5], object()])
def test_what_is_no_loss_ends_the_search_at_the_first_trial(value: Any) -> None:
    """The message names trial, point and value, whether exceptions are caught or not."""
    for returned in (value, {"loss": value, "status": STATUS_OK}):
        trials = Trials()
        with pytest.raises(InvalidLoss, match=r"trial 0 at \{'x': .*must return a real number as loss, got"):
            minimise(lambda x: returned, trials=trials, catch_eval_exceptions=True)  # noqa: B023
        assert len(trials.record) == 1


@pytest.mark.parametrize("result", [{"loss": 1.0}, {"loss": 1.0, "status": "fine"}, {}])
def test_an_unknown_status_ends_the_search_at_the_first_trial(result: Any) -> None:
    """The message names trial, point and status."""
    with pytest.raises(InvalidResultStatus, match=r"trial 0 at \{'x': .*status"):
        minimise(lambda x: result)


@pytest.mark.parametrize("value", [1, 0.5, True, np.float32(0.5), np.int8(3)])
def test_any_real_number_is_a_loss(value: Any) -> None:
    """It is stored as a float."""
    (loss,) = minimise(lambda x: value, max_evals=1).losses()
    assert (type(loss), loss) == (float, float(value))


def test_space_eval_assembles_a_point() -> None:
    """From indices or options, from lists of one value; labels of other spaces are passed over."""
    for point in ({"a": 1, "b": 2}, {"a": 20, "b": 2}, {"a": [1], "b": [2], "c": []}, {"a": 1, "b": 2, "z": 0}):
        assert space_eval(NINE, point) == {"a": 20, "b": 2}
    for point in ({"a": 1}, {"a": 1, "b": []}):
        with pytest.raises(InvalidTrial, match="label 'b' is active but has no value"):
            space_eval(NINE, point)


# ---------------------------------------------------------------------- points to evaluate
@pytest.mark.parametrize("algo", [rand.suggest, tpe.suggest, auto.suggest], ids=["rand", "tpe", "auto"])
def test_given_points_come_first_in_a_conditional_space(algo: Any) -> None:
    """With inactive labels left out, and the algorithm learns from them."""
    points = [{"model": 1, "depth": 3}, {"model": 0, "C": 1.0}]
    trials = minimise(lambda p: p.get("C", 5.0), BRANCHES, algo, 25, points_to_evaluate=points, rstate=0)
    assert [trial.point for trial in trials.record][:2] == points
    assert len(trials) == 25


def test_given_points_may_name_options() -> None:
    """Where that is not an index."""
    trials = minimise(lambda p: 0.0, NINE, points_to_evaluate=[{"a": 30, "b": 0}, {"a": 1, "b": 1}])
    assert trials.vals["a"][:2] == [2, 1]


def test_given_points_are_evaluated_in_a_record_that_has_trials() -> None:
    """They come next, but for those that are there."""
    trials = minimise(abs, max_evals=3, points_to_evaluate=[{"x": 0.25}])
    minimise(abs, max_evals=6, trials=trials, points_to_evaluate=[{"x": 0.25}, {"x": 0.75}])
    assert trials.vals["x"].count(0.25) == 1
    assert trials.vals["x"][3] == 0.75


def test_a_point_given_twice_is_evaluated_twice() -> None:
    """Noise may be averaged."""
    assert minimise(abs, max_evals=2, points_to_evaluate=[{"x": 0.5}] * 2).vals["x"] == [0.5, 0.5]


def test_a_trial_may_lie_outside_of_the_space() -> None:
    """Where it was inserted as a trial; every algorithm copes with it."""
    for algo in (rand.suggest, tpe.suggest, auto.suggest):
        trials = minimise(abs, algo=algo, max_evals=25, trials=generate_trials_to_calculate([{"x": -100}]), rstate=0)
        assert trials.losses()[0] == 100
        assert all(-1 <= x <= 1 for x in trials.vals["x"][1:])


# ---------------------------------------------------------------------- failures
def test_an_exception_ends_the_search_and_keeps_the_record() -> None:
    """It is the very exception, with a note on where it came up; the trials before are there."""

    def third(x: float) -> float:
        if len(trials.record) == 3:
            raise KeyError("third")
        return x

    trials = Trials()
    with pytest.raises(KeyError, match="third") as caught:
        minimise(third, trials=trials)
    assert (len(trials), len(trials._dynamic_trials)) == (2, 3)
    if sys.version_info >= (3, 11):
        assert caught.value.__notes__ == [f"in trial 2 at {trials.record[2].point}"]


def test_caught_exceptions_count_in_max_evals() -> None:
    """In this call and in the next."""

    def odd(x: float) -> float:
        if len(trials.record) % 2:
            raise ValueError("odd")
        return x

    trials = Trials()
    minimise(odd, trials=trials, catch_eval_exceptions=True, max_evals=4)
    assert (len(trials), len(trials.record)) == (2, 4)
    minimise(odd, trials=trials, catch_eval_exceptions=True, max_evals=6)
    assert (len(trials), len(trials.record)) == (3, 6)


@pytest.mark.parametrize("verbose", [True, False])
def test_caught_exceptions_are_logged_if_verbose(verbose: bool, caplog: pytest.LogCaptureFixture) -> None:
    """A line each; `verbose` and the progress line have nothing to do with each other."""
    with caplog.at_level(logging.INFO, logger="hpsklearn_search"):
        minimise(lambda x: 1 / 0, catch_eval_exceptions=True, max_evals=2, verbose=verbose)
    warned = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warned) == (2 if verbose else 0)
    assert all("ZeroDivisionError" in line for line in warned)


def test_a_logged_exception_shows_no_secret_and_moves_no_cursor(caplog: pytest.LogCaptureFixture) -> None:
    """Its text may come from a server, and a log ends in a terminal."""

    def fail(x: float) -> float:
        raise OSError("no answer from http://me:S3CRETpw@host\x1b[2J")

    minimise(fail, catch_eval_exceptions=True, max_evals=1, verbose=True)
    assert "no answer from http://host\\x1b[2J" in caplog.text


@pytest.mark.parametrize("algo", [tpe.suggest, auto.suggest], ids=["tpe", "auto"])
@pytest.mark.parametrize(
    "bad", [lambda x: {"status": STATUS_FAIL, "loss": -10.0}, lambda x: float("nan"), lambda x: {"status": STATUS_FAIL}]
)
def test_failing_points_repel(algo: Any, bad: Any) -> None:
    """Where half of the space fails, with a loss or without, few of the last 50 of 100 points lie there.

    A search that does not learn from failures puts 25 there; it puts 15 or fewer there once in 300 runs, and
    the median of five does once in three million.
    """

    def failing(seed: int) -> int:
        trials = minimise(lambda x: bad(x) if x < 0 else 1 + abs(x - 0.1), LINE, algo, 100, rstate=seed)
        return sum(x < 0 for x in trials.vals["x"][-50:])

    assert np.median([failing(seed) for seed in range(5)]) <= 15


@pytest.mark.parametrize("algo", [rand.suggest, tpe.suggest, None], ids=["rand", "tpe", "default"])
@pytest.mark.parametrize("rstate", [0, None])
def test_a_finite_space_is_searched_without_repeats(algo: Any, rstate: Any) -> None:
    """Nine trials are nine points; then there is nothing new, and max_evals is still the total."""
    trials = minimise(lambda p: p["a"], NINE, algo, 12, rstate=rstate)
    points = list(zip(*trials.vals.values(), strict=True))
    assert (len(points), len(set(points[:9]))) == (12, 9)


@pytest.mark.parametrize("algo", [tpe.suggest, None], ids=["tpe", "default"])
def test_a_finite_space_that_is_used_up_is_searched_where_it_is_good(algo: Any) -> None:
    """After every point was tried once, most trials repeat the best third; one in three would do so by chance."""
    losses = minimise(lambda p: p["a"] / 10 + p["b"], NINE, algo, 60, rstate=0).losses()
    assert sum(loss <= 2 for loss in losses[10:]) > 25


# ---------------------------------------------------------------------- limits
def test_a_timeout_ends_the_search_between_trials() -> None:
    """A trial in this process is finished first."""
    began = time.perf_counter()
    trials = minimise(lambda x: time.sleep(0.2) or x, max_evals=1000, timeout=0.5)
    assert (trials.stop_reason, len(trials.losses())) == ("timeout", 3)
    assert time.perf_counter() - began < 30


def test_a_loss_threshold_ends_the_search() -> None:
    """Also one that the record has reached before."""
    trials = minimise(abs, max_evals=1000, loss_threshold=0.05, rstate=0)
    assert trials.losses()[-1] <= 0.05 < min(trials.losses()[:-1])
    n = len(trials)
    assert len(minimise(abs, max_evals=1000, loss_threshold=0.05, rstate=0, trials=trials)) == n


@pytest.mark.parametrize("rstate", [0, None])
def test_an_early_stop_function_is_called_after_every_trial(rstate: Any) -> None:
    """First without arguments, then with what it returned; it can read the loss of the last trial."""
    seen: list[Any] = []

    def stop(trials: Any, *previous: Any) -> tuple[bool, list[int]]:
        seen.append((len(trials.trials), trials.trials[-1]["result"]["loss"], *previous))
        return len(seen) == 4, [len(seen)]

    trials = minimise(abs, max_evals=100, early_stop_fn=stop, rstate=rstate)
    assert seen == [(1, trials.losses()[0]), *((n + 1, trials.losses()[n], n) for n in (1, 2, 3))]
    assert (len(trials), trials.stop_reason) == (4, "early_stop_fn")


def test_an_early_stop_function_sees_finished_trials_only() -> None:
    """Though more are suggested ahead."""
    losses: list[Any] = []
    minimise(
        abs, max_queue_len=4, rstate=0, max_evals=8, early_stop_fn=lambda t: losses.append(t.losses()) or (False, [])
    )
    assert [len(row) for row in losses] == list(range(1, 9))
    assert all(loss is not None for row in losses for loss in row)


def test_an_early_stop_function_that_returns_something_else_is_named() -> None:
    """A bool alone is not enough."""
    with pytest.raises(TypeError, match=r"early_stop_fn must return \(stop, arguments\).* got False"):
        minimise(abs, early_stop_fn=lambda trials: False)


@pytest.mark.parametrize("window", [1, 3])
def test_suggestions_made_ahead_are_suggestions(window: int) -> None:
    """With max_queue_len=W trial t knows the losses of the trials 0 .. t-W, and no tid is left out."""
    known: list[int] = []

    def algo(new_ids: Any, domain: Any, trials: Any, seed: int) -> Any:
        known.append(sum(loss is not None for loss in trials.losses()))
        return rand.suggest(new_ids, domain, trials, seed)

    trials = minimise(abs, algo=algo, max_queue_len=window, rstate=0, max_evals=8)
    assert known == [max(0, t - window + 1) for t in range(8)]
    assert trials.tids == list(range(8))


# ---------------------------------------------------------------------- early_stop.no_progress_loss
def stopped_after(losses: list[Any], *options: Any) -> int:
    """How many trials a search over these losses has, with `no_progress_loss`."""
    left = iter(losses)
    return len(
        minimise(lambda x: next(left), max_evals=len(losses), early_stop_fn=no_progress_loss(*options), rstate=0)
    )


@pytest.mark.parametrize(
    ("losses", "options", "expected"),
    [
        ([5.0] * 40, (), 20),
        ([5.0] * 40, (3,), 3),
        ([5.0, 4.0, 4.0, 4.0, 4.0, 4.0], (3,), 5),
        ([100.0, 99.5, 99.1, 98.9, 98.8, 98.7, 98.6, 98.5, 98.4], (4, 1.0), 8),
        ([-100.0, -100.5, -100.9, -102.0, -102.0], (3, 1.0), 3),
        ([5.0] + [{"status": STATUS_FAIL}] * 9, (4,), 4),
        ([{"status": STATUS_FAIL, "loss": -9.0}] * 9, (4,), 4),
        ([float("nan")] * 3 + [5.0] * 9, (4,), 7),
        ([5.0, 4.0, 3.0, 2.0, 1.0], (2,), 5),
    ],
)
def test_a_search_without_progress_stops(losses: list[Any], options: Any, expected: int) -> None:
    """After so many trials without one better by so many percent; a failed trial is one without progress."""
    assert stopped_after(losses, *options) == expected


@pytest.mark.parametrize("arguments", [(0,), (2.5,), (True,), (3, -1), (3, "1"), (3, float("nan"))])
def test_wrong_arguments_of_no_progress_loss_are_refused(arguments: Any) -> None:
    """Where it is written."""
    with pytest.raises((TypeError, ValueError), match=r"iteration_stop_count|percent_increase"):
        no_progress_loss(*arguments)


# ---------------------------------------------------------------------- what is shown
def test_the_progress_line_is_on_stderr_and_takes_no_stream(capsys: pytest.CaptureFixture[str]) -> None:
    """What the function prints is printed, and the bar does not depend on `verbose`."""
    streams = sys.stdout, sys.stderr

    def fn(x: float) -> float:
        assert (sys.stdout, sys.stderr) == streams
        print("here")
        return x

    fmin(fn, LINE, rand.suggest, 2, verbose=False)
    shown = capsys.readouterr()
    assert shown.out == "here\nhere\n"
    assert "2/2" in shown.err and "best loss" in shown.err


def test_nothing_is_shown_if_not_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    """show_progressbar=False is silent, verbose or not."""
    fmin(abs, LINE, rand.suggest, 2, show_progressbar=False)
    assert capsys.readouterr() == ("", "")


def test_progress_may_be_reported_to_a_context_of_the_users() -> None:
    """hyperopt's protocol: a context manager that is told how many trials were done."""
    n_known: list[Any] = []

    class Progress:
        """Remembers."""

        postfix = ""

        def update(self, n: int) -> None:
            """So many more."""
            n_known.append((n, self.postfix[:9]))

    @contextmanager
    def progress(initial: int, total: int) -> Any:
        n_known.append((initial, total))
        yield Progress()
        n_known.append("closed")

    trials = minimise(abs, max_evals=1)
    minimise(abs, trials=trials, max_evals=3, show_progressbar=progress)
    assert n_known == [(1, 3), (1, "best loss"), (1, "best loss"), "closed"]


# ---------------------------------------------------------------------- save file
def test_a_search_resumes_from_its_file_into_new_trials(tmp_path: Path) -> None:
    """Three trials, then two more; the trials of the first run, attachments that are JSON among them, come back."""
    calls: list[float] = []

    def fn(x: float) -> dict[str, Any]:
        calls.append(x)
        return {"loss": x, "status": STATUS_OK, "attachments": {"text": str(x)}}

    path = tmp_path / "search.db"
    minimise(fn, max_evals=3, trials_save_file=path, rstate=0)
    trials = minimise(fn, max_evals=5, trials_save_file=path, rstate=0)
    assert (len(calls), len(trials), len(trials.attachments)) == (5, 5, 5)
    assert trials.vals["x"] == calls
    assert sqlite3.connect(path).execute("SELECT count(*) FROM trials").fetchone() == (5,)


def test_a_pickle_of_hyperopts_is_not_loaded_from_a_save_file(tmp_path: Path) -> None:
    """It is left as it is, since loading a pickle runs whatever is in it."""
    path = tmp_path / "trials.p"
    path.write_bytes(b"\x80\x04\x95 a pickle")
    with pytest.raises(OSError, match="not a save file"):
        minimise(abs, trials_save_file=os.fspath(path))
    assert path.read_bytes().startswith(b"\x80\x04")


def test_callbacks_watch_the_search() -> None:
    """As they watch `HyperoptSearchCV`."""

    class Two(Callback):
        """Is content with two."""

        def on_trial_end(self, trials: Trials, trial: Any) -> bool:
            """Stop at the second."""
            return trial.number == 1

    assert len(minimise(abs, callbacks=[Two()], max_evals=50)) == 2
