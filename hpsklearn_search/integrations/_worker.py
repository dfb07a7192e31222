"""What an objective that runs on a worker logs to mlflow by itself: it goes into the run of its trial.

>>> import os
>>> with inside_run({"MLFLOW_RUN_ID": "0123"}):
...     os.environ["MLFLOW_RUN_ID"]
'0123'
>>> "MLFLOW_RUN_ID" in os.environ
False
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping

from ._client import end_active_runs


@contextlib.contextmanager
def inside_run(environment: Mapping[str, str]) -> Iterator[None]:
    """Within, the first run that mlflow starts in this process is the one that `environment` names."""
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        yield
    finally:
        if environment:
            end_active_runs()  # a worker serves many trials, and the next one has another run
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
