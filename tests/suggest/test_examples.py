"""The examples in the docstrings of the algorithms show that a search learns."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Callable
from typing import Any

import pytest

import hpsklearn_search
from hpsklearn_search.suggest import anneal, auto, gp, mix, rand, tpe

FMIN = hpsklearn_search.fmin


def n_failures(documented: Any, changed: Callable[..., Any]) -> int:
    """How many examples of a docstring fail with a changed `fmin`."""
    module = documented if inspect.ismodule(documented) else inspect.getmodule(documented)
    [test] = [t for t in doctest.DocTestFinder().find(documented, "example", module) if t.name == "example"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hpsklearn_search, "fmin", changed)
        return doctest.DocTestRunner().run(test, out=lambda text: None).failed


def with_arguments(**changes: Any) -> Callable[..., Any]:
    """`fmin` with some arguments replaced, whatever the call says."""

    def changed(*args: Any, **kwargs: Any) -> Any:
        bound = inspect.signature(FMIN).bind(*args, **kwargs)
        bound.arguments.update(changes)
        return FMIN(*bound.args, **bound.kwargs)

    return changed


EXAMPLES = [module.suggest for module in (anneal, auto, gp, mix, tpe)]


@pytest.mark.parametrize("documented", [*EXAMPLES, rand], ids=lambda d: inspect.getmodule(d).__name__)
def test_an_example_fails_after_one_trial(documented: Any) -> None:
    """The first trial is in the middle of the space, so an optimum there would be found without a search."""
    assert n_failures(documented, with_arguments()) == 0
    assert n_failures(documented, with_arguments(max_evals=1)) > 0


@pytest.mark.parametrize("suggest", EXAMPLES, ids=lambda suggest: suggest.__module__)
def test_an_example_fails_with_random_draws(suggest: Callable[..., Any]) -> None:
    """The example asks for more than as many random draws achieve."""
    assert n_failures(suggest, with_arguments(algo=rand.suggest)) > 0
