"""Columns: a record and the trials before it as arrays for algorithms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsklearn_search import hp
from hpsklearn_search.space import Space
from hpsklearn_search.suggest import anneal, auto, gp, tpe
from hpsklearn_search.trials import Outcome, Record, Trials

SPACE = Space({"x": hp.uniform("x", 0, 1), "c": hp.choice("c", [hp.normal("n", 0, 1), "b"])})


def filled(numbers: range, seed: int) -> Record:
    """Trials whose outcomes depend on their number only; every fourth fails."""
    record = Record()
    for i, number in enumerate(numbers):
        rng = np.random.default_rng([seed, number])
        record.add(SPACE.draw(rng))
        record.finish(i, Outcome("fail") if number % 4 == 3 else Outcome("ok", loss=rng.normal(), variance=0.1))
    return record


def split(n: int, n_prior: int, seed: int) -> Record:
    """The same trials; the first ones are those of an earlier search."""
    record = filled(range(n_prior, n), seed)
    record.prior_trials = tuple(filled(range(n_prior), seed))
    return record


@given(n=st.integers(0, 40), n_prior=st.integers(0, 40), hidden=st.integers(0, 40), seed=st.integers(0, 99))
def test_prior_trials_come_first_in_a_history(n: int, n_prior: int, hidden: int, seed: int) -> None:
    """Prior trials come first in a history; the window counts from the first trial of the search."""
    n_prior = min(n_prior, n)
    own = n - n_prior
    n_known = max(own - hidden, 0)
    whole, parts = filled(range(n), seed), split(n, n_prior, seed)
    expected, seen = whole.history(SPACE, n_prior + n_known), parts.history(SPACE, n_known)
    for name in ("units", "losses", "variances", "pending"):
        np.testing.assert_array_equal(getattr(seen, name), getattr(expected, name))
    assert len(parts) == own


def test_trials_that_finish_later_find_their_row() -> None:
    """The outcome of a later trial is in its own row, after the prior trials."""
    record = split(6, 6, 0)
    assert len(record.history(SPACE)) == 6
    record.add({"x": 0.25, "c": 1})
    record.add({"x": 0.75, "c": 1})
    record.finish(1, Outcome("ok", loss=7.0))
    seen = record.history(SPACE)
    assert seen.losses[7] == 7.0
    assert seen.pending.tolist() == [False] * 6 + [True, False]


@pytest.mark.parametrize("algo", [tpe.suggest, gp.suggest, auto.suggest, anneal.suggest])
def test_an_algorithm_treats_prior_trials_as_its_own(algo: Any) -> None:
    """An algorithm suggests the same point after the same trials, prior or not."""
    whole, parts = Trials(), Trials()
    whole.record, parts.record = filled(range(40), 1), split(40, 25, 1)
    assert algo([40], SPACE, whole, 5) == algo([40], SPACE, parts, 5)
