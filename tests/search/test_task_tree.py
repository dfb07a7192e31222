"""scikit-learn's callbacks (1.9 and later): the tasks that they are called for, in this process and in others."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import HyperoptSearchCV, hp
from hpsklearn_search.search._compat import HAS_CALLBACKS
from hpsklearn_search.search._task_tree import TaskTree, has_callbacks, picklable_search
from hpsklearn_search.space import as_search_space

pytestmark = pytest.mark.skipif(not HAS_CALLBACKS, reason="this scikit-learn has no callbacks (1.9 and later have)")

X, y = load_iris(return_X_y=True)
SPACE = {"C": hp.logrange("C", 0.1, 10)}


class Notes:
    """Writes one line for each task into a file, to which worker processes can write too."""

    def __init__(self, path: Path, stop_at: int | None = None) -> None:
        self.path = path
        self.stop_at = stop_at

    def setup(self, estimator: Any, context: Any) -> None:
        """Nothing."""

    def teardown(self, estimator: Any, context: Any) -> None:
        """Nothing."""

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """One line."""
        with open(self.path, "a") as file:
            file.write(f"{type(estimator).__name__}:{context.task_name}\n")

    def on_fit_task_end(self, estimator: Any, context: Any) -> bool:
        """Ask to stop after one fold task."""
        return context.task_name == "candidate-split-evaluation" and context.task_id == self.stop_at

    def counts(self) -> Counter[str]:
        """How often each line came."""
        return Counter(self.path.read_text().splitlines())


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_callback_is_called_for_every_task(tmp_path: Path, n_jobs: int) -> None:
    """There is one fit, one search, a task for each candidate and fold, and one refit, all of the search."""
    notes = Notes(tmp_path / "notes")
    search = HyperoptSearchCV(LogisticRegression(), SPACE, max_evals=4, cv=3, n_jobs=n_jobs, random_state=0)
    search.set_callbacks(notes).fit(X, y)
    assert notes.counts() == {
        "HyperoptSearchCV:fit": 1,
        "HyperoptSearchCV:search": 1,
        "HyperoptSearchCV:candidate-split-evaluation": 12,
        "HyperoptSearchCV:refit-with-best-params": 1,
    }


def test_a_callback_can_stop_the_search(tmp_path: Path) -> None:
    """It asks in the second fold of the third candidate, which is the last one."""
    notes = Notes(tmp_path / "notes", stop_at=2 * 3 + 1)
    search = HyperoptSearchCV(LogisticRegression(), SPACE, max_evals=20, cv=3, random_state=0, max_queue_len=1)
    search.set_callbacks(notes).fit(X, y)
    assert (search.n_trials_, search.stop_reason_) == (3, "callback")


def test_the_context_of_a_fold_stays_small(tmp_path: Path) -> None:
    """That of the last candidate is as large as that of the first."""
    search = HyperoptSearchCV(DecisionTreeClassifier(), SPACE).set_callbacks(Notes(tmp_path / "notes"))
    tree = TaskTree(search, X, y, None)
    tree.begin_search(5000)
    sizes = [len(pickle.dumps(tree.fold_context(number))) for number in (0, *range(1, 1000), 4000)]
    assert max(sizes) - min(sizes) < 16


def test_without_callbacks_there_is_no_context() -> None:
    """Nothing is sent to the workers then."""
    tree = TaskTree(HyperoptSearchCV(DecisionTreeClassifier(), SPACE), X, y, None)
    tree.begin_search(10)
    assert tree.fold_context(0) is None


def test_the_copy_of_the_search_for_workers_has_no_record() -> None:
    """It also lacks the callbacks of the search, which may not be picklable."""
    search = HyperoptSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2]}, max_evals=2, callbacks=[], cv=3).fit(
        X, y
    )
    copied = picklable_search(search)
    assert copied.callbacks is None
    assert not hasattr(copied, "trials_")
    assert search.callbacks == []


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.filterwarnings("ignore")
def test_a_scoring_monitor_logs_what_it_logs_under_gridsearchcv(n_jobs: int) -> None:
    """It logs the score of every iteration at its place in the tree, also if only the estimator has the callback."""
    from sklearn.callback import ScoringMonitor

    logs = []
    for kind, options in ((GridSearchCV, {}), (HyperoptSearchCV, {"max_evals": 2})):
        monitor = ScoringMonitor(scoring="accuracy")
        model = LogisticRegression(max_iter=4).set_callbacks(monitor)
        kind(model, {"C": [0.1, 1]}, cv=2, n_jobs=n_jobs, **options).fit(X, y)
        logs.append(sorted(monitor.get_logs().data, key=lambda entry: entry["task_id_path"]))
    theirs, ours = logs
    assert ours == theirs


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_progress_bar_shows_every_task(capsys: pytest.CaptureFixture[str], n_jobs: int) -> None:
    """It has lines for the search, its candidates and the refit."""
    pytest.importorskip("rich", reason="scikit-learn's ProgressBar needs rich")
    from sklearn.callback import ProgressBar

    search = HyperoptSearchCV(LogisticRegression(), SPACE, max_evals=2, cv=2, n_jobs=n_jobs, random_state=0)
    search.set_callbacks(ProgressBar(max_propagation_depth=1)).fit(X, y)
    shown = capsys.readouterr().out
    for task in ("fit ", "search #", "candidate-split-evaluation", "refit-with-best-params"):
        assert f"HyperoptSearchCV - {task}" in shown, task


def test_callbacks_of_an_option_are_found() -> None:
    """An estimator among the options of a space may be the only one that has a callback."""
    from sklearn.callback import ScoringMonitor

    listening = LogisticRegression().set_callbacks(ScoringMonitor(scoring="accuracy"))
    nested = hp.choice("clf", [DecisionTreeClassifier(), make_pipeline(StandardScaler(), listening)])
    assert has_callbacks(as_search_space({"clf": nested}))
    assert not has_callbacks(as_search_space({"clf": [DecisionTreeClassifier(), None, np.ones(3)]}))
