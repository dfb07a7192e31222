"""The window rule: trial t is suggested from exactly the outcomes of trials 0 .. t-W.

What is suggested, and where a search stops, then depends neither on timing nor on where trials run.

>>> window = Window(3)
>>> [window.known_to(trial) for trial in range(5)]  # trial t knows the outcomes of 0 .. t-3
[0, 0, 0, 1, 2]
>>> window.may_begin(4, n_settled=1), window.may_begin(4, n_settled=2)  # trial 4 waits for trial 1
(False, True)
>>> window.n_allowed(2)  # with the outcomes of trials 0 and 1, trials 0 .. 4 may begin
5
>>> Window(None).known_to(7) is None  # unseeded: whatever has finished
True
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """W of the window rule; None lifts it.

    Attributes
    ----------
    size : int or None
        How many trials may be open, the one to be suggested included.
    """

    size: int | None = None

    def known_to(self, number: int) -> int | None:
        """How many outcomes trial `number` may know, counted from the first trial; None for all there are."""
        return None if self.size is None else max(0, number - self.size + 1)

    def may_begin(self, number: int, n_settled: int) -> bool:
        """Whether trial `number` may be suggested when the first `n_settled` trials have finished."""
        return self.size is None or n_settled >= number - self.size + 1

    def n_allowed(self, n_settled: int) -> int | None:
        """How many trials may begin while no outcome beyond the first `n_settled` is known."""
        return None if self.size is None else n_settled + self.size
