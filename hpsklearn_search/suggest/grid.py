"""Every point of a finite space once, in order: what GridSearchCV does.

>>> from hpsklearn_search import hp
>>> from hpsklearn_search.trials import Trials
>>> space, trials = Space({"a": hp.choice(["p", "q"]), "b": hp.randint(2)}), Trials()
>>> [suggest([number], space, trials, seed=0)[0] for number in range(3)]
[{'a': 0, 'b': 0}, {'a': 0, 'b': 1}, {'a': 1, 'b': 0}]
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from ..space import Point, Space
from ._protocol import HasHistory, answers_in_kind


@answers_in_kind
def suggest(new_ids: Sequence[int], domain: Space, trials: HasHistory, seed: int) -> list[Point]:
    """Suggest the i-th point of a finite space for trial i; after the last point, start again with the first."""
    cache = trials.history(domain).cache  # so that a search lists each point once, not once per trial
    if "grid" not in cache:
        cache["grid"] = (domain.points(), [])
    rest, points = cache["grid"]
    points.extend(islice(rest, max(0, max(new_ids) + 1 - len(points))))
    return [dict(points[number % len(points)]) for number in new_ids]
