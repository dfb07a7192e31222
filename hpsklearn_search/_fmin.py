"""hyperopt's `fmin` over the library's own loop."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ._objective import FunctionObjective
from .executors import SerialExecutor
from .optimize import (
    Callback,
    Loop,
    Plan,
    ProgressLine,
    Stopper,
    check_algo,
    check_loss_threshold,
    check_positive_integer,
    check_timeout,
    early_stop,
    entropy_of,
    journal,
)
from .optimize import (
    loss_threshold as below_threshold,
)
from .space import Space
from .trials import Trials, describe_space, text_of

__all__ = ["fmin", "space_eval"]


def fmin(
    fn: Callable[..., Any],
    space: Any,
    algo: Any = None,
    max_evals: int | None = None,
    timeout: float | None = None,
    loss_threshold: float | None = None,
    trials: Trials | None = None,
    rstate: Any = None,
    allow_trials_fmin: bool = True,
    pass_expr_memo_ctrl: Any = None,
    catch_eval_exceptions: bool = False,
    verbose: bool = True,
    return_argmin: bool = True,
    points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
    max_queue_len: int = 1,
    show_progressbar: bool = True,
    early_stop_fn: Callable[..., tuple[bool, Any]] | None = None,
    trials_save_file: str | os.PathLike[str] = "",
    *,
    callbacks: Sequence[Callback] = (),
) -> Any:
    """Minimise a function over a space.

    Parameters
    ----------
    fn : callable
        Called with a configuration; returns a loss, or ``{"loss": ..., "status": STATUS_OK, ...}``,
        or ``{"status": STATUS_FAIL}``.
    space : object
        Any nest of dicts, lists, tuples, constants and ``hp`` nodes.
    algo : callable or str, optional
        ``tpe.suggest``, ``rand.suggest``, or any function of (new_ids, domain, trials, seed);
        by default the library's best all-round algorithm.
    max_evals : int, optional
        Total number of trials, those already in `trials` included.
    timeout : float, optional
        Seconds after which the search ends.
    loss_threshold : float, optional
        The search ends once a loss is this low.
    trials : Trials, optional
        The record to append to, and where to run.
    rstate : int, RandomState, Generator or None
        Seed. With one, the search is reproducible; by default ``$HYPEROPT_FMIN_SEED``, if set.
    allow_trials_fmin, pass_expr_memo_ctrl
        Kept for hyperopt's signature; the latter is refused.
    catch_eval_exceptions : bool, default=False
        Whether an exception of `fn` makes a failed trial instead of ending the search.
    verbose : bool, default=True
        Kept for hyperopt's signature; the library logs through ``logging``.
    return_argmin : bool, default=True
        Whether to return raw values (a choice as its index); if not, the best configuration.
    points_to_evaluate : sequence of mapping, optional
        ``{label: raw value}``, evaluated first.
    max_queue_len : int, default=1
        The window W: how many trials may be suggested ahead of their predecessors' outcomes.
    show_progressbar : bool, default=True
        Whether to show a progress line on stderr.
    early_stop_fn : callable, optional
        ``early_stop_fn(trials, *previous) -> (stop, next previous)``, after every trial.
    trials_save_file : path-like, default=""
        An SQLite file that every finished trial is written to, and that a second run of the same
        search continues from.
    callbacks : sequence of Callback, default=()
        Who watches the search.

    Returns
    -------
    dict or object
        The best point, or with ``return_argmin=False`` the best configuration.

    Raises
    ------
    AllTrialsFailed
        If no trial succeeded.
    SaveFileError
        If `trials_save_file` cannot be used, or belongs to another search.
    InvalidLoss, InvalidResultStatus
        If `fn` returns something that is no loss, at the first trial that does.
    ValueError, TypeError
        If an argument is wrong, before the first trial.

    Examples
    --------
    >>> from hpsklearn_search import fmin, hp, tpe
    >>> best = fmin(lambda x: (x - 1) ** 2, hp.uniform("x", -5, 5), tpe.suggest, max_evals=60,
    ...             rstate=0, show_progressbar=False)
    >>> abs(best["x"] - 1) < 0.2
    True
    """
    if pass_expr_memo_ctrl:
        raise NotImplementedError(
            "pass_expr_memo_ctrl is not supported: the objective receives the configuration; "
            "for a loop of your own use Optimizer(space).ask() and .tell()"
        )
    trials = Trials() if trials is None else trials
    if rstate is None and os.environ.get("HYPEROPT_FMIN_SEED"):
        rstate = int(os.environ["HYPEROPT_FMIN_SEED"])
    parsed = Space(space)
    executor = trials.open_executor() or SerialExecutor(keep_exceptions=True)
    plan = Plan(
        space=parsed,
        algo=check_algo(algo),
        entropy=entropy_of(rstate),
        max_evals=_total(max_evals, timeout, loss_threshold, early_stop_fn),
        window=None if rstate is None else max(max_queue_len, executor.capacity),
        timeout=check_timeout(timeout),
        stoppers=_stoppers(loss_threshold, early_stop_fn),
        first_points=[parsed.check(point) for point in points_to_evaluate or ()],
        description={"total": max_evals},
    )
    objective = FunctionObjective(fn, parsed, catch=catch_eval_exceptions or trials.catches_errors)
    watchers = [*callbacks, *([ProgressLine()] if show_progressbar else [])]
    with journal(trials_save_file, lambda: _fingerprint(fn, plan, rstate), trials.record, objective, plan) as keeper:
        Loop(plan, objective, executor, trials, [*keeper, *watchers]).run()
    return trials.argmin if return_argmin else parsed.assemble(trials.argmin)


def space_eval(space: Any, point: Mapping[str, Any]) -> Any:
    """The configuration of `space` at `point`.

    Parameters
    ----------
    space : object
        As for `fmin`.
    point : mapping
        ``{label: raw value}``, as `fmin` returns it; lists of one value, as in ``trials.vals``, are
        understood.

    Returns
    -------
    object
        What the objective would receive.

    Raises
    ------
    InvalidTrial
        If an active label has no value.

    Examples
    --------
    >>> from hpsklearn_search import hp, space_eval
    >>> space_eval({"kernel": hp.choice("k", ["rbf", "poly"])}, {"k": 1})
    {'kernel': 'poly'}
    """
    raw = {label: value[0] if isinstance(value, list) else value for label, value in point.items() if value != []}
    return Space(space).assemble(raw)


def _fingerprint(fn: Any, plan: Plan, rstate: Any) -> dict[str, Any]:
    """What a save file must agree with."""
    return {
        "fn": text_of(fn),
        "space": describe_space(plan.space),
        "algo": text_of(plan.algo),
        "rstate": None if rstate is None else plan.entropy,
    }


def _total(max_evals: Any, timeout: Any, threshold: Any, early_stop_fn: Any) -> int | None:
    if max_evals is not None:
        return check_positive_integer("max_evals", max_evals)
    if timeout is None and threshold is None and early_stop_fn is None:
        raise ValueError("max_evals=None needs another way to stop: give max_evals=100, timeout=, or early_stop_fn=")
    return None


def _stoppers(threshold: Any, early_stop_fn: Any) -> list[Stopper]:
    found: list[Stopper] = []
    level = check_loss_threshold(threshold)
    if level is not None:
        found.append(below_threshold(level))
    if early_stop_fn is not None:
        found.append(early_stop(early_stop_fn))
    return found
