"""GridSearchCV's interface with hyperopt's search spaces and a search that learns from its trials."""

from . import hp

__all__ = ["hp"]
