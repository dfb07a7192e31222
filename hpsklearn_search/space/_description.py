"""A space in words: the values that each label may have, and when the label is active.

>>> from hpsklearn_search import hp
>>> from hpsklearn_search.space import Space
>>> Space({"kernel": hp.choice([{"degree": hp.uniformint(2, 5)}, "rbf"]),
...        "C": hp.loguniform(-3, 3)})
label            values                             active when
kernel           {degree}, 'rbf'                    always
kernel.0.degree  integer in [2, 5]                  kernel is {degree}
C                real in [0.0497871, 20.0855], log  always
"""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._secret_names import is_secret_name
from .._secrets_in_texts import without_secrets
from .._texts import concealed, is_secret, printable
from ._distributions import Distribution, Integer, Normal, Uniform
from ._nodes import Choice, Constant, Node, Parameter
from ._scipy import RvsDistribution, ScipyDistribution

WIDEST = 60  # Characters of a cell of the table, and of a list of options.


@dataclass(frozen=True)
class SpaceTable:
    """A space as a table; printed as text, shown as HTML in a notebook.

    Attributes
    ----------
    columns : tuple of str
        Names of the columns.
    rows : tuple of tuple of str
        One row for each label; a choice comes before the labels in its options.

    Examples
    --------
    >>> table = SpaceTable(("label", "values"), (("C", "real in [0.1, 10], log"),))
    >>> table
    label  values
    C      real in [0.1, 10], log
    >>> table.as_dicts()
    [{'label': 'C', 'values': 'real in [0.1, 10], log'}]
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __repr__(self) -> str:
        # A label may contain what clears a terminal, or breaks the table.
        lines = [tuple(map(printable, line)) for line in (self.columns, *self.rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
        return "\n".join(line.rstrip() for line in padded)

    def _repr_html_(self) -> str:
        def cells(tag: str, line: Iterable[str]) -> str:
            style = ' style="text-align: left"'
            return "".join(f"<{tag}{style}>{html.escape(cell)}</{tag}>" for cell in line)

        body = "".join(f"<tr>{cells('td', row)}</tr>" for row in self.rows)
        return f"<table><thead><tr>{cells('th', self.columns)}</tr></thead><tbody>{body}</tbody></table>"

    def as_dicts(self) -> list[dict[str, str]]:
        """The rows as dicts, for a data frame or a test."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


# ---------------------------------------------------------------------- values
def values_in_words(
    node: Parameter | Choice, names: Mapping[str, str] | None = None, secrets: Collection[str] = ()
) -> str:
    """The values of a label, with plain bounds also where logarithms were written; `names` replace labels.

    Options of the labels in `secrets` are hidden.

    >>> from hpsklearn_search import hp
    >>> values_in_words(hp.quniform("x", 0, 1, 0.25))
    'real in [0, 1], multiples of 0.25'
    >>> values_in_words(hp.lognormal("x", 0, 1))
    'log-normal: median 1, 95 % in [0.140863, 7.09907]'
    >>> values_in_words(hp.pchoice("x", [(0.8, "rbf"), (0.2, "linear")]))
    "'rbf' (80 %), 'linear' (20 %)"
    """
    if isinstance(node, Choice):
        return _options_in_words(node, names or {}, secrets)
    distribution = node.distribution
    if isinstance(distribution, Uniform | Integer):
        return _range_in_words(distribution)
    if isinstance(distribution, Normal):
        kind, centre = ("log-normal", "median") if distribution.log else ("normal", "mean")
        step = "" if distribution.q is None else f", multiples of {distribution.q:.6g}"
        return f"{kind}: {centre} {distribution.from_unit(0.5):.6g}, {_central_interval(distribution)}{step}"
    if isinstance(distribution, ScipyDistribution):
        call = distribution.call
        shown = call if len(call) <= WIDEST else f"{call[: WIDEST - 4]}...)"
        return f"scipy.stats.{shown}: {_central_interval(distribution)}"
    if isinstance(distribution, RvsDistribution):
        return f"drawn from {brief(distribution.source)}"
    return repr(distribution)


def _range_in_words(distribution: Uniform | Integer) -> str:
    q, is_integral = distribution.q, distribution.is_integral
    step = "" if q is None or (is_integral and q == 1) else f", multiples of {q:.6g}"
    kind = "integer" if is_integral else "real"
    return f"{kind} in [{distribution.low:.6g}, {distribution.high:.6g}]{step}{', log' if distribution.log else ''}"


def _central_interval(distribution: Distribution) -> str:
    low, high = distribution.from_unit(0.025), distribution.from_unit(0.975)
    return f"95 % in [{low:.6g}, {high:.6g}]"


def _options_in_words(choice: Choice, names: Mapping[str, str], secrets: Collection[str]) -> str:
    texts = option_texts(choice, names, secrets)
    if choice.distribution.weights is not None:
        texts = [f"{text} ({100 * p:.3g} %)" for text, p in zip(texts, choice.distribution.probabilities, strict=True)]
    shown = _as_many_as_fit(texts)
    tail = "" if len(shown) == len(texts) else f", ..., {texts[-1]} ({len(texts)} options)"
    return ", ".join(shown) + tail


def _as_many_as_fit(texts: Sequence[str]) -> list[str]:
    length = 0
    shown: list[str] = []
    for text in texts:
        length += len(text) + 2
        if length > WIDEST and len(shown) >= 2:
            break
        shown.append(text)
    return list(texts) if len(shown) >= len(texts) - 1 else shown


# ---------------------------------------------------------------------- options and conditions
def condition_in_words(
    conditions: Sequence[tuple[str, int]],
    choices: Mapping[str, Choice],
    names: Mapping[str, str] | None = None,
    secrets: Collection[str] = (),
) -> str:
    """When a label is active: always, or under which options of which choices."""
    names = names or {}
    options: dict[str, list[str]] = {}
    for label, index in conditions:
        options.setdefault(label, []).append(option_texts(choices[label], names, secrets)[index])
    alternatives = (f"{names.get(label, label)} is {' or '.join(texts)}" for label, texts in options.items())
    return " or ".join(alternatives) or "always"


def option_texts(choice: Choice, names: Mapping[str, str], secrets: Collection[str] = ()) -> list[str]:
    """A short text for each option; numbered if two texts are equal, and hidden if the label is in `secrets`."""
    if choice.label in secrets or is_secret_name(choice.label):
        return [f"(hidden {i})" for i in range(len(choice.options))]
    texts = [_option_text(option, names) for option in choice.options]
    is_ambiguous = len(set(texts)) < len(texts)
    return [f"{i}: {text}" for i, text in enumerate(texts)] if is_ambiguous else texts


def _option_text(option: Any, names: Mapping[str, str]) -> str:
    if isinstance(option, Choice | Parameter):
        return names.get(option.label, option.label)
    if not isinstance(option, dict):
        return brief(option)
    fixed = {key: fixed_value(value) for key, value in option.items()}
    estimators = [value for value in fixed.values() if hasattr(value, "get_params")]
    if len(estimators) == 1:  # the branch of a model and its parameters: the model names it
        return brief(estimators[0])
    return "{" + ", ".join(_entry(key, value) for key, value in fixed.items()) + "}"


def _entry(key: Any, value: Any) -> str:
    if value is VARIES:
        return str(key)
    return f"{key}={'(hidden)' if is_secret(key, value) else brief(value)}"


VARIES = object()


def fixed_value(value: Any) -> Any:
    """The only value that an entry of a branch can have, or `VARIES`."""
    if isinstance(value, Constant):
        return value.value
    if isinstance(value, Choice) and len(value.options) == 1:
        return fixed_value(value.options[0])
    return VARIES if isinstance(value, Node) else value


def brief(value: Any, most: int = 40) -> str:
    """The repr of a value on one line of at most `most` characters; a float in six digits.

    >>> brief(0.1 + 0.2), brief("x" * 50)
    ('0.3', "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'")
    """
    if isinstance(value, Constant):
        value = value.value
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return f"{value:.6g}"
    text = " ".join(without_secrets(repr(concealed(value))).split())
    return text if len(text) <= most else f"{text[: most - 4]}...{text[-1]}"
