"""Every point of a finite space once, in order: what GridSearchCV does.

>>> from hpsklearn_search import hp
>>> from hpsklearn_search.trials import Trials
>>> space, trials = Space({"a": hp.choice(["p", "q"]), "b": hp.randint(2)}), Trials()
>>> [suggest([number], space, trials, seed=0)[0] for number in range(3)]
[{'a': 0, 'b': 0}, {'a': 0, 'b': 1}, {'a': 1, 'b': 0}]
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice

from ..space import Point, PointKey, Space, point_key
from ._protocol import HasHistory, answers_in_kind


@answers_in_kind
def suggest(
    new_ids: Sequence[int],
    domain: Space,
    trials: HasHistory,
    seed: int,
    *,
    after: Sequence[Point] = (),
    accepts: Callable[[Point], bool] | None = None,
) -> list[Point]:
    """Suggest the i-th point of a finite space for trial i; after the last point, start again with the first.

    The trials before the first one of the grid have the points `after`. The grid leaves them out, and those that
    `accepts` refuses.
    """
    cache = trials.history(domain).cache  # so that a search lists each point once, not once per trial
    if "grid" not in cache:
        cache["grid"] = _points(domain, set(map(point_key, after)), accepts), []
    rest, points = cache["grid"]
    places = [max(0, number - len(after)) for number in new_ids]
    points.extend(islice(rest, max(0, max(places) + 1 - len(points))))
    return [dict(points[place % len(points)]) for place in places] if points else []


def _points(space: Space, left_out: Collection[PointKey], accepts: Callable[[Point], bool] | None) -> Iterator[Point]:
    for point in space.points():
        if point_key(point) not in left_out and (accepts is None or accepts(point)):
            yield point
