"""What all displays have in common: they draw on axes that are given, or on a new figure, and remember both.

>>> class Line(Display):
...     size = 3.0, 2.0
...     def _draw(self):
...         self.ax_.plot([1, 2])
>>> Line().plot().figure_.get_size_inches().tolist()
[3.0, 2.0]
"""

from __future__ import annotations

from typing import Any, TypeVar

from ._style import new_axes

Own = TypeVar("Own", bound="Display")


class Display:
    """A picture that is drawn by `plot`.

    Attributes
    ----------
    size : tuple of float
        Width and height of a new figure, in inches.
    figure_ : matplotlib Figure
        The figure, after `plot`.
    ax_ : matplotlib Axes
        The axes.
    """

    size: tuple[float, float]
    figure_: Any
    ax_: Any

    def plot(self: Own, ax: Any = None) -> Own:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; by default on a new figure.

        Returns
        -------
        Display
            Itself, with `figure_` and `ax_`.
        """
        self._begin(ax)
        self._draw()
        return self

    def _begin(self, ax: Any) -> None:
        """Find where to draw."""
        self.figure_, self.ax_ = new_axes(ax, self.size)

    def _draw(self) -> None:
        """Draw on `ax_`."""
        raise NotImplementedError
