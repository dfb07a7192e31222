"""The space of an estimator's parameters: what is a parameter, what is a branch, and what is set at a point.

>>> from sklearn.pipeline import make_pipeline
>>> from sklearn.preprocessing import StandardScaler
>>> from sklearn.svm import SVC
>>> from hpsklearn_search import hp
>>> kernels = hp.choice("kernel", [{"svc__kernel": "poly", "svc__degree": hp.randint("degree", 2, 5)},
...                                {"svc__kernel": "rbf"}])
>>> pipeline = make_pipeline(StandardScaler(), SVC())
>>> parameters = ParameterSpace({"svc": kernels, "svc__C": [1, 10]}, pipeline)
>>> parameters.params({"kernel": 0, "degree": 3, "svc__C": 1})
{'svc__kernel': 'poly', 'svc__degree': 3, 'svc__C': 10}
>>> parameters.check_names(pipeline)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..hyperopt._translate import translate_space
from ..space import Space, as_search_space, merge_branches
from ._names import check_parameter_names


@dataclass(frozen=True)
class BranchRule:
    """Whether a dict under a key is a branch, whose entries are parameters, or the value of a parameter.

    A dict is a branch under a name of no parameter, under a parameter that is an estimator, and
    wherever it sets the parameter it stands under, or a nested parameter of the estimator. It is a
    value elsewhere: of ``class_weight``, say. Coercing, checking and assembling all ask this rule.

    Parameters
    ----------
    names : frozenset of str
        All parameters of the estimator, nested ones included.
    estimators : frozenset of str
        Those of them whose value is itself an estimator.
    """

    names: frozenset[str]
    estimators: frozenset[str]

    @classmethod
    def of(cls, estimator: Any) -> BranchRule:
        """The rule for the parameters of `estimator`."""
        values = estimator.get_params(deep=True) if hasattr(estimator, "get_params") else {}
        owners = (n for n, value in values.items() if hasattr(value, "get_params") and not isinstance(value, type))
        return cls(frozenset(values), frozenset(owners))

    def __call__(self, key: str, option: Mapping[Any, Any]) -> bool:
        if not all(isinstance(name, str) for name in option):
            return False
        if key in option or any("__" in name and name in self.names for name in option):
            return True
        return key in self.estimators or not self._may_be_a_parameter(key)

    def _may_be_a_parameter(self, key: str) -> bool:
        """Known, or below a parameter, which some option may replace by an estimator that knows it."""
        parts = key.split("__")
        return any("__".join(parts[:n]) in self.names for n in range(1, len(parts) + 1))


class ParameterSpace:
    """A space whose configurations are parameters of an estimator.

    Parameters
    ----------
    space : dict, list of dict, or Choice
        ``{parameter name: values}``; see `as_search_space`.
    estimator : estimator
        Whose parameters they are.

    Attributes
    ----------
    space : Space
        The parsed space.
    is_branch : BranchRule
        What is merged into the parameters.

    Raises
    ------
    BadSearchSpace, TypeError, ValueError
        If it is no search space; where ``GridSearchCV`` has an error for it, that one.
    """

    def __init__(self, space: Any, estimator: Any) -> None:
        self.is_branch = BranchRule.of(estimator)
        self.space = Space(as_search_space(translate_space(space), self.is_branch))

    def __repr__(self) -> str:
        return f"ParameterSpace({self.space.root!r})"

    def params(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """What ``set_params`` receives at `point`: option values, integers as ``int``.

        Parameters
        ----------
        point : mapping
            ``{label: raw value}``.

        Returns
        -------
        dict
            ``{parameter name: value}``.

        Raises
        ------
        BadSearchSpace
            If a parameter is set twice.
        """
        return merge_branches(self.space.assemble(point, integral=True), self.is_branch)

    def check_names(self, estimator: Any) -> None:
        """Make sure that `estimator` takes every parameter, in every branch.

        Parameters
        ----------
        estimator : estimator
            The one whose parameters are searched.

        Raises
        ------
        ValueError
            If a name is unknown, or unknown to an estimator that another parameter may put in the
            place of its owner, or set twice; the message names the nearest right one.
        """
        check_parameter_names(self.space.root, estimator, self.is_branch)
