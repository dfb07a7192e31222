"""Another name of `graph_viz`, for scripts that write it so."""

from __future__ import annotations

from .graph_viz import dot_hyperparameters

__all__ = ["dot_hyperparameters"]
