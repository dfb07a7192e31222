"""hyperopt's module ``hyperopt.anneal``.

>>> from hpsklearn_search.hyperopt import anneal
>>> anneal.suggest is algorithm.suggest
True
"""

from __future__ import annotations

import logging

from ..suggest import anneal as algorithm

__all__ = ["suggest"]

suggest = algorithm.suggest

logger = logging.getLogger(__name__)
