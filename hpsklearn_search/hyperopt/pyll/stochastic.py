"""`sample`: what a space looks like, one draw at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...space import NOISE, Space
from ...space._nodes import as_generator
from .._translate import translate_space
from ._evaluate import Evaluation
from ._graph import dfs, is_noise
from .base import as_apply, scope

__all__ = ["choice", "implicit_stochastic_symbols", "one_of", "recursive_set_rng_kwarg", "sample"]

implicit_stochastic_symbols = set(NOISE)
choice, one_of = scope.choice, scope.one_of


def recursive_set_rng_kwarg(expr: Any, rng: Any = None) -> Any:
    """Give `rng` to all noise in `expr`, in place; returns `expr`.

    >>> import numpy as np
    >>> node = recursive_set_rng_kwarg(scope.uniform(2, 3), np.random.default_rng(0))
    >>> 2 < node.eval() < 3
    True
    """
    generator = as_generator() if rng is None else rng
    for node in dfs(as_apply(expr)):
        if is_noise(node):
            node.kwargs["rng"] = generator
            vars(node).pop("_view", None)  # it shows its arguments anew
    return expr


def sample(expr: Any, rng: Any = None, *, memo: Mapping[Any, Any] | None = None, **kwargs: Any) -> Any:
    """Draw one configuration from the prior of a space.

    Parameters
    ----------
    expr : object
        Any nest of dicts, lists, tuples, constants and nodes.
    rng : numpy.random.Generator, numpy.random.RandomState, int or None
        Source of randomness; a generator goes on from draw to draw.
    memo : mapping, optional
        ``{node: value}`` of nodes that are not drawn.
    **kwargs : dict
        Further arguments of `rec_eval`, which change nothing here.

    Returns
    -------
    object
        What an objective would receive.

    Examples
    --------
    >>> import numpy as np
    >>> from hpsklearn_search import hp
    >>> from hpsklearn_search.hyperopt.pyll.stochastic import sample
    >>> space = {"model": hp.choice([{"depth": hp.randint(2, 9)}, "linear"])}
    >>> rng = np.random.default_rng(0)
    >>> [sample(space, rng) for _ in range(3)]
    [{'model': 'linear'}, {'model': {'depth': 2}}, {'model': 'linear'}]
    """
    space, generator = Space(translate_space(expr)), as_generator(rng)
    point = space.draw(generator)
    drawn = {dimension.node: point[dimension.label] for dimension in space.dimensions if dimension.label in point}
    return Evaluation({**drawn, **(memo or {})}, rng=generator).value(space.root)
