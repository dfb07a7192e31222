"""The public names, and what importing them costs."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import hpsklearn_search

OPTIONAL = {"pyspark", "mlflow", "matplotlib", "pandas", "hyperopt"}


@pytest.mark.parametrize("name", hpsklearn_search.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    """What `__all__` promises can be imported, and explains itself if it is a class or function."""
    value = getattr(hpsklearn_search, name)
    assert getattr(value, "__doc__", None)


def test_nothing_else_is_public() -> None:
    """Names without an underscore are those of `__all__`, and the package's own folders."""
    folders = {
        "exceptions", "executors", "integrations", "optimize", "plots", "report", "search", "space", "spaces",
        "suggest", "trials",
    }  # fmt: skip
    names = {name for name in vars(hpsklearn_search) if not name.startswith("_")}
    assert names - folders - {"annotations"} <= set(hpsklearn_search.__all__)


def test_the_root_is_a_short_table_of_contents() -> None:
    """At most 28 names; what else hyperopt has is in its own room."""
    assert len(hpsklearn_search.__all__) <= 28


def test_the_constructor_stays_short() -> None:
    """At most 29 parameters."""
    assert len(inspect.signature(hpsklearn_search.HyperoptSearchCV).parameters) <= 29


def test_importing_the_package_loads_no_optional_library() -> None:
    """The extras stay unloaded until they are used, but for what scikit-learn loads itself (pandas, if installed)."""
    code = f"""
import sys, sklearn.model_selection
before = {OPTIONAL!r} & sys.modules.keys()
import hpsklearn_search
print(sorted(({OPTIONAL!r} & sys.modules.keys()) - before))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"
