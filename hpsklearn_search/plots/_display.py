"""The base of all displays: they draw on the axes of the user or on a new figure, and keep both as attributes.

>>> class Line(Display):
...     size = 3.0, 2.0
...     def _draw(self):
...         self.ax_.plot([1, 2])
>>> Line().plot().figure_.get_size_inches().tolist()
[3.0, 2.0]
"""

from __future__ import annotations

from typing import Any, TypeVar

from .._keywords import Meant, explain_keywords
from ._style import name_picture, new_axes

Self = TypeVar("Self", bound="Display")


_MEANT: Meant = {
    **dict.fromkeys(("axis", "axes", "subplot"), "ax"),
    **dict.fromkeys(("scoring", "score", "target"), "metric"),
    **dict.fromkeys(("param", "params", "names", "features"), "parameters"),
}


class Display:
    """A picture that is drawn by `plot`."""

    size: tuple[float, float]  # width and height of a new figure, in inches
    figure_: Any  # matplotlib's figure and axes, set by `plot`
    ax_: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, method in [item for item in vars(cls).items() if isinstance(item[1], classmethod)]:
            setattr(cls, name, classmethod(explain_keywords(_MEANT)(method.__func__)))

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        # The data of a display are computed by `from_search`; a search is the first thing that one tries.
        if any(hasattr(arg, "get_params") for arg in args):
            raise TypeError(
                f"{cls.__name__}(search) is not how a display is made; write {cls.__name__}.from_search(search)"
            )
        return super().__new__(cls)

    def plot(self: Self, ax: Any = None, title: str | None = None) -> Self:
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. By default a new figure is created.
        title : str, default=None
            The title of the picture. By default there is none.

        Returns
        -------
        Display
            The display itself, with `figure_` and `ax_`.
        """
        self._set_axes(ax)
        self._draw()
        if title:
            name_picture(self.figure_, self.ax_, title, is_new=ax is None)
        return self

    def _set_axes(self, ax: Any) -> None:
        self.figure_, self.ax_ = new_axes(ax, self.size)

    def _draw(self) -> None:
        raise NotImplementedError
