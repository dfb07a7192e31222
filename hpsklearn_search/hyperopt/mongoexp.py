"""hyperopt's module ``hyperopt.mongoexp``, for scripts that import it: no search goes through MongoDB here."""

from __future__ import annotations

from ._absent import absent

__all__ = ["MongoCtrl", "MongoJobs", "MongoTrials", "MongoWorker", "main_worker"]

_INSTEAD = (
    "a search on several machines takes trials=SparkTrials(), or Optimizer(space).ask() and .tell() with a queue of "
    "your own; trials_save_file='search.db' keeps the trials"
)

MongoTrials = absent("hyperopt.mongoexp.MongoTrials", _INSTEAD)
MongoJobs = absent("hyperopt.mongoexp.MongoJobs", _INSTEAD)
MongoWorker = absent("hyperopt.mongoexp.MongoWorker", _INSTEAD)
MongoCtrl = absent("hyperopt.mongoexp.MongoCtrl", _INSTEAD)
main_worker = absent("hyperopt.mongoexp.main_worker", _INSTEAD)
