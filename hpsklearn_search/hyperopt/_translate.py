"""Spaces and trials of hyperopt itself, for those who have it: translated, and never imported.

Who passes one of its objects has imported it, so that what is needed of it is found in ``sys.modules``.
A node of its spaces is named by the function it calls: ``hyperopt_param`` is a labelled value, ``switch``
over one a choice, ``pos_args`` a tuple, ``dict`` a dict, and anything else is called by name.

>>> from hpsklearn_search import hp
>>> space = {"C": hp.uniform("C", 0, 1)}
>>> translate_space(space) is space
True
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Mapping
from typing import Any

from .. import hp
from ..exceptions import BadSearchSpace
from ..optimize import Callback
from ..space import FUNCTIONS, Apply, Choice, Constant, Node
from ..trials import Trial, Trials, trials_from_docs
from ..trials._documents import document


# ---------------------------------------------------------------------- spaces
def translate_space(space: Any) -> Any:
    """`space` with hyperopt's nodes in it replaced by our own; the same object where there are none.

    Parameters
    ----------
    space : object
        Any nest of dicts, lists, tuples, constants and nodes of either library.

    Raises
    ------
    BadSearchSpace
        If a node cannot be translated; the message names its label.
    """
    pyll = _module("hyperopt.pyll.base")
    return space if pyll is None else _Translation(pyll).at(space)


def _module(name: str) -> Any:
    """A module of hyperopt's, if it is loaded and no other one goes by its name."""
    module = sys.modules.get(name)
    return module if getattr(module, "__name__", None) == name else None


class _Translation:
    """One space; a node that stands in several places becomes one node."""

    def __init__(self, pyll: Any) -> None:
        self.pyll = pyll
        self.done: dict[int, Any] = {}
        self.choices: dict[int, Any] = {}

    def at(self, node: Any) -> Any:
        """`node`, or what stands for it."""
        if isinstance(node, (self.pyll.Apply, Choice, Apply)):
            if id(node) not in self.done:
                is_own = isinstance(node, Choice | Apply)
                self.done[id(node)] = self.rebuilt(node) if is_own else self.translated(node)
            return self.done[id(node)]
        if isinstance(node, dict):
            changed = {key: new for key, new in ((k, self.at(v)) for k, v in node.items()) if new is not node[key]}
            return _updated(node, changed) if changed else node
        if isinstance(node, list | tuple):
            items = [self.at(item) for item in node]
            if all(a is b for a, b in zip(items, node, strict=True)):
                return node
            return type(node)(*items) if hasattr(node, "_fields") else type(node)(items)
        return node

    def rebuilt(self, node: Choice | Apply) -> Any:
        """A node of our own, with nodes of hyperopt's below it."""
        below = node.options if isinstance(node, Choice) else [*node.args, *node.kwargs.values()]
        new = [self.at(child) for child in below]
        if all(a is b for a, b in zip(new, below, strict=True)):
            return node
        if isinstance(node, Choice):
            return Choice(node.label, new, node.distribution)
        n = len(node.args)
        return Apply(node.function, tuple(new[:n]), dict(zip(node.kwargs, new[n:], strict=True)))

    def translated(self, node: Any) -> Any:
        """A node of hyperopt's."""
        if isinstance(node, self.pyll.Literal):
            return Constant(node.obj) if isinstance(node.obj, dict | list | tuple) else node.obj
        if node.name == "hyperopt_param":
            return self.parameter(node)
        first: Any = node.pos_args[0] if node.pos_args else None
        named = first is not None and first.name == "hyperopt_param"
        if node.name == "switch" and named:
            return self.choice(first, node.pos_args[1:])
        if named and (node.name, first.arg["obj"].name == "randint") in (("int", True), ("float", False)):
            return self.at(first)  # hp's own casts, which our parameters need not
        if node.name == "pos_args":
            return tuple(map(self.at, node.pos_args))
        if node.name == "dict":
            pairs = [(self.at(key), self.at(value)) for key, value in _pairs(first)]
            return {**dict(pairs), **{key: self.at(value) for key, value in node.named_args}}
        return self.called(node)

    def called(self, node: Any) -> Any:
        """A function of nodes: ours of that name, or else that of hyperopt's scope."""
        function = FUNCTIONS.get(node.name) or self.pyll.scope._impls[node.name]
        args = [self.at(arg) for arg in node.pos_args]
        kwargs = {key: self.at(value) for key, value in node.named_args}
        if node.name in ("add", "mul") and isinstance(args[0], Node):
            return args[0] + args[1] if node.name == "add" else args[0] * args[1]  # keeps a long sum flat
        return Apply(function, tuple(args), kwargs)

    def parameter(self, node: Any) -> Any:
        """A labelled value."""
        label, law = node.arg["label"].obj, node.arg["obj"]
        if law.name not in PARAMETERS:
            raise BadSearchSpace(f"label {label!r}: hyperopt's {law.name} has no counterpart outside of a choice")
        given = [law.arg[name] for name in PARAMETERS[law.name] if law.arg[name] is not self.pyll.MissingArgument]
        if not all(isinstance(value, self.pyll.Literal) for value in given):
            raise BadSearchSpace(f"label {label!r}: the arguments of hp.{law.name} must be numbers, not nodes")
        return getattr(hp, law.name)(label, *(value.obj for value in given))

    def choice(self, index: Any, options: list[Any]) -> Any:
        """A labelled branch."""
        label, law = index.arg["label"].obj, index.arg["obj"]
        if self.choices.setdefault(id(index), options) is not options:
            raise BadSearchSpace(f"label {label!r} chooses in two places; write an hp.choice for each of them")
        new = [self.at(option) for option in options]
        if law.name == "categorical":
            return hp.pchoice(label, list(zip(self.at(law.arg["p"]), new, strict=True)))
        return hp.choice(label, new)


PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "randint": ("low", "high"),
    **dict.fromkeys(("uniform", "loguniform"), ("low", "high")),
    **dict.fromkeys(("quniform", "qloguniform"), ("low", "high", "q")),
    **dict.fromkeys(("normal", "lognormal"), ("mu", "sigma")),
    **dict.fromkeys(("qnormal", "qlognormal"), ("mu", "sigma", "q")),
}
"""hyperopt's laws, and the names of their arguments in the order of ours."""


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
    """Our own `Trials` with what `trials` holds: itself, an empty one for None, or a copy of hyperopt's.

    Raises
    ------
    TypeError
        If it is something else, or hyperopt's trials are to run somewhere else than here.
    """
    if trials is None:
        return Trials()
    if isinstance(trials, Trials):
        return trials
    if not _is_hyperopts(trials):
        raise TypeError(f"trials must be hpsklearn_search.Trials(), SparkTrials() or None, got {trials!r}")
    if trials.asynchronous:
        name = type(trials).__name__
        raise TypeError(
            f"trials is hyperopt's {name}, which runs trials by hyperopt's own protocol; "
            "write `from hpsklearn_search import SparkTrials`, or pass a plain Trials()"
        )
    docs = [doc for doc in trials._dynamic_trials if trials._exp_key in (None, doc["exp_key"])]
    own = trials_from_docs(docs, validate=False, exp_key=trials._exp_key)
    own.attachments.update(trials.attachments)
    return own


def _is_hyperopts(trials: Any) -> bool:
    base = _module("hyperopt.base")
    return base is not None and isinstance(trials, base.Trials)


class HyperoptTrialsWriter(Callback):
    """Writes every trial of a search into the trials of hyperopt's that it was given.

    Parameters
    ----------
    theirs : hyperopt.Trials
        What the user holds.
    """

    def __init__(self, theirs: Any) -> None:
        self.theirs = theirs
        self.docs = {doc["tid"]: doc for doc in theirs._dynamic_trials}

    @classmethod
    def of(cls, trials: Any) -> list[HyperoptTrialsWriter]:
        """A mirror for hyperopt's trials, none for our own."""
        return [cls(trials)] if _is_hyperopts(trials) else []

    def on_search_begin(self, trials: Trials, search: Mapping[str, Any]) -> None:
        """Enter what a save file held."""
        for trial in trials.record:
            if trial.is_finished and trial.tid not in self.docs:
                self.on_trial_end(trials, trial)

    def on_trial_end(self, trials: Trials, trial: Trial) -> None:
        """Enter it, or bring the document of a trial that had not been finished up to date."""
        doc = document(trial, trials.labels)
        if doc["tid"] in self.docs:
            self.docs[doc["tid"]].update(doc)
        else:
            self.docs[doc["tid"]] = doc
            self.theirs._insert_trial_docs([doc])
            self.theirs._ids.add(doc["tid"])
        self.theirs.attachments.update(trials.attachments)
        self.theirs.refresh()
