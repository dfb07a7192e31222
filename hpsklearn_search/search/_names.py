"""Whether an estimator takes all parameters of a space, found out before anything is fitted.

The tree is walked once. For each name the walk knows what other entries may put in the place of
the estimator that owns it: ``model__max_depth`` is right in a branch that sets ``model`` to a forest,
and wrong in one that leaves a linear model there.

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


class _Mark:
    """A value that is not known, or not set, before a trial."""


UNKNOWN, UNSET = _Mark(), _Mark()

Settings: TypeAlias = dict[str, list[Any]]
"""What each name may be set to; UNSET among the values if it may be left alone."""


def check_parameter_names(root: Any, estimator: Any, is_branch: IsBranch) -> None:
    """Raise unless `estimator` takes every parameter in every branch.

    Parameters
    ----------
    root : object
        A coerced space.
    estimator : estimator
        Whose parameters they are.
    is_branch : callable
        The rule by which dicts are merged.

    Raises
    ------
    ValueError
        For an unknown name, with the nearest right one.
    BadSearchSpace
        If two entries set one name.
    """
    walk = _Walk(estimator, is_branch)
    for branch in _alternatives(root):
        if isinstance(branch, dict):
            walk.check(branch, {})


def _alternatives(node: Any) -> Iterator[Any]:
    """What a tree of choices may end in."""
    if isinstance(node, Choice):
        for option in node.options:
            yield from _alternatives(option)
    else:
        yield node


class _Walk:
    def __init__(self, estimator: Any, is_branch: IsBranch) -> None:
        self.estimator = estimator
        self.is_branch = is_branch
        self._params: dict[int, Mapping[str, Any]] = {}
        self._contributed: dict[tuple[str, int], Settings] = {}

    # ------------------------------------------------------------------ the walk
    def check(self, branch: dict[str, Any], outer: Settings) -> None:
        """Check the entries of one dict of parameters, where `outer` is set besides."""
        contributed = {key: self.contributed(key, value) for key, value in branch.items()}
        _refuse_conflicts(contributed)
        everything = {**outer, **{name: at for settings in contributed.values() for name, at in settings.items()}}
        for key, value in branch.items():
            inner = [option for option in _alternatives(value) if self.merges(key, option)]
            if key in contributed[key]:
                self.check_name(key, everything)
            besides = {n: at for n, at in everything.items() if n not in contributed[key]} if inner else {}
            for option in inner:
                self.check(option, besides)

    def merges(self, key: str, option: Any) -> bool:
        return isinstance(option, dict) and self.is_branch(key, option)

    def contributed(self, key: str, value: Any) -> Settings:
        """What the entry ``key: value`` may set, in whichever of its branches."""
        known = self._contributed.get((key, id(value)))
        if known is not None:
            return known
        each = [self.option_contributes(key, option) for option in _alternatives(value)]
        total: Settings = {}
        times: Counter[str] = Counter()
        for settings in each:
            times.update(settings.keys())
            for name, values in settings.items():
                total.setdefault(name, []).extend(values)
        for name, values in total.items():
            if times[name] < len(each):
                values.append(UNSET)
        self._contributed[key, id(value)] = total
        return total

    def option_contributes(self, key: str, option: Any) -> Settings:
        if not self.merges(key, option):
            return {key: [_value(option)]}
        total: Settings = {}
        for name, value in option.items():
            total.update(self.contributed(name, value))
        return total

    # ------------------------------------------------------------------ one name
    def check_name(self, name: str, settings: Settings) -> None:
        """Raise unless `name` can be set whatever the settings put above it."""
        parts = name.split("__")
        owners = ["__".join(parts[:n]) for n in range(1, len(parts))]
        replaced = [owner for owner in owners if owner in settings]
        for values in product(*(settings[owner] for owner in replaced)):
            above = {o: v for o, v in zip(replaced, values, strict=True) if v is not UNSET}
            if UNKNOWN in above.values() or self.accepts(name, above) or self.replaces_steps(settings):
                continue
            if self.refuses(name, above):
                raise ValueError(self.complaint(name, above))

    def accepts(self, name: str, above: Mapping[str, Any]) -> bool:
        """Whether `name` is a parameter once `above` is set, by what ``get_params`` lists."""
        owner, rest = self.owner(name, above)
        return rest in self.params_of(owner)

    def owner(self, name: str, above: Mapping[str, Any]) -> tuple[Any, str]:
        """The estimator that `name` speaks to, and what is left of the name there."""
        at = max(above, key=len, default=None)
        return (self.estimator, name) if at is None else (above[at], name[len(at) + 2 :])

    def params_of(self, owner: Any) -> Mapping[str, Any]:
        if id(owner) not in self._params:
            known = hasattr(owner, "get_params") and not isinstance(owner, type)
            self._params[id(owner)] = owner.get_params(deep=True) if known else {}
        return self._params[id(owner)]

    def replaces_steps(self, settings: Settings) -> bool:
        """Whether the whole list of steps of a pipeline, or the like, is searched: nothing is known then."""
        lists = (self.params_of(self.estimator).get(name) for name in settings)
        return any(isinstance(at, list) and at and all(isinstance(step, tuple) for step in at) for at in lists)

    def refuses(self, name: str, above: Mapping[str, Any]) -> bool:
        """Whether ``set_params`` itself refuses: some estimators take more than they list."""
        try:
            clone(self.estimator).set_params(**clone(dict(above), safe=False), **{name: None})
        except Exception:  # whatever it raises here it would raise in every fit
            return True
        return False

    def complaint(self, name: str, above: Mapping[str, Any]) -> str:
        owner, rest = self.nearest_owner(*self.owner(name, above))
        at = name[: len(name) - len(rest)].removesuffix("__")
        valid = self.params_of(owner)
        cure = f"put both into one option: hp.choice({at!r}, [{{{at!r}: ..., {name!r}: ...}}, ...])"
        if not valid and above:
            return f"Invalid parameter {name!r}: {at!r} may be {owner!r}, which has no parameters; {cure}"
        near = _nearest(rest, [*valid])
        meant = f"{at}__{near}" if at else near
        own = sorted(key for key in valid if "__" not in key)
        if near is not None:
            hint = f" Did you mean {meant!r}?"
        else:
            hint = f" {at!r} may be this estimator; if {name!r} belongs to another, {cure}." if at in above else ""
        shown = " ".join(repr(owner).split())
        return f"Invalid parameter {name!r} for estimator {shown}.{hint} Valid parameters are: {own!r}."

    def nearest_owner(self, owner: Any, name: str) -> tuple[Any, str]:
        """The estimator as deep as `name` leads to below `owner`, and what is left of the name there."""
        head, _, rest = name.partition("__")
        below = self.params_of(owner).get(head)
        return self.nearest_owner(below, rest) if rest and self.params_of(below) else (owner, name)


def _value(option: Any) -> Any:
    """The value of an option, as far as it is known before a trial."""
    if isinstance(option, Constant):
        return option.value
    return UNKNOWN if isinstance(option, Node) or has_nodes(option) else option


def _refuse_conflicts(contributed: Mapping[str, Settings]) -> None:
    first: dict[str, str] = {}
    for key, settings in contributed.items():
        for name in settings:
            if name in first:
                raise BadSearchSpace(
                    f"parameter {name!r} is set twice, under {first[name]!r} and under {key!r}; keep one of them"
                )
            first[name] = key


def _nearest(name: str, names: list[str]) -> str | None:
    """The name meant: one that lacks only the step it belongs to, else the most similar one."""
    last = name.rpartition("__")[2]
    ends = [known for known in names if known.endswith(f"__{name}")]
    if ends:
        return min(ends, key=len)
    if last in names:
        return last
    by_lower = {known.lower(): known for known in names}
    near = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    if near:
        return by_lower[near[0]]
    return next((known for known in names if known.endswith(f"__{last}")), None)
