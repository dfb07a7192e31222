"""Hyperparameter search for scikit-learn: GridSearchCV's surface, hyperopt's spaces, an own TPE."""

from . import hp, pyll
from ._fmin import fmin, space_eval
from ._optimizer import Optimizer
from .exceptions import AllTrialsFailed
from .executors import SparkTrials
from .optimize import Callback
from .search import HyperoptSearchCV, Racing, one_standard_error
from .suggest import anneal, auto, mix, rand, tpe
from .trials import STATUS_FAIL, STATUS_OK, Trials

__all__ = [
    "STATUS_FAIL",
    "STATUS_OK",
    "AllTrialsFailed",
    "Callback",
    "HyperoptSearchCV",
    "Optimizer",
    "Racing",
    "SparkTrials",
    "Trials",
    "anneal",
    "auto",
    "fmin",
    "hp",
    "mix",
    "one_standard_error",
    "pyll",
    "rand",
    "space_eval",
    "tpe",
]
