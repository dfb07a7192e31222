"""hyperopt's module ``hyperopt.rdists``, for scripts that import it."""

from __future__ import annotations

from ._absent import absent

__all__ = [
    "lognorm_gen",
    "loguniform_gen",
    "qlognormal_gen",
    "qloguniform_gen",
    "qnormal_gen",
    "quniform_gen",
]

_INSTEAD = "use the frozen distributions of scipy.stats, such as scipy.stats.loguniform(1e-3, 1e3)"

loguniform_gen = absent("hyperopt.rdists.loguniform_gen", _INSTEAD)
lognorm_gen = absent("hyperopt.rdists.lognorm_gen", _INSTEAD)
quniform_gen = absent("hyperopt.rdists.quniform_gen", _INSTEAD)
qloguniform_gen = absent("hyperopt.rdists.qloguniform_gen", _INSTEAD)
qnormal_gen = absent("hyperopt.rdists.qnormal_gen", _INSTEAD)
qlognormal_gen = absent("hyperopt.rdists.qlognormal_gen", _INSTEAD)
