"""Searches on a Spark of two slots on this machine: the same results as without, and the faults of workers."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, SparkTrials, fmin, hp, rand
from hpsklearn_search.executors import Task

pytestmark = pytest.mark.spark

SPACE = hp.uniform("x", -1, 1)


def minimise(fn: Any, trials: SparkTrials, max_evals: int = 4, **arguments: Any) -> Any:
    """fmin without noise."""
    return fmin(fn, SPACE, rand.suggest, max_evals, trials=trials, show_progressbar=False, **arguments)


def table(search: HyperoptSearchCV) -> dict[str, Any]:
    """`cv_results_` without the times."""
    return {key: np.asarray(value) for key, value in search.cv_results_.items() if "time" not in key}


def test_results_equal_those_of_one_and_two_local_jobs(spark: Any) -> None:
    """The same seed and window: the same table, wherever it was computed."""
    X, y = load_iris(return_X_y=True)

    def fit(**where: Any) -> dict[str, Any]:
        space = {"C": hp.loguniform("C", -3, 3), "gamma": hp.choice("gamma", ["scale", "auto", 0.1])}
        search = HyperoptSearchCV(SVC(), space, max_evals=9, cv=3, random_state=0, max_queue_len=3, **where)
        return table(search.fit(X, y))

    expected = fit(n_jobs=1)
    for where in ({"n_jobs": 2}, {"trials": SparkTrials(2)}):
        results = fit(**where)
        assert results.keys() == expected.keys()
        for key, value in expected.items():
            np.testing.assert_array_equal(results[key], value, err_msg=key)


def test_fit_leaves_the_passed_trials_alone_and_counts_in_its_own(spark: Any) -> None:
    """The record and the counters are in `trials_`; the argument is as it was."""
    passed = SparkTrials(2)
    search = HyperoptSearchCV(SVC(), {"C": [0.1, 1.0, -1.0]}, max_evals=3, cv=3, trials=passed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the candidate that cannot be fitted
        search.fit(*load_iris(return_X_y=True))
    assert len(passed.record) == 0
    assert isinstance(search.trials_, SparkTrials)
    assert search.trials_.count_successful_trials() == 2
    assert search.trials_.count_failed_trials() == 1
    assert search.trials_.count_total_trials() == 3


def test_fmin_fills_the_passed_trials(spark: Any) -> None:
    """As in hyperopt, the record is the argument; its documents are hyperopt's."""
    trials = SparkTrials(2)
    best = minimise(lambda x: x**2, trials, 6, rstate=0)
    assert trials.argmin == best
    assert len(trials) == 6
    assert trials.count_successful_trials() == 6


def test_an_objective_that_raises_is_a_failed_trial(spark: Any) -> None:
    """The others go on, and the failed ones keep the error's text; sys.exit is no exception to that."""

    def sometimes(x: float) -> float:
        if x < -0.5:
            raise SystemExit(3)
        if x < 0:
            raise ValueError("negative")
        return x

    trials = SparkTrials(2)
    minimise(sometimes, trials, 8, rstate=1)
    kinds = [t.outcome.failure.kind if t.outcome.failure else "ok" for t in trials.record if t.outcome]
    expected = [
        "SystemExit" if t.point["x"] < -0.5 else "ValueError" if t.point["x"] < 0 else "ok" for t in trials.record
    ]
    assert kinds == expected
    assert {"SystemExit", "ValueError", "ok"} == set(kinds)


def test_a_result_that_cannot_be_pickled_fails_once(spark: Any, tmp_path: Path) -> None:
    """It is a failure of that trial, and Spark does not run it again."""
    log = tmp_path / "starts"

    def unpicklable(x: float) -> Any:
        with log.open("a") as file:
            file.write("x")
        return {"loss": x, "status": "ok", "lock": threading.Lock()}

    trials = SparkTrials(1)
    with pytest.raises(Exception, match="none of 1 trials succeeded"):
        minimise(unpicklable, trials, 1)
    assert trials.record[0].outcome.failure.kind == "TypeError"
    assert log.read_text() == "x"


def test_a_killed_worker_is_replaced_and_its_trial_run_again(spark: Any, tmp_path: Path) -> None:
    """kill -9 of the Python worker at the first attempt: the trial ends well at the second."""

    def dies_once(x: float) -> float:
        mark = tmp_path / f"{x}"
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return x

    trials = SparkTrials(2)
    minimise(dies_once, trials, 2, rstate=0)
    assert trials.count_successful_trials() == 2


def test_a_trial_that_kills_every_worker_is_lost_after_two(spark: Any, tmp_path: Path) -> None:
    """Bounded: after the retry, the trial is recorded as crashed and the search goes on."""
    log = tmp_path / "starts"

    def deadly(x: float) -> float:
        if x < 0:
            with log.open("a") as file:
                file.write("x")
            os.kill(os.getpid(), signal.SIGKILL)
        return x

    trials = SparkTrials(1)
    minimise(deadly, trials, 3, points_to_evaluate=[{"x": -0.5}, {"x": 0.5}, {"x": 0.7}])
    assert [t.outcome.status for t in trials.record] == ["crashed", "ok", "ok"]
    assert str(trials.record[0].outcome.failure) == "TrialCrashed: its worker died in 2 attempts"
    assert log.read_text() == "xx"


def test_at_the_timeout_only_own_jobs_are_cancelled(spark: Any) -> None:
    """The search returns what has finished; a job of the user's runs on to its end."""
    from pyspark import InheritableThread

    others: list[Any] = []
    sleeper = InheritableThread(
        target=lambda: others.extend(spark.sparkContext.parallelize([1], 1).map(lambda x: time.sleep(7) or x).collect())
    )
    sleeper.start()
    trials = SparkTrials(1, timeout=5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        minimise(lambda x: time.sleep(60 if x > 0 else 0) or x, trials, 2, points_to_evaluate=[{"x": -0.5}, {"x": 0.5}])
    assert trials.fmin_cancelled_reason == "fmin run timeout"
    assert (trials.count_successful_trials(), trials.count_cancelled_trials()) == (1, 1)
    sleeper.join(60)
    assert others == [1]


def test_the_loss_threshold_of_the_trials_ends_the_search(spark: Any) -> None:
    """Asked after every trial."""
    trials = SparkTrials(1, loss_threshold=0.3)
    points = [{"x": x} for x in (0.9, 0.2, 0.8, 0.7, 0.6)]
    minimise(lambda x: x, trials, 5, points_to_evaluate=points, rstate=0)
    assert trials.count_total_trials() == 2
    assert trials.fmin_cancelled_reason == "loss threshold reached"


def stuck(seconds: float) -> float:
    """Work that no signal ends, as a long call into C."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    time.sleep(seconds)
    return seconds


@pytest.mark.parametrize("work", [lambda seconds: time.sleep(seconds) or seconds, stuck], ids=["python", "stuck"])
def test_a_task_over_its_time_fails(spark: Any, work: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker interrupts it, or else the driver cancels it; the next task runs as ever."""
    monkeypatch.setattr("hpsklearn_search.executors._spark.GRACE", 2.0)
    executor = SparkTrials(1).open_executor(task_timeout=2)
    executor.start(work)
    try:
        executor.submit(Task(0, 0, 100))
        (late,) = executor.wait(60)
        monkeypatch.setattr("hpsklearn_search.executors._spark.GRACE", 60.0)
        executor.submit(Task(1, 0, 0.0))
        (fine,) = executor.wait(60)
    finally:
        executor.close()
    assert late.failure is not None
    assert (late.failure.status, late.failure.message) == ("timeout", "took longer than 2 s")
    assert fine.value == 0.0


@pytest.mark.parametrize("what", ["session", "context", "frame"])
def test_capturing_a_spark_object_says_what_to_do(spark: Any, what: str) -> None:
    """Before the first trial: what runs on the cluster by itself is tuned with Trials()."""
    captured = {"session": spark, "context": spark.sparkContext, "frame": spark.range(3)}[what]
    with pytest.raises(TypeError, match=r"trials=Trials\(\)"):
        minimise(lambda x: (captured, x)[1], SparkTrials(1))


def test_more_parallelism_than_slots_is_told(spark: Any) -> None:
    """The surplus trials would only wait in Spark's queue."""
    with pytest.warns(UserWarning, match=r"parallelism=5, but the cluster has 2 slots"):
        SparkTrials(5).open_executor().close()


def test_parallelism_is_the_clusters_by_default(spark: Any) -> None:
    """local[2] has two slots."""
    assert SparkTrials().open_executor().capacity == 2


def test_all_folds_are_one_task_when_candidates_fill_the_slots(spark: Any) -> None:
    """Two slots and two open candidates: a Spark task each; four folds and one candidate: one each fold."""

    def tasks(max_evals: int) -> int:
        executor = SparkTrials(2).open_executor()
        submit, seen = executor.submit, []
        executor.submit = lambda task: (seen.append(task), submit(task))[1]  # type: ignore[method-assign]

        class Where(SparkTrials):
            def open_executor(self, *, task_timeout: float | None = None) -> Any:
                return executor

        space = {"C": hp.uniform("C", 0.1, 1)}
        search = HyperoptSearchCV(LogisticRegression(), space, max_evals=max_evals, cv=4, trials=Where(2))
        search.fit(*load_iris(return_X_y=True))
        return len(seen)

    assert tasks(max_evals=4) == 4
    assert tasks(max_evals=1) == 4


def test_ctrl_c_keeps_what_finished_and_cancels_own_jobs_only(spark: Any) -> None:
    """pyspark's handler of the signal, which cancels every job of the context, is out of the way meanwhile."""
    before = signal.getsignal(signal.SIGINT)
    trials = SparkTrials(1)
    timer = threading.Timer(4.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        minimise(lambda x: time.sleep(60 if x > 0 else 0) or x, trials, 2, points_to_evaluate=[{"x": -0.5}, {"x": 0.5}])
    assert trials.count_successful_trials() == 1
    assert trials.fmin_cancelled_reason == "fmin run cancelled by user"
    assert signal.getsignal(signal.SIGINT) is before
    assert minimise(lambda x: x, SparkTrials(1), 1) is not None
