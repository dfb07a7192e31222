"""`Domain`: a space under the names by which algorithms written for hyperopt know it.

>>> from hpsklearn_search import hp
>>> domain = Domain.of(Space({"x": hp.uniform("x", 0, 1)}))
>>> domain.params, domain.new_result()
({'x': hp.uniform('x', 0, 1)}, {'status': 'new'})
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from ..space import Apply, Choice, Parameter, RvsDistribution, Space
from ..trials import STATUS_NEW


class Domain(Space):
    """A space under the names by which hyperopt's algorithms know it.

    Parameters
    ----------
    fn : callable or None
        The objective, where it is known; a search does not tell it.
    expr : object
        The space.
    workdir, pass_expr_memo_ctrl, name, loss_target
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

    def __init__(
        self,
        fn: Callable[..., Any] | None,
        expr: Any,
        workdir: Any = None,
        pass_expr_memo_ctrl: None = None,
        name: str | None = None,
        loss_target: float | None = None,
    ) -> None:
        super().__init__(expr)
        self._describe(fn, workdir, name, loss_target)

    @classmethod
    def of(cls, space: Space) -> Domain:
        """The domain that is `space`, without parsing it anew."""
        domain = cls.__new__(cls)
        domain.__dict__.update(vars(space))
        domain._describe(None, None, None, None)
        return domain

    def _describe(self, fn: Any, workdir: Any, name: Any, loss_target: Any) -> None:
        self.fn = fn
        self.workdir = workdir
        self.name = name
        self.loss_target = loss_target

    @property
    def expr(self) -> Any:
        """The space."""
        return self.root

    @property
    def params(self) -> dict[str, Parameter | Choice]:
        """``{label: node}``."""
        return {dimension.label: dimension.node for dimension in self.dimensions}

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
