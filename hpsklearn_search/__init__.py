"""Hyperparameter search for scikit-learn: GridSearchCV's surface, hyperopt's spaces, an own TPE."""

from . import base, early_stop, exceptions, hp, pyll
from ._fmin import fmin, space_eval
from ._importance import parameter_importances
from ._optimizer import Optimizer
from .exceptions import AllTrialsFailed
from .executors import SparkTrials
from .integrations import MLflowCallback, replay
from .optimize import Callback
from .search import EarlyStopping, HyperoptSearchCV, Racing, one_standard_error
from .suggest import anneal, auto, mix, rand, tpe
from .trials import (
    JOB_STATE_CANCEL,
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    JOB_STATES,
    STATUS_FAIL,
    STATUS_NEW,
    STATUS_OK,
    STATUS_RUNNING,
    STATUS_STRINGS,
    STATUS_SUSPENDED,
    Trials,
    generate_trials_to_calculate,
    trials_from_docs,
)

__all__ = [
    "JOB_STATES",
    "JOB_STATE_CANCEL",
    "JOB_STATE_DONE",
    "JOB_STATE_ERROR",
    "JOB_STATE_NEW",
    "JOB_STATE_RUNNING",
    "STATUS_FAIL",
    "STATUS_NEW",
    "STATUS_OK",
    "STATUS_RUNNING",
    "STATUS_STRINGS",
    "STATUS_SUSPENDED",
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
    "base",
    "early_stop",
    "exceptions",
    "fmin",
    "generate_trials_to_calculate",
    "hp",
    "mix",
    "one_standard_error",
    "parameter_importances",
    "pyll",
    "rand",
    "replay",
    "space_eval",
    "tpe",
    "trials_from_docs",
]
