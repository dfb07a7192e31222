"""Experiment trackers: MLflow."""

from ._callback import MLflowCallback, automatic_callbacks

__all__ = ["MLflowCallback", "automatic_callbacks"]
