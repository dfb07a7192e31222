"""The failed candidates, in groups of messages that differ in numbers only.

>>> from hpsklearn_search.trials import Failure, Outcome
>>> failures = [Failure("fail", "ValueError", f"no <luck> with {x}", "Traceback ...") for x in (0.1, 2.5)]
>>> trials = [Trial(n, {}, Outcome("fail", failure=failure)) for n, failure in enumerate(failures)]
>>> [(group.title, group.rows) for group in groups(trials)]
[('ValueError: no <luck> with 0.1', [0, 1])]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .._secrets_in_texts import without_secrets
from ..trials import Trial
from . import _html as html

MOST_GROUPS = 30
MOST_NUMBERS = 40
LONGEST_TITLE, LONGEST_TRACE = 400, 6000  # characters


@dataclass
class Group:
    """Candidates that failed with the same message, but for its numbers."""

    title: str  # the message of the first
    trace: str
    rows: list[int] = field(default_factory=list)  # of the table
    is_same: bool = True  # whether all messages have the same numbers


def groups(trials: Sequence[Trial]) -> list[Group]:
    """The groups, the largest first."""
    found: dict[str, Group] = {}
    for row, trial in enumerate(trials):
        if trial.outcome is None or not trial.has_failed:
            continue
        title, failure = _title(trial), trial.outcome.failure
        key = title if failure is None else failure.without_numbers
        group = found.setdefault(key, Group(title, _trace(failure.traceback if failure is not None else "")))
        group.rows.append(row)
        group.is_same &= title == group.title
    return sorted(found.values(), key=lambda group: -len(group.rows))


def _title(trial: Trial) -> str:
    outcome = trial.outcome
    assert outcome is not None
    if outcome.failure is None:
        return f"The candidate has no finite score (status {outcome.status})."
    return without_secrets(" ".join(str(outcome.failure).split()))[:LONGEST_TITLE]


def _trace(traceback: str) -> str:
    # The end of a traceback says what happened.
    clean = without_secrets(traceback.strip())
    return clean if len(clean) <= LONGEST_TRACE else f"...\n{clean[-LONGEST_TRACE:]}"


def failures(trials: Sequence[Trial], params_of: Callable[[int], str]) -> str:
    """The groups as HTML: message, candidates, and the traceback of the first behind a click."""
    found = groups(trials)
    shown = "".join(_group(i, group, params_of) for i, group in enumerate(found[:MOST_GROUPS]))
    n_left = len(found) - MOST_GROUPS
    return shown + html.paragraph(f"{n_left} more messages are not shown." if n_left > 0 else "")


def _group(i: int, group: Group, params_of: Callable[[int], str]) -> str:
    numbers = ", ".join(map(str, group.rows[:MOST_NUMBERS])) + (", ..." if len(group.rows) > MOST_NUMBERS else "")
    noun = "candidate" if len(group.rows) == 1 else "candidates"
    first = params_of(group.rows[0])
    other = "" if group.is_same else " The other messages have other numbers."
    trace = f"<pre>{html.text(group.trace)}</pre>" if group.trace else ""
    return (
        f'<details id="failure-{i}"><summary><b>{len(group.rows)} {noun}</b>: {html.text(group.title)}</summary>'
        f"{html.paragraph(f'{noun.capitalize()} {numbers}. The first has {first}.{other}')}{trace}</details>"
    )
