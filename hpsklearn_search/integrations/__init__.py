"""Experiment trackers: MLflow."""

from ..optimize import offer
from ._automatic import mlflow_callbacks
from ._callback import MLflowCallback
from ._replay import replay

__all__ = ["MLflowCallback", "replay"]

offer(mlflow_callbacks)
