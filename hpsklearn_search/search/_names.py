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

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import islice, product
from typing import Any, TypeAlias

from .._texts import hide_secrets, public_repr
from ..exceptions import BadSearchSpace
from ..space import Choice, Constant, IsBranch, Node, has_nodes
from ._set_params import is_estimator, some_value, takes


class _Sentinel:
    """Stands for a value."""


UNKNOWN = _Sentinel()  # known only when a point is drawn
UNSET = _Sentinel()  # some branch does not set the parameter, so the estimator's own value stays

# How many values of a parameter are tried at most before the error of the first is raised.
MOST_TRIED = 20

# Each parameter name with the options that it may get, over all branches.
Assignments: TypeAlias = dict[str, list[Any]]


def check_parameter_names(root: Any, estimator: Any, is_branch: IsBranch) -> None:
    """Raise ValueError unless `estimator` takes every name in every branch; BadSearchSpace for a name set twice."""
    check = _NameCheck(estimator, is_branch)
    for branch in _leaf_options(root):
        if isinstance(branch, dict):
            check.branch(branch, {})
    for doubt in check.doubts.values():
        warnings.warn(doubt, UserWarning, stacklevel=6)  # at the line that calls `fit`


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
        self.doubts: dict[str, str] = {}  # by key, what is right and looks like a slip
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
            if options and key not in assignments[key] and not self.lists(key, {}):
                self.check_free_key(key, value)
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
            return {key: [option]}
        assignments: Assignments = {}
        for name, value in option.items():
            assignments.update(self.assignments(name, value))
        return assignments

    def check_free_key(self, key: str, value: Any) -> None:
        """Refuse a key that is no parameter, unless it names a choice; warn if it nearly is a parameter."""
        if isinstance(value, dict):
            hint = self.complaint(key, {})
            raise ValueError(f"{hint} A dict under a key of its own is no choice: write its entries beside the others.")
        near = get_close_matches(key, self.params_of(self.estimator), n=1, cutoff=0.8)
        if near:
            self.doubts[key] = (
                f"space: {key!r} is taken for the name of a choice, and not for the parameter {near[0]!r} of "
                f"{type(self.estimator).__name__}. If a parameter is meant, write {near[0]!r}; if not, give the choice "
                "a name that is less like it"
            )

    # ------------------------------------------------------------------ one name
    def check_name(self, name: str, assignments: Assignments) -> None:
        """Raise unless `name` can be set, whatever `assignments` put in the place of the parameters above it."""
        parts = name.split("__")
        prefixes = ["__".join(parts[:n]) for n in range(1, len(parts))]
        replaced = [prefix for prefix in prefixes if prefix in assignments]
        for options in product(*(assignments[prefix] for prefix in replaced)):
            above = {prefix: _known_value(o) for prefix, o in zip(replaced, options, strict=True) if o is not UNSET}
            if UNKNOWN in above.values() or self.lists(name, above) or self.replaces_steps(assignments):
                continue
            if not self.can_be_set(name, assignments[name], above):
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

    def can_be_set(self, name: str, options: list[Any], above: Mapping[str, Any]) -> bool:
        """Whether ``set_params`` takes `name`; if it refuses all values for another reason, that error is raised."""
        first_error: Exception | None = None
        # A value may be refused where others are not: such a candidate fails alone, in its fits.
        for option in islice((option for option in options if option is not UNSET), MOST_TRIED):
            try:
                return takes(self.estimator, name, some_value(option), above)
            except Exception as error:
                first_error = first_error or error
        assert first_error is not None
        hide_secrets(first_error)  # scikit-learn's own texts show the estimator
        raise first_error

    # ------------------------------------------------------------------ the message
    def complaint(self, name: str, above: Mapping[str, Any]) -> str:
        estimator, rest = self.deepest_estimator(*self.estimator_for(name, above))
        prefix = name[: len(name) - len(rest)].removesuffix("__")
        valid = self.params_of(estimator)
        cure = f"put both into one option: {{{prefix!r}: hp.choice([{{{prefix!r}: ..., {name!r}: ...}}, ...])}}"
        if not valid and above:
            shown = public_repr(estimator)
            return f"Invalid parameter {name!r}: {prefix!r} may be {shown}, which has no parameters; {cure}"
        nearest = _nearest(rest, [*valid])
        if nearest is not None:
            full_name = f"{prefix}__{nearest}" if prefix else nearest
            hint = f" Did you mean {full_name!r}?"
        elif prefix in above:
            hint = f" {prefix!r} may be this estimator; if {name!r} belongs to another, {cure}."
        else:
            hint = ""
        text = " ".join(public_repr(estimator).split())
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
