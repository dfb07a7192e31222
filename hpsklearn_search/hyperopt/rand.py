"""hyperopt's module ``hyperopt.rand``.

>>> from hpsklearn_search.hyperopt import rand
>>> rand.suggest is algorithm.suggest
True
"""

from __future__ import annotations

import logging

from ..suggest import rand as algorithm

__all__ = ["suggest"]

suggest = algorithm.suggest

logger = logging.getLogger(__name__)
