"""`launch`: one search, with its save file around the loop. `fmin` and the estimator both start here."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..executors import Executor
from ..trials import Trials
from ._callbacks import Callback
from ._loop import Loop, Plan
from ._protocol import Objective
from ._save_file import save_file_callback


def launch(
    plan: Plan,
    objective: Objective,
    executor: Executor,
    trials: Trials,
    callbacks: Sequence[Callback],
    save_file: str | os.PathLike[str] | None,
    fingerprint: Callable[[], Mapping[str, Any]],
) -> str:
    """Run `plan` over `trials`; the reason why it ended. SaveFileError if `save_file` cannot be used."""
    with save_file_callback(save_file, fingerprint, trials.record, objective, plan) as first:
        return Loop(plan, objective, executor, trials, [*first, *callbacks]).run()
