"""scikit-learn's callback protocol (1.9 and later): the tasks that a search tells its callbacks about.

::

    fit
    ├── search
    │   └── candidate-split-evaluation     one a candidate and fold, with the estimator's own tasks below
    └── refit-with-best-params

On an older scikit-learn there is no such protocol, and every method here does nothing.
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
        """As the context has it."""
        return self._context.max_subtasks

    def propagate_callback_context(self, estimator: Any) -> Any:
        """As the context does."""
        return self._context.propagate_callback_context(estimator)

    def call_on_fit_task_begin(self, **kwargs: Any) -> None:
        """As the context does."""
        self._context.call_on_fit_task_begin(**kwargs)

    def call_on_fit_task_end(self, **kwargs: Any) -> None:
        """As the context does; its answer is kept."""
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
    """The tasks of one ``fit``.

    Parameters
    ----------
    search : HyperoptSearchCV
        The search that fits; every hook receives it as its estimator.
    X, y : data
        What it is fitted on.
    metadata : dict or None
        The sample weight, if there is one.
    options : object, optional
        The space, whose options may be estimators with callbacks of their own.
    """

    def __init__(self, search: Any, X: Any, y: Any, metadata: dict[str, Any] | None, options: Any = None) -> None:
        self._search = search
        self._data = {"estimator": search, "X": X, "y": y, "metadata": metadata}
        self._root = None
        self._searching: Any = None
        self.has_listeners = HAS_CALLBACKS and any(map(has_callbacks, (search, search.estimator, options)))
        if HAS_CALLBACKS:
            self._root = search._init_callback_context(max_subtasks=1 + (search.refit is not False))
            self._root.call_on_fit_task_begin(**self._data)

    def begin_search(self, max_tasks: int | None) -> None:
        """The search begins, with so many folds of candidates at most."""
        if self._root is not None:
            self._searching = self._root.subcontext(
                task_name="search", max_subtasks=max_tasks, sequential_subtasks=False
            )
            self._searching.call_on_fit_task_begin(estimator=self._search)

    def end_search(self) -> None:
        """The search is over."""
        if self._searching is not None:
            self._searching.call_on_fit_task_end(estimator=self._search)

    def fold_context(self, task_id: int) -> FoldContext | None:
        """The context of a fold, None where nobody listens.

        It hangs in a branch of its own, without its siblings: what travels to a worker is as small
        for the thousandth candidate as for the first.
        """
        if not self.has_listeners:
            return None
        branch = copy.copy(self._searching)
        branch._children_map = {}
        branch.parent = copy.copy(self._root)
        branch.parent._children_map = {branch.task_id: branch}
        return FoldContext(branch.subcontext(task_name="candidate-split-evaluation", task_id=task_id))

    @contextmanager
    def refit(self, estimator: Any) -> Iterator[None]:
        """The refit of `estimator`, from begin to end."""
        if self._root is None:
            yield
            return
        context = self._root.subcontext(task_name="refit-with-best-params")
        with context.propagate_callback_context(estimator):
            context.call_on_fit_task_begin(**self._data)
            yield
        context.call_on_fit_task_end(**self._data)

    def end(self) -> None:
        """All is done."""
        if self._root is not None:
            self._root.call_on_fit_task_end(**self._data)


def picklable_search(search: Any) -> Any:
    """What stands for the search in a worker: its parameters, without what cannot or need not travel."""
    copied = copy.copy(search)
    for name in ("callbacks", "trials"):
        if name in copied.__dict__:
            setattr(copied, name, None)
    for name in ("trials_", "_callback_fit_ctx", "_skl_callbacks", "_skl_callbacks_to_teardown"):
        copied.__dict__.pop(name, None)
    return copied
