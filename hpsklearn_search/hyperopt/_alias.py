"""Lets our room stand in for hyperopt: ``sys.modules["hyperopt"] = hpsklearn_search.hyperopt``.

A library that says ``import hyperopt.pyll`` then gets the module that is here, and not a second copy of it.

>>> import sys
>>> from hpsklearn_search import hyperopt
>>> before = {name: sys.modules.pop(name) for name in [*sys.modules] if name.partition(".")[0] == "hyperopt"}
>>> sys.modules["hyperopt"] = hyperopt
>>> import hyperopt.pyll.stochastic
>>> hyperopt.pyll.stochastic.__name__
'hpsklearn_search.hyperopt.pyll.stochastic'
>>> for name in [*sys.modules]:
...     if name.partition(".")[0] == "hyperopt":
...         del sys.modules[name]
>>> sys.modules.update(before)
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

ROOM = __name__.rpartition(".")[0]


class AliasFinder:
    """Finds the modules of this room under any name that stands for the room in ``sys.modules``."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """The module for a name that begins with an alias of the room; None for any other name."""
        alias, _, inner = name.partition(".")
        if not inner or sys.modules.get(alias) is not sys.modules[ROOM]:
            return None
        real = f"{ROOM}.{inner}"
        # Beside our modules there may be others, for example hyperopt's own tests below "hyperopt.tests".
        is_below_ours = sys.modules.get(real.rpartition(".")[0]) is sys.modules.get(name.rpartition(".")[0])
        if not is_below_ours or (real not in sys.modules and importlib.util.find_spec(real) is None):
            return None
        return ModuleSpec(name, _AliasLoader(real))


class _AliasLoader(Loader):
    """Gives a module that exists, and leaves it as it is."""

    def __init__(self, real: str) -> None:
        self.real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module under its own name."""
        module = importlib.import_module(self.real)
        self.own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is run a second time; the spec is put back that the import of the alias has replaced."""
        module.__spec__ = self.own_spec


class Room(ModuleType):
    """The class of the package itself: its ``fmin`` stays the function when the module of that name is imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name == "fmin" and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


def install(package: ModuleType, modules: dict[str, ModuleType]) -> None:
    """Make `package` ready: its class, modules that live elsewhere, and the finder for aliases."""
    package.__class__ = Room
    sys.modules.update({f"{ROOM}.{name}": module for name, module in modules.items()})
    if not any(getattr(finder, "__name__", "") == AliasFinder.__name__ for finder in sys.meta_path):
        sys.meta_path.insert(0, AliasFinder)
