"""The facts of a fitted search for its page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from traceback import format_exc
from typing import Any

import numpy as np
from sklearn.base import clone

from .._secret_names import is_secret_name
from .._secrets_in_texts import without_secrets
from .._versions import versions_in_words
from ..executors._streams import safe_logger
from ..plots import Candidates
from ..report import (
    Facts,
    Pairs,
    Table,
    assignments,
    checked_target,
    found_in_space,
    make_page,
    n_best,
    timing,
    write_page,
)
from ..space import Choice
from ..space._description import option_texts
from ._code import code_of
from ._describe import parameter_names, space_table
from ._evidence import refit_metric_of
from ._html import argument_rows, result_rows
from ._parameters import ParameterSpace
from ._secrets import HIDDEN, public_params

logger = safe_logger(__name__)


def write_report(search: Any, path: Any) -> Path:
    """Write the page of a fitted search."""
    checked_target(path)  # before the work of a second or more
    return write_page(path, make_page(facts_of(search)))


def facts_of(search: Any) -> Facts:
    """All that a fitted search knows."""
    rows = search._rows()
    comparison, why_no_comparison = _comparison(search)
    code, why_no_code = _code(search)
    importances = getattr(search, "importances_", {})
    return Facts(
        title=f"{type(search).__name__} of {type(search.estimator).__name__}",
        candidates=Candidates.from_search(search),
        trials=rows,
        results=search._public_results(),
        best=getattr(search, "best_index_", None),
        tiles=list(_tiles(search)),
        result=list(result_rows(search)),
        settings=[*((f"{name}=", value) for name, value in argument_rows(search)), ("versions", versions_in_words())],
        findings=[(finding.text, finding.line) for finding in search._first_findings(20)],
        comparison=comparison,
        limits=search._limits.pairs(),
        importances=importances,
        space=_space(search),
        timing=list(_timing(search)),
        data=list(_data(search)),
        code=code,
        reasons={
            "advice": "There is nothing to say. Fewer than 20 candidates give no advice.",
            "comparison": why_no_comparison,
            "importances": "Importances need at least two candidates with different scores.",
            "code": why_no_code,
        },
    )


def _tiles(search: Any) -> Pairs:
    n_failed = sum(trial.has_failed for trial in search._rows())
    n_pruned = sum(trial.was_pruned for trial in search._rows())
    n_outside = sum(trial.is_outside for trial in search._rows())
    tiles = [("best score", f"{search.best_score_:.5g}")] if hasattr(search, "best_score_") else []
    if hasattr(search, "best_index_"):
        spread = search.cv_results_[f"std_test_{refit_metric_of(search)}"][search.best_index_]
        tiles.append(("± over the folds", f"{spread:.2g}"))
        tiles.append(("best candidate", str(search.best_index_)))
    tiles += [("candidates", str(search.n_trials_)), ("failed", str(n_failed))]
    tiles += [("outside a limit", str(n_outside))] if n_outside else []
    tiles += [("pruned", str(n_pruned))] if n_pruned else []
    return [*tiles, ("folds", str(search.n_splits_))]


def _comparison(search: Any) -> tuple[Table | None, str]:
    """The ten best candidates compared with the best, or why they cannot be."""
    try:
        rows, metric, columns = search._comparison(10, 0.05)
    except ValueError as error:
        return None, f"{error}."
    params = search._public_results()["params"]
    names = ("difference", "low", "high", "p_value")
    body = [
        [
            int(row),
            columns["mean"][row],
            *(columns[name][row] for name in names),
            "yes" if columns["same_as_best"][row] else "no",
            assignments(params[row].items()),
        ]
        for row in rows
    ]
    head = ["candidate", metric, *names[:3], "p-value", "same as the best", "parameters"]
    return Table(head, body), ""


def _code(search: Any) -> tuple[str, str]:
    """The code of the best model, or why there is none."""
    if not hasattr(search, "best_params_"):
        return "", "The search has no best candidate: refit=False with several metrics chooses none."
    try:
        model = search._best_candidate(clone(search.estimator))
        public = public_params(ParameterSpace.of(search), search.best_params_)
        hidden = {name: value for name, value in public.items() if value is HIDDEN}
        return code_of(model.set_params(**hidden)), ""
    except Exception:  # an estimator of the user's may refuse anything
        logger.debug("no code\n%s", without_secrets(format_exc()))
        return "", "The best model could not be written as code: clone(search.best_estimator_) makes a new one."


def _space(search: Any) -> Table:
    """The space in words, with what was found."""
    parameters = ParameterSpace.of(search)
    words, points = space_table(parameters, search.estimator), [trial.point for trial in search._rows()]
    candidates = Candidates.from_search(search)
    scores = np.where(candidates.complete, candidates.scores, -np.inf)
    best_first = [row for row in np.argsort(-scores, kind="stable").tolist() if candidates.complete[row]]
    names, secrets = parameter_names(parameters), parameters.space.secrets
    rows = []
    for dimension, row in zip(parameters.space.dimensions, words.rows, strict=True):
        options = option_texts(dimension.node, names, secrets) if isinstance(dimension.node, Choice) else ()
        found = found_in_space(dimension.label, points, best_first, options)
        is_hidden = not options and (dimension.label in secrets or is_secret_name(names[dimension.label]))
        rows.append([*row, *((found[0], "(hidden)", "(hidden)") if is_hidden else found)])
    return Table([*words.columns, "tried", "best", f"in the {n_best(len(best_first))} best"], rows)


def _timing(search: Any) -> Iterator[tuple[str, str]]:
    record = search.trials_.record
    refit = getattr(search, "refit_time_", None)
    yield from timing(search._rows(), workers=record.n_workers, suggesting=record.suggest_seconds, refit=refit)


def _data(search: Any) -> Iterator[tuple[str, str]]:
    """Sizes of the data, and the hashes that a save file would have."""
    yield "rows", str(search._kept_folds.n_samples)
    model = getattr(search, "best_estimator_", None)
    with suppress(AttributeError):
        yield "columns", str(model.n_features_in_)  # type: ignore[union-attr]
    n_train, n_test = zip(*((len(train), len(test)) for train, test in search.splits_), strict=True)
    yield "folds", f"{search.n_splits_}, with {_range(n_train)} rows to fit and {_range(n_test)} to test"
    fingerprint: Mapping[str, Any] = search.trials_.fingerprint or {}
    for name in ("X", "y"):
        if fingerprint.get(name):
            yield name, str(fingerprint[name])


def _range(sizes: tuple[int, ...]) -> str:
    return " to ".join(str(size) for size in dict.fromkeys((min(sizes), max(sizes))))
