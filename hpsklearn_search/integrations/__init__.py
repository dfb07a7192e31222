"""Experiment trackers: MLflow."""

from ._automatic import automatic_callbacks
from ._callback import MLflowCallback

__all__ = ["MLflowCallback", "automatic_callbacks"]
