"""Experiment trackers: MLflow."""

from ._callback import MLflowCallback, automatic_callbacks, run_environment
from ._worker import inside_run

__all__ = ["MLflowCallback", "automatic_callbacks", "inside_run", "run_environment"]
