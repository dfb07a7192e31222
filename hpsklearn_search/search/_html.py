"""A fitted search in a notebook: its result, and the arguments that are not the defaults."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from html import escape
from typing import Any

from sklearn.utils import estimator_html_repr

from .._texts import is_secret
from ..space import brief
from ._parameters import ParameterSpace
from ._points import is_same
from ._secrets import public_params

REASONS = {
    "max_evals": "all candidates were evaluated",
    "exhausted": "every point of the space was evaluated",
    "timeout": "the time was up",
    "score_threshold": "a candidate reached score_threshold",
    "early_stop_fn": "early_stop_fn ended it",
    "callback": "a callback ended it",
    "interrupted": "it was interrupted",
    "all_failed": "the first candidates all failed with the same error",
}


def summary_html(search: Any, plain: str) -> str:
    """The HTML of a fitted search; `plain` before the fit."""
    if not hasattr(search, "cv_results_"):
        return plain
    rows = "".join(
        f"<tr><th style='text-align: left'>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in _rows(search)
    )
    model = getattr(search, "best_estimator_", search.estimator)
    name = "best_estimator_" if hasattr(search, "best_estimator_") else "estimator (there is no model yet)"
    details = f"<details><summary>{name}</summary>{estimator_html_repr(model)}</details>"
    return f"<div><b>{escape(type(search).__name__)}</b><table>{rows}</table>{details}</div>"


def _rows(search: Any) -> Iterator[tuple[str, str]]:
    """What the table says: a name, and a value in words."""
    yield from result_rows(search)
    for finding in search._first_findings():
        yield "advice", str(finding)
    if hasattr(search, "refit_time_"):
        yield "refit", f"{search.refit_time_:.3g} s"
    for name, text in argument_rows(search):
        yield f"{name}=", text


def result_rows(search: Any) -> Iterator[tuple[str, str]]:
    """The best score and its parameters, the number of candidates, and why there are no more."""
    if hasattr(search, "best_score_"):
        yield "best score", f"{search.best_score_:.6g}"
    elif hasattr(search, "best_loss_"):
        yield "best loss", f"{search.best_loss_:.6g}"
    params = public_params(ParameterSpace.of(search), getattr(search, "best_params_", {}))
    for name, value in params.items():
        yield name, "(hidden)" if is_secret(name, value) else brief(value, most=100)
    rows = search._rows()
    counts = {"failed": sum(trial.has_failed for trial in rows), "outside a limit": sum(t.is_outside for t in rows)}
    of_which = " and ".join(f"{n} {what}" for what, n in counts.items() if n)
    yield "candidates", f"{search.n_trials_}{f', of which {of_which}' if of_which else ''}"
    for column, text in search._limits.in_words().items():
        best = getattr(search, "best_index_", None)
        found = f"; of the best {search.cv_results_[column][best]:.4g}" if best is not None else ""
        yield f"limit on {column}", f"{text}{found}"
    yield "ended because", REASONS.get(search.stop_reason_, search.stop_reason_)


def argument_rows(search: Any) -> Iterator[tuple[str, str]]:
    """The arguments that are not the defaults."""
    for name, value in changed_arguments(search).items():
        yield name, brief(value, most=100)


def changed_arguments(search: Any) -> dict[str, Any]:
    """The arguments of a search whose values are not the defaults."""
    parameters = inspect.signature(type(search)).parameters
    values = search.get_params(deep=False)
    return {name: value for name, value in values.items() if not is_same(value, parameters[name].default)}
