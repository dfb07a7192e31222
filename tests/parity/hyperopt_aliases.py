"""Stands our modules in the place of hyperopt's, so that ``from hyperopt import fmin`` gives ours.

Nothing here computes: a module has our objects under the names that hyperopt has for them. Parts of
its algorithms that its tests import, and that ours do not have, are names without a value; the tests
that use them are excluded.
"""

from __future__ import annotations

import sys
from inspect import signature
from pathlib import Path
from types import ModuleType
from typing import Any

import hpsklearn_search
from hpsklearn_search import anneal, exceptions, hp, mix, rand, tpe
from hpsklearn_search.hyperopt import Domain, base, early_stop, pyll
from hpsklearn_search.hyperopt.pyll import stochastic

__all__ = ["install"]

DEFAULTS = {name: parameter.default for name, parameter in signature(tpe.suggest).parameters.items()}
INSIDE_TPE = ("GMM1", "LGMM1", "GMM1_lpdf", "LGMM1_lpdf", "adaptive_parzen_normal_orig")


def install(tests: Path) -> None:
    """Put the aliases into ``sys.modules``.

    Parameters
    ----------
    tests : Path
        The folder ``tests`` of the installed hyperopt, the one part of it that stays importable.
    """
    public = {name: getattr(hpsklearn_search.hyperopt, name) for name in hpsklearn_search.hyperopt.__all__}
    package = _module("hyperopt", **{"Domain": Domain, **public}, atpe=_module("hyperopt.atpe", suggest=None))
    package.__path__ = []  # nothing of the original is found by accident
    _module("hyperopt.tests").__path__ = [str(tests)]
    _module("hyperopt.base", **_public(base), SONify=None)
    _module("hyperopt.fmin", **{name: public[name] for name in ("fmin", "generate_trials_to_calculate", "space_eval")})
    _module(
        "hyperopt.tpe",
        suggest=tpe.suggest,
        _default_gamma=DEFAULTS["gamma"],
        _default_prior_weight=DEFAULTS["prior_weight"],
        _default_n_EI_candidates=DEFAULTS["n_EI_candidates"],
        **dict.fromkeys(INSIDE_TPE),
    )
    ours = {"anneal": anneal, "early_stop": early_stop, "exceptions": exceptions, "hp": hp, "mix": mix, "rand": rand}
    for name, module in {**ours, "pyll": pyll, "pyll.stochastic": stochastic, "pyll.base": pyll.base}.items():
        sys.modules[f"hyperopt.{name}"] = module
    package.__dict__.update(tpe=sys.modules["hyperopt.tpe"], base=sys.modules["hyperopt.base"], fmin=public["fmin"])
    pyll.scope.define(one_of)
    if "bson" not in sys.modules:
        _module("bson")  # imported by one file for tests of MongoDB's encoding, which are excluded


def one_of(*options: Any) -> Any:
    """An unlabelled choice: one file reads the name and does not use it."""
    raise NotImplementedError


def _module(name: str, **contents: Any) -> ModuleType:
    # Its own name says that it is not hyperopt's, whose objects the package would translate.
    module = sys.modules[name] = ModuleType(f"in_place_of.{name}")
    module.__dict__.update(contents)
    return module


def _public(module: ModuleType) -> dict[str, Any]:
    return {name: getattr(module, name) for name in module.__all__}
