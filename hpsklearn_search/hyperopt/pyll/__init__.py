"""Expressions of nodes, under the names that a script written for hyperopt imports them by."""

from . import base, stochastic
from .base import Apply, Literal, Scope, as_apply, clone, clone_merge, dfs, rec_eval, scope, toposort

__all__ = [
    "Apply",
    "Literal",
    "Scope",
    "as_apply",
    "base",
    "clone",
    "clone_merge",
    "dfs",
    "rec_eval",
    "scope",
    "stochastic",
    "toposort",
]
