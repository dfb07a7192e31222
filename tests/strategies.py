"""Hypothesis strategies: random distributions, and random nested spaces with unique labels."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from hpsklearn_search import hp
from hpsklearn_search.space import Node

__all__ = ["UNIT", "awkward_spaces", "constants", "grids", "leaves", "spaces"]

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


# ---------------------------------------------------------------------- at the limits
_gaps = st.one_of(st.just(0.0), st.floats(-15, -6).map(lambda e: 10**e), st.floats(-15, -6).map(lambda e: -(10**e)))
"""How far a bound is from a multiple of q, in units of q."""


@st.composite
def _almost_multiples(draw: Any, label: str) -> Node:
    """A quantised range whose bounds almost are multiples of q; negative, tiny or huge."""
    q = draw(st.sampled_from([0.1, 0.3, 1.0, 7.0, 1e-9, 1e9]))
    first = draw(st.one_of(st.integers(-3, 3), st.integers(-(10**6), 10**6), st.integers(10**9, 10**12)))
    last = first + draw(st.integers(2, 30))  # hp refuses a q that is wider than the range
    low, high = (first + draw(_gaps)) * q, (last + draw(_gaps)) * q
    if low > 0 and draw(st.booleans()):
        return hp.qloguniform(label, math.log(low), math.log(high), q)
    return hp.quniform(label, low, high, q)


@st.composite
def _huge(draw: Any, label: str) -> Node:
    sign = draw(st.sampled_from([-1, 1]))
    kind = draw(st.sampled_from(["uniform", "loguniform", "uniformint", "normal", "qnormal", "lognormal"]))
    if kind == "uniform":
        return hp.uniform(label, *sorted((sign * 1e300, sign * draw(st.floats(1e-300, 1e299)))))
    if kind == "loguniform":
        return hp.loguniform(label, -700.0, 700.0)
    if kind == "uniformint":
        low = sign * draw(st.integers(2**50, 2**62))
        return hp.uniformint(label, low, low + draw(st.integers(1, 10**6)))
    mu, sigma = sign * 10.0 ** draw(st.integers(0, 12)), 10.0 ** draw(st.integers(-3, 12))
    if kind == "qnormal":
        return hp.qnormal(label, mu, sigma, (abs(mu) + sigma) / 1000)
    return hp.lognormal(label, mu / 1e12, min(sigma, 100.0)) if kind == "lognormal" else hp.normal(label, mu, sigma)


@st.composite
def _partly_impossible(draw: Any, label: str, option: Any) -> Node:
    """A choice some of whose options have probability 0."""
    weights = draw(st.lists(st.integers(0, 2), min_size=2, max_size=4).filter(any))
    return hp.pchoice(label, [(w / sum(weights), draw(option(f"{label}.{i}"))) for i, w in enumerate(weights)])


def _awkward_leaf(label: str) -> Any:
    return st.one_of(_almost_multiples(label), _huge(label), _partly_impossible(label, lambda _: constants))


@st.composite
def awkward_spaces(draw: Any) -> Any:
    """A dict of one to three parameters at the limits of what can be declared, some of them in branches."""
    kinds = draw(st.lists(st.booleans(), min_size=1, max_size=3))
    return {
        f"k{i}": draw(_partly_impossible(f"c{i}", _awkward_leaf) if is_choice else _awkward_leaf(f"x{i}"))
        for i, is_choice in enumerate(kinds)
    }


_options = st.one_of(
    st.lists(st.integers(0, 20), min_size=1, max_size=4),
    st.lists(st.sampled_from(["rbf", "poly", None, True, (1, 2), 0.5]), min_size=1, max_size=3),
)
_names = st.text("abcdef_", min_size=1, max_size=6)
_grid = st.dictionaries(_names, _options, max_size=4)

grids = st.one_of(_grid, st.lists(_grid, min_size=1, max_size=3))
"""What `sklearn.model_selection.ParameterGrid` takes."""
