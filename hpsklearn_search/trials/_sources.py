"""What to learn from: fitted searches, save files and trials, as earlier searches.

>>> from ._record import Record
>>> from ._trial import Outcome
>>> class Fitted:
...     cv_results_ = {"params": [{"C": 1.0}, {"C": 2.0}], "mean_test_score": [0.8, 0.9]}
>>> [trial.loss for trial in earlier_search_of(Fitted()).trials]
[-0.8, -0.9]
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

import numpy as np

from .._texts import public_repr
from ..exceptions import SaveFileError
from ._earlier import EarlierSearch
from ._fingerprint import WORDS
from ._reading import read_save_file
from ._record import Record
from ._save_path import absolute_path, is_address, public_address
from ._trial import EMPTY_MAPPING, STATUS_CANCELLED, Outcome, Trial

FORMS = "a fitted search, the path of a save file, Trials, or a list of them"


def is_source(value: Any) -> bool:
    """Whether `value` names something to learn from, and is no record to continue."""
    return isinstance(value, str | PathLike | list | tuple) or hasattr(value, "get_params")


def earlier_searches(values: Iterable[Any]) -> tuple[EarlierSearch, ...]:
    """All searches that `values` are, or name, each once."""
    found: dict[Any, EarlierSearch] = {}
    for earlier in map(earlier_search_of, values):
        key = tuple((str(trial.point), trial.model_loss) for trial in earlier.trials)
        found.setdefault(key, earlier)
    return tuple(found.values())


def check_other_file(trials: Any, save_file: Any) -> None:
    """Raise ValueError if the file to write is one of the files to learn from."""
    values = trials if isinstance(trials, list | tuple) else [trials]
    files = [_absolute(value, "trials=") for value in values if isinstance(value, str | PathLike)]
    is_path = isinstance(save_file, str | bytes | PathLike) and save_file
    if is_path and _absolute(save_file, "trials_save_file=") in files:
        raise ValueError(
            f"trials= and trials_save_file= name the same file, {public_repr(str(save_file))}; leave trials= out to "
            "continue the search of this file, or write another trials_save_file to learn from it"
        )


def _absolute(path: Any, argument: str) -> str:
    return absolute_path(os.fsdecode(path), argument)


def earlier_search_of(value: Any) -> EarlierSearch:
    """The search that `value` is, or names; TypeError or SaveFileError if it is or names none."""
    if isinstance(value, str | PathLike):
        return _of_file(value)
    if isinstance(getattr(value, "record", None), Record):
        return _with_words([*value.record, *value._inserted], value.fingerprint)
    if hasattr(value, "trials_"):
        return earlier_search_of(value.trials_)
    if isinstance(getattr(value, "cv_results_", None), Mapping):
        return _of_table(value)
    if hasattr(value, "get_params") and hasattr(value, "refit") and not isinstance(value, type):
        raise TypeError(
            f"trials={type(value).__name__}(...) is not fitted, so there is nothing to learn from; call its fit first"
        )
    raise TypeError(f"trials must be {FORMS} to learn from it, got {public_repr(value)}")


def _with_words(trials: Iterable[Trial], fingerprint: Mapping[str, Any] | None) -> EarlierSearch:
    finished = (trial for trial in trials if trial.outcome is not None and trial.outcome.status != STATUS_CANCELLED)
    stored = (fingerprint or {}).get(WORDS)
    words = stored if isinstance(stored, dict) and all(map(_is_word, stored.values())) else EMPTY_MAPPING
    return EarlierSearch(tuple(finished), words, fingerprint)


def _is_word(word: Any) -> bool:
    """Whether it is what `words_of_space` says of a label; a file from elsewhere may hold anything."""
    if not isinstance(word, list | tuple) or len(word) != 3 or not isinstance(word[2], list):
        return False
    return all(isinstance(text, str) for text in (*word[:2], *word[2]))


def _of_file(path: str | PathLike[str]) -> EarlierSearch:
    if is_address(str(path)):
        raise TypeError(
            f"trials={public_address(str(path))} is an address; to learn from an earlier search write the path of its "
            "save file, such as trials='old.db'; to save this search in a file write trials_save_file='search.db'"
        )
    place = _absolute(path, "trials=")
    try:
        saved = read_save_file(path)
    except (SaveFileError, ValueError) as error:  # a ValueError for what can be no name of a file
        problem, shown = str(error).removeprefix(repr(place)).strip(), public_repr(str(path))
        raise SaveFileError(
            f"trials={shown} {problem}. A path in trials= names the save file of an earlier search, to learn from it; "
            f"to save this search in a file write trials_save_file={shown}"
        ) from error
    return _with_words(saved.trials, saved.fingerprint)


def _of_table(search: Any) -> EarlierSearch:
    """The candidates of a fitted search of scikit-learn, by the metric that its refit names."""
    results = search.cv_results_
    metric = search.refit if isinstance(getattr(search, "refit", None), str) else "score"
    scores = results.get(f"mean_test_{metric}")
    if scores is None:
        scores = next((column for name, column in results.items() if name.startswith("mean_test_")), ())
    trials = [
        Trial(number, dict(params), Outcome("ok", loss=-float(score)) if math.isfinite(score) else Outcome("fail"))
        for number, (params, score) in enumerate(zip(results["params"], np.asarray(scores), strict=True))
    ]
    names = dict.fromkeys(name for trial in trials for name in trial.point)
    return EarlierSearch(tuple(trials), {name: (name, "", ()) for name in names}, EMPTY_MAPPING)
