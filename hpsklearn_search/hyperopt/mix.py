"""hyperopt's module ``hyperopt.mix``.

>>> from hpsklearn_search.hyperopt import mix
>>> mix.suggest is algorithm.suggest
True
"""

from __future__ import annotations

import logging

from ..suggest import mix as algorithm

__all__ = ["suggest"]

suggest = algorithm.suggest

logger = logging.getLogger(__name__)
