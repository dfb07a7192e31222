"""What an algorithm is: a plain function from the record and a seed to the next points.

>>> trial_seed(0, 7) == trial_seed(0, 7), trial_seed(0, 7) == trial_seed(0, 8)
(True, False)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar, cast

import numpy as np

from ..space import Point, Space
from ..trials import History

F = TypeVar("F", bound=Callable[..., Any])


class HasHistory(Protocol):
    """The part of `Trials` that the library's own algorithms read."""

    def history(self, space: Space) -> History:
        """The trials seen so far, as arrays."""


class SuggestAlgorithm(Protocol):
    """``algo(new_ids, domain, trials, seed)``, hyperopt's protocol.

    ``new_ids`` are the numbers of the trials to suggest and ``domain`` is the parsed space (an algorithm of the
    user's receives hyperopt's `Domain`). ``trials`` shows only what this suggestion may know: a running trial, or
    one whose outcome this suggestion may not use yet, is pending. All randomness comes from ``seed``. The result
    is a point for each id, or hyperopt's documents of such trials. An empty list ends the search.
    """

    def __call__(self, new_ids: Sequence[int], domain: Space, trials: Any, seed: int) -> Sequence[Point]: ...


def answers_in_kind(suggest: F) -> F:
    """Let an algorithm that returns points return hyperopt's documents, if it is called with hyperopt's `Domain`."""

    @functools.wraps(suggest)
    def answer(new_ids: Sequence[int], domain: Any, trials: Any, seed: int, *args: Any, **kwargs: Any) -> Any:
        documents = getattr(domain, "documents", None)  # this room does not know the class
        if documents is None:
            return suggest(new_ids, domain, trials, seed, *args, **kwargs)
        return documents(new_ids, trials, suggest(new_ids, domain.space, trials, seed, *args, **kwargs))

    return cast(F, answer)


def trial_seed(entropy: int, number: int) -> int:
    """The seed of trial `number` in a search with `entropy`: trials do not share a random stream."""
    # Below 2**31 as in hyperopt, because algorithms written for it seed a ``RandomState`` with it.
    return int(np.random.SeedSequence([entropy, number]).generate_state(1, np.uint32)[0]) >> 1
