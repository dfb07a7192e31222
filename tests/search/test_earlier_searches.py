"""A search that learns from earlier ones: of the same data, and of other data with other ranges."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris, load_wine
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

from hpsklearn_search import HyperoptSearchCV, Trials, hp
from hpsklearn_search.exceptions import InvalidTrial, SaveFileError
from hpsklearn_search.trials import Outcome

IRIS, WINE = load_iris(return_X_y=True), load_wine(return_X_y=True)
TREE = DecisionTreeClassifier(random_state=0)
SPACE = {"max_depth": hp.uniformint(1, 8), "ccp_alpha": hp.logrange(1e-4, 1e-1), "criterion": ["gini", "entropy"]}
OTHER = {"ccp_alpha": hp.logrange(1e-3, 1e-2), "criterion": ["log_loss", "entropy", "gini"], "min_samples_leaf": [1, 5]}


def search(data: Any = WINE, space: Any = SPACE, max_evals: int = 4, **options: Any) -> HyperoptSearchCV:
    """A small search, on wine if nothing else is said."""
    found = HyperoptSearchCV(TREE, space, max_evals=max_evals, cv=3, random_state=0, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found.fit(*data)
    return found


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> HyperoptSearchCV:
    """A search on iris, with a save file."""
    return search(IRIS, max_evals=8, trials_save_file=tmp_path_factory.mktemp("old") / "old.db")


def origins(found: HyperoptSearchCV) -> list[str]:
    """Where each candidate came from."""
    return [found.trials_.record.origin_of(trial) for trial in found.trials_.record]


# ---------------------------------------------------------------------- forms
@pytest.mark.parametrize("form", ["search", "path", "text", "list", "from_searches", "trials in a list"])
def test_every_form_brings_the_winner_first(old: HyperoptSearchCV, form: str) -> None:
    """A fitted search, its file and its trials say the same, alone and in a list."""
    named = {
        "search": old,
        "path": Path(str(old.trials_save_file)),
        "text": str(old.trials_save_file),
        "list": [old, old.trials_save_file],
        "from_searches": Trials.from_searches(old),
        "trials in a list": [old.trials_],
    }[form]
    found = search(trials=named)
    assert found.cv_results_["params"][0] == old.best_params_
    assert origins(found)[0] == "earlier search"
    assert len(found.trials_.record.earlier) == 1
    assert found.results_frame()["origin"].tolist().count("earlier search") == 1


@pytest.mark.parametrize(
    "other", [DecisionTreeClassifier(random_state=1), ExtraTreeClassifier(random_state=0)], ids=repr
)
def test_losses_of_another_estimator_count_by_rank(other: Any) -> None:
    """On the same data, another class or another fixed parameter has other scores at the same point."""
    space = {"max_depth": hp.uniformint(1, 8)}
    earlier = HyperoptSearchCV(other, space, max_evals=6, cv=3, random_state=0).fit(*WINE)
    found = search(space=space, trials=earlier)
    assert len(found.trials_.record.earlier) == 1
    assert not found.trials_.record.prior_trials
    assert origins(found)[0] == "earlier search"


def test_a_search_without_a_parameter_in_common_is_named(old: HyperoptSearchCV) -> None:
    """Nothing can be learned, and that is said."""
    alien = HyperoptSearchCV(TREE, {"min_samples_split": hp.uniformint(2, 9)}, max_evals=2, cv=3, trials=old)
    with pytest.warns(UserWarning, match="nothing is learned from it. The space has min_samples_split"):
        alien.fit(*WINE)


def test_an_estimator_is_no_earlier_search() -> None:
    """It has nothing to teach, fitted or not."""
    with pytest.raises(TypeError, match="trials must be"):
        search(trials=clone(TREE).fit(*IRIS))


def test_a_search_of_scikit_learn_teaches_as_well() -> None:
    """Its table holds parameters and scores, and that is enough."""
    grid = GridSearchCV(TREE, {"max_depth": [2, 3], "criterion": ["gini", "entropy"]}, cv=3).fit(*IRIS)
    params = search(trials=grid).cv_results_["params"][0]
    assert params.items() >= grid.best_params_.items()


def test_other_ranges_and_options_take_what_fits(old: HyperoptSearchCV) -> None:
    """The winner is moved into the ranges, and what is new has its middle."""
    params = search(space=OTHER, trials=old).cv_results_["params"][0]
    assert params["ccp_alpha"] == pytest.approx(np.clip(old.best_params_["ccp_alpha"], 1e-3, 1e-2))
    assert params["criterion"] == old.best_params_["criterion"]
    assert "max_depth" not in params


def test_several_searches_have_a_winner_each(old: HyperoptSearchCV) -> None:
    """In the order of the list, after the points of the user."""
    second = search((IRIS[0], np.random.default_rng(0).permutation(IRIS[1])), max_evals=6)
    found = search(trials=[second, old], max_evals=8, points_to_evaluate=[{"max_depth": 8}])
    assert found.cv_results_["params"][0]["max_depth"] == 8
    assert found.cv_results_["params"][1:3] == [second.best_params_, old.best_params_]
    assert origins(found)[:3] == ["points_to_evaluate", "earlier search", "earlier search"]


def test_candidates_of_the_same_data_are_not_evaluated_again(old: HyperoptSearchCV) -> None:
    """Their scores are those of this search, so that they count as its own."""
    for named in (old, old.trials_, old.trials_save_file):
        found = search(IRIS, trials=named)
        assert len(found.trials_.record.prior_trials) == 8
        assert old.best_params_ not in found.cv_results_["params"]
        assert "earlier search" not in origins(found)


def test_candidates_of_the_same_data_beyond_a_new_range_are_left_out(old: HyperoptSearchCV) -> None:
    """They would be taken for candidates at the end of the range."""
    found = search(IRIS, {**SPACE, "max_depth": hp.uniformint(2, 3)}, trials=old)
    assert {trial.point["max_depth"] for trial in found.trials_.record.prior_trials} <= {2, 3}


def test_trials_of_other_data_and_other_parameters_are_moved_with_a_warning(old: HyperoptSearchCV) -> None:
    """A record that is passed as it is may be a mistake; the search itself is none."""
    found = HyperoptSearchCV(TREE, OTHER, max_evals=3, cv=3, random_state=0, trials=old.trials_)
    with pytest.warns(UserWarning, match=r"compared by rank(.|\n)*Pass the search itself, trials=old"):
        found.fit(*WINE)
    assert origins(found)[0] == "earlier search"


def test_trials_without_a_parameter_of_the_space_are_refused() -> None:
    """Nothing could be learned from them."""
    trials = Trials()
    trials.record.add({"other": 1.0})
    trials.record.finish(0, Outcome("ok", loss=0.5))
    with pytest.raises(InvalidTrial, match="trials of another space"):
        search(trials=trials)


# ---------------------------------------------------------------------- with everything else
def test_the_same_with_workers(old: HyperoptSearchCV) -> None:
    """Candidates depend neither on the number of workers nor on the form."""
    alone, with_workers = search(trials=old, max_evals=6), search(trials=[old], max_evals=6, n_jobs=2)
    assert alone.cv_results_["params"] == with_workers.cv_results_["params"]


def test_a_search_that_learns_can_be_resumed(old: HyperoptSearchCV, tmp_path: Path) -> None:
    """It continues to the search that was not interrupted, and is refused without what it learned from."""
    file = tmp_path / "new.db"
    search(trials=old, max_evals=3, trials_save_file=file)
    resumed, whole = search(trials=old, max_evals=6, trials_save_file=file), search(trials=old, max_evals=6)
    assert resumed.cv_results_["params"] == whole.cv_results_["params"]
    with pytest.raises(OSError, match="trials: "):
        search(max_evals=6, trials_save_file=file)


def test_a_file_says_that_the_earlier_search_has_grown(old: HyperoptSearchCV, tmp_path: Path) -> None:
    """The number of its candidates was another one when the file was written."""
    search(trials=old, max_evals=3, trials_save_file=tmp_path / "new.db")
    grown = search(trials=old, max_evals=len(old.cv_results_["params"]) + 2)
    with pytest.raises(
        SaveFileError, match=r"trials \(number of earlier candidates, their points\): \d+ in the file, \d+ now"
    ):
        search(trials=[old, grown], max_evals=3, trials_save_file=tmp_path / "new.db")


def test_the_file_to_read_is_not_the_file_to_write(old: HyperoptSearchCV) -> None:
    """The save file alone continues a search."""
    with pytest.raises(ValueError, match="name the same file"):
        search(trials=old.trials_save_file, trials_save_file=old.trials_save_file)


def test_a_clone_learns_from_the_same_search(old: HyperoptSearchCV) -> None:
    """scikit-learn clones a search for each fold, and a clone of the earlier one would not be fitted."""
    found = HyperoptSearchCV(TREE, SPACE, max_evals=2, cv=3, random_state=0, trials=[old])
    assert clone(found).trials[0] is old
    assert len(cross_val_score(found, *WINE, cv=3, error_score="raise")) == 3


def test_what_was_passed_stays_as_it_was(old: HyperoptSearchCV) -> None:
    """Neither the search nor its record changes."""
    n, named = len(old.trials_), [old]
    search(trials=named)
    assert len(old.trials_) == n
    assert named == [old]


def test_constraints_hold_for_winners(old: HyperoptSearchCV) -> None:
    """A winner that is refused is not evaluated."""
    found = search(trials=old, constraints=lambda params: params["max_depth"] > old.best_params_["max_depth"])
    assert "earlier search" not in origins(found)


def test_a_search_that_is_not_fitted_is_refused() -> None:
    """There is nothing to learn from it."""
    with pytest.raises(TypeError, match="is not fitted, so there is nothing to learn from; call its fit first"):
        search(trials=HyperoptSearchCV(TREE, SPACE))
