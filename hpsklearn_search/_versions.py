"""The versions of the package and of what it stands on.

>>> next(iter(versions()))
'hpsklearn_search'
"""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from ._version import __version__

REQUIRED = ("numpy", "scipy", "scikit-learn", "joblib", "tqdm", "threadpoolctl", "cloudpickle")
OPTIONAL = ("pandas", "matplotlib", "mlflow", "pyspark", "pyarrow", "lightgbm", "xgboost", "catboost", "hyperopt")


def versions() -> dict[str, str]:
    """The versions that are installed; nothing about this machine's folders."""
    found = {name: version_of(name) for name in (*REQUIRED, *OPTIONAL)}
    present = {name: text for name, text in found.items() if text is not None}
    return {"hpsklearn_search": __version__, "python": platform.python_version(), **present}


def version_of(name: str) -> str | None:
    """The version of a package, None if it is not installed."""
    # Metadata are read, and nothing is imported: a package that cannot be imported may be why one asks.
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def versions_in_words() -> str:
    """The versions in one line."""
    return ", ".join(f"{name} {text}" for name, text in versions().items())
