"""hyperopt's module ``hyperopt.tpe``.

>>> from hpsklearn_search.hyperopt import tpe
>>> tpe.suggest is algorithm.suggest
True
"""

from __future__ import annotations

import logging
from inspect import signature

from ..suggest import tpe as algorithm
from ._mixtures import GMM1, LGMM1, GMM1_lpdf, LGMM1_lpdf, adaptive_parzen_normal_orig

__all__ = ["GMM1", "LGMM1", "GMM1_lpdf", "LGMM1_lpdf", "adaptive_parzen_normal_orig", "suggest"]

suggest = algorithm.suggest

logger = logging.getLogger(__name__)

# What tutorials pass on as they are.
_DEFAULTS = {name: parameter.default for name, parameter in signature(suggest).parameters.items()}
_default_prior_weight = _DEFAULTS["prior_weight"]
_default_n_EI_candidates = _DEFAULTS["n_EI_candidates"]
_default_gamma = _DEFAULTS["gamma"]
_default_n_startup_jobs = _DEFAULTS["n_startup_jobs"]
_default_linear_forgetting = 25
