"""`sample`: what a space looks like, one draw at a time."""

from __future__ import annotations

from typing import Any

from ...space import Space
from ...space._nodes import as_generator
from .._translate import translate_space

__all__ = ["sample"]


def sample(expr: Any, rng: Any = None) -> Any:
    """Draw one configuration from the prior of a space.

    Parameters
    ----------
    expr : object
        Any nest of dicts, lists, tuples, constants and nodes.
    rng : numpy.random.Generator, numpy.random.RandomState, int or None
        Source of randomness; a generator goes on from draw to draw.

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
    space = Space(translate_space(expr))
    return space.assemble(space.draw(as_generator(rng)))
