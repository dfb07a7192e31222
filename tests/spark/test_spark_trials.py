"""`SparkTrials` as an argument: what it costs to make, what it remembers, how it travels."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import Any

import pytest
from sklearn.base import clone
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, SparkTrials, Trials
from hpsklearn_search.hyperopt._translate import as_trials
from hpsklearn_search.trials import Failure, Outcome


def test_making_one_starts_and_imports_nothing() -> None:
    """Neither a JVM nor pyspark is needed before the search begins."""
    code = "import sys; from hpsklearn_search import SparkTrials; SparkTrials(4, 10); print('pyspark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"


def test_the_positional_order_is_hyperopts() -> None:
    """parallelism, timeout, loss_threshold, spark_session, resource_profile."""
    session: Any = object()
    trials = SparkTrials(3, 60, 0.5, session, None)
    assert (trials.parallelism, trials.timeout, trials.loss_threshold) == (3, 60.0, 0.5)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"parallelism": 0}, ValueError, "parallelism must be at least 1, got 0"),
        ({"parallelism": "4"}, TypeError, "parallelism must be a number or None, got '4'"),
        ({"parallelism": 1.5}, TypeError, "parallelism must be a whole number or None, got 1.5"),
        ({"timeout": -1}, ValueError, "timeout must be positive, got -1"),
        ({"loss_threshold": True}, TypeError, "loss_threshold must be a number"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], error: type[Exception], text: str) -> None:
    """The message names the argument and the value, when the trials are made."""
    with pytest.raises(error, match=text):
        SparkTrials(**arguments)


def test_more_than_128_at_once_is_allowed() -> None:
    """There is no hard limit of parallelism."""
    assert SparkTrials(500).parallelism == 500


def test_the_counters_tell_how_trials_ended() -> None:
    """A usable loss, an error, and one that was under way when the search was cut short."""
    trials = SparkTrials(2)
    for _ in range(4):
        trials.record.add({"x": 1.0})
    trials.record.finish(0, Outcome("ok", loss=0.1))
    trials.record.finish(1, Outcome("fail", failure=Failure("fail", "ValueError", "no")))
    assert trials.count_total_trials() == 2
    trials.stop_reason = "timeout"
    counts = trials.count_successful_trials(), trials.count_failed_trials(), trials.count_cancelled_trials()
    assert counts == (1, 1, 2)
    assert trials.count_total_trials() == 4
    assert trials.fmin_cancelled_reason == "fmin run timeout"


def test_a_search_that_ran_its_course_has_no_reason() -> None:
    """fmin_cancelled_reason is None unless the search was cut short."""
    trials = SparkTrials(2)
    trials.stop_reason = "max_evals"
    assert trials.fmin_cancelled_reason is None


def test_copies_keep_session_and_profile_and_pickles_drop_them() -> None:
    """They cannot leave their process; within it, a clone must run where the original would."""

    class Session:
        def __reduce__(self) -> Any:
            raise TypeError("this stays here")

    session, profile = Session(), Session()
    trials = SparkTrials(2, spark_session=session, resource_profile=profile)
    trials.record.add({"x": 1.0})
    twin = copy.deepcopy(trials)
    assert twin._session is session
    assert twin.resource_profile is profile
    assert twin.record is not trials.record
    back = pickle.loads(pickle.dumps(trials))
    assert back._session is None
    assert back.resource_profile is None
    assert back.parallelism == 2
    assert len(back.record) == 1


def test_a_search_with_them_can_be_cloned() -> None:
    """sklearn's clone copies the trials with their settings."""
    search = clone(HyperoptSearchCV(SVC(), {"C": [1.0]}, trials=SparkTrials(7, timeout=5)))
    assert isinstance(search.trials, SparkTrials)
    assert (search.trials.parallelism, search.trials.timeout) == (7, 5.0)


@pytest.mark.parametrize("kind", [Trials, SparkTrials])
def test_fresh_trials_have_the_settings_and_an_empty_record(kind: type[Trials]) -> None:
    """What the record of a fitted search starts as."""
    trials = kind()
    trials.record.add({"x": 1.0})
    trials.stop_reason = "timeout"
    fresh = trials.fresh()
    assert type(fresh) is kind
    assert (len(fresh.record), fresh.stop_reason) == (0, None)
    assert len(trials.record) == 1


def finished_trials() -> Trials:
    """One trial of an earlier search."""
    old = Trials()
    old.record.add({"x": 1.0})
    old.record.finish(0, Outcome("ok", loss=0.5))
    return old


def test_in_a_list_it_says_where_to_run_and_the_others_what_to_learn_from() -> None:
    """The object that was passed receives the record, and does not change otherwise."""
    place = SparkTrials(parallelism=3)
    trials = as_trials([place, finished_trials()])
    assert isinstance(trials, SparkTrials)
    assert (trials.parallelism, len(trials.earlier), len(trials)) == (3, 1, 0)
    assert trials.record is place.record
    assert not place.earlier


def test_one_place_to_run_is_enough() -> None:
    """Two are refused."""
    with pytest.raises(TypeError, match=r"a list may hold one SparkTrials\(\)"):
        as_trials([SparkTrials(), SparkTrials()])


def test_spark_trials_can_learn_from_searches() -> None:
    """With the arguments of the class."""
    trials = SparkTrials.from_searches(finished_trials(), parallelism=2)
    assert (trials.parallelism, len(trials.earlier)) == (2, 1)
