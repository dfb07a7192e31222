"""What holds on every Spark: the same results as without, and what becomes of faults.

It runs on two slots in this machine; ``SPARK_UNDER_TEST=standalone`` or ``connect`` take it to a cluster
of three JVMs, or to a Connect server, as `test_other_sparks.py` does.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from hpsklearn_search import Callback, HyperoptSearchCV, SparkTrials, fmin, hp, rand
from hpsklearn_search.executors import Task
from hpsklearn_search.executors.spark._classic import ContextCluster
from hpsklearn_search.executors.spark._connect import ConnectCluster

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
    assert trials.record[0].outcome.failure.kind == "PicklingError"
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


def job_of_the_user(spark: Any, seconds: float) -> tuple[threading.Thread, list[Any]]:
    """A job that has nothing to do with the search, started; and where its result will be."""

    def sleep(batches: Any) -> Any:
        for batch in batches:
            time.sleep(seconds)
            yield batch

    found: list[Any] = []
    frame = spark.range(0, 1, 1, 1).mapInArrow(sleep, "id long")
    thread = threading.Thread(target=lambda: found.extend(row[0] for row in frame.collect()))
    thread.start()
    return thread, found


POINTS = [{"x": -0.5}, {"x": 0.5}]


def slow_above_zero(x: float) -> float:
    """Ends at once, or not in time."""
    time.sleep(120 if x > 0 else 0)
    return x


@pytest.mark.slow
def test_at_the_timeout_only_own_jobs_are_cancelled(spark: Any) -> None:
    """The search returns what has finished; a job of the user's runs on to its end."""
    minimise(lambda x: x, SparkTrials(2), 4)  # workers are up
    other, found = job_of_the_user(spark, seconds=20)
    trials = SparkTrials(1, timeout=12)
    minimise(slow_above_zero, trials, 2, points_to_evaluate=POINTS)
    assert trials.fmin_cancelled_reason == "fmin run timeout"
    assert (trials.count_successful_trials(), trials.count_cancelled_trials()) == (1, 1)
    other.join(120)
    assert found == [0]


def test_early_stopping_keeps_what_finished(spark: Any) -> None:
    """Asked after every trial, and what is under way then is cancelled."""
    trials = SparkTrials(1)
    points = [{"x": x} for x in (-0.1, -0.2, 0.8, 0.7)]
    minimise(slow_above_zero, trials, 4, points_to_evaluate=points, early_stop_fn=lambda t, *_: (len(t) >= 2, []))
    assert trials.count_successful_trials() == 2
    assert trials.fmin_cancelled_reason == "early stopping condition"


def test_the_loss_threshold_of_the_trials_ends_the_search(spark: Any) -> None:
    """Asked after every trial."""
    trials = SparkTrials(1, loss_threshold=0.3)
    points = [{"x": x} for x in (0.9, 0.2, 0.8, 0.7, 0.6)]
    minimise(lambda x: x, trials, 5, points_to_evaluate=points, rstate=0)
    assert trials.count_total_trials() == 2
    assert trials.fmin_cancelled_reason == "loss threshold reached"


def stuck(seconds: float) -> float:
    """A function that no signal ends, like a long call into C."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    time.sleep(seconds)
    return seconds


def hold_the_interpreter(seconds: float) -> None:
    """Worse: in C code that lets no other thread run, either."""
    ctypes.PyDLL(None).sleep(int(seconds))


@pytest.mark.parametrize("function", [lambda seconds: time.sleep(seconds) or seconds, stuck, hold_the_interpreter])
def test_a_task_over_its_time_fails(spark: Any, function: Any) -> None:
    """The worker interrupts it, or else ends with it; it is not run again, and the next task runs as ever."""
    executor = SparkTrials(1).open_executor(task_timeout=2)
    executor.start(function)
    try:
        executor.submit(Task(0, 0, 100))
        (late,) = executor.wait(90)
        executor.submit(Task(1, 0, 0.0))
        (fine,) = executor.wait(90)
    finally:
        executor.close()
    assert late.failure is not None
    assert (late.failure.status, late.failure.message) == ("timeout", "took longer than 2 s")
    assert fine.failure is None


def test_a_fit_over_its_time_is_a_timeout(spark: Any) -> None:
    """The interrupt passes through the fold, which takes all else that a fit raises for a failed fold."""

    class Slow(DummyClassifier):  # type: ignore[misc]
        """Sleeps for its constant."""

        def fit(self, X: Any, y: Any) -> Any:
            """Sleep, then fit."""
            time.sleep(self.constant)
            return super().fit(X, y)

    space = {"constant": [0, 100]}
    search = HyperoptSearchCV(Slow(strategy="prior"), space, max_evals=2, cv=2, trials=SparkTrials(1), trial_timeout=3)
    with pytest.warns(FitFailedWarning, match="took longer than 3.0 s"):
        search.fit(*load_iris(return_X_y=True))
    outcomes = [trial.outcome for trial in sorted(search.trials_.record, key=lambda trial: trial.point["constant"])]
    assert [outcome.status for outcome in outcomes if outcome is not None] == ["ok", "timeout"]


def test_the_clock_of_a_trial_runs_while_it_runs(spark: Any) -> None:
    """Waiting in Spark's queue for a slot, or for data, does not count."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # more parallelism than slots is the point here
        executor = SparkTrials(4).open_executor(task_timeout=5)
    executor.start(lambda seconds: time.sleep(seconds))
    try:
        for trial in range(4):
            executor.submit(Task(trial, 0, 3.0))
        done: list[Any] = []
        while len(done) < 4:
            done += executor.wait(90)
    finally:
        executor.close()
    assert [finished.failure for finished in done] == [None] * 4


@pytest.mark.parametrize("what", ["session", "frame", "column"])
def test_an_objective_that_captures_a_spark_object_is_refused(spark: Any, what: str) -> None:
    """Before the first trial: a fit that itself runs on the cluster is tuned with Trials()."""
    captured = {"session": spark, "frame": spark.range(3), "column": spark.range(3).id}[what]
    with pytest.raises(TypeError, match=r"must not hold a pyspark (SparkSession|DataFrame|Column).*trials=Trials\(\)"):
        minimise(lambda x: (captured, x)[1], SparkTrials(1))


class Holder(SVC):
    """An estimator with a parameter that may be anything."""

    def __init__(self, C: float = 1.0, source: Any = None) -> None:
        super().__init__(C=C)
        self.source = source


def test_a_search_over_spark_objects_is_refused(spark: Any) -> None:
    """In X, y, a fit parameter or the estimator, by the argument's name, before anything is copied."""
    X, y = load_iris(return_X_y=True)
    frame = spark.range(3)

    def search(estimator: Any) -> HyperoptSearchCV:
        return HyperoptSearchCV(estimator, {"C": [1.0]}, max_evals=1, trials=SparkTrials(1))

    for name, fit in {
        "X": lambda: search(SVC()).fit(frame, y),
        "y": lambda: search(SVC()).fit(X, frame),
        "sample_weight": lambda: search(SVC()).fit(X, y, sample_weight=frame),
        "estimator": lambda: search(Holder(source=spark)).fit(X, y),
    }.items():
        with pytest.raises(TypeError, match=rf"^{name} must not hold a pyspark .*trials=Trials\(\)"):
            fit()


def test_what_else_cannot_be_pickled_is_named(spark: Any) -> None:
    """A lock, say; the message is not about Spark's objects then."""
    lock = threading.Lock()
    with pytest.raises(TypeError, match=r"cannot be pickled: TypeError: cannot pickle '_thread.lock'"):
        minimise(lambda x: (lock, x)[1], SparkTrials(1))


def test_parallelism_is_the_clusters_by_default(spark: Any) -> None:
    """Two slots here, and never more than there are tasks to run."""
    assert SparkTrials().open_executor().capacity == 2
    assert SparkTrials().open_executor(n_tasks=1).capacity == 1
    assert SparkTrials(300).open_executor(n_tasks=2).capacity == 2


def test_all_folds_are_one_task_when_candidates_fill_the_slots(spark: Any) -> None:
    """Two slots and two open candidates: a Spark task each; four folds and one candidate: one each fold."""

    def tasks(max_evals: int) -> int:
        executor = SparkTrials(2).open_executor()
        submit, seen = executor.submit, []
        executor.submit = lambda task: (seen.append(task), submit(task))[1]  # type: ignore[method-assign]

        class Where(SparkTrials):
            def open_executor(self, **options: Any) -> Any:
                return executor

        space = {"C": hp.uniform("C", 0.1, 1)}
        search = HyperoptSearchCV(LogisticRegression(), space, max_evals=max_evals, cv=4, trials=Where(2))
        search.fit(*load_iris(return_X_y=True))
        return len(seen)

    assert tasks(max_evals=4) == 4
    assert tasks(max_evals=1) == 4


class InterruptLater(Callback):
    """Presses Ctrl-C when the second trial is under way."""

    def on_trial_end(self, trials: Any, trial: Any) -> None:
        """Two seconds after the first trial."""
        threading.Timer(2.0, os.kill, (os.getpid(), signal.SIGINT)).start()


@pytest.mark.slow
def test_ctrl_c_keeps_what_finished_and_cancels_own_jobs_only(spark: Any) -> None:
    """pyspark's handler of the signal, which cancels every job of the context, is out of the way meanwhile."""
    minimise(lambda x: x, SparkTrials(2), 4)  # workers are up
    before = signal.getsignal(signal.SIGINT)
    other, found = job_of_the_user(spark, seconds=15)
    trials = SparkTrials(1)
    with pytest.raises(KeyboardInterrupt):
        minimise(slow_above_zero, trials, 2, points_to_evaluate=POINTS, callbacks=[InterruptLater()])
    assert trials.count_successful_trials() == 1
    assert trials.fmin_cancelled_reason == "fmin run cancelled by user"
    assert signal.getsignal(signal.SIGINT) is before
    other.join(120)
    assert found == [0]
    assert minimise(lambda x: x, SparkTrials(1), 1) is not None


def test_a_cancelled_worker_does_not_work_on(spark: Any, tmp_path: Path) -> None:
    """Spark ends the process of a cancelled trial within seconds."""
    trials, alive = SparkTrials(1, timeout=6), tmp_path / "alive"

    def ticks(x: float) -> float:
        while True:
            alive.touch()
            time.sleep(0.1)

    with pytest.raises(Exception, match="succeeded"):
        minimise(ticks, trials, 1)
    end = time.monotonic() + 60
    while time.monotonic() < end and time.time() - alive.stat().st_mtime < 3:
        time.sleep(0.5)
    assert time.time() - alive.stat().st_mtime >= 3


def test_the_exception_that_ends_a_search_is_the_fits_own(spark: Any) -> None:
    """With error_score="raise", as on one machine."""
    search = HyperoptSearchCV(SVC(), {"C": [-1.0]}, max_evals=1, cv=3, error_score="raise", trials=SparkTrials(1))
    with pytest.raises(ValueError, match="'C' parameter of SVC"):
        search.fit(*load_iris(return_X_y=True))


def test_a_search_goes_on_from_its_save_file(spark: Any, tmp_path: Path) -> None:
    """The second run evaluates what is missing, and its table is that of a run without interruption."""
    X, y = load_iris(return_X_y=True)

    def fit(max_evals: int, file: Path | None) -> HyperoptSearchCV:
        space = {"C": hp.loguniform("C", -3, 3)}
        settings = {"cv": 3, "random_state": 0, "max_queue_len": 2, "trials_save_file": file}
        return HyperoptSearchCV(SVC(), space, max_evals=max_evals, trials=SparkTrials(2), **settings).fit(X, y)

    fit(3, tmp_path / "search.db")
    resumed, whole = fit(6, tmp_path / "search.db"), fit(6, None)
    for key, value in table(whole).items():
        np.testing.assert_array_equal(table(resumed)[key], value, err_msg=key)


def test_a_search_pickles_and_clones_after_the_fit(spark: Any) -> None:
    """It predicts where there is no Spark, keeps its counters, and its clone runs on the same session."""
    X, y = load_iris(return_X_y=True)
    trials = SparkTrials(2, spark_session=spark)
    search = HyperoptSearchCV(SVC(), {"C": [0.1, 1.0]}, max_evals=2, cv=3, trials=trials).fit(X, y)
    back = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(back.predict(X), search.predict(X))
    assert back.trials_.count_successful_trials() == 2
    again = clone(search)
    assert again.trials._session is spark
    assert again.fit(X, y).best_params_ == search.best_params_


def test_data_travels_once(spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """100 MB of data are sent once; after that, each trial sends little."""
    X, y = np.random.default_rng(0).normal(size=(125_000, 100)), np.arange(125_000) % 2
    function_sizes: list[int] = []
    sent: list[int] = []
    for cluster in (ContextCluster, ConnectCluster):

        def send_function(self: Any, key: str, function: Any, send: Any = cluster.send_function) -> None:
            function_sizes.append(len(function.function))
            send(self, key, function)

        def run(self: Any, call: Any, payload: bytes, *rest: Any, run: Any = cluster.run, **options: Any) -> bytes:
            sent.append(len(payload) + len(pickle.dumps(call)))
            return run(self, call, payload, *rest, **options)  # type: ignore[no-any-return]

        monkeypatch.setattr(cluster, "send_function", send_function)
        monkeypatch.setattr(cluster, "run", run)
    space = {"strategy": ["prior", "most_frequent", "uniform"], "random_state": [0, 1]}
    HyperoptSearchCV(DummyClassifier(), space, max_evals=6, cv=2, trials=SparkTrials(2), refit=False).fit(X, y)
    assert len(function_sizes) == 1
    assert function_sizes[0] > 100e6
    assert len(sent) >= 6
    assert max(sent) < 10_000


def test_spark_has_no_garbage_to_look_for_after_a_trial(spark: Any) -> None:
    """Its daemon collects after every task; what the package and scikit-learn loaded is out of its sight."""

    def objective(x: float) -> dict[str, Any]:
        import gc

        return {"loss": x, "status": "ok", "looked_at": len(gc.get_objects()), "kept_out": gc.get_freeze_count()}

    trials = SparkTrials(2)
    minimise(objective, trials)
    assert all(result["kept_out"] > 10 * result["looked_at"] for result in trials.results)
