"""Hyperparameter search for scikit-learn: GridSearchCV's surface, hyperopt's spaces, an own TPE."""

from . import exceptions, hp, hyperopt, plots
from ._optimizer import Optimizer
from ._version import __version__ as __version__
from .exceptions import AllTrialsFailed
from .executors import SparkTrials
from .hyperopt import fmin, space_eval
from .integrations import MLflowCallback
from .optimize import Callback, no_expected_gain
from .search import EarlyStopping, HyperoptSearchCV, Racing, one_standard_error, simplest_of_the_best
from .suggest import anneal, auto, mix, parameter_importances, rand, tpe
from .trials import STATUS_FAIL, STATUS_OK, Trials, generate_trials_to_calculate, trials_from_docs

__all__ = [
    "STATUS_FAIL",
    "STATUS_OK",
    "AllTrialsFailed",
    "Callback",
    "EarlyStopping",
    "HyperoptSearchCV",
    "MLflowCallback",
    "Optimizer",
    "Racing",
    "SparkTrials",
    "Trials",
    "anneal",
    "auto",
    "exceptions",
    "fmin",
    "generate_trials_to_calculate",
    "hp",
    "hyperopt",
    "mix",
    "no_expected_gain",
    "one_standard_error",
    "parameter_importances",
    "plots",
    "rand",
    "simplest_of_the_best",
    "space_eval",
    "tpe",
    "trials_from_docs",
]
