"""Checks of a ``refit`` that orders candidates, all before the first fit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

from .._secrets_in_texts import without_secrets
from ..exceptions import add_note
from ..space import Choice, children, fits_float
from ._describe import settings
from ._one_standard_error import one_standard_error
from ._parameters import ParameterSpace
from ._secrets import public_params
from ._simplest import Simplest
from ._simplest_of_the_best import simplest_of_the_best

_TIME = re.compile(r"(mean|std)_(fit|score)_time")
_SCORE = re.compile(r"(mean|std)_(test|train)_(.+)")


def check_simplest(refit: Any, parameters: ParameterSpace) -> None:
    """Raise if `refit` orders candidates by what they have not, or by a text."""
    if any(refit is function for function in (one_standard_error, simplest_of_the_best)):
        name = next(iter(_names(parameters.space.root)), "max_depth")
        function = refit.__name__
        raise TypeError(f"{function} makes the function that is needed; write refit={function}({name!r})")
    if not isinstance(refit, Simplest):
        return
    names = sorted(set(_names(parameters.space.root)))
    for key in refit.keys:
        _check_key(refit, key, names, parameters)
    if callable(refit.simplest):
        _check_function(refit, parameters)


def _check_key(refit: Simplest, key: str, names: Sequence[str], parameters: ParameterSpace) -> None:
    if key not in names:
        if refit.takes_columns and (_TIME.fullmatch(key) or _SCORE.fullmatch(key)):
            return  # which scores there are is known later
        times = ["mean_fit_time", "mean_score_time"] if refit.takes_columns else []
        similar = get_close_matches(key.removeprefix("param_"), [*names, *times], n=1) or names
        what = "parameter that it sets" + (', or a column such as "mean_fit_time"' if times else "")
        raise ValueError(
            f"{refit.written()}: the space does not set {without_secrets(key)}; name a {what}, as in "
            f"refit={refit.with_key(key, similar[0])}"
        )
    values = list(parameters.space.constants().get(key, []))
    for setting in settings(parameters):
        if setting.parameter == key and setting.is_direct and isinstance(setting.node, Choice):
            values += setting.node.options
    wrong = [value for value in values if _has_no_float(value)]
    if wrong:
        raise refit.not_a_number(key, public_params(parameters, {key: wrong[0]})[key])


def _check_function(refit: Simplest, parameters: ParameterSpace) -> None:
    """Call the function for one candidate: what is wrong with it is no news for the end of a search."""
    params = parameters.params(parameters.space.draw(np.random.default_rng(0)))
    try:
        refit.number_of(params)
    except Exception as error:
        add_note(error, f"{refit.written()} is called with the parameters of each candidate, such as {sorted(params)}")
        raise


def check_metric(refit: Any, metrics: Sequence[str], *, has_train_scores: bool) -> None:
    """Raise if `refit` compares a metric that the table will not have, or orders by its scores."""
    if not isinstance(refit, Simplest):
        return
    if refit.metric not in metrics:
        right = refit.written(metric=metrics[0])
        raise ValueError(
            f"{refit.written()}: the search has no metric {refit.metric!r}, it has {list(metrics)}; write refit={right}"
        )
    for key, match in ((key, _SCORE.fullmatch(key)) for key in refit.keys):
        if match is None:
            continue
        if match[3] not in metrics:
            right = refit.with_key(key, f"{match[1]}_{match[2]}_{metrics[0]}")
            raise ValueError(
                f"{refit.written()}: cv_results_ will have no column {key!r}, the metrics are {list(metrics)}; "
                f"write refit={right}"
            )
        if match[2] == "train" and not has_train_scores:
            raise ValueError(f"{refit.written()}: {key} needs return_train_score=True")


def _names(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        yield from node
    for child in children(node):
        yield from _names(child)


def _has_no_float(option: Any) -> bool:
    return isinstance(option, str) or (isinstance(option, int) and not fits_float(option))
