"""hyperopt's module ``hyperopt.atpe``: its adaptive TPE is not offered, and the default algorithm stands in for it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from ..space import Point, Space
from ..suggest import auto

__all__ = ["suggest"]

_has_warned = False


def suggest(new_ids: Sequence[int], domain: Space, trials: Any, seed: int) -> list[Point]:
    """Suggest points by the library's default algorithm, after one warning that it is not hyperopt's.

    Parameters
    ----------
    new_ids, domain, trials, seed
        As for `rand.suggest`.

    Returns
    -------
    list of dict
        ``{label: raw value}`` for each id.
    """
    global _has_warned
    if not _has_warned:
        _has_warned = True
        warnings.warn(
            "atpe.suggest is the library's default algorithm here: the models that hyperopt's atpe was trained "
            "with are not offered. Leave algo= out to have the same without this warning",
            UserWarning,
            stacklevel=2,
        )
    return auto.suggest(new_ids, domain, trials, seed)
