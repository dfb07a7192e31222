"""hyperopt's modules, functions and names over this library: a script only needs the other name.

``hyperopt`` becomes ``hpsklearn_search.hyperopt`` in every line that imports it. For a library that itself
imports hyperopt, write ``sys.modules["hyperopt"] = hpsklearn_search.hyperopt`` before it is imported.

>>> from hpsklearn_search.hyperopt import fmin, hp, tpe
>>> best = fmin(lambda x: (x - 1) ** 2, hp.uniform("x", -5, 5), tpe.suggest, 30, rstate=0, show_progressbar=False)
>>> abs(best["x"] - 1) < 0.5
True
"""

import sys

from .. import exceptions, hp
from ..exceptions import AllTrialsFailed
from ..executors import SparkTrials
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
from . import _alias, anneal, atpe, base, early_stop, mix, pyll, pyll_utils, rand, spark, tpe, utils
from ._domain import Ctrl, Domain
from .fmin import FMinIter, fmin, fmin_pass_expr_memo_ctrl, partial, space_eval

__version__ = "0.3.0"  # of the hyperopt whose names these are; libraries compare it

_alias.install(sys.modules[__name__], {"exceptions": exceptions, "hp": hp})

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
    "Ctrl",
    "Domain",
    "FMinIter",
    "SparkTrials",
    "Trials",
    "anneal",
    "atpe",
    "base",
    "early_stop",
    "exceptions",
    "fmin",
    "fmin_pass_expr_memo_ctrl",
    "generate_trials_to_calculate",
    "hp",
    "mix",
    "partial",
    "pyll",
    "pyll_utils",
    "rand",
    "space_eval",
    "spark",
    "tpe",
    "trials_from_docs",
    "utils",
]
