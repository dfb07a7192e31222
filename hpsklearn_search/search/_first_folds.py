"""The first fold of many candidates before the other folds of any of them: the first rung of a race.

On large data one fold at full size ranks candidates almost as all folds do. So candidates come in groups:
the first fold of a whole group runs, and then the other folds, candidate by candidate, the best first; each
is judged by those before it in that order, under the rules of the race. Most of a group never gets beyond
its first fold.

>>> rung = FirstFolds(size=3, window=2)
>>> for number, score in enumerate([0.7, 0.9, 0.8]):
...     rung.note(number, score)
>>> [rung.position(number) for number in range(3)]
[2, 0, 1]
>>> [rung.may_go_on(number) for number in range(3)]
[False, True, True]
>>> rung.settle(1)
>>> rung.may_go_on(0)
True
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

__all__ = ["FirstFolds"]


class FirstFolds:
    """The order in which candidates go on after their first fold.

    Parameters
    ----------
    size : int
        Candidates in a group: those numbered 0 .. size-1, size .. 2 size - 1, and so on.
    window : int or None
        W of the window rule, here in the order of judging: the candidate in place p goes on when those in
        places 0 .. p-W are settled, whatever is known of others. None waits for nobody.
    """

    def __init__(self, size: int, window: int | None) -> None:
        self.size = size
        self.window = window
        self._waiting: dict[int, float] = {}
        self._positions: dict[int, int] = {}
        self._order: list[int] = []
        self._settled: set[int] = set()
        self._n_settled = 0  # leading places in the order that are all settled

    def note(self, number: int, score: float) -> None:
        """Enter the score of a candidate's first fold; the last one of a group puts the group in order."""
        if number in self._positions:
            return
        self._waiting[number] = score if math.isfinite(score) else -math.inf
        first = number - number % self.size
        group = range(first, first + self.size)
        if all(member in self._waiting for member in group):
            self._rank(group)

    def release(self) -> None:
        """Put in order what has waited for the rest of its group, which will not come."""
        self._rank(list(self._waiting))

    def _rank(self, numbers: Iterable[int]) -> None:
        for number in sorted(numbers, key=lambda number: (-self._waiting[number], number)):
            self._positions[number] = len(self._order)
            self._order.append(number)
            del self._waiting[number]

    def position(self, number: int) -> int | None:
        """The place of a candidate in the order of judging; None while its group is not complete."""
        return self._positions.get(number)

    def may_go_on(self, number: int) -> bool:
        """Whether the folds after the first may run, and the candidate be judged."""
        position = self.position(number)
        if position is None:
            return False
        while self._n_settled < len(self._order) and self._order[self._n_settled] in self._settled:
            self._n_settled += 1
        return self.window is None or position - self.window < self._n_settled

    def settle(self, number: int) -> None:
        """Note that a candidate needs no further fold."""
        self._settled.add(number)

    def choose(self, queue: Iterable[Any]) -> Any:
        """The task to run next, first folds before others; None while all of them wait for candidates that run."""
        ready = [task for task in queue if task.part == 0 or self.may_go_on(task.trial)]
        return min(ready, key=self._priority, default=None)

    def _priority(self, task: Any) -> tuple[int, int, int]:
        return min(task.part, 1), self._positions.get(task.trial, task.trial), task.part
