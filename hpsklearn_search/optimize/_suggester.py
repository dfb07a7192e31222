"""The next point to try: the algorithm's, or another one where that cannot be used.

>>> from hpsklearn_search import hp, rand
>>> from hpsklearn_search.trials import Trials
>>> suggester = Suggester(Space(hp.choice("c", ["a", "b"])), rand.suggest, entropy=0)
>>> first = suggester.ask(0, Trials()); suggester.note(first)
>>> suggester.ask(1, Trials()) != first
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..exceptions import InvalidTrial
from ..space import Point, Space, point_key
from ..suggest import SuggestAlgorithm, trial_seed, unseen_point
from ..trials import Trial, Trials


class Suggester:
    """Asks an algorithm, and keeps a search from trying a point of a finite space twice."""

    def __init__(
        self,
        space: Space,
        algo: SuggestAlgorithm,
        entropy: int,
        *,
        first_points: Sequence[Point] = (),
        repeats: bool = True,
        accepts: Callable[[Point], bool] | None = None,
    ) -> None:
        self.space = space
        self.algo = algo
        self.entropy = entropy
        self.repeats = repeats
        self.accepts = accepts
        self._first = [dict(point) for point in first_points]
        self._seen: set[tuple[Any, ...]] = set()

    def resume(self, record: Iterable[Trial]) -> None:
        """Note the points of a record, and leave out the first points that are among them."""
        keys = [point_key(point) for point in self._first]
        for trial in record:
            self.note(trial.point)
            if point_key(trial.point) in keys:
                place = keys.index(point_key(trial.point))  # a point that is listed twice comes twice
                del keys[place], self._first[place]

    def note(self, point: Mapping[str, Any]) -> None:
        """Remember that `point` is tried."""
        if self.space.size is not None:  # in an infinite space no point comes twice
            self._seen.add(point_key(point))

    def ask(self, number: int, trials: Trials) -> Point | None:
        """The point of trial `number`, given what it may know; None if there is nothing left to try."""
        if self._first:
            return self._first.pop(0)
        seed = trial_seed(self.entropy, number)  # of the trial alone: a resumed search draws the same
        points = self.algo([number], self.space, trials, seed)
        if not points:
            return None
        try:
            point = self.space.check(points[0])
        except InvalidTrial as error:
            raise InvalidTrial(f"trial {number}: algo suggested a point that is not of the space: {error}") from None
        return point if self._is_acceptable(point) else self._replacement(point, np.random.default_rng([seed, 1]))

    def _is_new(self, point: Point) -> bool:
        return self.space.size is None or point_key(point) not in self._seen

    def _is_acceptable(self, point: Point) -> bool:
        return self._is_new(point) and (self.accepts is None or self.accepts(point))

    def _replacement(self, point: Point, rng: np.random.Generator) -> Point | None:
        """Another point for one that was seen in a finite space or is refused; None if none is left."""
        if not self._is_new(point):
            fresh = unseen_point(self.space, self._seen, rng)
            if fresh is None:
                return point if self.repeats else None
            if self.accepts is None or self.accepts(fresh):
                return fresh
        assert self.accepts is not None  # a new point is acceptable but for that
        return self._accepted(self.accepts, rng)

    def _accepted(self, accepts: Callable[[Point], bool], rng: np.random.Generator) -> Point | None:
        """A draw that is accepted and, in a finite space, not seen."""
        refused = set(self._seen)
        for _ in range(10_000):
            finite = self.space.size is not None
            point = unseen_point(self.space, refused, rng) if finite else self.space.draw(rng)
            if point is None or accepts(point):
                return point
            refused.add(point_key(point))
        raise ValueError("constraints: none of 10,000 draws is accepted; constraints(params) returned False for all")
