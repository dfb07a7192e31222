"""`HyperoptSearchCV`, and how a candidate becomes fold tasks and a row of a table."""

from ._racing import Racing
from ._search import HyperoptSearchCV

__all__ = ["HyperoptSearchCV", "Racing"]
