"""The trials of an earlier search as points of another space.

A label finds its place by itself, else by the name of the parameter that it sets. What the new space does not have
is left out. What the earlier one did not have is missing, which a model ignores. A number outside of the new range,
or an option that is no longer there, makes the trial useless for a model.

>>> from hpsklearn_search import hp
>>> from ._trial import Outcome
>>> old = EarlierSearch((Trial(0, {"C": 5.0, "old": 1.0}, Outcome("ok", loss=0.2)),
...                      Trial(1, {"C": 500.0, "old": 1.0}, Outcome("ok", loss=0.1))))
>>> moved = old.moved_to(Space({"C": hp.uniform("C", 0, 10), "new": hp.uniform("new", 0, 1)}), {})
>>> moved.units.tolist(), moved.losses.tolist(), moved.winner
([[0.5, nan]], [0.2], {'C': 10.0, 'new': 0.5})
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..space import Choice, Point, Space, brief, fixed_value
from ..space._description import option_texts
from ..space._distributions import is_finite
from ..space._space import Dimension
from ..space._typing import FloatArray
from ._trial import EMPTY_MAPPING, Trial

Words = Mapping[str, Sequence[Any]]  # {label: (name of the parameter, values, texts of the options)}


@dataclass(frozen=True)
class EarlierTrials:
    """Finished trials of an earlier search in the space of this one."""

    units: FloatArray  # (n, d), coordinates as in a history; NaN also where the earlier search had no such label
    losses: FloatArray  # (n,), on a scale of their own; NaN for failed trials
    winner: Point | None = None  # the best trial that has a place in the space; what it lacks is in the middle

    @property
    def can_teach(self) -> bool:
        """Whether there are two losses that differ, at points that have a coordinate."""
        losses = self.losses[~np.isnan(self.losses)]
        return len(losses) > 1 and bool(losses.min() < losses.max()) and not bool(np.isnan(self.units).all())


@dataclass(frozen=True)
class EarlierSearch:
    """The finished trials of another search, and what its labels are called."""

    trials: tuple[Trial, ...]
    words: Words = EMPTY_MAPPING
    fingerprint: Mapping[str, Any] | None = None  # None where nothing is known of data and metric

    def moved_to(self, space: Space, names: Mapping[str, str]) -> EarlierTrials:
        """The trials as points of `space`, in which `names` are those of the parameters."""
        sources = self._sources(space, names)
        found = [(trial, _Move(space, self._values(trial, sources, space))) for trial in self.trials]
        placed = [(trial, move) for trial, move in found if move.has_place and move.point]
        inside = [(trial, move) for trial, move in placed if move.is_inside]
        units = np.array([space.encode(move.point) for _, move in inside]).reshape(len(inside), len(space))
        losses = np.array([math.nan if t.model_loss is None else t.model_loss for t, _ in inside], dtype=float)
        ok = [(trial.loss, trial.number, move) for trial, move in placed if trial.loss is not None]
        winner = min(ok, key=lambda each: each[:2])[2].completed() if ok else None
        return EarlierTrials(units, losses, winner)

    def _sources(self, space: Space, names: Mapping[str, str]) -> dict[str, str]:
        """For each label of `space` the one of the earlier search with its meaning, if there is any."""
        labels = dict.fromkeys([*self.words, *(label for trial in self.trials for label in trial.point)])
        by_name = {self._word(label, 0, label): label for label in reversed(labels)}
        found = {label: label if label in labels else by_name.get(names.get(label, label)) for label in space.labels}
        return {label: source for label, source in found.items() if source is not None}

    def _values(self, trial: Trial, sources: Mapping[str, str], space: Space) -> dict[str, Any]:
        """The values of a trial by the labels of the new space; an option as its text, where it is known."""
        values: dict[str, Any] = {}
        for label, source in sources.items():
            if source not in trial.point:
                continue
            raw, texts = trial.point[source], self._word(source, 2, ())
            is_place = is_finite(raw) and raw == int(raw) and raw >= 0
            if is_place and raw < len(texts):
                values[label] = _Text(texts[int(raw)])
            elif is_place and not self.words and isinstance(space.dimensions[space.index[label]].node, Choice):
                values[label] = _Place(raw)
            else:
                values[label] = raw
        return values

    def _word(self, label: str, part: int, default: Any) -> Any:
        word = self.words.get(label)
        return word[part] if isinstance(word, Sequence) and len(word) > part else default


class _Text(str):
    """The text of an option."""


class _Place(int):
    """The index of an option whose text is not known."""


@dataclass
class _Move:
    """One trial on its way into a space."""

    space: Space
    values: Mapping[str, Any]
    point: Point = field(default_factory=dict)
    is_inside: bool = True  # whether all numbers are within their ranges
    has_place: bool = True  # whether all options are there

    def __post_init__(self) -> None:
        for dimension in self.space.dimensions:
            if dimension.label in self.values and dimension.is_active(self.point):
                self._place(dimension, self.values[dimension.label])

    def _place(self, dimension: Dimension, value: Any) -> None:
        is_choice = isinstance(dimension.node, Choice)
        place = _option(dimension.node, value, self.space.secrets) if is_choice else _number(dimension, value)
        if place is None:
            self.has_place = False
        else:
            self.point[dimension.label], is_inside = place
            self.is_inside &= is_inside

    def completed(self) -> Point:
        """The point with all that is missing in the middle."""
        point: Point = {}
        for dimension in self.space.dimensions:
            if dimension.is_active(point):
                label = dimension.label
                point[label] = self.point[label] if label in self.point else dimension.distribution.from_unit(0.5)
        return point


def _option(node: Any, value: Any, secrets: Collection[str]) -> tuple[int, bool] | None:
    """The index of the option that `value` stands for, and whether it is within the numbers of a list."""
    if isinstance(value, _Place):
        return (int(value), True) if node.distribution.contains(value) else None
    texts = option_texts(node, {}, secrets)
    if isinstance(value, _Text) or not is_finite(value):
        shown = str(value) if isinstance(value, _Text) else brief(value)
        if shown in texts:
            return texts.index(shown), True
    numbers, number = [fixed_value(option) for option in node.options], _as_number(value)
    if number is None or not all(map(is_finite, numbers)):
        return None
    nearest = min(range(len(numbers)), key=lambda i: abs(float(numbers[i]) - number))
    return nearest, bool(min(numbers) <= number <= max(numbers))


def _number(dimension: Dimension, value: Any) -> tuple[Any, bool] | None:
    """The value of a range that is nearest to `value`, and whether it is not beyond its ends."""
    number, distribution = _as_number(value), dimension.distribution
    if number is None or distribution.kind != "numeric":
        return (value, True) if distribution.contains(value) else None
    if distribution.contains(number):
        return number, True
    nearest = getattr(distribution, "nearest", None)  # a distribution of scipy.stats has no ends to move to
    if nearest is None:
        return None
    first, last = distribution.from_unit(0.0), distribution.from_unit(1.0)
    return nearest(number), bool(first <= number <= last)


def _as_number(value: Any) -> float | None:
    if isinstance(value, _Text):
        try:
            value = float(value)
        except ValueError:
            return None
    return value if is_finite(value) else None
