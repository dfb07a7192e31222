"""hyperopt's module ``hyperopt.sklearn``: where its `HyperoptSearchCV` is found; this is the library's own.

>>> from hpsklearn_search.hyperopt.sklearn import HyperoptSearchCV
>>> HyperoptSearchCV.__name__
'HyperoptSearchCV'
"""

from __future__ import annotations

from ..search import HyperoptSearchCV

__all__ = ["HyperoptSearchCV"]
