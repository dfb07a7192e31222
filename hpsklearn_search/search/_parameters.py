"""The space of an estimator's parameters."""

from __future__ import annotations

from typing import Any

from ..space import Choice, Point, Space

__all__ = ["ParameterSpace"]


class ParameterSpace:
    """A space whose configurations are parameters of an estimator.

    Parameters
    ----------
    space : dict
        ``{parameter name: values}``.
    """

    def __init__(self, space: Any) -> None:
        self.space = Space({name: Choice(name, v) if isinstance(v, list) else v for name, v in space.items()})

    def params(self, point: Point) -> dict[str, Any]:
        """What ``set_params`` receives at `point`."""
        params: dict[str, Any] = self.space.assemble(point, integral=True)
        return params

    def check_names(self, estimator: Any) -> None:
        """Raise for a name that `estimator` does not have."""
