"""How a node is written: the ``hp`` call that makes it, with plain numbers.

>>> hp_call("C", Uniform(1e-3, 1e3, log=True))
"hp.logrange('C', 0.001, 1000)"
>>> hp_call("n", Integer(2, 9))
"hp.uniformint('n', 2, 9)"
>>> hp_call("n", Uniform(2, 8, log=True, q=2))
"hp.qloguniform('n', log(2), log(8), 2)"
>>> hp_call(None, Integer(2, 9))
'hp.uniformint(2, 9)'
"""

from __future__ import annotations

from ._distributions import Distribution, Integer, Normal, Uniform


def hp_call(label: str | None, distribution: Distribution) -> str:
    """The call of an ``hp`` function that makes this parameter, if there is one."""
    if isinstance(distribution, Integer):
        name = "loguniformint" if distribution.log else "uniformint"
        return _call(name, label, distribution.low, distribution.high)
    if isinstance(distribution, Uniform):
        return _uniform(label, distribution.low, distribution.high, distribution.log, distribution.q)
    if isinstance(distribution, Normal):
        step = () if distribution.q is None else (distribution.q,)
        name = f"{'q' if step else ''}{'log' if distribution.log else ''}normal"
        return _call(name, label, distribution.mu, distribution.sigma, *step)
    return f"Parameter({label!r}, {distribution!r})"


def _uniform(label: str | None, low: float, high: float, log: bool, q: float | None) -> str:
    if q is None:
        return _call("logrange" if log else "uniform", label, low, high)
    if log:
        return _call("qloguniform", label, f"log({_number(low)})", f"log({_number(high)})", q)
    return _call("quniform", label, low, high, q)


def _call(function: str, label: str | None, *arguments: float | str) -> str:
    shown = [*map(_number, arguments)]
    return f"hp.{function}({', '.join(shown if label is None else [repr(label), *shown])})"


def _number(x: float | str) -> str:
    return x if isinstance(x, str) else repr(float(x)).removesuffix(".0") if isinstance(x, float) else repr(x)
