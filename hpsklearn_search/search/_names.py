"""Whether an estimator takes all parameters of a space, checked before anything is fitted.

The tree is walked once. For each name the check knows which values the other entries may give to the
parameters above it: ``model__max_depth`` is right in a branch that sets ``model`` to a forest, and
wrong in a branch that leaves a linear model there.

>>> from sklearn.svm import SVC
>>> check_parameter_names({"C": 1, "gama": 0.1}, SVC(), lambda key, option: False)
Traceback (most recent call last):
    ...
ValueError: Invalid parameter 'gama' for estimator SVC(). Did you mean 'gamma'? Valid parameters are: ['C', ...
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import product
from typing import Any, TypeAlias

from sklearn.base import clone

from ..exceptions import BadSearchSpace
from ..space import Choice, Constant, IsBranch, Node, has_nodes


class _Sentinel:
    """Stands for a value."""


UNKNOWN = _Sentinel()  # known only when a point is drawn
UNSET = _Sentinel()  # some branch does not set the parameter, so the estimator's own value stays

# Each parameter name with the values that it may get, over all branches.
Assignments: TypeAlias = dict[str, list[Any]]


def is_estimator(value: Any) -> bool:
    """Whether `value` has parameters of its own; a class has none."""
    return hasattr(value, "get_params") and not isinstance(value, type)


def check_parameter_names(root: Any, estimator: Any, is_branch: IsBranch) -> None:
    """Raise ValueError unless `estimator` takes every name in every branch; BadSearchSpace for a name set twice."""
    check = _NameCheck(estimator, is_branch)
    for branch in _leaf_options(root):
        if isinstance(branch, dict):
            check.branch(branch, {})


def _leaf_options(node: Any) -> Iterator[Any]:
    """The options that a tree of choices ends in."""
    if isinstance(node, Choice):
        for option in node.options:
            yield from _leaf_options(option)
    else:
        yield node


class _NameCheck:
    def __init__(self, estimator: Any, is_branch: IsBranch) -> None:
        self.estimator = estimator
        self.is_branch = is_branch
        self._params: dict[int, Mapping[str, Any]] = {}
        self._assignments: dict[tuple[str, int], Assignments] = {}

    # ------------------------------------------------------------------ the tree
    def branch(self, branch: dict[str, Any], outer: Assignments) -> None:
        """Check the entries of one dict of parameters; `outer` is what the dicts around it set."""
        assignments = {key: self.assignments(key, value) for key, value in branch.items()}
        _refuse_name_set_twice(assignments)
        merged = dict(outer)
        for of_entry in assignments.values():
            merged.update(of_entry)
        for key, value in branch.items():
            if key in assignments[key]:
                self.check_name(key, merged)
            options = [option for option in _leaf_options(value) if self.sets_parameters(key, option)]
            others = {n: values for n, values in merged.items() if n not in assignments[key]} if options else {}
            for option in options:
                self.branch(option, others)

    def sets_parameters(self, key: str, option: Any) -> bool:
        return isinstance(option, dict) and self.is_branch(key, option)

    def assignments(self, key: str, value: Any) -> Assignments:
        """What the entry ``key: value`` sets, over all of its options."""
        # Without the cache, every level of nested branches would visit all levels below it again.
        if (key, id(value)) not in self._assignments:
            self._assignments[key, id(value)] = _united(
                [self.assignments_of_option(key, option) for option in _leaf_options(value)]
            )
        return self._assignments[key, id(value)]

    def assignments_of_option(self, key: str, option: Any) -> Assignments:
        if not self.sets_parameters(key, option):
            return {key: [_known_value(option)]}
        assignments: Assignments = {}
        for name, value in option.items():
            assignments.update(self.assignments(name, value))
        return assignments

    # ------------------------------------------------------------------ one name
    def check_name(self, name: str, assignments: Assignments) -> None:
        """Raise unless `name` can be set, whatever `assignments` put in the place of the parameters above it."""
        parts = name.split("__")
        prefixes = ["__".join(parts[:n]) for n in range(1, len(parts))]
        replaced = [prefix for prefix in prefixes if prefix in assignments]
        for values in product(*(assignments[prefix] for prefix in replaced)):
            above = {prefix: v for prefix, v in zip(replaced, values, strict=True) if v is not UNSET}
            if UNKNOWN in above.values() or self.lists(name, above) or self.replaces_steps(assignments):
                continue
            if self.refuses(name, above):
                raise ValueError(self.complaint(name, above))

    def lists(self, name: str, above: Mapping[str, Any]) -> bool:
        """Whether ``get_params`` lists `name` once `above` is set."""
        estimator, rest = self.estimator_for(name, above)
        return rest in self.params_of(estimator)

    def estimator_for(self, name: str, above: Mapping[str, Any]) -> tuple[Any, str]:
        """The estimator that has the parameter `name` once `above` is set, and the rest of the name there."""
        prefix = max(above, key=len, default=None)
        return (self.estimator, name) if prefix is None else (above[prefix], name[len(prefix) + 2 :])

    def params_of(self, estimator: Any) -> Mapping[str, Any]:
        if id(estimator) not in self._params:
            self._params[id(estimator)] = estimator.get_params(deep=True) if is_estimator(estimator) else {}
        return self._params[id(estimator)]

    def replaces_steps(self, assignments: Assignments) -> bool:
        """Whether the list of steps of a pipeline, or a similar list, is searched as a whole."""
        # Which steps there are, and so which names, is then known only when a point is drawn.
        values = (self.params_of(self.estimator).get(name) for name in assignments)
        return any(isinstance(value, list) and value and all(isinstance(s, tuple) for s in value) for value in values)

    def refuses(self, name: str, above: Mapping[str, Any]) -> bool:
        # Some estimators take more parameters than they list, so set_params of a clone decides.
        try:
            clone(self.estimator).set_params(**clone(dict(above), safe=False), **{name: None})
        except Exception:  # whatever it raises here it would raise in every fit
            return True
        return False

    # ------------------------------------------------------------------ the message
    def complaint(self, name: str, above: Mapping[str, Any]) -> str:
        estimator, rest = self.deepest_estimator(*self.estimator_for(name, above))
        prefix = name[: len(name) - len(rest)].removesuffix("__")
        valid = self.params_of(estimator)
        cure = f"put both into one option: hp.choice({prefix!r}, [{{{prefix!r}: ..., {name!r}: ...}}, ...])"
        if not valid and above:
            return f"Invalid parameter {name!r}: {prefix!r} may be {estimator!r}, which has no parameters; {cure}"
        nearest = _nearest(rest, [*valid])
        if nearest is not None:
            full_name = f"{prefix}__{nearest}" if prefix else nearest
            hint = f" Did you mean {full_name!r}?"
        elif prefix in above:
            hint = f" {prefix!r} may be this estimator; if {name!r} belongs to another, {cure}."
        else:
            hint = ""
        text = " ".join(repr(estimator).split())
        own_names = sorted(key for key in valid if "__" not in key)
        return f"Invalid parameter {name!r} for estimator {text}.{hint} Valid parameters are: {own_names!r}."

    def deepest_estimator(self, estimator: Any, name: str) -> tuple[Any, str]:
        """The estimator as far inside `estimator` as `name` leads, and the rest of the name there."""
        head, _, rest = name.partition("__")
        inner = self.params_of(estimator).get(head)
        return self.deepest_estimator(inner, rest) if rest and self.params_of(inner) else (estimator, name)


def _united(alternatives: list[Assignments]) -> Assignments:
    """What one of several alternatives sets; UNSET for a name that some of them leave alone."""
    united: Assignments = {}
    counts: Counter[str] = Counter()
    for assignments in alternatives:
        counts.update(assignments.keys())
        for name, values in assignments.items():
            united.setdefault(name, []).extend(values)
    for name, values in united.items():
        if counts[name] < len(alternatives):
            values.append(UNSET)
    return united


def _known_value(option: Any) -> Any:
    """The value of an option, or UNKNOWN if it is drawn or computed."""
    if isinstance(option, Constant):
        return option.value
    return UNKNOWN if isinstance(option, Node) or has_nodes(option) else option


def _refuse_name_set_twice(assignments: Mapping[str, Assignments]) -> None:
    first: dict[str, str] = {}
    for key, of_entry in assignments.items():
        for name in of_entry:
            if name in first:
                raise BadSearchSpace(
                    f"parameter {name!r} is set twice, under {first[name]!r} and under {key!r}; keep one of them"
                )
            first[name] = key


def _nearest(name: str, names: list[str]) -> str | None:
    """The name that was probably meant."""
    # Most often only the step that the parameter belongs to is missing, or too much.
    last = name.rpartition("__")[2]
    with_step = [other for other in names if other.endswith(f"__{name}")]
    if with_step:
        return min(with_step, key=len)
    if last in names:
        return last
    by_lower = {other.lower(): other for other in names}
    similar = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    if similar:
        return by_lower[similar[0]]
    return next((other for other in names if other.endswith(f"__{last}")), None)
