"""What was found in each place of a space: how often it was tried, the best value, and those of the best candidates.

>>> points = [{"C": 0.1, "kernel": 0}, {"C": 1.0, "kernel": 1}, {"C": 2.0, "kernel": 1}]
>>> found_in_space("C", points, best_first=[2, 1])
('3', '2', '1 to 2')
>>> found_in_space("kernel", points, best_first=[2, 1], options=["'rbf'", "'poly'"])
('3', "'poly'", "'poly' (2)")
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from . import _html as html

SHARE, FEWEST = 10, 5  # the best tenth of the candidates, at least five
MOST_OPTIONS = 4


def n_best(n: int) -> int:
    """How many candidates count as the best of `n`."""
    return min(n, max(FEWEST, n // SHARE))


def found_in_space(
    label: str, points: Sequence[Mapping[str, Any]], best_first: Sequence[int], options: Sequence[str] = ()
) -> tuple[str, str, str]:
    """The three texts of a label; `options` are the texts of a choice, whose values are their indices."""
    n_tried = sum(label in point for point in points)
    among = [points[row][label] for row in best_first[: n_best(len(best_first))] if label in points[row]]
    best = points[best_first[0]].get(label) if best_first else None
    texts = {value: _text(value, options) for value in among}
    if options:
        counts = Counter(among).most_common()
        spread = ", ".join(f"{texts[value]} ({n})" for value, n in counts[:MOST_OPTIONS])
        spread += ", ..." if len(counts) > MOST_OPTIONS else ""
    else:
        values = [value for value in among if html.is_number(value)]
        ends = [html.number(end) for end in (min(values), max(values))] if values else []
        spread = " to ".join(dict.fromkeys(ends))
    return str(n_tried), "" if best is None else _text(best, options), spread


def _text(value: Any, options: Sequence[str]) -> str:
    if not options:
        return html.number(value) if html.is_number(value) else str(value)
    is_known = isinstance(value, int) and 0 <= value < len(options)
    return options[value] if is_known else f"option {value}"
