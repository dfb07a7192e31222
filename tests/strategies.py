"""Hypothesis strategies: random distributions, and random nested spaces with unique labels."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from hpsklearn_search import hp
from hpsklearn_search.space import Node

__all__ = ["UNIT", "constants", "grids", "leaves", "spaces"]

UNIT = st.floats(0.0, 1.0, allow_subnormal=False)
"""A coordinate of the unit interval, its ends included."""

constants = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=3))
"""What may stand in a space without being searched."""

_finite = st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False)
_positive = st.floats(1e-3, 1e3, allow_subnormal=False)


@st.composite
def _bounds(draw: Any, values: Any = _finite) -> tuple[float, float]:
    low, width = draw(values), draw(_positive)
    return low, low + width


@st.composite
def _uniform(draw: Any, label: str) -> Node:
    low, high = draw(_bounds())
    kind = draw(st.sampled_from(["plain", "q", "log", "qlog"]))
    if kind == "plain":
        return hp.uniform(label, low, high)
    if kind == "q":
        return hp.quniform(label, low, high, (high - low) / draw(st.integers(1, 40)))
    low, high = draw(_bounds(st.floats(-8.0, 8.0)))
    high = min(high, low + 10)
    if kind == "log":
        return hp.loguniform(label, low, high)
    return hp.qloguniform(label, low, high, (math.exp(high) - math.exp(low)) / draw(st.integers(1, 40)))


@st.composite
def _normal(draw: Any, label: str) -> Node:
    mu, sigma = draw(st.floats(-3.0, 3.0)), draw(st.floats(0.01, 2.0))
    kind = draw(st.sampled_from(["normal", "lognormal", "qnormal", "qlognormal"]))
    step = [draw(st.sampled_from([0.1, 0.25, 1.0, 2.0]))] if kind.startswith("q") else []
    return getattr(hp, kind)(label, mu, sigma, *step)


@st.composite
def _integer(draw: Any, label: str) -> Node:
    low, width = draw(st.integers(-100, 100)), draw(st.integers(1, 60))
    kind = draw(st.sampled_from(["randint", "uniformint", "loguniformint"]))
    low = max(low, 1) if kind == "loguniformint" else low
    return getattr(hp, kind)(label, low, low + width)


def leaves(label: str) -> Any:
    """A parameter of any distribution under `label`."""
    return st.one_of(_uniform(label), _normal(label), _integer(label))


@st.composite
def spaces(draw: Any, depth: int = 3, finite: bool = False) -> Any:
    """A nest of dicts, lists, tuples, choices, parameters and constants; every label is unique."""
    counter = iter(range(10_000))

    def node(depth: int) -> Any:
        kinds = ["constant", "leaf"] + (["dict", "list", "tuple", "choice", "pchoice"] if depth else [])
        kind = draw(st.sampled_from(kinds))
        if kind == "constant":
            return draw(constants)
        if kind == "leaf":
            label = f"x{next(counter)}"
            return draw(_integer(label) if finite else leaves(label))
        children = [node(depth - 1) for _ in range(draw(st.integers(1, 3)))]
        if kind == "dict":
            return {f"key {i}": child for i, child in enumerate(children)}
        if kind in ("list", "tuple"):
            return children if kind == "list" else tuple(children)
        if kind == "choice":
            return hp.choice(f"c{next(counter)}", children)
        weights = [draw(st.integers(1, 5)) for _ in children]
        pairs = [(weight / sum(weights), child) for weight, child in zip(weights, children, strict=True)]
        return hp.pchoice(f"p{next(counter)}", pairs)

    return node(depth)


_options = st.one_of(
    st.lists(st.integers(0, 20), min_size=1, max_size=4),
    st.lists(st.sampled_from(["rbf", "poly", None, True, (1, 2), 0.5]), min_size=1, max_size=3),
)
_names = st.text("abcdef_", min_size=1, max_size=6)
_grid = st.dictionaries(_names, _options, max_size=4)

grids = st.one_of(_grid, st.lists(_grid, min_size=1, max_size=3))
"""What `sklearn.model_selection.ParameterGrid` takes."""
