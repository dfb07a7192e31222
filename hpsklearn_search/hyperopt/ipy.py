"""hyperopt's module ``hyperopt.ipy``, for scripts that import it."""

from __future__ import annotations

from ._absent import absent

__all__ = ["IPythonTrials"]

IPythonTrials = absent(
    "hyperopt.ipy.IPythonTrials",
    "use SparkTrials(), or Optimizer(space).ask() and .tell() with the workers of your own",
)
