"""Earlier searches: their trials as points of another space, and what may be named."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpsklearn_search import Trials, fmin, hp
from hpsklearn_search.exceptions import SaveFileError
from hpsklearn_search.space import Space
from hpsklearn_search.trials import WORDS, EarlierSearch, Outcome, Trial, earlier_search_of
from tests.strategies import spaces


def search_over(*points: dict[str, Any], words: Any = None) -> EarlierSearch:
    """Finished trials at `points`; the first is the best."""
    trials = (Trial(i, point, Outcome("ok", loss=float(i))) for i, point in enumerate(points))
    return EarlierSearch(tuple(trials), words or {})


# ---------------------------------------------------------------------- other ranges
def test_values_beyond_a_new_range_teach_nothing() -> None:
    """The trial is left out, but if it was the winner, its nearest point is tried."""
    moved = search_over({"x": 8.0}, {"x": 3.0}, {"x": 1.0}).moved_to(Space(hp.uniform("x", 0, 4)), {})
    assert moved.units.ravel().tolist() == [0.75, 0.25]
    assert moved.losses.tolist() == [1.0, 2.0]
    assert moved.winner == {"x": 4.0}


def test_a_parameter_that_is_new_is_missing_and_in_the_middle_of_the_winner() -> None:
    """A model ignores it, and the winner has the middle of its range."""
    space = Space({"x": hp.uniform("x", 0, 4), "new": hp.uniform("new", 0, 2)})
    moved = search_over({"x": 3.0}).moved_to(space, {})
    np.testing.assert_array_equal(moved.units, [[0.75, np.nan]])
    assert moved.winner == {"x": 3.0, "new": 1.0}


def test_a_parameter_that_is_gone_is_ignored() -> None:
    """The others keep their values."""
    assert search_over({"x": 3.0, "old": 7.0}).moved_to(Space(hp.uniform("x", 0, 4)), {}).winner == {"x": 3.0}


def test_an_option_finds_its_place_by_its_text() -> None:
    """The order of the options may be another one, and the trials of an option that is gone are left out."""
    words = {"k": ("kernel", "", ["'rbf'", "'poly'", "'linear'"])}
    space = Space(hp.choice("k", ["sigmoid", "linear", "rbf"]))
    moved = search_over({"k": 1}, {"k": 2}, {"k": 0}, words=words).moved_to(space, {})
    assert moved.units.ravel().tolist() == [1.0, 2.0]
    assert moved.losses.tolist() == [1.0, 2.0]
    assert moved.winner == {"k": 1}


def test_without_texts_an_option_is_its_index() -> None:
    """Trials of fmin in memory do not know the texts of their options."""
    moved = search_over({"k": 1}, {"k": 5}).moved_to(Space(hp.choice("k", [0.1, 1.0, 10.0])), {})
    assert moved.winner == {"k": 1}
    assert len(moved.losses) == 1


def test_a_list_of_numbers_takes_the_nearest() -> None:
    """A range may have become a list, and a list a range."""
    as_list, as_range = Space(hp.choice("C", [0.1, 1.0, 10.0])), Space(hp.logrange("C", 0.1, 10))
    in_words: Any = {"C": ("C", "", [])}
    assert search_over({"C": 2.0}, words=in_words).moved_to(as_list, {}).winner == {"C": 1}
    assert search_over({"C": 2}, words={"C": ("C", "", ["1", "5", "7.5"])}).moved_to(as_range, {}).winner == {"C": 7.5}


def test_labels_that_differ_meet_by_the_name_of_their_parameter() -> None:
    """A label is the user's own word; the parameter that it sets is known."""
    words: Any = {"old label": ("svc__C", "", [])}
    moved = search_over({"old label": 3.0}, words=words).moved_to(Space(hp.uniform("c", 0, 4)), {"c": "svc__C"})
    assert moved.winner == {"c": 3.0}


@given(spaces(), spaces(), st.integers(0, 999))
@settings(max_examples=60, deadline=None)
def test_a_winner_is_a_point_of_any_space(old: Any, new: Any, seed: int) -> None:
    """Whatever the earlier space was, what is tried first can be drawn from the new one."""
    old, new, rng = Space(old), Space(new), np.random.default_rng(seed)
    moved = search_over(*(old.draw(rng) for _ in range(5))).moved_to(new, {})
    if moved.winner is not None:
        assert new.check(moved.winner) == moved.winner
    assert moved.units.shape == (len(moved.losses), len(new))


@given(spaces(), st.integers(0, 999))
@settings(max_examples=60, deadline=None)
def test_in_its_own_space_every_trial_stays_where_it_was(root: Any, seed: int) -> None:
    """Moving to the same space is no move."""
    space, rng = Space(root), np.random.default_rng(seed)
    points = [space.draw(rng) for _ in range(5)]
    moved = search_over(*points).moved_to(space, {})
    if len(space):
        np.testing.assert_array_equal(moved.units, [space.encode(point) for point in points])
        assert moved.winner == points[0]


@pytest.mark.parametrize("raw", [-1, 3, 1.5, float("nan"), 10**400, True, "rbf", None, [1], {"a": 1}])
def test_a_value_that_makes_no_sense_is_left_out(raw: Any) -> None:
    """A file from elsewhere may hold any value."""
    words = {"k": ("k", "", ["'a'", "'b'"]), "x": ("x", "", [])}
    space = Space({"k": hp.choice("k", ["a", "b"]), "x": hp.uniform("x", 0, 1)})
    moved = search_over({"k": raw, "x": 0.5}, {"k": 0, "x": raw}, words=words).moved_to(space, {})
    assert not np.isinf(moved.units).any()
    if moved.winner is not None:
        assert space.check(moved.winner) == moved.winner


@pytest.mark.parametrize("word", [5, None, "text", [], ["x", "", 5], [{}, "", []], ["x", "", [5]], ["x", ""]])
def test_words_that_make_no_sense_are_ignored(word: Any) -> None:
    """Labels meet by themselves then."""
    trials = old_trials()
    trials.fingerprint = {WORDS: {"x": word}}
    assert earlier_search_of(trials).moved_to(Space(hp.uniform("x", -5, 5)), {}).winner == trials.argmin


# ---------------------------------------------------------------------- forms
def old_trials() -> Trials:
    """Ten trials of a parabola."""
    trials = Trials()
    fmin(lambda x: (x - 2) ** 2, hp.uniform("x", -5, 5), max_evals=10, rstate=0, trials=trials, show_progressbar=False)
    return trials


def noted(tried: list[float], x: float) -> float:
    """An objective that notes where it was called."""
    tried.append(x)
    return abs(x)


def again(trials: Any, **options: Any) -> Trials:
    """A search that learns from what `trials` names."""
    new = Trials.from_searches(trials)
    fmin(abs, hp.uniform("x", -5, 5), max_evals=4, rstate=0, trials=new, show_progressbar=False, **options)
    return new


def test_fmin_tries_the_winner_first() -> None:
    """And says where it came from."""
    old = old_trials()
    new = again(old)
    assert new.vals["x"][0] == old.argmin["x"]
    assert [new.record.origin_of(trial) for trial in new.record][:2] == ["earlier search", "algorithm"]


def test_points_of_the_user_come_before_the_winner() -> None:
    """What was asked for by name comes first."""
    old = old_trials()
    assert again(old, points_to_evaluate=[{"x": 4.5}]).vals["x"][:2] == [4.5, old.argmin["x"]]


def test_fmin_takes_the_path_of_a_save_file_or_a_list(tmp_path: Path) -> None:
    """A path in `trials` names what to learn from, and the file stays as it is."""
    path = tmp_path / "old.db"
    quiet: dict[str, Any] = {"rstate": 0, "show_progressbar": False}
    best = fmin(lambda x: (x - 2) ** 2, hp.uniform("x", -5, 5), max_evals=10, trials_save_file=path, **quiet)
    before = path.read_bytes()
    for named in (path, str(path), [path], [old_trials(), str(path)]):
        tried: list[float] = []
        fmin(partial(noted, tried), hp.uniform("x", -5, 5), max_evals=2, trials=named, **quiet)
        assert tried[0] == best["x"]
    assert path.read_bytes() == before


def test_the_same_search_counts_once(tmp_path: Path) -> None:
    """A search and its save file hold the same trials."""
    path, trials = tmp_path / "old.db", Trials()
    fmin(
        abs, hp.uniform("x", -5, 5), max_evals=5, rstate=0, trials=trials, trials_save_file=path,
        show_progressbar=False,
    )  # fmt: skip
    assert len(Trials.from_searches([trials, path, path]).earlier) == 1


def test_passed_trials_of_fmin_are_continued() -> None:
    """A `Trials` alone is the record, as in hyperopt."""
    trials = old_trials()
    fmin(abs, hp.uniform("x", -5, 5), max_evals=12, rstate=0, trials=trials, show_progressbar=False)
    assert len(trials) == 12


def test_what_cannot_be_learned_from_is_refused(tmp_path: Path) -> None:
    """The message says what is possible."""
    with pytest.raises(TypeError, match="a fitted search, the path of a save file, Trials, or a list"):
        Trials.from_searches([5])
    with pytest.raises(SaveFileError, match=r"to save this search in a file write trials_save_file='nothing\.db'"):
        Trials.from_searches("nothing.db")
    with pytest.raises(TypeError, match=r"trials='postgresql://host/db' is an address"):
        Trials.from_searches("postgresql://me:secret@host/db")
    (tmp_path / "text.db").write_text("no database at all")
    with pytest.raises(SaveFileError, match="is not a save file of a search"):
        Trials.from_searches(tmp_path / "text.db")


def test_one_file_cannot_be_read_and_written() -> None:
    """To continue a search, its file alone is enough."""
    with pytest.raises(ValueError, match="leave trials= out to continue"):
        fmin(abs, hp.uniform("x", 0, 1), max_evals=1, trials=["a.db"], trials_save_file="a.db")


def test_a_failed_or_cancelled_trial_is_no_winner() -> None:
    """Failures are learned from, and what was cancelled says nothing."""
    trials = Trials()
    for number, outcome in enumerate([Outcome("fail"), Outcome("cancelled"), Outcome("ok", loss=1.0)]):
        trials.record.add({"x": float(number)})
        trials.record.finish(number, outcome)
    moved = earlier_search_of(trials).moved_to(Space(hp.uniform("x", 0, 4)), {})
    np.testing.assert_array_equal(moved.losses, [np.nan, 1.0])
    assert moved.winner == {"x": 2.0}
