"""Nodes of a space: a labelled distribution, a labelled branch, a function of other nodes.

A space is any nest of dicts, lists, tuples and constants with nodes in it. Nodes are
specifications: they never remember a drawn value, and one node used twice is one parameter.

>>> from hpsklearn_search import hp
>>> 2 * hp.randint("n", 5) + 1
Apply(add, Apply(mul, 2, Parameter('n', Integer(low=0, high=4, log=False))), 1)
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ._distributions import Categorical, Distribution

__all__ = ["Apply", "Choice", "Constant", "Node", "Parameter", "as_generator", "assemble", "children"]


def _binary(function: Callable[..., Any]) -> Callable[[Any, Any], Apply]:
    return lambda self, other: Apply(function, (self, other))


def _reflected(function: Callable[..., Any]) -> Callable[[Any, Any], Apply]:
    return lambda self, other: Apply(function, (other, self))


class Node:
    """Base of all nodes: arithmetic, comparison and indexing build `Apply` nodes.

    ``==`` and ``!=`` keep Python's meaning of identity, so that nodes can be dict keys.
    """

    __add__, __radd__ = _binary(operator.add), _reflected(operator.add)
    __sub__, __rsub__ = _binary(operator.sub), _reflected(operator.sub)
    __mul__, __rmul__ = _binary(operator.mul), _reflected(operator.mul)
    __truediv__, __rtruediv__ = _binary(operator.truediv), _reflected(operator.truediv)
    __floordiv__, __rfloordiv__ = _binary(operator.floordiv), _reflected(operator.floordiv)
    __mod__, __rmod__ = _binary(operator.mod), _reflected(operator.mod)
    __pow__, __rpow__ = _binary(operator.pow), _reflected(operator.pow)
    __lt__, __le__ = _binary(operator.lt), _binary(operator.le)
    __gt__, __ge__ = _binary(operator.gt), _binary(operator.ge)
    __getitem__ = _binary(operator.getitem)
    __iter__ = None  # else Python would iterate over self[0], self[1], ... for ever
    # numpy scalars on the left must come to __radd__ and not build an object array.
    __array_ufunc__ = None

    def __neg__(self) -> Apply:
        return Apply(operator.neg, (self,))

    def __pos__(self) -> Apply:
        return Apply(operator.pos, (self,))

    def __abs__(self) -> Apply:
        return Apply(operator.abs, (self,))

    def __bool__(self) -> bool:
        raise TypeError(
            f"{self!r} has no truth value before a trial gives it one; decide inside the objective, "
            "or choose between branches with hp.choice"
        )

    def rvs(self, random_state: Any = None) -> Any:
        """Draw one value, so that a node works in scikit-learn's ``RandomizedSearchCV``.

        Parameters
        ----------
        random_state : int, numpy.random.RandomState, numpy.random.Generator or None
            Source of randomness, with scikit-learn's meaning.

        Returns
        -------
        object
            The value that an objective would receive.
        """
        rng = as_generator(random_state)
        drawn: dict[str, Any] = {}

        def draw(node: Parameter | Choice) -> Any:
            if node.label not in drawn:
                drawn[node.label] = node.distribution.from_unit(rng.random())
            return drawn[node.label]

        return assemble(self, draw)


def as_generator(random_state: Any = None) -> np.random.Generator:
    """A numpy Generator from an int, a RandomState, a Generator, or None for fresh entropy."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(2**31 - 1, size=4))
    return np.random.default_rng(random_state)


class Parameter(Node):
    """A labelled distribution.

    Parameters
    ----------
    label : str
        The name under which the value is recorded.
    distribution : Distribution
        The law of the value.
    """

    def __init__(self, label: str, distribution: Distribution) -> None:
        self.label = label
        self.distribution = distribution

    def __repr__(self) -> str:
        return f"Parameter({self.label!r}, {self.distribution!r})"


class Choice(Node):
    """A labelled branch: the value recorded is the index of the option taken.

    Parameters
    ----------
    label : str
        The name under which the index is recorded.
    options : sequence
        Any spaces or constants.
    distribution : Categorical, optional
        The law of the index; by default every option is equally likely.
    """

    def __init__(self, label: str, options: Any, distribution: Categorical | None = None) -> None:
        self.label = label
        self.options = list(options)
        self.distribution = distribution or Categorical(len(self.options))

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self.options[:4])) + (", ..." if len(self.options) > 4 else "")
        return f"Choice({self.label!r}, [{shown}])"


class Apply(Node):
    """``function(*args, **kwargs)``, evaluated when a configuration is assembled.

    Parameters
    ----------
    function : callable
        What to call.
    args : tuple
        Positional arguments; nodes among them are replaced by their values.
    kwargs : dict, optional
        Keyword arguments, likewise.
    """

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any] | None = None):
        self.function = function
        self.args = args
        self.kwargs = kwargs or {}

    def __repr__(self) -> str:
        name = getattr(self.function, "__name__", repr(self.function))
        shown = [*map(repr, self.args), *(f"{k}={v!r}" for k, v in self.kwargs.items())]
        return f"Apply({', '.join([name, *shown])})"


class Constant(Node):
    """A container taken as it is: not searched for nodes, and the same object in every configuration.

    Parameters
    ----------
    value : object
        What a configuration holds in its place.
    """

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Constant({self.value!r})"


def children(node: Any) -> list[Any]:
    """What stands directly below `node` (for a choice, all its options)."""
    if isinstance(node, Choice):
        return node.options
    if isinstance(node, Apply):
        return [*node.args, *node.kwargs.values()]
    if isinstance(node, dict):
        return list(node.values())
    if isinstance(node, list | tuple):
        return list(node)
    return []


def assemble(node: Any, value_of: Callable[[Parameter | Choice], Any], *, integral: bool = False) -> Any:
    """The tree below `node` with every node replaced by its value.

    Parameters
    ----------
    node : object
        A node, a container, or a constant, which is returned as it is.
    value_of : callable
        The raw value of a parameter or choice; asked for active ones only.
    integral : bool, default=False
        Whether a quantised value whose q and bounds are whole numbers becomes an ``int``.

    Returns
    -------
    object
        Containers keep their type and order.
    """
    if isinstance(node, Parameter):
        value = value_of(node)
        return int(value) if integral and node.distribution.is_integral else value
    if isinstance(node, Choice):
        return assemble(node.options[int(value_of(node))], value_of, integral=integral)
    if isinstance(node, Apply):
        args = [assemble(arg, value_of, integral=integral) for arg in node.args]
        kwargs = {key: assemble(value, value_of, integral=integral) for key, value in node.kwargs.items()}
        return node.function(*args, **kwargs)
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, dict):
        values = {key: assemble(value, value_of, integral=integral) for key, value in node.items()}
        return values if type(node) is dict else _same_type(node, values)
    if isinstance(node, list):
        return [assemble(value, value_of, integral=integral) for value in node]
    if isinstance(node, tuple):
        items = [assemble(value, value_of, integral=integral) for value in node]
        return type(node)(*items) if hasattr(node, "_fields") else tuple(items)
    return node


def _same_type(node: dict[Any, Any], values: dict[Any, Any]) -> Any:
    """A dict subclass (an OrderedDict, a Bunch) of the same type with new values."""
    try:
        return type(node)(values)
    except TypeError:
        return values
