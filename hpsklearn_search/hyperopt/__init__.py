"""hyperopt's functions and names over this library: ``s/from hyperopt/from hpsklearn_search.hyperopt/`` ports a script.

>>> from hpsklearn_search.hyperopt import fmin, hp, tpe
>>> best = fmin(lambda x: (x - 1) ** 2, hp.uniform("x", -5, 5), tpe.suggest, 30, rstate=0, show_progressbar=False)
>>> abs(best["x"] - 1) < 0.5
True
"""

from .. import exceptions, hp
from ..exceptions import AllTrialsFailed
from ..executors import SparkTrials
from ..suggest import anneal, mix, rand, tpe
from ..trials import (
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
from . import base, early_stop, pyll
from ._domain import Domain
from ._fmin import fmin, space_eval

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
    "Domain",
    "SparkTrials",
    "Trials",
    "anneal",
    "base",
    "early_stop",
    "exceptions",
    "fmin",
    "generate_trials_to_calculate",
    "hp",
    "mix",
    "pyll",
    "rand",
    "space_eval",
    "tpe",
    "trials_from_docs",
]
