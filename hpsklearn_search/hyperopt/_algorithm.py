"""Algorithms by name, and algorithms of the user's own, which keep to hyperopt's protocol.

The library's own algorithms take a `Space` and return points. Any other function receives a `Domain`,
and may return hyperopt's trial documents, which become points here and nowhere else.

>>> as_points([{"tid": 3, "misc": {"vals": {"x": [0.5], "y": []}}}])
[{'x': 0.5}]
>>> from hpsklearn_search import tpe
>>> resolve_algo("tpe") is tpe.suggest
True
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .._texts import public_repr
from ..exceptions import InvalidTrial
from ..space import Point, Space
from ..suggest import ALGORITHMS, SuggestAlgorithm, auto, gp, tpe
from ._domain import Domain


def resolve_algo(algo: Any) -> SuggestAlgorithm:
    """An algorithm by name, or as a function; None is the default."""
    if algo is None:
        return auto.suggest
    if isinstance(algo, str):
        if algo not in ALGORITHMS:
            raise ValueError(
                f"algo={public_repr(algo)} is unknown; write one of {sorted(ALGORITHMS)}, or a suggest function"
            )
        return ALGORITHMS[algo]
    function: Callable[..., Any] | None = algo if callable(algo) else getattr(algo, "suggest", None)
    if not callable(function):
        raise TypeError(
            f"algo must be one of {sorted(ALGORITHMS)}, a function such as tpe.suggest, or None, got "
            f"{public_repr(algo)}"
        )
    inner = _without_partial(function)
    _refuse_hyperopt(inner)
    is_own = any(inner is own for own in (*ALGORITHMS.values(), gp.suggest))
    return function if is_own else HyperoptAlgorithm(function)


class HyperoptAlgorithm:
    """An algorithm that keeps to hyperopt's protocol, as one of ours."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.__wrapped__ = function  # the name in a save file is that of the function
        self._space: Space | None = None
        self._domain: Domain | None = None

    def __call__(self, new_ids: Sequence[int], domain: Space, trials: Any, seed: int) -> list[Point]:
        if self._domain is None or domain is not self._space:
            # One domain a search: the arrays of the record are cached by the identity of the space.
            self._space, self._domain = domain, Domain.of(domain)
        return as_points(self.__wrapped__(new_ids, self._domain, trials, seed))


def has_model(algo: SuggestAlgorithm) -> bool:
    """Whether it is one of the own algorithms that fit a model after their first points."""
    return any(_without_partial(algo) is own for own in (auto.suggest, gp.suggest, tpe.suggest))


def named_algorithm(algo: Any) -> Any:
    """The function whose name stands for an algorithm in a save file."""
    return inspect.unwrap(algo) if isinstance(algo, HyperoptAlgorithm) else algo


def _without_partial(function: Any) -> Any:
    while isinstance(function, functools.partial):
        function = function.func
    return function


def _refuse_hyperopt(function: Any) -> None:
    module = str(getattr(function, "__module__", None))
    if module.partition(".")[0] == "hyperopt":
        name = module.rpartition(".")[2]
        raise TypeError(
            f"algo={module}.{getattr(function, '__name__', '')} only works with hyperopt.fmin; use "
            f"`from hpsklearn_search import {name if name in ('anneal', 'mix', 'rand') else 'tpe'}`"
        )


def as_points(suggested: Any) -> list[Point]:
    """The points in what an algorithm returned: points themselves, or hyperopt's documents of trials."""
    if not isinstance(suggested, Sequence) or not all(isinstance(one, Mapping) for one in suggested):
        raise InvalidTrial(
            f"algo returned {public_repr(suggested)}; an algorithm returns a list with a point {{label: value}} for "
            "each of new_ids, or with a document, as trials.new_trial_docs makes them"
        )
    return [_as_point(one) for one in suggested]


def _as_point(suggestion: Mapping[str, Any]) -> Point:
    misc = suggestion.get("misc")
    if not isinstance(misc, Mapping):
        return {label: _scalar(value) for label, value in suggestion.items()}
    if "vals" not in misc:
        raise InvalidTrial(f"algo returned a document without ['misc']['vals']: {public_repr(suggestion)}")
    return {label: _scalar(values[0]) for label, values in misc["vals"].items() if len(values)}


def _scalar(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
