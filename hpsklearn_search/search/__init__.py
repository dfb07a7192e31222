"""`HyperoptSearchCV`, and how a candidate becomes fold tasks and a row of a table."""

from ._early_stopping import EarlyStopping
from ._one_standard_error import one_standard_error
from ._racing import Racing
from ._search import HyperoptSearchCV

__all__ = ["EarlyStopping", "HyperoptSearchCV", "Racing", "one_standard_error"]
