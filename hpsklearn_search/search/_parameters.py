"""The space of an estimator's parameters: which dicts are branches, and which parameters a point sets.

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
from ._names import check_parameter_names, is_estimator


@dataclass(frozen=True)
class BranchRule:
    """Whether a dict under a key is a branch, whose entries are parameters, or one value of the parameter `key`."""

    # Coercing, checking the names and assembling all ask this one rule.
    names: frozenset[str]  # all parameters of the estimator, nested ones included
    estimators: frozenset[str]  # those of them whose value is an estimator

    @classmethod
    def of(cls, estimator: Any) -> BranchRule:
        params = estimator.get_params(deep=True) if is_estimator(estimator) else {}
        return cls(frozenset(params), frozenset(name for name, value in params.items() if is_estimator(value)))

    def __call__(self, key: str, option: Mapping[Any, Any]) -> bool:
        if not all(isinstance(name, str) for name in option):
            return False
        if key in option or any("__" in name and name in self.names for name in option):
            return True
        return key in self.estimators or not self._may_be_parameter(key)

    def _may_be_parameter(self, key: str) -> bool:
        # A name below a parameter may be one: some option may put an estimator there that has it.
        parts = key.split("__")
        return any("__".join(parts[:n]) in self.names for n in range(1, len(parts) + 1))


class ParameterSpace:
    """A space whose configurations are parameters of an estimator."""

    def __init__(self, space: Any, estimator: Any) -> None:
        self.is_branch = BranchRule.of(estimator)
        self.space = Space(as_search_space(translate_space(space), self.is_branch))

    def __repr__(self) -> str:
        return f"ParameterSpace({self.space.root!r})"

    def params(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """What ``set_params`` receives at `point`: values instead of indices, whole numbers as ``int``."""
        return merge_branches(self.space.assemble(point, integral=True), self.is_branch)

    def check_names(self, estimator: Any) -> None:
        """Raise unless `estimator` takes every parameter, in every branch."""
        check_parameter_names(self.space.root, estimator, self.is_branch)
