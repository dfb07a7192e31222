"""hyperopt's module ``hyperopt.algobase``, for scripts that import it."""

from __future__ import annotations

from ._absent import absent

__all__ = ["ExprEvaluator", "SuggestAlgo", "make_suggest_many_from_suggest_one"]

_INSTEAD = "an algorithm is a function of (new_ids, domain, trials, seed) that returns points; see the guide"

SuggestAlgo = absent("hyperopt.algobase.SuggestAlgo", _INSTEAD)
ExprEvaluator = absent("hyperopt.algobase.ExprEvaluator", _INSTEAD)
make_suggest_many_from_suggest_one = absent("hyperopt.algobase.make_suggest_many_from_suggest_one", _INSTEAD)
