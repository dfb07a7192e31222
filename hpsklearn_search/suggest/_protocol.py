"""What an algorithm is: a plain function from the record and a seed to the next points.

>>> trial_seed(0, 7) == trial_seed(0, 7), trial_seed(0, 7) == trial_seed(0, 8)
(True, False)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ..space import Point, Space
from ..trials import History


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


def trial_seed(entropy: int, number: int) -> int:
    """The seed of trial `number` in a search with `entropy`: trials do not share a random stream."""
    # Below 2**31 as in hyperopt, because algorithms written for it seed a ``RandomState`` with it.
    return int(np.random.SeedSequence([entropy, number]).generate_state(1, np.uint32)[0]) >> 1
