"""`Domain`: a space under the names by which algorithms written for hyperopt know it.

>>> from hpsklearn_search import Trials, hp, tpe
>>> domain = Domain(lambda config: config["x"] ** 2, {"x": hp.uniform("x", 0, 1)})
>>> domain.params["x"].name, domain.new_result()
('uniform', {'status': 'new'})
>>> trials = Trials()
>>> [document] = tpe.suggest(trials.new_trial_ids(1), domain, trials, seed=0)
>>> document["misc"]["vals"]
{'x': [0.5]}
>>> domain.evaluate({"x": 0.5}, Ctrl(trials, document))
{'loss': 0.25, 'status': 'ok'}
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from ..space import Apply, Parameter, Point, RvsDistribution, Space
from ..trials import JOB_STATE_DONE, STATUS_NEW, Trial, Trials, miscs_update_idxs_vals
from ._objective import outcome_of
from ._translate import translate_space
from .pyll._evaluate import Evaluation, GarbageCollected
from .pyll._graph import LabelledValue, Literal, as_apply, dfs

logger = logging.getLogger(__name__)


class Ctrl:
    """What an objective of hyperopt's low-level kind is given beside its point: the trials, and its own document.

    Parameters
    ----------
    trials : Trials or None
        The record; None makes an empty one.
    current_trial : dict, optional
        The document of the trial that runs.
    """

    info, warn, error, debug = logger.info, logger.warning, logger.error, logger.debug

    def __init__(self, trials: Trials | None, current_trial: dict[str, Any] | None = None) -> None:
        self.trials = Trials() if trials is None else trials
        self.current_trial = current_trial

    def checkpoint(self, r: Any = None) -> None:
        """Write a result so far into the document of the trial."""
        if r is not None and self.current_trial is not None:
            self.current_trial["result"] = r

    @property
    def attachments(self) -> Any:
        """The attachments of the trial, by name."""
        return self.trials.trial_attachments(self.current_trial or {"tid": None})

    def inject_results(self, specs: Any, results: Any, miscs: Any, new_tids: Any = None) -> list[Any]:
        """Insert further finished trials, which come from this one."""
        tids = self.trials.new_trial_ids(len(specs)) if new_tids is None else new_tids
        sources = [self.current_trial or {}] * len(tids)
        docs = self.trials.source_trial_docs(tids=tids, specs=specs, results=results, miscs=miscs, sources=sources)
        return self.trials.insert_trial_docs([{**doc, "state": JOB_STATE_DONE} for doc in docs])


class Domain(Space):
    """A space under the names by which hyperopt's algorithms know it.

    Parameters
    ----------
    fn : callable or None
        The objective, where it is known; a search does not tell it.
    expr : object
        The space.
    pass_expr_memo_ctrl : bool, optional
        Whether `evaluate` calls ``fn(expr=..., memo=..., ctrl=...)``; by default, whether `fn` is marked so.
    workdir, name, loss_target
        Accepted for hyperopt's signature.

    Examples
    --------
    A random search as hyperopt's pages show it; `Space.draw` says the same in one line.

    >>> import numpy as np
    >>> from hpsklearn_search import fmin, hp
    >>> from hpsklearn_search.hyperopt.pyll import rec_eval
    >>> def suggest(new_ids, domain, trials, seed):
    ...     memo = {domain.s_new_ids: new_ids, domain.s_rng: np.random.default_rng(seed)}
    ...     idxs, vals = rec_eval(domain.s_idxs_vals, memo=memo)
    ...     return [{"tid": tid, "misc": {"vals": {label: vals[label] for label in vals}}} for tid in new_ids]
    >>> best = fmin(abs, hp.uniform("x", -1, 1), suggest, 20, rstate=0, show_progressbar=False)
    >>> abs(best["x"]) < 0.5
    True
    """

    cmd = ("domain_attachment", "FMinIter_Domain")  # what the misc document of a trial holds under this name
    rec_eval_print_node_on_error = False
    pyll_ctrl = Literal(Ctrl)  # a space may hold it where its objects want the `Ctrl` of the trial

    def __init__(
        self,
        fn: Callable[..., Any] | None,
        expr: Any,
        workdir: Any = None,
        pass_expr_memo_ctrl: bool | None = None,
        name: str | None = None,
        loss_target: float | None = None,
    ) -> None:
        space = Space(translate_space(expr))
        self.__dict__.update(vars(space))
        self._describe(space, fn, workdir, pass_expr_memo_ctrl, name, loss_target)

    @classmethod
    def of(cls, space: Space) -> Domain:
        """The domain that is `space`, without parsing it anew."""
        domain = cls.__new__(cls)
        domain.__dict__.update(vars(space))
        domain._describe(space, None, None, None, None, None)
        return domain

    def _describe(self, space: Space, fn: Any, workdir: Any, low_level: Any, name: Any, loss_target: Any) -> None:
        self.space = space  # the arrays of a record are cached by its identity
        self.fn: Any = fn
        marked = getattr(fn, "fmin_pass_expr_memo_ctrl", False)
        self.pass_expr_memo_ctrl = bool(marked if low_level is None else low_level)
        self.workdir = workdir
        self.name = name
        self.loss_target = loss_target

    @cached_property
    def expr(self) -> Any:
        """The space as a node."""
        return as_apply(self.root)

    @property
    def params(self) -> dict[str, Any]:
        """``{label: its distribution as a node}``."""
        return {node.node.label: node.prior for node in dfs(self.expr) if isinstance(node, LabelledValue)}

    def documents(self, new_ids: Sequence[int], trials: Trials, points: Sequence[Point]) -> list[dict[str, Any]]:
        """The points that an algorithm suggests as documents of new trials."""
        ids = list(new_ids)[: len(points)]
        miscs = [{"tid": tid, "cmd": self.cmd, "workdir": self.workdir} for tid in ids]
        rows = list(zip(ids, points, strict=True))
        idxs = {label: [tid for tid, point in rows if label in point] for label in self.labels}
        vals = {label: [point[label] for _, point in rows if label in point] for label in self.labels}
        miscs_update_idxs_vals(miscs, idxs, vals)
        return trials.new_trial_docs(ids, [None] * len(ids), [self.new_result() for _ in ids], miscs)

    # ------------------------------------------------------------------ one evaluation
    def memo_from_config(self, config: Mapping[str, Any]) -> dict[Any, Any]:
        """``{node: value}`` of all labels at a point, for `rec_eval`."""
        nodes = [node for node in dfs(self.expr) if isinstance(node, LabelledValue)]
        return {node: config.get(node.node.label, GarbageCollected) for node in nodes}

    def call(self, config: Mapping[str, Any], ctrl: Ctrl) -> Any:
        """What the objective returns at a point ``{label: raw value}``."""
        memo = self.memo_from_config(config)
        memo.update({node: ctrl for node in dfs(self.expr) if isinstance(node, Literal) and node.value is Ctrl})
        if self.pass_expr_memo_ctrl:
            return self.fn(expr=self.expr, memo=memo, ctrl=ctrl)
        return self.fn(Evaluation(memo).value(self.expr))

    def evaluate(self, config: Mapping[str, Any], ctrl: Ctrl, attach_attachments: bool = True) -> dict[str, Any]:
        """Call the objective at a point ``{label: raw value}``; its result as a dict with ``status`` and ``loss``."""
        outcome = outcome_of(self.call(config, ctrl), Trial(0, dict(config)), self.space.secrets)
        result = {**(outcome.result or {"loss": outcome.loss, "status": outcome.status})}
        if attach_attachments:
            for key, value in (result.pop("attachments", None) or {}).items():
                ctrl.attachments[key] = value
        return result

    def short_str(self) -> str:
        """A name for the problem."""
        return f"Domain{{{self.fn}}}"

    # ------------------------------------------------------------------ a draw from the prior, as an expression
    @cached_property
    def s_new_ids(self) -> Parameter:
        """Stands for the list of ids in `s_idxs_vals`."""
        return Parameter("new_ids", RvsDistribution(None))

    @cached_property
    def s_rng(self) -> Parameter:
        """Stands for the generator in `s_idxs_vals`."""
        return Parameter("rng", RvsDistribution(None))

    @cached_property
    def s_idxs_vals(self) -> Apply:
        """``({label: ids where it is active}, {label: its values there})``, for `rec_eval` with a memo of the two."""
        return Apply(self._drawn, (self.s_new_ids, self.s_rng))

    def _drawn(self, new_ids: Sequence[Any], rng: Any) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
        idxs: dict[str, list[Any]] = {label: [] for label in self.labels}
        vals: dict[str, list[Any]] = {label: [] for label in self.labels}
        for new_id in new_ids:
            for label, value in self.draw(rng).items():
                idxs[label].append(new_id)
                vals[label].append(value)
        return idxs, vals

    # ------------------------------------------------------------------ results
    def new_result(self) -> dict[str, Any]:
        """The result of a trial that has not begun."""
        return {"status": STATUS_NEW}

    def status(self, result: Mapping[str, Any], config: Any = None) -> Any:
        """The status in a result."""
        return result["status"]

    def loss(self, result: Mapping[str, Any], config: Any = None) -> Any:
        """The loss in a result, None if there is none."""
        return result.get("loss")

    def loss_variance(self, result: Mapping[str, Any], config: Any = None) -> Any:
        """The variance of the loss as an estimate, 0 if nothing is said."""
        return result.get("loss_variance", 0.0)

    def true_loss(self, result: Mapping[str, Any], config: Any = None) -> Any:
        """The true loss where the result has one, else the loss."""
        return result.get("true_loss", result.get("loss"))

    def true_loss_variance(self, config: Any = None) -> Any:
        """Not known here."""
        raise NotImplementedError("Domain.true_loss_variance is for subclasses to define")


class LowLevelCall:
    """An objective that takes ``expr``, ``memo`` and ``ctrl``, called at the point of a trial in this process."""

    def __init__(self, fn: Callable[..., Any], space: Space, trials: Trials) -> None:
        self.domain = Domain.of(space)
        self.domain.fn, self.domain.pass_expr_memo_ctrl = fn, True
        self.trials = trials

    def __call__(self, point: Point) -> Any:
        trial = next(trial for trial in self.trials.record.running if trial.point is point)
        return self.domain.call(point, Ctrl(self.trials, self.trials._new_document(trial)))
