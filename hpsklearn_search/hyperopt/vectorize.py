"""hyperopt's module ``hyperopt.vectorize``, for scripts that import it."""

from __future__ import annotations

from ._absent import absent

__all__ = ["VectorizeHelper"]

VectorizeHelper = absent(
    "hyperopt.vectorize.VectorizeHelper", "draw points by Domain(fn, space).draw(rng), one call for each"
)
