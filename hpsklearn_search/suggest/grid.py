"""Every point of a finite space once, in order: what GridSearchCV does.

>>> from hpsklearn_search import hp
>>> from hpsklearn_search.trials import Trials
>>> space, trials = Space({"a": hp.choice("a", ["p", "q"]), "b": hp.randint("b", 2)}), Trials()
>>> [suggest([number], space, trials, seed=0)[0] for number in range(3)]
[{'a': 0, 'b': 0}, {'a': 0, 'b': 1}, {'a': 1, 'b': 0}]
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from ..space import Point, Space
from ._protocol import Seen

__all__ = ["suggest"]


def suggest(new_ids: Sequence[int], domain: Space, trials: Seen, seed: int) -> list[Point]:
    """Trial i is the i-th point of the space; after the last one it begins anew.

    Parameters
    ----------
    new_ids : sequence of int
        Numbers of the trials to suggest.
    domain : Space
        The parsed space; finite.
    trials : Trials
        Its cache keeps the points, so that the whole walk costs what one walk costs.
    seed : int
        Not used.

    Returns
    -------
    list of dict
        ``{label: raw value}`` for each id.
    """
    cache = trials.history(domain).cache
    if "grid" not in cache:
        cache["grid"] = (domain.points(), [])
    walk, known = cache["grid"]
    known.extend(islice(walk, max(0, max(new_ids) + 1 - len(known))))
    return [dict(known[number % len(known)]) for number in new_ids]
