"""hyperopt's module ``hyperopt.graph_viz``: a space in graphviz's language.

>>> from hpsklearn_search import hp
>>> print(dot_hyperparameters(hp.choice("kind", ["none", hp.uniform("x", 0, 1)])))
digraph {
"kind" [ shape=box];
"x" [ shape=box];
"kind" -> "kind=1";
"kind=1" [ shape=ellipse];
"kind=1" -> "x";
}
<BLANKLINE>
"""

from __future__ import annotations

from typing import Any

from .._texts import printable
from ..space import Space
from ._translate import translate_space

__all__ = ["dot_hyperparameters"]


def dot_hyperparameters(expr: Any) -> str:
    """The labels of a space and the options that they depend on, as a graph in the language of ``dot``.

    Parameters
    ----------
    expr : object
        The space, as for `fmin`.

    Returns
    -------
    str
        Text for ``dot -Tpng``. For a table in words, print ``Space(expr)``.
    """
    lines: list[str] = []
    for dimension in Space(translate_space(expr)).dimensions:
        name = _quoted(dimension.label)
        lines.append(f"{name} [ shape=box];")
        for label, option in dimension.conditions:
            condition = _quoted(f"{label}={option}")
            lines.append(f"{_quoted(label)} -> {condition};")
            lines.append(f"{condition} [ shape=ellipse];")
            lines.append(f"{condition} -> {name};")
    return "\n".join(["digraph {", *dict.fromkeys(lines), "}", ""])


def _quoted(text: str) -> str:
    """A text as one name of the language, whatever is in it."""
    # A backslash before the closing quote would take it along; others begin codes of labels, such as \\N.
    return '"' + printable(text.replace("\\", "\\\\").replace('"', '\\"')) + '"'
