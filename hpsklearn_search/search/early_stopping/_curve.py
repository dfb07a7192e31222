"""The curve of a booster's validation loss, and when it is too far from the best candidate's to go on.

The rule is asked after 20, 40, 80, ... rounds. With g the gain of the last doubling of the rounds and g' that of the
doubling before, gains that go on shrinking by the same ratio sum up to

    g r / (1 - r),    r = min(g / g', 0.95)                                                                 (1)

The best case is the best loss so far minus (1). A fit whose best case stays above its limit is stopped.

>>> best_case([1.0, 0.5, 0.25])  # the gains were 0.5 and 0.25, and 0.125 + 0.0625 + ... may follow
0.0
>>> follower = Follower("rows", Limit("rows loss", 0.4))
>>> sum(not follower.stops_after("loss", 1 / (1 + rounds)) for rounds in range(100))  # this one reaches the limit
100
>>> follower = Follower("rows", Limit("rows loss", 0.4))
>>> next(rounds for rounds in range(1, 100) if follower.stops_after("loss", 0.5))  # a flat curve does not
20
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np

FIRST_ROUNDS = 5  # the first rule needs the losses after 5, 10 and 20 rounds
HIGHEST_RATIO = 0.95

# What a fold tells of its curve.
NAME, BEST, BEST_CASE = "name", "best", "best_case"


def best_case(losses: Sequence[float]) -> float:
    """What the loss may still fall to, from the best losses at three or more doublings of the rounds."""
    earlier, before, last = losses[-3:]
    gain, gain_before = before - last, earlier - before
    if gain <= 0:
        return last
    ratio = min(gain / gain_before, HIGHEST_RATIO) if gain_before > 0 else HIGHEST_RATIO
    return last - gain * ratio / (1 - ratio)  # eq. (1)


# ---------------------------------------------------------------------- what travels
@dataclass(frozen=True)
class Limit:
    """The best case that a fold's curve must reach, if it is the curve `name`; without a name there is no limit."""

    name: str = ""
    loss: float = math.inf


@dataclass
class Follower:
    """Follows the losses of one fit, round by round."""

    rows: str  # the library, and the rows that are held out
    limit: Limit
    name: str = ""  # of the curve, once there is a loss
    best: float = math.inf
    n_rounds: int = 0
    n_best: int = 0  # the number of rounds with the best loss
    at_doublings: list[float] = field(default_factory=list)
    is_stopped: bool = False

    def is_limited(self, metric: str) -> bool:
        """Whether the limit is one for losses of `metric`."""
        return self.limit.name == f"{self.rows} {metric}"

    def stops_after(self, metric: str, loss: float) -> bool:
        """Whether the fit stops, given the loss after one more round."""
        self.name = self.name or f"{self.rows} {metric}"
        self.n_rounds += 1
        if loss < self.best:
            self.best, self.n_best = loss, self.n_rounds
        if self.n_rounds == FIRST_ROUNDS * 2 ** len(self.at_doublings):
            self.at_doublings.append(self.best)
            is_enough = len(self.at_doublings) >= 3 and self.is_limited(metric)
            self.is_stopped = is_enough and best_case(self.at_doublings) > self.limit.loss
        return self.is_stopped

    def curve(self) -> dict[str, Any] | None:
        """What a fold tells: which curve it was, its best loss, and its best case if it was stopped."""
        if not math.isfinite(self.best):
            return None
        told = {NAME: self.name, BEST: float(self.best)}
        return {**told, BEST_CASE: float(best_case(self.at_doublings))} if self.is_stopped else told


# ---------------------------------------------------------------------- on the way to a fit
# The candidate that is fitted here, and its limit.
_FOLLOWED: ContextVar[tuple[Any, Limit] | None] = ContextVar("followed", default=None)


@contextmanager
def following(candidate: Any, limit: Limit | None) -> Iterator[None]:
    """Let the `EarlyStopping` that is `candidate`, or its last step, follow its curve; not with None."""
    token = _FOLLOWED.set(None if limit is None else (candidate, limit))
    try:
        yield
    finally:
        _FOLLOWED.reset(token)


def limit_of(model: Any) -> Limit | None:
    """The limit for the fit of `model`, None if its curve is not followed."""
    followed = _FOLLOWED.get()
    return followed[1] if followed is not None and last_step(followed[0]) is model else None


def last_step(candidate: Any) -> Any:
    """What of a pipeline is fitted last, in place; a part of any other meta-estimator is fitted as a clone."""
    while hasattr(candidate, "steps"):
        candidate = candidate.steps[-1][1]
    return candidate


def curve_of(candidate: Any) -> dict[str, Any] | None:
    """What a fitted candidate tells of its curve, None if that was not followed."""
    curve: dict[str, Any] | None = getattr(last_step(candidate), "_curve", None)
    return curve


def is_stopped(fold: Mapping[str, Any], key: str) -> bool:
    """Whether the result of a fold tells that its curve was stopped."""
    return BEST_CASE in fold.get(key, {})


def rows_digest(y: Any, rows: Any) -> str:
    """A number for held-out rows and their targets: only losses on the same ones can be compared."""
    values = np.asarray(y)
    content = repr(values.tolist()).encode() if values.dtype.hasobject else np.ascontiguousarray(values).tobytes()
    return f"{zlib.crc32(content, zlib.crc32(np.asarray(rows).tobytes())):08x}"
