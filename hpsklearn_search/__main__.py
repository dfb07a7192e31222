"""``python -m hpsklearn_search``: the version, and what a bug report needs.

>>> show_versions().splitlines()[0].startswith("hpsklearn_search ")
True
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ._version import __version__

REQUIRED = ("numpy", "scipy", "scikit-learn", "joblib", "tqdm", "threadpoolctl", "cloudpickle")
OPTIONAL = ("pandas", "matplotlib", "mlflow", "pyspark", "pyarrow", "lightgbm", "xgboost", "catboost", "hyperopt")


def show_versions() -> str:
    """The versions of the package, of what it stands on, and of the machine, one a line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    rows = {
        "hpsklearn_search": f"{__version__} ({Path(__file__).parent})",
        "python": f"{platform.python_version()} ({sys.executable})",
        "system": f"{platform.platform()}, {cores} cores",
        **{name: _version_of(name) for name in (*REQUIRED, *OPTIONAL)},
    }
    width = max(map(len, rows)) + 1
    return "\n".join(f"{name:{width}}{text}" for name, text in rows.items())


def _version_of(name: str) -> str:
    # Metadata are read, and nothing is imported: a package that cannot be imported may be why one asks.
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def main() -> None:
    """Answer the command line."""
    parser = argparse.ArgumentParser("python -m hpsklearn_search", description="Shows versions of hpsklearn_search.")
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--show-versions", action="store_true", help="show what a bug report needs")
    if parser.parse_args().show_versions:
        print(show_versions())
    else:
        parser.print_help()


if __name__ == "__main__":
    main()
