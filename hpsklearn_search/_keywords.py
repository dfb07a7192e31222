"""Keywords that a class or function does not have: the error shows the line that was probably meant.

>>> @explain_keywords({"n_iter": "max_evals"})
... def search(space, max_evals=50):
...     return max_evals
>>> search({}, n_iter=20)
Traceback (most recent call last):
    ...
TypeError: search() got an unexpected keyword argument 'n_iter'. Write max_evals=20
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

from ._texts import hide_secrets, public_repr

LONGEST_VALUE = 200
BOUND = ("self", "cls")  # parameters that a method gets by itself

# A stopping rule is no root name, so a line that uses it says where it is.
WRITE_STOP = (
    "Write early_stop_fn=no_progress_loss(30) (from hpsklearn_search.hyperopt.early_stop import no_progress_loss)"
)

# What another library's keyword means here: the name of ours, a sentence, or a function that makes one of the value.
Meant: TypeAlias = Mapping[str, str | Callable[[Any], str]]
Function = TypeVar("Function", bound=Callable[..., Any])


MEANT_IN_HP: Meant = {
    **dict.fromkeys(("min", "lo", "lower", "minimum", "a", "start"), "low"),
    **dict.fromkeys(("max", "hi", "upper", "maximum", "b", "stop"), "high"),
    **dict.fromkeys(("step", "quantum", "precision"), "q"),
    **dict.fromkeys(("mean", "loc"), "mu"),
    **dict.fromkeys(("std", "scale", "sd"), "sigma"),
    **dict.fromkeys(("values", "choices", "categories"), "options"),
    **dict.fromkeys(("name", "key"), "label"),
    "log": "Write hp.logrange or hp.loguniformint for a logarithmic scale",
    "base": "Leave it out: a logarithmic scale is the same in every base",
}


# What distributions are called elsewhere, in lower case.
DISTRIBUTIONS_ELSEWHERE = {
    **dict.fromkeys(("log_uniform", "logfloat", "reciprocal", "qlogrange"), "hp.logrange(low, high)"),
    **dict.fromkeys(("lograndint", "log_int", "qlograndint", "loguniform_int"), "hp.loguniformint(low, high)"),
    **dict.fromkeys(("int", "integer", "int_uniform", "suggest_int", "qrandint"), "hp.uniformint(low, high)"),
    **dict.fromkeys(("float", "real", "suggest_float", "range"), "hp.uniform(low, high)"),
    **dict.fromkeys(("categorical", "suggest_categorical", "grid", "grid_search", "list"), "hp.choice(options)"),
    **dict.fromkeys(("randn", "gauss", "gaussian"), "hp.normal(mu, sigma)"),
}


class ExplainsKeywords:
    """Base of a class that answers an unknown keyword of its constructor, or attribute, with the right one."""

    _meant: ClassVar[Meant] = {}
    _attributes_elsewhere: ClassVar[Mapping[str, str]] = {}

    # A __new__ leaves the signature of __init__ alone, which scikit-learn and editors read.
    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        check_keywords(cls.__init__, cls.__name__, kwargs, cls._meant)
        check_positions(cls.__init__, cls.__name__, (cls, *args))
        return super().__new__(cls)

    if not TYPE_CHECKING:  # a type checker shall go on to refuse unknown names

        def __getattr__(self, name: str) -> Any:
            if hasattr(type(self), name):
                return object.__getattribute__(self, name)  # a property raised: its own error says why
            cure = self._why_missing(name)
            text = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(f"{text}; {cure}" if cure else text, name=name, obj=self)

    def _why_missing(self, name: str) -> str:
        """What to do about an attribute that is not there; empty where nothing is known."""
        return f"write {self._attributes_elsewhere[name]}" if name in self._attributes_elsewhere else ""


class ExplainsParameters(ExplainsKeywords):
    """Base of an estimator whose ``set_params`` answers an unknown name as its constructor does; it comes first.

    Errors about the values of its parameters show no secrets.
    """

    def set_params(self, **params: Any) -> Any:
        """Set parameters, and those of nested estimators as ``name__parameter``.

        Parameters
        ----------
        **params : dict
            The parameters. If one is unknown, none is set.

        Returns
        -------
        object
            The estimator itself.
        """
        check_parameters(self, params, self._meant)
        return super().set_params(**params)  # type: ignore[misc]

    def _validate_params(self) -> None:
        try:
            super()._validate_params()  # type: ignore[misc]
        except ValueError as error:
            hide_secrets(error)  # scikit-learn shows the value
            raise


def explain_keywords(meant: Meant) -> Callable[[Function], Function]:
    """Let a function answer an unknown keyword with the right one."""

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            check_keywords(function, function.__name__, kwargs, meant)
            check_positions(function, function.__name__, args)
            return function(*args, **kwargs)

        return call  # type: ignore[return-value]

    return decorate


def check_keywords(function: Callable[..., Any], name: str, keywords: Mapping[str, Any], meant: Meant) -> None:
    """Raise TypeError where `function`, which users call `name`, does not have all `keywords`."""
    names = _names(function)
    unknown = [key for key in keywords if key not in names] if names is not None else []
    if unknown:
        found = ", ".join(map(repr, unknown))
        argument = f"an unexpected keyword argument {found}" if len(unknown) == 1 else f"unexpected arguments {found}"
        raise TypeError(f"{name}() got {argument}. {_answer(unknown, keywords, names or (), meant)}")


def check_parameters(estimator: Any, params: Mapping[str, Any], meant: Meant) -> None:
    """Raise ValueError, as scikit-learn does, where ``set_params`` of an estimator does not take all `params`."""
    names = tuple(estimator.get_params(deep=False))
    unknown = [key for key in params if key.partition("__")[0] not in names]
    if unknown:
        found = f"parameter{'s' if len(unknown) > 1 else ''} {', '.join(map(repr, unknown))}"
        answer = _answer(unknown, params, names, meant)
        raise ValueError(f"Invalid {found} for estimator {type(estimator).__name__}. {answer}")


def _answer(unknown: Sequence[str], keywords: Mapping[str, Any], names: tuple[str, ...], meant: Meant) -> str:
    cures = dict.fromkeys(_cure(key, keywords[key], names, meant) for key in unknown)
    lines = ", ".join(cure.removeprefix("Write ") for cure in cures if cure.startswith("Write "))
    return ". ".join([*([f"Write {lines}"] if lines else []), *(c for c in cures if not c.startswith("Write "))])


def check_positions(function: Callable[..., Any], name: str, args: tuple[Any, ...]) -> None:
    """Raise TypeError where `args` are more than `function` takes by position; the others are written by name."""
    by_position, by_name = _places(function)
    too_many = args[len(by_position) :]
    if not too_many or not by_name:
        return
    taken = ", ".join(key for key in by_position if key not in BOUND)
    last = args[len(by_position) - 1]
    if not isinstance(last, int | float | str) and all(type(value) is type(last) for value in too_many):
        raise TypeError(f"{name}() takes only {taken} by position. Write several as one list: {by_position[-1]}=[...]")
    lines = ", ".join(f"{key}={_shown(value, key)}" for key, value in zip(by_name, too_many, strict=False))
    raise TypeError(f"{name}() takes only {taken} by position. Write the others by name, such as {lines}")


@functools.cache
def _places(function: Callable[..., Any]) -> tuple[list[str], list[str]]:
    """The parameters that `function` takes by position, and those that it takes by name only."""
    parameters = list(inspect.signature(function).parameters.values())
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return [], []
    by_position = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return by_position, [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]


@functools.cache
def _names(function: Callable[..., Any]) -> tuple[str, ...] | None:
    """The keywords that `function` has; None if it takes any."""
    parameters = list(inspect.signature(function).parameters.values())
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    return tuple(
        p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.name not in BOUND
    )


def _cure(key: str, value: Any, names: tuple[str, ...], meant: Meant) -> str:
    cure = meant.get(key, "")
    if callable(cure):
        return f"Write {cure(value)}"
    if cure in names:
        return f"Write {cure}={_shown(value, key)}"
    if " " in cure:  # a sentence; the name of an argument that another function has is no answer here
        return cure
    near = get_close_matches(key.lower(), names, n=1, cutoff=0.6)
    return f"Did you mean {near[0]}={_shown(value, key)}?" if near else f"Its arguments are {', '.join(names)}"


def _shown(value: Any, name: str) -> str:
    if inspect.isroutine(value) or isinstance(value, type):
        return "..." if value.__name__ == "<lambda>" else value.__name__
    text = " ".join(public_repr(value, name).split())
    return text if len(text) <= LONGEST_VALUE else "..."
