"""What a page tells about a search, as plain values: a fitted search and a save file both give them.

A section without content says in one sentence why it has none.

>>> Facts("A search", Candidates.from_cv_results({"mean_test_score": [0.5]})).why_not("advice")
''
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..plots import Candidates
from ..trials import Trial

Pairs: TypeAlias = Sequence[tuple[str, str]]  # names with what is said of them


@dataclass(frozen=True)
class Table:
    """A small table of texts and numbers."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Facts:
    """All that a page shows; n candidates in order of suggestion."""

    title: str
    candidates: Candidates
    trials: Sequence[Trial] = ()  # of the candidates
    results: Mapping[str, Any] = field(default_factory=dict)  # columns of n entries, named as in ``cv_results_``
    best: int | None = None  # the row of the winner
    is_loss: bool = False  # whether the scores are minus the losses of a function
    tiles: Pairs = ()  # the figures at the top
    result: Pairs = ()
    settings: Pairs = ()
    findings: Sequence[tuple[str, str]] = ()  # a text, and the line to write
    comparison: Table | None = None
    limits: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)  # lowest and highest value
    importances: Mapping[str, float] = field(default_factory=dict)
    space: Table | None = None
    timing: Pairs = ()
    data: Pairs = ()
    code: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)  # why a section is empty, by its name

    def why_not(self, section: str) -> str:
        """Why a section has no content; empty if that needs no explanation."""
        return self.reasons.get(section, "")
