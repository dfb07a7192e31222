"""Inventories of other libraries for intersphinx, made from `_intersphinx/names.txt`: the build needs no network."""

from __future__ import annotations

import tempfile
import zlib
from pathlib import Path

NAMES = Path(__file__).parents[1] / "_intersphinx" / "names.txt"
SITES = {
    "python": "https://docs.python.org/3/",
    "sklearn": "https://scikit-learn.org/stable/",
    "scipy": "https://docs.scipy.org/doc/scipy/",
    "numpy": "https://numpy.org/doc/stable/",
    "pandas": "https://pandas.pydata.org/docs/",
}
HEAD = """# Sphinx inventory version 2
# Project: {}
# Version:
# The remainder is compressed using zlib.
"""  # the form that intersphinx reads
# In docstrings and types, the names of these libraries stand without their module.
SHORT = ("GridSearchCV", "RandomizedSearchCV", "ParameterGrid", "RandomState", "Generator", "ndarray", "DataFrame")


def aliases() -> dict[str, str]:
    """The full name of each short one; numpydoc's own for a callable is that of the function `callable`."""
    full = [line.split()[2] for line in _lines()]
    return {"callable": "callable"} | {short: name for short in SHORT for name in full if name.endswith(f".{short}")}


def inventories() -> dict[str, tuple[str, str]]:
    """`intersphinx_mapping`: the address of each project, and the file that lists its names."""
    folder = Path(tempfile.mkdtemp(prefix="intersphinx-"))
    short = {name: key for key, name in aliases().items() if name != key}
    for project in SITES:
        rows = []
        for owner, role, name, page in map(str.split, _lines()):
            keys = [key for key in (name, short.get(name)) if key and owner == project]
            rows += [f"{key} {role} 1 {page.replace('$', name)} {key}" for key in keys]
        (folder / project).write_bytes(HEAD.format(project).encode() + zlib.compress("\n".join([*rows, ""]).encode()))
    return {project: (site, str(folder / project)) for project, site in SITES.items()}


def _lines() -> list[str]:
    return [line for line in NAMES.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
