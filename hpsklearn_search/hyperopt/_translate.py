"""Translates spaces and trials of hyperopt itself, which is never imported here.

A user who passes an object of hyperopt has imported hyperopt, so its modules are in ``sys.modules``.
A node of its spaces has the name of the function that it calls: ``hyperopt_param`` is a labelled value,
``switch`` over one a choice, ``pos_args`` a tuple, ``dict`` a dict, and any other function is called by name.

>>> from hpsklearn_search import hp
>>> space = {"C": hp.uniform(0, 1)}
>>> translate_space(space) is space
True
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Mapping
from typing import Any

from .. import hp
from .._texts import public_repr
from ..exceptions import BadSearchSpace
from ..optimize import Callback
from ..space import FUNCTIONS, Apply, Choice, Constant, Node, check_depth
from ..trials import FORMS, Trial, Trials, is_source, trials_from_docs
from ..trials._documents import document


# ---------------------------------------------------------------------- spaces
def translate_space(space: Any) -> Any:
    """`space` with hyperopt's nodes in it replaced by our own; the same object where there are none."""
    check_depth(space)
    pyll = _module("hyperopt.pyll.base")
    return space if pyll is None else _Translation(pyll).translate(space)


def _module(name: str) -> Any:
    """A loaded module of hyperopt, or None; an alias that stands for it under this name does not count."""
    module = sys.modules.get(name)
    return module if getattr(module, "__name__", None) == name else None


class _Translation:
    """The translation of one space; a node that occurs in several places becomes one node."""

    def __init__(self, pyll: Any) -> None:
        self.pyll = pyll
        self.translations: dict[int, Any] = {}
        self.options_of: dict[int, Any] = {}

    def translate(self, node: Any) -> Any:
        """`node`, or its translation; containers keep their types."""
        if isinstance(node, (self.pyll.Apply, Choice, Apply)):
            if id(node) not in self.translations:
                is_own = isinstance(node, Choice | Apply)
                self.translations[id(node)] = self._rebuild(node) if is_own else self._translate_node(node)
            return self.translations[id(node)]
        if isinstance(node, dict):
            translated = {key: self.translate(value) for key, value in node.items()}
            changed = {key: new for key, new in translated.items() if new is not node[key]}
            return _updated(node, changed) if changed else node
        if isinstance(node, list | tuple):
            items = [self.translate(item) for item in node]
            if all(a is b for a, b in zip(items, node, strict=True)):
                return node
            return type(node)(*items) if hasattr(node, "_fields") else type(node)(items)
        return node

    def _rebuild(self, node: Choice | Apply) -> Any:
        """A node of this library that may have nodes of hyperopt below it."""
        parts = node.options if isinstance(node, Choice) else [*node.args, *node.kwargs.values()]
        new = [self.translate(part) for part in parts]
        if all(a is b for a, b in zip(new, parts, strict=True)):
            return node
        if isinstance(node, Choice):
            return Choice(node.label, new, node.distribution)
        n = len(node.args)
        return Apply(node.function, tuple(new[:n]), dict(zip(node.kwargs, new[n:], strict=True)))

    def _translate_node(self, node: Any) -> Any:
        """A node of hyperopt."""
        if isinstance(node, self.pyll.Literal):
            return Constant(node.obj) if isinstance(node.obj, dict | list | tuple) else node.obj
        if node.name == "hyperopt_param":
            return self._translate_parameter(node)
        first: Any = node.pos_args[0] if node.pos_args else None
        is_labelled = first is not None and first.name == "hyperopt_param"
        if node.name == "switch" and is_labelled:
            return self._translate_choice(first, node.pos_args[1:])
        if is_labelled and (node.name, first.arg["obj"].name == "randint") in (("int", True), ("float", False)):
            return self.translate(first)  # hp wraps some parameters in a cast, which ours do not need
        if node.name == "pos_args":
            return tuple(map(self.translate, node.pos_args))
        if node.name == "dict":
            pairs = [(self.translate(key), self.translate(value)) for key, value in _pairs(first)]
            return {**dict(pairs), **{key: self.translate(value) for key, value in node.named_args}}
        return self._translate_call(node)

    def _translate_call(self, node: Any) -> Any:
        """A function of nodes: this library's function of that name, else that of hyperopt's scope."""
        function = FUNCTIONS.get(node.name) or self.pyll.scope._impls[node.name]
        args = [self.translate(arg) for arg in node.pos_args]
        kwargs = {key: self.translate(value) for key, value in node.named_args}
        if node.name in ("add", "mul") and isinstance(args[0], Node):
            return args[0] + args[1] if node.name == "add" else args[0] * args[1]  # keeps a long sum flat
        return Apply(function, tuple(args), kwargs)

    def _translate_parameter(self, node: Any) -> Any:
        """A labelled value."""
        label, distribution = node.arg["label"].obj, node.arg["obj"]
        if distribution.name not in PARAMETERS:
            name = distribution.name
            raise BadSearchSpace(f"label {label!r}: hyperopt's {name} has no counterpart outside of a choice")
        arguments = [distribution.arg[name] for name in PARAMETERS[distribution.name]]
        values = [argument for argument in arguments if argument is not self.pyll.MissingArgument]
        if not all(isinstance(value, self.pyll.Literal) for value in values):
            raise BadSearchSpace(f"label {label!r}: the arguments of hp.{distribution.name} must be numbers, not nodes")
        return getattr(hp, distribution.name)(label, *(value.obj for value in values))

    def _translate_choice(self, index: Any, options: list[Any]) -> Any:
        """A labelled branch."""
        label, distribution = index.arg["label"].obj, index.arg["obj"]
        if self.options_of.setdefault(id(index), options) is not options:
            raise BadSearchSpace(f"label {label!r} chooses in two places; write an hp.choice for each of them")
        new = [self.translate(option) for option in options]
        if distribution.name == "categorical":
            return hp.pchoice(label, list(zip(self.translate(distribution.arg["p"]), new, strict=True)))
        return hp.choice(label, new)


# hyperopt's distributions, and the names of their arguments in the order of ours.
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "randint": ("low", "high"),
    **dict.fromkeys(("uniform", "loguniform"), ("low", "high")),
    **dict.fromkeys(("quniform", "qloguniform"), ("low", "high", "q")),
    **dict.fromkeys(("normal", "lognormal"), ("mu", "sigma")),
    **dict.fromkeys(("qnormal", "qlognormal"), ("mu", "sigma", "q")),
}


def _updated(container: dict[Any, Any], changed: dict[Any, Any]) -> dict[Any, Any]:
    """A copy of a dict, of its own type, with new values."""
    new = copy.copy(container)
    new.update(changed)
    return new


def _pairs(items: Any) -> list[Any]:
    """Key and value of each item of a dict whose keys are no strings."""
    return [] if items is None else [pair.pos_args for pair in items.pos_args]


# ---------------------------------------------------------------------- trials
def as_trials(trials: Any) -> Trials:
    """`trials` itself, empty `Trials` for None, a copy of hyperopt's; `Trials` that learn from what it names."""
    if trials is None:
        return Trials()
    if isinstance(trials, Trials):
        return trials
    if is_source(trials):
        return _learning_from(list(trials) if isinstance(trials, list | tuple) else [trials])
    if not _is_hyperopts(trials):
        raise TypeError(
            f"trials must be hpsklearn_search.Trials(), SparkTrials() or None, or what to learn from ({FORMS}), "
            f"got {public_repr(trials)}"
        )
    if trials.asynchronous:
        name = type(trials).__name__
        raise TypeError(
            f"trials is hyperopt's {name}, which runs trials by hyperopt's own protocol; "
            "write `from hpsklearn_search import SparkTrials`, or pass a plain Trials()"
        )
    docs = [doc for doc in trials._dynamic_trials if trials._exp_key in (None, doc["exp_key"])]
    copied = trials_from_docs(docs, validate=False, exp_key=trials._exp_key)
    copied.attachments.update(trials.attachments)
    return copied


def _learning_from(searches: list[Any]) -> Trials:
    """Trials that learn from all `searches`; a `SparkTrials` among them is where they run."""
    converted = [as_trials(each) if _is_hyperopts(each) else each for each in searches]
    places = [each for each in converted if isinstance(each, Trials) and each.asynchronous]
    if len(places) > 1:
        raise TypeError("trials: a list may hold one SparkTrials(), which says where to run")
    trials = copy.copy(places[0]) if places else Trials()  # the copy shares the record, so that it is filled
    trials.earlier = Trials.from_searches([each for each in converted if each not in places]).earlier
    return trials


def _is_hyperopts(trials: Any) -> bool:
    base = _module("hyperopt.base")
    return base is not None and isinstance(trials, base.Trials)


class HyperoptTrialsWriter(Callback):
    """Writes every trial of a search into the hyperopt.Trials that the user passed."""

    def __init__(self, hyperopt_trials: Any) -> None:
        self.hyperopt_trials = hyperopt_trials
        self.docs = {doc["tid"]: doc for doc in hyperopt_trials._dynamic_trials}

    @classmethod
    def of(cls, trials: Any) -> list[HyperoptTrialsWriter]:
        """A writer for hyperopt's trials, in a list; no writer for this library's."""
        return [cls(trials)] if _is_hyperopts(trials) else []

    def on_search_begin(self, trials: Trials, search: Mapping[str, Any]) -> None:
        # A save file may have brought trials that the user's object does not hold.
        for trial in trials.record:
            if trial.is_finished and trial.tid not in self.docs:
                self.on_trial_end(trials, trial)

    def on_trial_end(self, trials: Trials, trial: Trial) -> None:
        doc = document(trial, trials.labels)
        if doc["tid"] in self.docs:
            self.docs[doc["tid"]].update(doc)
        else:
            self.docs[doc["tid"]] = doc
            self.hyperopt_trials._insert_trial_docs([doc])
            self.hyperopt_trials._ids.add(doc["tid"])
        self.hyperopt_trials.attachments.update(trials.attachments)
        self.hyperopt_trials.refresh()
