"""Which callbacks a search gets without being asked: those that its user has asked mlflow for.

>>> automatic_callbacks([], None, "fmin")
[]
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import Any

from ..exceptions import NotInstalledError
from ..optimize import Callback
from ..trials import Trials
from . import _client as mlflow
from ._callback import MLflowCallback


def automatic_callbacks(given: Sequence[Callback], trials: Trials | None, kind: str) -> list[Callback]:
    """An `MLflowCallback` where the search should log by itself, and the user gave none.

    Parameters
    ----------
    given : sequence of Callback
        The user's callbacks.
    trials : Trials or None
        Those that the user passed; some kinds log where mlflow is imported, or ``MLFLOW_TRACKING_URI``
        is set. mlflow is never imported because it happens to be installed.
    kind : {"fmin", "HyperoptSearchCV"}
        Which search it is: scikit-learn's autologging is a matter of estimators.

    Returns
    -------
    list of Callback
        One, or none.
    """
    if any(isinstance(callback, MLflowCallback) for callback in given):
        return []
    config = mlflow.autologging() if kind == "HyperoptSearchCV" else None
    if config is not None:
        return [_as_configured(config)]
    if trials is not None and trials.mlflow and (mlflow.is_loaded() or os.environ.get("MLFLOW_TRACKING_URI")):
        return _if_installed()
    return []


def _as_configured(config: dict[str, Any]) -> MLflowCallback:
    return MLflowCallback(
        log_model="best" if config.get("log_models", True) else None,
        tags={**(config.get("extra_tags") or {}), "mlflow.autologging": "sklearn"},
        input_example=bool(config.get("log_input_examples", False)),
        registered_model_name=config.get("registered_model_name"),
    )


def _if_installed() -> list[Callback]:
    try:
        mlflow.check_installed()
    except NotInstalledError as error:
        warnings.warn(
            f"MLFLOW_TRACKING_URI is set, but {error}; trials=SparkTrials(..., mlflow=False) logs nothing",
            UserWarning,
            stacklevel=4,
        )
        return []
    return [MLflowCallback()]
