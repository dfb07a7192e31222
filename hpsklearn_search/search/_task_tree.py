"""scikit-learn's callback protocol (1.9 and later): the tasks of a search that its callbacks are called for.

::

    fit
    ├── search
    │   └── candidate-split-evaluation     one for each candidate and fold; the estimator's own tasks are below it
    └── refit-with-best-params

An older scikit-learn has no such protocol; there every method of `TaskTree` does nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..space import Constant, children
from ._compat import HAS_CALLBACKS


class FoldContext:
    """The context of one fold of one candidate, which remembers whether a callback asked to stop."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self.asked_to_stop = False

    @property
    def max_subtasks(self) -> Any:
        return self._context.max_subtasks

    def propagate_callback_context(self, estimator: Any) -> Any:
        return self._context.propagate_callback_context(estimator)

    def call_on_fit_task_begin(self, **kwargs: Any) -> None:
        self._context.call_on_fit_task_begin(**kwargs)

    def call_on_fit_task_end(self, **kwargs: Any) -> None:
        self.asked_to_stop |= bool(self._context.call_on_fit_task_end(**kwargs))


def has_callbacks(value: Any) -> bool:
    """Whether an estimator, or one anywhere in its parameters or among the options of a space, has callbacks."""
    if isinstance(value, Constant):
        return has_callbacks(value.value)
    if getattr(value, "_skl_callbacks", None):
        return True
    if hasattr(value, "get_params") and not isinstance(value, type):
        return any(map(has_callbacks, value.get_params(deep=False).values()))
    return any(map(has_callbacks, children(value)))


class TaskTree:
    """The tasks of one ``fit``; every callback receives the search as the estimator."""

    def __init__(self, search: Any, X: Any, y: Any, sample_weight: Any = None, options: Any = None) -> None:
        self._search = search
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._data = {"estimator": search, "X": X, "y": y, "metadata": metadata}
        self._root = None
        self._search_context: Any = None
        # The options of a space may be estimators with callbacks of their own.
        self.has_listeners = HAS_CALLBACKS and any(map(has_callbacks, (search, search.estimator, options)))
        if HAS_CALLBACKS:
            self._root = search._init_callback_context(max_subtasks=1 + (search.refit is not False))

    def begin_search(self, max_tasks: int | None) -> None:
        """Begin the fit, and in it the search, which has at most so many fold tasks."""
        if self._root is not None:
            self._root.call_on_fit_task_begin(**self._data)
            self._search_context = self._root.subcontext(
                task_name="search", max_subtasks=max_tasks, sequential_subtasks=False
            )
            self._search_context.call_on_fit_task_begin(estimator=self._search)

    def end_search(self) -> None:
        if self._search_context is not None:
            self._search_context.call_on_fit_task_end(estimator=self._search)

    def fold_context(self, task_id: int) -> FoldContext | None:
        """The context of a fold task, None if there are no callbacks."""
        if not self.has_listeners:
            return None
        # A copy of the branch without its other tasks: what is sent to a worker stays as small
        # for the thousandth candidate as it was for the first.
        branch = copy.copy(self._search_context)
        branch._children_map = {}
        branch.parent = copy.copy(self._root)
        branch.parent._children_map = {branch.task_id: branch}
        return FoldContext(branch.subcontext(task_name="candidate-split-evaluation", task_id=task_id))

    @contextmanager
    def refit(self, estimator: Any) -> Iterator[None]:
        """The task of the refit, around the fit of `estimator`."""
        if self._root is None:
            yield
            return
        context = self._root.subcontext(task_name="refit-with-best-params")
        with context.propagate_callback_context(estimator):
            context.call_on_fit_task_begin(**self._data)
            yield
        context.call_on_fit_task_end(**self._data)

    def end(self) -> None:
        """End the fit."""
        if self._root is not None:
            self._root.call_on_fit_task_end(**self._data)


def picklable_search(search: Any) -> Any:
    """A copy of the search for worker processes: its parameters, without what cannot or need not be sent."""
    copied = copy.copy(search)
    for name in ("callbacks", "trials"):
        if name in copied.__dict__:
            setattr(copied, name, None)
    for name in ("trials_", "_callback_fit_ctx", "_skl_callbacks", "_skl_callbacks_to_teardown"):
        copied.__dict__.pop(name, None)
    return copied
