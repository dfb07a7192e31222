"""Stands our room in the place of hyperopt, so that ``from hyperopt import fmin`` gives ours.

Nothing here computes. The folder of hyperopt's tests is the one part of it that stays importable.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import hpsklearn_search.hyperopt

__all__ = ["install"]


def install(tests: Path) -> None:
    """Put the aliases into ``sys.modules``.

    Parameters
    ----------
    tests : Path
        The folder ``tests`` of the installed hyperopt.
    """
    sys.modules["hyperopt"] = hpsklearn_search.hyperopt
    for name, folder in (("hyperopt.tests", tests), ("hyperopt.pyll.tests", tests.parent / "pyll" / "tests")):
        sys.modules[name] = ModuleType(name)
        sys.modules[name].__path__ = [str(folder)]
    if "bson" not in sys.modules:
        sys.modules["bson"] = bson_of_json()


def bson_of_json() -> ModuleType:
    """In place of pymongo's encoder, which takes what JSON takes."""

    class BSON:
        """Encodes a document."""

        @staticmethod
        def encode(document: Any) -> bytes:
            """Its text; an error if a value is of no plain type."""
            return json.dumps(document).encode()

    module = ModuleType("bson")
    module.BSON = BSON  # type: ignore[attr-defined]
    return module
