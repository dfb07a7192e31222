"""The space of an estimator's parameters: which dicts are branches, and which parameters a point sets.

>>> from sklearn.pipeline import make_pipeline
>>> from sklearn.preprocessing import StandardScaler
>>> from sklearn.svm import SVC
>>> from hpsklearn_search import hp
>>> kernels = hp.choice([{"svc__kernel": "poly", "svc__degree": hp.randint(2, 5)},
...                                {"svc__kernel": "rbf"}])
>>> pipeline = make_pipeline(StandardScaler(), SVC())
>>> parameters = ParameterSpace({"svc": kernels, "svc__C": [1, 10]}, pipeline)
>>> parameters.params({"svc": 0, "svc.0.svc__degree": 3, "svc__C": 1})
{'svc__kernel': 'poly', 'svc__degree': 3, 'svc__C': 10}
>>> parameters.check_names(pipeline)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..hyperopt._translate import translate_space
from ..space import Space, as_search_space, merge_branches
from ..spaces import suggest
from ._branch_rule import BranchRule
from ._cycles import check_no_cycle
from ._names import check_parameter_names


class ParameterSpace:
    """A space whose configurations are parameters of an estimator."""

    def __init__(self, space: Any, estimator: Any) -> None:
        self.given = space
        space = translate_space(space)
        self.is_branch = BranchRule.of(estimator, space)
        self.space = Space(as_search_space(space, self.is_branch))

    @classmethod
    def of(cls, search: Any, X: Any = None, y: Any = None) -> ParameterSpace:
        """The space of `search`; where none is given, a ready one for X and y, or that of the last fit."""
        check_no_cycle(search)
        space = search.space
        if space is None and X is None:
            space = getattr(search, "space_", None)
        return cls(suggest(search.estimator, X, y) if space is None else space, search.estimator)

    def __repr__(self) -> str:
        return f"ParameterSpace({self.space.root!r})"

    def params(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """What ``set_params`` receives at `point`: values instead of indices, whole numbers as ``int``."""
        return merge_branches(self.space.assemble(point, integral=True), self.is_branch)

    def check_names(self, estimator: Any) -> None:
        """Raise unless `estimator` takes every parameter, in every branch."""
        check_parameter_names(self.space.root, estimator, self.is_branch)
