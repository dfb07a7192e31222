"""What a search has found out besides the winner: short findings, each with its figures and a line to write.

Each rule has a probability of speaking where it must be silent, which ``tests/benchmarks/advice.py`` measures.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from scipy.stats import hypergeom
from scipy.stats import t as student

from ..space import Choice, Parameter
from ..space._distributions import Integer, Uniform
from ..space._typing import BoolArray, FloatArray
from ..suggest import Outlook
from ._compare import Comparison, compare_with
from ._describe import Setting
from ._words import brief, expected, named

N_BEST = 5  # How many of the best candidates must agree on an edge, but for one.
EDGE = 0.1  # The share of a range that is its edge.
MIN_CANDIDATES = 20  # With fewer finished candidates there is nothing to say.
MIN_IMPORTANCE = 0.05
FEWEST_FAILURES = 4  # With fewer, no region is beyond chance.
LITTLE = 0.1  # The expected gain of ten more candidates, in standard errors of the best score, that is hardly one.
MIN_SECONDS = 0.01  # The times of shorter folds differ by chance.


@dataclass(frozen=True)
class Finding:
    """One piece of advice.

    Attributes
    ----------
    kind : str
        Which rule speaks, such as ``"edge"``.
    text : str
        The finding, in one or two sentences.
    line : str
        The line to write, empty if there is none.
    figures : dict
        The numbers behind it.
    """

    kind: str
    text: str
    line: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.text} Write {self.line}" if self.line else self.text


@dataclass(frozen=True)
class Evidence:
    """What the rules look at: n candidates in the order of the table, k folds, d labels."""

    params: Sequence[Mapping[str, Any]]
    scores: FloatArray  # (n, k) of the optimised metric, NaN where a fold did not run or failed
    means: FloatArray  # (n,), NaN for candidates without a mean over all folds
    has_failed: BoolArray  # (n,)
    reasons: Sequence[str]  # (n,), of the failures, without their numbers; empty where there is none
    seconds: FloatArray  # (n,), mean time of a fold's fit and scoring
    units: FloatArray  # (n, d)
    labels: Sequence[str]
    names: Mapping[str, str]  # of the labels in texts: of each its own
    settings: Mapping[str, Setting]  # of the labels that set one parameter directly
    find_importances: Callable[[], Mapping[str, float]]
    find_outlook: Callable[[], Outlook]
    test_per_train: float
    n_test: float  # rows of a test part
    width: float  # the score of no error minus that of no success, if scores count rows; else 0
    highest: float | None  # the largest score that the metric has
    estimator: Any
    find_largest: Callable[[str], float]  # what the data allow of a parameter, infinity where they bound nothing

    @cached_property
    def best_first(self) -> np.ndarray[Any, Any]:
        """Rows with a mean, best first."""
        rows = np.flatnonzero(~np.isnan(self.means))
        return rows[np.argsort(-self.means[rows], kind="stable")]

    @cached_property
    def importances(self) -> Mapping[str, float]:
        """The share of each label; found when a rule asks, because a comparison needs none."""
        return self.find_importances()

    @cached_property
    def outlook(self) -> Outlook:
        """What is expected of more candidates."""
        return self.find_outlook()

    @cached_property
    def comparison(self) -> Comparison:
        """All candidates compared with the best."""
        return compare_with(
            int(self.best_first[0]), self.scores, self.test_per_train, n_test=self.n_test, width=self.width
        )


def advice(evidence: Evidence) -> list[Finding]:
    """All findings, the most useful first."""
    if len(evidence.means) < MIN_CANDIDATES or not len(evidence.best_first):
        return []
    return [finding for rule in RULES for finding in rule(evidence)]


# ---------------------------------------------------------------------- failures
def _failing_region(e: Evidence) -> Iterator[Finding]:
    """A part of a parameter's values where nearly all candidates failed, for all failures or else by their reason."""
    n_failed = int(np.count_nonzero(e.has_failed))
    counts = Counter(reason for reason in e.reasons if reason)
    reasons = [reason for reason, n in counts.items() if FEWEST_FAILURES <= n < n_failed]
    n_tests = 1 + len(reasons)
    whole = _region_of(e, e.has_failed, n_tests) if n_failed >= FEWEST_FAILURES else None
    if whole is not None:
        yield _failed_in(e, whole, e.has_failed, "")
        return
    for reason in sorted(reasons, key=lambda reason: -counts[reason]):
        failed = np.array([each == reason for each in e.reasons])
        region = _region_of(e, failed, n_tests)
        if region is not None:
            kind = reason.partition(":")[0].rpartition(".")[2]
            yield _failed_in(e, region, failed, f" with {kind}")


def _region_of(e: Evidence, failed: BoolArray, n_tests: int) -> _Region | None:
    """The region of these failures, if it has nearly all of them, nearly all in it failed, and chance is excluded."""
    regions = [region for axis in range(len(e.labels)) for region in _regions(e, axis, failed)]
    best = min(regions, key=lambda region: region.p, default=None)
    if best is None or n_tests * best.p * sum(region.n_tested for region in regions) > 0.01:
        return None
    hits = np.count_nonzero(best.inside & failed)
    n_failed_inside = np.count_nonzero(best.inside & e.has_failed)
    is_whole = hits >= 0.9 * np.count_nonzero(failed) and n_failed_inside >= 0.9 * np.count_nonzero(best.inside)
    return best if is_whole else None


def _failed_in(e: Evidence, region: _Region, failed: BoolArray, how: str) -> Finding:
    hits, n_inside = int(np.count_nonzero(region.inside & failed)), int(np.count_nonzero(region.inside))
    others = int(np.count_nonzero(failed)) - hits
    text = f"{hits} of {n_inside} candidates with {region.text} failed{how}, and {others} of the others."
    return Finding("failures", text, figures={"failed": hits, "tried": n_inside, "p_value": region.p})


@dataclass(frozen=True)
class _Region:
    """The part of one axis that holds more failures than any other of the `n_tested` parts."""

    p: float  # the probability that chance puts as many failures there
    text: str
    inside: BoolArray
    n_tested: int


def _regions(e: Evidence, axis: int, failed: BoolArray) -> Iterator[_Region]:
    setting = e.settings.get(e.labels[axis])
    column = e.units[:, axis]
    values = np.unique(column[~np.isnan(column)])
    if setting is None or setting.parameter is None or len(values) < 2:
        return
    if isinstance(setting.node, Choice):
        p = _chance(failed, *((np.count_nonzero((column == v) & rows) for v in values) for rows in (True, failed)))
        best = int(np.argmin(p))
        inside = column == values[best]
        name = named(e.params[int(np.argmax(inside))], setting.parameter)
        yield _Region(float(p[best]), f"{setting.parameter}={name}", inside, len(p))
        return
    for is_above in (True, False):
        yield _best_cut(e, column, values[1:], setting.parameter, failed, is_above=is_above)


def _best_cut(
    e: Evidence, column: FloatArray, cuts: FloatArray, parameter: str, failed: BoolArray, *, is_above: bool
) -> _Region:
    """The cut of an axis on whose side, from it on or below it, chance is the least likely reason for the failures."""
    with np.errstate(invalid="ignore"):
        counts = [np.searchsorted(np.sort(column[rows & ~np.isnan(column)]), cuts) for rows in (True, failed)]
        if is_above:
            totals = [np.count_nonzero(rows & ~np.isnan(column)) for rows in (True, failed)]
            counts = [total - below for total, below in zip(totals, counts, strict=True)]
        p = _chance(failed, *counts)
        best = int(np.argmin(p))
        inside = column >= cuts[best] if is_above else column < cuts[best]
    found = [params[parameter] for params, is_inside in zip(e.params, inside, strict=True) if is_inside]
    side = f"{brief(min(found))} and more" if is_above else f"{brief(max(found))} and less"
    return _Region(float(p[best]), f"{parameter} of {side}", inside, len(cuts))


def _chance(failed: BoolArray, n_inside: Iterable[Any], n_failed_inside: Iterable[Any]) -> FloatArray:
    """For each part, the probability that it holds as many failures if they fall anywhere."""
    p: FloatArray = hypergeom.sf(
        np.array(list(n_failed_inside)) - 1, len(failed), np.count_nonzero(failed), np.array(list(n_inside))
    )
    return p


# ---------------------------------------------------------------------- edges
def _edges(e: Evidence) -> Iterator[Finding]:
    """Parameters that matter, and whose best candidates crowd at one end of a range that can be wider."""
    for axis, label in enumerate(e.labels):
        setting = e.settings.get(label)
        if setting is None or setting.parameter is None or e.importances.get(label, 0.0) < MIN_IMPORTANCE:
            continue
        rows = [row for row in e.best_first if not np.isnan(e.units[row, axis])][:N_BEST]
        if len(rows) < N_BEST or not isinstance(setting.node, Parameter):
            continue
        values = [e.params[row][setting.parameter] for row in rows]
        wider = _wider(e, setting, e.units[rows, axis], values)
        if wider is None:
            continue
        end, count, line = wider
        yield Finding(
            "edge",
            f"{_parameter(e, label)}: {count} of the {N_BEST} best candidates lie at the {end} end of its range.",
            f"{json.dumps(setting.parameter)}: {line}",
            {"parameter": setting.parameter, "end": end, "count": count, "values": values},
        )


def _wider(e: Evidence, setting: Setting, units: FloatArray, values: Sequence[Any]) -> tuple[str, int, str] | None:
    """The end at which the values lie, how many of them, and the expression of a wider range."""
    law = setting.node.distribution
    if not isinstance(law, Uniform | Integer) or law.low == law.high:
        return None
    at_low = int(np.count_nonzero((units <= EDGE) | (np.array(values) == law.low)))
    at_high = int(np.count_nonzero((units >= 1 - EDGE) | (np.array(values) == law.high)))
    low, high = law.low, law.high
    step = high - low
    if at_low >= N_BEST - 1:
        low = _within(e, setting.parameter, law, low / 10 if law.log else low - step, low)
        end, count = "lower", at_low
    elif at_high >= N_BEST - 1:
        high = _within(e, setting.parameter, law, high * 10 if law.log else high + step, high)
        high = max(law.high, min(high, e.find_largest(setting.parameter or "")))
        end, count = "upper", at_high
    else:
        return None
    can_be_written = np.isfinite(high - low) and (low > 0 or not law.log) and (low, high) != (law.low, law.high)
    return (end, count, _expression(setting, law, low, high)) if can_be_written else None


def _within(e: Evidence, parameter: str | None, law: Uniform | Integer, new: float, old: float) -> float:
    """`new`, moved to what the estimator takes; `old` where the range ends for a reason."""
    if isinstance(law, Integer):
        new = max(1, round(new)) if old >= 1 else old  # a whole number below 1 most often has a meaning of its own
    elif old in (0.0, 1.0) and (law.low >= 0 and law.high <= 1):
        return old  # a share, or a probability
    else:  # whole steps may be those of a parameter that takes whole numbers only
        new = int(new) if law.q is not None and float(law.q).is_integer() and float(new).is_integer() else float(new)
    documented = _intervals(e.estimator, parameter)
    # scikit-learn finds 4.5 in an interval of whole numbers; only `is_satisfied_by` looks at the type.
    intervals = [interval for interval in documented if isinstance(new, interval.type)]
    if not intervals and isinstance(new, int):
        new = float(new)
        intervals = [interval for interval in documented if isinstance(new, interval.type)]
    if not documented or any(interval.is_satisfied_by(new) for interval in intervals):
        return new
    kind = type(new)
    ends = [end for interval in intervals for end in (interval.left, interval.right) if end is not None]
    between = [kind(end) for end in ends if min(new, old) <= end <= max(new, old)]
    end = min(between, key=lambda end: abs(end - old), default=old)
    # An end that does not belong to its interval, such as 0 for C, is approached half of the way.
    ways = (end, kind((old + end) / 2))
    return next((way for way in ways if any(interval.is_satisfied_by(way) for interval in intervals)), old)


def _intervals(estimator: Any, parameter: str | None) -> list[Any]:
    """The intervals of numbers that scikit-learn documents for a parameter; none for other libraries."""
    owner, _, name = (parameter or "").rpartition("__")
    try:
        inner = estimator.get_params()[owner] if owner else estimator
    except KeyError:
        return []
    constraints = getattr(inner, "_parameter_constraints", {}).get(name, [])
    return [c for c in constraints if hasattr(c, "left")] if isinstance(constraints, list) else []


def _expression(setting: Setting, law: Uniform | Integer, low: float, high: float) -> str:
    name = "" if setting.label == setting.parameter else f"{json.dumps(setting.label)}, "
    if isinstance(law, Integer):
        return f"hp.{'loguniformint' if law.log else 'uniformint'}({name}{int(low)}, {int(high)})"
    ends = f"{low:.12g}, {high:.12g}"  # in so many digits that a narrow range stays one
    if law.q is not None:
        return f"hp.quniform({name}{ends}, {law.q:.12g})"
    return f"hp.{'logrange' if law.log else 'uniform'}({name}{ends})"


# ---------------------------------------------------------------------- scores
def _ceiling(e: Evidence) -> Iterator[Finding]:
    """Several candidates have the highest score that there is."""
    if e.highest is None:
        return
    n = int(np.count_nonzero(e.means >= e.highest - 1e-12))
    if n >= 3:
        text = f"{n} candidates have the highest score that the metric has, {brief(e.highest)}."
        text += " Harder data, or a metric that looks at probabilities, could tell them apart."
        yield Finding("ceiling", text, figures={"count": n, "highest": e.highest})


def _constant(e: Evidence) -> Iterator[Finding]:
    """Every candidate has the same score on every fold."""
    scores = e.scores[e.best_first]
    if len(scores) > 1 and np.all(scores == scores[0]):
        text = f"All {len(scores)} candidates have the same scores, {brief(e.means[e.best_first[0]])} in the mean."
        figures = {"count": len(scores), "mean": float(e.means[e.best_first[0]])}
        yield Finding(
            "constant", f"{text} The ranges may be far from where the parameters have an effect.", "", figures
        )


def _same(e: Evidence) -> Iterator[Finding]:
    """A quarter of the candidates and more cannot be told apart from the best."""
    if next(_constant(e), None) is not None:
        return
    rows = np.flatnonzero(e.comparison.is_same & ~np.isnan(e.means))
    n = len(e.best_first)
    if len(rows) < max(5, 0.25 * n):
        return
    quickest = int(rows[np.argmin(e.seconds[rows])])
    factor = e.seconds[e.best_first[0]] / max(e.seconds[quickest], 1e-12)
    is_quicker = factor >= 1.5 and e.seconds[e.best_first[0]] >= MIN_SECONDS
    text = f"{len(rows)} of {n} candidates cannot be told apart from the best by these folds."
    more = f" The quickest of them is candidate {quickest}, {factor:.1f} times as fast." if is_quicker else ""
    figures = {"same": len(rows), "of": n, "quickest": quickest, "times_as_fast": float(factor)}
    yield Finding("same", text + more, figures=figures)


def _odd_fold(e: Evidence) -> Iterator[Finding]:
    """One fold's mean score is far from the others: P < 0.01 under a normal law, for all folds together."""
    complete = e.scores[~np.isnan(e.scores).any(axis=1)]
    k = e.scores.shape[1]
    if k < 4 or not len(complete):
        return
    folds = complete.mean(axis=0)
    for fold in range(k):
        others = np.delete(folds, fold)
        # Of scores with steps of a row, some are alike by chance; the law says nothing where all others are.
        error = max(others.std(ddof=1), e.width / e.n_test) * np.sqrt(1 + 1 / (k - 1))
        far = abs(folds[fold] - others.mean())
        if error > 1e-12 * far > 0 and 2 * student.sf(far / error, k - 2) * k < 0.01:
            text = f"Fold {fold} is unusual: its mean score is {brief(folds[fold])}, that of the others"
            yield Finding(
                "fold",
                f"{text} {brief(others.mean())}. Look at its rows: search.splits_[{fold}][1].",
                figures={"fold": fold, "mean": float(folds[fold]), "others": float(others.mean())},
            )


def _behind(e: Evidence) -> Iterator[Finding]:
    """Options of a choice with no candidate among the better ones, all worse than the best beyond noise."""
    for axis, label in enumerate(e.labels):
        setting = e.settings.get(label)
        if setting is None or not isinstance(setting.node, Choice):
            continue
        for option in range(len(setting.node.options)):
            rows = [row for row in e.best_first if e.units[row, axis] == option]
            if not _is_never_among_the_best(e, rows) or not e.comparison.is_worse[rows].all():
                continue
            difference = float(e.comparison.difference[rows[0]])
            name = option if setting.parameter is None else named(e.params[rows[0]], setting.parameter)
            what = f"{setting.parameter or label}={name}"
            text = f"{what} was never competitive: the best of its {len(rows)} candidates is {brief(difference)} worse."
            yield Finding("behind", text, figures={"option": option, "tried": len(rows), "difference": difference})


def _is_never_among_the_best(e: Evidence, rows: Sequence[int]) -> bool:
    """Whether the better quarter or the better half has none of `rows`, where chance would leave some (P < 0.01)."""
    n = len(e.best_first)
    for n_better in (n // 4, n // 2):
        if not set(rows) & set(e.best_first[:n_better]) and hypergeom.pmf(0, n, n_better, len(rows)) < 0.005:
            return True
    return False


# ---------------------------------------------------------------------- parameters and progress
def _decisive(e: Evidence) -> Iterator[Finding]:
    """The one or two parameters that decide most."""
    shares = [(label, share) for label, share in e.importances.items() if share >= 0.25][:2]
    if shares:
        names = " and ".join(f"{_parameter(e, label)} ({share:.0%})" for label, share in shares)
        yield Finding("decisive", f"Most was decided by {names}.", figures=dict(shares))


def _idle(e: Evidence) -> Iterator[Finding]:
    """Parameters that decided nothing, where others did."""
    if len(e.means) < 2 * MIN_CANDIDATES or not any(e.importances.values()):
        return
    idle = [_parameter(e, label) for label, share in e.importances.items() if share == 0.0]
    if idle:
        text = f"{', '.join(idle)} decided nothing that can be seen."
        yield Finding("idle", f"{text} A space without can be searched with fewer candidates.", figures={"names": idle})


def _progress(e: Evidence) -> Iterator[Finding]:
    """The best score rose twice in the last quarter, or not at all in the last half; or little is expected."""
    n = len(e.means)
    running = np.fmax.accumulate(np.where(np.isnan(e.means), -np.inf, e.means))
    rises = 1 + np.flatnonzero(running[1:] > running[:-1])
    late = int(np.count_nonzero(rises >= 0.75 * n))
    n_since = n - 1 - (int(rises[-1]) if len(rises) else 0)
    gain, sentence = e.outlook.in_errors, expected(e.outlook)
    figures = {"expected_gain": e.outlook.gain, "in_standard_errors": gain}
    if late >= 2:
        more, line = ("", "") if gain < LITTLE else (": more candidates may still gain", f"max_evals={2 * n}")
        text = f"The best score rose {late} times in the last quarter of the search{more}. {sentence}"
        yield Finding("rising", text.strip(), line, {"rises": late, **figures})
    elif n_since >= max(MIN_CANDIDATES, n // 2):
        text = f"The last {n_since} candidates brought no better score. {sentence}"
        yield Finding("flat", text.strip(), figures={"n_since": n_since, **figures})
    elif gain < LITTLE:
        yield Finding("no_gain", sentence, figures=figures)


RULES: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    _failing_region, _constant, _edges, _ceiling, _same, _odd_fold, _behind, _decisive, _idle, _progress,
)  # fmt: skip


def _parameter(e: Evidence, label: str) -> str:
    return e.names.get(label, label)
