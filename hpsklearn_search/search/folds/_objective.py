"""Cross-validation as the loop's objective: a trial is a candidate, and its parts are folds.

The loss of a candidate is minus its mean test score; this is the one place where the sign flips.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..._texts import printable
from ...exceptions import InvalidScore, InvalidTrial
from ...executors import Finished
from ...trials import STATUS_CANCELLED, STATUS_FAIL, STATUS_OK, STATUS_OUTSIDE, STATUS_PRUNED, Failure, Outcome, Trial
from .._compat import is_multimetric_scorer, returns_one_score, scorers_by_name
from .._limits import NO_LIMITS, Limits
from .._racing import Race
from .._results import ASKED_TO_STOP, CURVE, was_stopped
from .._score_errors import fold_error
from .._scores import mean_score, variance_of_mean
from .._task_tree import FoldContext
from .._tracebacks import raised
from ._function import FoldFunction, FoldTask, failed_fold
from ._stored import check_folds

# The kind of failure of a candidate that was fitted, but not scored with a finite number.
NOT_FINITE = "non-finite score"

# Seconds; folds that take less on average go to a worker as one task, since sending each costs about 0.1 ms.
# A higher limit gains nothing that can be measured. With a seed, few candidates are open at once, and
# each candidate, sent as one task, would keep only one worker busy.
SHORT_FOLD = 2e-3


class FoldObjective:
    """Evaluates candidates by cross-validation."""

    def __init__(
        self,
        function: FoldFunction,
        metric: str | None = None,
        race: Race | None = None,
        context_of: Callable[[int], FoldContext | None] = lambda number: None,
        *,
        is_metric_required: bool = False,
        limits: Limits = NO_LIMITS,
    ) -> None:
        self.function = function
        self.metric = metric  # the one of several to maximise; None is the first
        self.is_metric_required = is_metric_required  # whether a callable `scoring` must return it
        self.race = race
        self.limits = limits
        self.context_of = context_of  # of a fold task, by its number; None without callbacks of scikit-learn
        self.asked_to_stop = False  # by a callback of scikit-learn, in any fold so far
        self._metrics: set[str] | None = None  # the names of several scores, once a fold has some
        self._seconds = 0.0
        self._n_folds_run = 0

    def remember(self, trial: Trial) -> None:
        """Enter a trial of an earlier run into the race."""
        if self.race is not None and trial.is_ok and trial.outcome is not None and trial.outcome.folds:
            self._enter(trial.number, trial.outcome.folds)
        self._check_bound(trial)

    def stored_outcome(self, trial: Trial) -> Outcome:
        """The outcome of a trial in a save file; InvalidTrial if it cannot be one of this search."""
        outcome, settings, n = trial.outcome, self.function.settings, len(self.function.splits)
        assert outcome is not None
        scorer = settings["scorer"]
        metrics = list(scorers_by_name(scorer)) if is_multimetric_scorer(scorer) else None
        has = {"with_train": settings["return_train_score"], "with_size": self.function.measures_size}
        check_folds(outcome.folds, [] if returns_one_score(scorer) else metrics, **has)
        for fold in outcome.folds:
            self._check_names(fold["test_scores"])
        n_pruned = n if outcome.folds and was_stopped(outcome.folds[-1]) else n - 1
        counts = {STATUS_OK: (n, n), STATUS_OUTSIDE: (n, n), STATUS_PRUNED: (1, n_pruned)}
        least, most = counts.get(outcome.status, (0, n))
        if not least <= len(outcome.folds) <= most:
            raise InvalidTrial(f"a trial with the status {outcome.status!r} cannot have {len(outcome.folds)} folds")
        if outcome.status in (STATUS_OK, STATUS_OUTSIDE) and outcome.loss is not None:
            mean = mean_score(list(map(self.objective_score, outcome.folds)))
            if not math.isclose(mean, -outcome.loss, rel_tol=1e-9, abs_tol=1e-12):
                raise InvalidTrial(f"the loss is {outcome.loss}, and the mean score of its folds is {mean}")
        judged = self.limits.judge(outcome)
        if judged.status != outcome.status:
            raise InvalidTrial(f"the status is {outcome.status!r}, and by its folds it is {judged.status!r}")
        return judged

    # ------------------------------------------------------------------ the loop's questions
    def tasks(self, trial: Trial, *, batch_folds: bool = False) -> list[FoldTask]:
        n = len(self.function.splits)
        contexts = [self.context_of(trial.number * n + fold) for fold in range(n)]
        are_short = self._n_folds_run > 0 and self._seconds / self._n_folds_run < SHORT_FOLD
        if (are_short or batch_folds) and self.race is None:
            return [(trial.point, range(n), contexts, [None] * n)]
        limits = [None] * n if self.race is None else self.race.curve_limits(trial.number, n)
        return [(trial.point, [fold], [contexts[fold]], [limits[fold]]) for fold in range(n)]

    def outcome(self, trial: Trial, parts: Mapping[int, Finished]) -> Outcome | None:
        """None until all folds have run, racing prunes the trial, or a fold ends the search."""
        failures = {number: part.failure for number, part in sorted(parts.items()) if part.failure is not None}
        is_fatal = any(map(self._ends_search, failures.values()))
        folds = self._leading_folds(parts)
        length = self._pruned_after(trial, folds)
        if length is not None and min(failures, default=length) < length:
            length = None  # a fold that crashed has no score to prune by
        if not is_fatal and length is None and len(folds) < len(self.function.splits):
            return None
        self.asked_to_stop |= any(fold.get(ASKED_TO_STOP, False) for fold in folds)
        folds = [_without_request(fold) for fold in folds]
        if length is not None:
            # Later folds may have run, or failed, at the same time. Whether they did is a matter of timing.
            self._note_times(folds)
            return self._pruned(trial, tuple(folds[:length]))
        if failures:
            first = next(iter(failures.values()))
            return Outcome(first.status, folds=tuple(folds), failure=first)
        self._note_times(folds)
        return self._complete(trial, tuple(folds))

    def _note_times(self, folds: Sequence[Mapping[str, Any]]) -> None:
        self._seconds += sum(fold["fit_time"] + fold["score_time"] for fold in folds)
        self._n_folds_run += len(folds)

    def _pruned(self, trial: Trial, folds: tuple[dict[str, Any], ...]) -> Outcome:
        assert self.race is not None
        scores = list(map(self.objective_score, folds))
        if was_stopped(folds[-1]):
            scores[-1] = self.race.expected_fold_score(trial.number, scores, folds[-1][CURVE])
        expected = self.race.expected_score(trial.number, scores)
        return self.limits.judge(Outcome(STATUS_PRUNED, loss=-expected, folds=folds))

    def _complete(self, trial: Trial, folds: tuple[dict[str, Any], ...]) -> Outcome:
        scores = list(map(self.objective_score, folds))
        mean = mean_score(scores)
        errors = [fold_error(fold, self.metric_name(fold)) for fold in folds]
        # With a number for error_score the mean may be finite: a candidate with a failed fold has failed all the same.
        if not math.isfinite(mean) or any(errors):
            text = next(filter(None, errors), None) or f"{NOT_FINITE}: {mean}"
            return Outcome(STATUS_FAIL, folds=folds, failure=Failure(STATUS_FAIL, *raised(text), text))
        outcome = self.limits.judge(
            Outcome(STATUS_OK, loss=-mean, variance=variance_of_mean(scores, mean), folds=folds)
        )
        if self.race is not None and outcome.status == STATUS_OK:  # nobody can be pruned for what cannot win itself
            self._enter(trial.number, folds)
        return outcome

    def _enter(self, number: int, folds: Sequence[Mapping[str, Any]]) -> None:
        assert self.race is not None
        self.race.add(number, list(map(self.objective_score, folds)), [fold.get(CURVE) for fold in folds])

    def raise_if_fatal(self, trial: Trial) -> None:
        """Raise if the search must end.

        That is for ``error_score="raise"``, an error that the fold function does not catch, an invalid score, or a
        score above racing's bound.
        """
        self._check_bound(trial)
        failure = trial.outcome.failure if trial.outcome is not None else None
        if failure is None or not self._ends_search(failure):
            return
        if failure.exception is not None:
            raise failure.exception
        kind = InvalidScore if failure.kind == InvalidScore.__name__ else RuntimeError
        raise kind(f"candidate {trial.number} failed: {failure}\n{failure.traceback}")

    def _check_bound(self, trial: Trial) -> None:
        if self.race is not None and trial.outcome is not None:
            self.race.check_bound(trial, list(map(self.objective_score, trial.outcome.folds)))

    def _ends_search(self, failure: Failure) -> bool:
        """Whether the failure concerns more than this candidate."""
        if failure.exception is not None or failure.kind == InvalidScore.__name__:
            return True
        nothing_was_raised = failure.status == STATUS_CANCELLED or failure.kind == NOT_FINITE
        return self.function.settings["error_score"] == "raise" and not nothing_was_raised

    # ------------------------------------------------------------------ scores
    def objective_score(self, result: Mapping[str, Any]) -> float:
        """The score of one fold that the algorithm maximises."""
        scores = result["test_scores"]
        return float(scores[self.metric_name(result)] if isinstance(scores, dict) else scores)

    def metric_name(self, result: Mapping[str, Any]) -> str:
        """The name of the objective metric in the columns of the table."""
        scores = result["test_scores"]
        if not isinstance(scores, dict):
            return "score"
        self._check_names(scores)
        if self.metric is not None and self.metric in scores:
            return self.metric
        if self.is_metric_required:
            raise InvalidScore(f"objective_metric={self.metric!r} is not one of the metrics of scoring: {list(scores)}")
        return str(next(iter(scores)))

    def _check_names(self, scores: Any) -> None:
        """Raise InvalidScore where a callable returns other scores than before, or a file of another one holds them."""
        if isinstance(scores, dict):
            self._metrics = self._metrics or set(scores)
            if set(scores) != self._metrics:
                was, found = (printable(str(sorted(names)))[:200] for names in (self._metrics, set(scores)))
                raise InvalidScore(f"scoring must return the same scores for each fold; it returned {was} and {found}")

    def _leading_folds(self, parts: Mapping[int, Finished]) -> list[dict[str, Any]]:
        """Results of the folds before the first that has not run yet."""
        first_missing = next((part for part in range(len(parts)) if part not in parts), len(parts))
        return [fold for part in range(first_missing) for fold in self._results(parts[part])]

    def _results(self, part: Finished) -> list[dict[str, Any]]:
        if part.failure is None:
            return list(part.value)
        error = part.failure.traceback or str(part.failure)
        return [failed_fold(self.function.settings, error) for _ in part.task.payload[1]]

    def _pruned_after(self, trial: Trial, folds: Sequence[Mapping[str, Any]]) -> int | None:
        if self.race is None:
            return None
        scores = list(map(self.objective_score, folds))
        n_complete = next((j for j, fold in enumerate(folds) if self._is_stopped(fold)), len(folds))
        length = self.race.pruned_after(trial, scores[:n_complete])
        return n_complete + 1 if length is None and n_complete < len(folds) else length

    def _is_stopped(self, fold: Mapping[str, Any]) -> bool:
        """Whether a fold was stopped; one without a score has failed."""
        return was_stopped(fold) and math.isfinite(self.objective_score(fold))


def _without_request(fold: Mapping[str, Any]) -> dict[str, Any]:
    """A result without the request to stop, since a search that resumes from it must not stop at once."""
    return {key: value for key, value in fold.items() if key != ASKED_TO_STOP}
