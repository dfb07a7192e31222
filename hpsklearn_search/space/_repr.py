"""How a node is written: the ``hp`` call that makes it, with plain numbers.

>>> hp_call("C", Uniform(1e-3, 1e3, log=True))
"hp.logrange('C', 0.001, 1000)"
>>> hp_call("n", Integer(2, 9))
"hp.uniformint('n', 2, 9)"
>>> hp_call("n", Uniform(2, 8, log=True, q=2))
"hp.qloguniform('n', log(2), log(8), 2)"
"""

from __future__ import annotations

from ._distributions import Distribution, Integer, Normal, Uniform


def hp_call(label: str, law: Distribution) -> str:
    """The call of a function of ``hp`` that makes a parameter, where there is one.

    Parameters
    ----------
    label : str
        Name of the parameter.
    law : Distribution
        The law of its value.
    """
    if isinstance(law, Integer):
        return _call("loguniformint" if law.log else "uniformint", label, law.low, law.high)
    if isinstance(law, Uniform):
        return _uniform(label, law)
    if isinstance(law, Normal):
        name = f"{'q' if law.q is not None else ''}{'log' if law.log else ''}normal"
        return _call(name, label, law.mu, law.sigma, *(() if law.q is None else (law.q,)))
    return f"Parameter({label!r}, {law!r})"


def _uniform(label: str, law: Uniform) -> str:
    if law.q is None:
        return _call("logrange" if law.log else "uniform", label, law.low, law.high)
    if law.log:
        return _call("qloguniform", label, f"log({_number(law.low)})", f"log({_number(law.high)})", law.q)
    return _call("quniform", label, law.low, law.high, law.q)


def _call(function: str, label: str, *arguments: float | str) -> str:
    return f"hp.{function}({', '.join([repr(label), *map(_number, arguments)])})"


def _number(x: float | str) -> str:
    return x if isinstance(x, str) else repr(float(x)).removesuffix(".0") if isinstance(x, float) else repr(x)
