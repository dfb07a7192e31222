"""`FMinIter`: a search that the caller takes forward, a trial or a few at a time.

>>> from hpsklearn_search import Trials, hp, rand
>>> search = FMinIter(rand.suggest, Domain(abs, hp.uniform("x", -1, 1)), Trials(), rstate=0, max_evals=3)
>>> [len(trials) for trials in search]
[1, 2]
>>> len(search.exhaust().trials)
3
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ..optimize import NoExpectedGain, entropy_of
from ..trials import Trials
from ._domain import Domain
from ._minimize import fmin


class FMinIter:
    """hyperopt's class for a search: iterate over it, or call `run` or `exhaust`.

    Parameters
    ----------
    algo : callable or str
        As for `fmin`.
    domain : Domain
        The objective and its space.
    trials : Trials
        The record to append to.
    rstate : int, RandomState, Generator or None
        Seed.
    max_evals, timeout, loss_threshold, max_queue_len, early_stop_fn, show_progressbar, trials_save_file
        As for `fmin`; `timeout` counts for each call.
    verbose : bool, default=False
        Whether there is a progress line.
    asynchronous, poll_interval_secs
        Accepted for hyperopt's signature.
    """

    catch_eval_exceptions = False
    pickle_protocol = -1

    def __init__(
        self,
        algo: Any,
        domain: Domain,
        trials: Trials,
        rstate: Any,
        asynchronous: bool | None = None,
        max_queue_len: int = 1,
        poll_interval_secs: float = 1.0,
        max_evals: int = sys.maxsize,
        timeout: float | None = None,
        loss_threshold: float | None = None,
        verbose: bool = False,
        show_progressbar: Any = True,
        early_stop_fn: Callable[..., tuple[bool, Any]] | NoExpectedGain | None = None,
        trials_save_file: str = "",
    ) -> None:
        self.algo = algo
        self.domain = domain
        self.trials = trials
        # One number for all calls: trial t draws from it and t, so that single steps do as one long run does.
        self.rstate = None if rstate is None else entropy_of(rstate, "rstate")
        self.asynchronous = trials.asynchronous if asynchronous is None else asynchronous
        self.poll_interval_secs = poll_interval_secs
        self.max_queue_len = max_queue_len
        self.max_evals = max_evals
        self.timeout = timeout
        self.loss_threshold = loss_threshold
        self.verbose = verbose
        self.show_progressbar = show_progressbar if verbose else False
        self.early_stop_fn = early_stop_fn
        self.trials_save_file = trials_save_file

    def run(self, N: int, block_until_done: bool = True) -> None:
        """Run so many further trials."""
        self._search(min(len(self.trials.record) + N, self.max_evals))

    def serial_evaluate(self, N: int = -1) -> None:
        """Run trials that were inserted and have not begun, at most `N` of them; -1 means all."""
        self.trials.refresh()
        waiting = [trial.number for trial in self.trials.record.running]
        if waiting:
            self._search(waiting[min(N, len(waiting)) - 1 if N > 0 else -1] + 1)

    def _search(self, max_evals: int) -> None:
        fmin(
            self.domain.fn,
            self.domain.root,
            self.algo,
            max_evals,
            timeout=self.timeout,
            loss_threshold=self.loss_threshold,
            trials=self.trials,
            rstate=self.rstate,
            allow_trials_fmin=False,
            pass_expr_memo_ctrl=self.domain.pass_expr_memo_ctrl,
            catch_eval_exceptions=self.catch_eval_exceptions,
            verbose=self.verbose,
            return_argmin=False,
            max_queue_len=self.max_queue_len,
            show_progressbar=self.show_progressbar,
            early_stop_fn=self.early_stop_fn,
            trials_save_file=self.trials_save_file,
        )

    def block_until_done(self) -> None:
        """Run what was inserted and has not finished."""
        self.serial_evaluate()

    def exhaust(self) -> FMinIter:
        """Run all trials up to `max_evals`; returns the search."""
        self._search(self.max_evals)
        return self

    def __iter__(self) -> FMinIter:
        return self

    def __next__(self) -> Trials:
        n_before = len(self.trials.record)
        self.run(1)
        # The last trial ends the iteration, as in hyperopt.
        if len(self.trials.record) >= self.max_evals or len(self.trials.record) == n_before:
            raise StopIteration
        return self.trials
