"""The callbacks of a search, and the description of the search that they receive."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from math import isnan
from typing import Any

from ..executors._streams import print_safely
from ..integrations import automatic_callbacks
from ..optimize import Callback, GainStopper, ProgressLine, Stopper
from ..trials import Trial, Trials
from ._compat import is_multimetric_scorer, safe_indexing, scorers_by_name
from ._evidence import refit_metric_of
from ._parameters import ParameterSpace
from ._secrets import logged_params
from .folds import FoldObjective


def collect_callbacks(
    search: Any, place: Trials, objective: FoldObjective, rules: Sequence[Stopper] = ()
) -> list[Callback]:
    """The user's callbacks, those of experiment trackers, and the line of progress, with the figures of `rules`."""
    best, figures = _best_so_far(search, objective), [rule for rule in rules if isinstance(rule, GainStopper)]

    def describe(trial: Trial) -> str:
        return ", ".join([best(trial), *(rule.text for rule in figures if rule.text)])

    line = [ProgressLine("candidate", describe)] if search.verbose > 0 else []
    callbacks = search.callbacks or ()
    trials = None if search.trials is None else place
    return [*callbacks, *automatic_callbacks(callbacks, trials, "HyperoptSearchCV"), *line]


def say(search: Any, text: str) -> None:
    """Show a line on stderr, if `search` shows its progress."""
    if search.verbose > 0 and sys.stderr is not None:
        print_safely(text, file=sys.stderr)


def say_baseline(search: Any, objective: FoldObjective) -> None:
    """Show the score of the estimator's own values beside that of the best candidate."""
    baseline = search._baseline() if search.verbose > 0 else None  # it takes a moment
    if baseline is not None and hasattr(search, "best_score_"):
        (name, own), (_, shown) = baseline, _shown_score(search, objective, refit_metric_of(search))
        say(search, f"{name}: {'no score' if isnan(own) else shown(own)}, best: {shown(search.best_score_)}")


def _best_so_far(search: Any, objective: FoldObjective) -> Callable[[Trial], str]:
    """The text of the best candidate in the line of progress."""
    label, shown = _shown_score(search, objective, objective.metric)
    return lambda trial: f"best {label}: {shown(-(trial.loss or 0.0))}"


def _shown_score(search: Any, objective: FoldObjective, metric: str | None) -> tuple[str, Callable[[float], str]]:
    """The name of one of several metrics, or of the only one, and how a score of it is shown."""
    scorer = objective.function.settings["scorer"]
    name = metric if is_multimetric_scorer(scorer) else search.scoring
    scorers = scorers_by_name(scorer)
    of_metric = scorers.get(name) if is_multimetric_scorer(scorer) else scorers
    label = name if isinstance(name, str) else "score"
    if getattr(of_metric, "_sign", 1) < 0:  # an error, which scikit-learn negates: shown as it is
        return label.removeprefix("neg_"), lambda score: f"{-score:.6g}"
    return label, lambda score: f"{score:.6g}"


def describe_search(search: Any, max_evals: int, parameters: ParameterSpace, X: Any, y: Any) -> dict[str, Any]:
    """The argument `search` of ``Callback.on_search_begin``."""
    return {
        "total": max_evals,
        "kind": type(search).__name__,
        "settings": {name: value for name, value in search.get_params(deep=False).items() if name != "callbacks"},
        "values": partial(logged_params, parameters),
        "data": (X, y),
        "sample": lambda n: safe_indexing(X, slice(0, n)),
    }
