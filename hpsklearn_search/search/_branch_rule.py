"""Which dicts of a space are branches, whose entries are parameters, and which are values of a parameter.

>>> from sklearn.svm import SVC
>>> weights = [{"no": 1.0, "yes": 5.0}]
>>> is_branch = BranchRule.of(SVC(), {"class_weight": weights, "any name": [{"C": 10}]})
>>> is_branch("class_weight", weights[0]), is_branch("any name", {"C": 10})
(False, True)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

from ..space import Choice
from ._set_params import is_estimator, some_value, takes


@dataclass(frozen=True)
class BranchRule:
    """Whether a dict under a key is a branch; coercing, checking the names and assembling all ask this rule."""

    names: frozenset[str]  # all parameters of the estimator, nested ones included
    estimators: frozenset[str]  # those of them whose value is an estimator

    @classmethod
    def of(cls, estimator: Any, space: Any) -> BranchRule:
        params = estimator.get_params(deep=True) if is_estimator(estimator) else {}
        estimators = frozenset(name for name, value in params.items() if is_estimator(value))
        # Some estimators return only the parameters that were set; the signature of `__init__` names the others.
        rule = cls(frozenset(params) | _arguments(estimator), estimators)
        return cls(rule.names.union(_unlisted_names(space, estimator, rule)), estimators)

    def __call__(self, key: str, option: Mapping[Any, Any]) -> bool:
        if not _has_names(option):
            return False
        return self.is_evident(key, option) or key in self.estimators or not self.may_be_parameter(key)

    def is_evident(self, key: str, option: Mapping[str, Any]) -> bool:
        """Whether `option` sets `key` itself, or a nested parameter of the estimator."""
        return key in option or any("__" in name and name in self.names for name in option)

    def may_be_parameter(self, key: str) -> bool:
        # A name below a parameter may be one: some option may put an estimator there that has it.
        parts = key.split("__")
        return any("__".join(parts[:n]) in self.names for n in range(1, len(parts) + 1))


def _has_names(option: Mapping[Any, Any]) -> bool:
    return all(isinstance(name, str) for name in option)


def _arguments(estimator: Any) -> frozenset[str]:
    """The arguments that the class of the estimator names."""
    if not is_estimator(estimator):
        return frozenset()
    try:
        arguments = list(signature(type(estimator).__init__).parameters.values())[1:]
    except ValueError:  # compiled classes may have no signature
        return frozenset()
    return frozenset(a.name for a in arguments if a.kind not in (a.VAR_POSITIONAL, a.VAR_KEYWORD))


# ---------------------------------------------------------------------- parameters that nothing lists
def _unlisted_names(space: Any, estimator: Any, rule: BranchRule) -> Iterator[str]:
    """Keys whose dicts are values, because the estimator takes the key though nothing lists it."""
    options_by_key: dict[str, list[tuple[Mapping[str, Any], bool]]] = {}
    for key, option, is_listed in _dicts_below(space):
        options_by_key.setdefault(key, []).append((option, is_listed))
    for key, all_options in options_by_key.items():
        options = [(option, is_listed) for option, is_listed in all_options if not rule.is_evident(key, option)]
        if rule.may_be_parameter(key) or not options:
            continue
        dicts = [option for option, _ in options]
        in_list = any(is_listed for _, is_listed in options)
        sets_listed = any(map(rule.may_be_parameter, _names_in(dicts)))
        if any(_takes(estimator, key, option) for option in dicts):
            # In a list it is a value, as in GridSearchCV. Some estimators take any key, so an option of
            # hp.choice with a parameter in it is more likely a branch under a key that is no parameter.
            is_value = in_list or not sets_listed
        else:
            # If no entry of these dicts is a parameter, a dict in a list is a value and the key is the misspelt name.
            is_value = in_list and not sets_listed and not _sets_any(estimator, dicts)
        if is_value:
            yield key


def _dicts_below(node: Any) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    """Every dict that stands under a key somewhere in `node`: the key, the dict, whether it is in a plain list."""
    if isinstance(node, Choice) or _is_list(node):
        for option, _ in _options_of(node):
            yield from _dicts_below(option)
    elif isinstance(node, Mapping):
        for key, value in node.items():
            options = _options_of(value) if isinstance(key, str) else ()
            yield from ((key, o, is_listed) for o, is_listed in options if isinstance(o, Mapping) and _has_names(o))
            yield from _dicts_below(value)


def _options_of(value: Any, *, is_listed: bool = False) -> Iterator[tuple[Any, bool]]:
    """What stands under a key, each with whether it stands in a plain list."""
    if isinstance(value, Choice):
        for option in value.options:
            yield from _options_of(option)
    elif _is_list(value) and not is_listed:
        for option in value:
            yield from _options_of(option, is_listed=True)
    else:
        yield value, is_listed


def _is_list(value: Any) -> bool:
    # An array or a Series may hold dicts only if it holds objects.
    return isinstance(value, list | tuple) or (
        hasattr(value, "__len__") and str(getattr(value, "dtype", "")) == "object"
    )


def _names_in(options: Iterable[Any]) -> Iterator[str]:
    """The keys of some dicts, and of the dicts in them."""
    for option in options:
        if isinstance(option, Mapping):
            yield from (name for name in option if isinstance(name, str))
            yield from _names_in(inner for value in option.values() for inner, _ in _options_of(value))


def _sets_any(estimator: Any, dicts: Iterable[Mapping[str, Any]]) -> bool:
    items = ((name, value) for option in dicts for name, value in option.items())
    return any(_takes(estimator, name, inner) for name, value in items for inner, _ in _options_of(value))


def _takes(estimator: Any, name: str, option: Any) -> bool:
    try:
        return takes(estimator, name, some_value(option))
    except Exception:  # not about the name: check_parameter_names shows it
        return True
