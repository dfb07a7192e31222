"""Expressions of nodes, under the names that a script written for hyperopt imports them by."""

from . import stochastic
from .base import Apply, Scope, as_apply, rec_eval, scope

__all__ = ["Apply", "Scope", "as_apply", "rec_eval", "scope", "stochastic"]
