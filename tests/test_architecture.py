"""The shape of the package: who may import whom, and how large a function may be."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from statistics import median

import pytest

import hpsklearn_search

PACKAGE = Path(__file__).parents[1] / "hpsklearn_search"
NAME = PACKAGE.name

# A part may import from parts of a lower level and, within itself, without cycles.
LEVELS = {
    "exceptions": 0,
    "_classes": -2,
    "_keywords": 0,
    "_texts": -1,
    "_secrets_in_texts": -2,
    "_secret_names": -3,
    "_version": 0,
    "_versions": 1,
    "_threads": 0,
    "_pandas": 1,
    "space": 1,
    "hp": 2,
    "spaces": 3,
    "trials": 2,
    "suggest": 3,
    "executors": 3,
    "optimize": 4,
    "plots": 4,
    "integrations": 5,
    "report": 5,
    "hyperopt": 6,
    "_optimizer": 7,
    "search": 7,
    "__init__": 8,
    "__main__": 9,
}

# A module that nothing in the package imports: hyperopt has the estimator there.
FACES = {f"{NAME}.hyperopt.sklearn": 8}

# Where what is not the standard library, numpy or scipy may be imported: a folder, or a file without suffix.
ALLOWED = {
    "sklearn": ["search", "plots"],
    "joblib": ["executors", "_threads"],
    "cloudpickle": ["executors"],  # comes with joblib
    "threadpoolctl": ["_threads"],  # comes with sklearn
    "tqdm": ["optimize", "hyperopt.std_out_err_redirect_tqdm"],  # hyperopt's module of that name writes by tqdm
    "IPython": ["optimize"],  # is there where a notebook runs
    "pyspark": ["executors"],
    "pyarrow": ["executors"],  # comes with what pyspark needs for Spark Connect
    "mlflow": ["integrations"],
    "matplotlib": ["plots"],
    "pandas": ["_pandas"],
    "lightgbm": ["search"],
    "xgboost": ["search"],
    "catboost": ["search"],
}
OPTIONAL = ["pyspark", "mlflow", "matplotlib", "pandas", "lightgbm", "xgboost", "catboost"]

MODULES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}


def dotted(path: Path) -> str:
    """The module name of a file of the package."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part(module: str) -> str:
    """The folder or top-level module that a dotted name of the package belongs to."""
    return module.split(".")[1] if "." in module else "__init__"


BY_NAME = {dotted(path): path for path in MODULES}


def imports(path: Path) -> Iterator[str]:
    """Dotted absolute names that a file imports, wherever in it; of a `from` import each name, if it is a module."""
    package = dotted(path).split(".") if path.name == "__init__.py" else dotted(path).split(".")[:-1]
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            target = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{target}.{alias.name}" for alias in node.names]
            modules = [name for name in names if name in BY_NAME]
            yield from modules
            if len(modules) < len(names):
                yield target


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file."""
    return (n for n in ast.walk(TREES[path]) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0  # type: ignore[operator]


def nesting(node: ast.AST) -> int:
    """How deep blocks stand in each other below `node`; an `elif` is no deeper than its `if`."""
    blocks = ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match, ast.AsyncFor, ast.AsyncWith
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue  # measured on its own
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deepest = max(deepest, nesting(child) + (isinstance(child, blocks) and not is_elif))
    return deepest


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_part_imports_from_lower_parts_only(path: Path) -> None:
    """The levels of the architecture page hold, imports inside functions included."""
    own = part(dotted(path))
    level = FACES.get(dotted(path), LEVELS[own])
    for module in imports(path):
        if module.split(".")[0] != NAME:
            continue
        assert module not in FACES, f"{dotted(path)} imports {module}"
        assert own == part(module) or LEVELS[part(module)] < level, f"{dotted(path)} imports {module}"


def test_modules_form_no_cycle() -> None:
    """The import graph of the modules can be sorted."""
    graph = {dotted(path): {m for m in imports(path) if m in BY_NAME and m != dotted(path)} for path in MODULES}
    TopologicalSorter(graph).prepare()  # raises CycleError and names the cycle


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_other_libraries_are_imported_where_they_may(path: Path) -> None:
    """Everywhere the standard library, numpy and scipy; anything else only in the folder meant for it."""
    inside = ".".join(dotted(path).split(".")[1:])
    for module in imports(path):
        top = module.split(".")[0]
        if top in sys.stdlib_module_names or top in (NAME, "numpy", "scipy"):
            continue
        assert any(inside == at or inside.startswith(f"{at}.") for at in ALLOWED.get(top, [])), f"{inside}: {module}"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_optional_libraries_are_imported_when_used(path: Path) -> None:
    """No module needs an extra to be imported."""
    for node in TREES[path].body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            assert not {name.split(".")[0] for name in names} & set(OPTIONAL), ast.unparse(node)


@pytest.mark.parametrize("library", OPTIONAL)
def test_an_optional_library_has_one_place(library: str) -> None:
    """At most one file imports each optional library."""
    files = [dotted(path) for path in MODULES if any(m.split(".")[0] == library for m in imports(path))]
    assert len(files) <= 1, files


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_functions_are_short_and_flat(path: Path) -> None:
    """At most 45 lines and three levels of nesting a function."""
    for function in functions(path):
        where = f"{dotted(path)}.{function.name}, line {function.lineno}"
        assert body_lines(function) <= 45, where
        assert nesting(function) <= 3, where


def test_most_functions_are_very_short() -> None:
    """The median of all functions is at most 5 lines, nine of ten have at most 14."""
    lengths = sorted(body_lines(function) for path in MODULES for function in functions(path))
    assert median(lengths) <= 5
    assert lengths[int(0.9 * len(lengths))] <= 14


def docstring_lines(path: Path) -> int:
    """Lines of a file that are docstrings."""
    owners = (n for n in ast.walk(TREES[path]) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef))
    strings = (owner.body[0] for owner in owners if owner.body and ast.get_docstring(owner) is not None)
    return sum(string.end_lineno - string.lineno + 1 for string in strings)


def test_docstrings_are_for_users_and_comments_for_readers() -> None:
    """At most 22 of 100 lines are docstrings, and 100 lines of code have at least 4 comments, rulers left out."""
    n_lines = n_code = n_comments = 0
    for path in MODULES:
        lines = path.read_text(encoding="utf-8").splitlines()
        tokens = tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline)
        comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
        blank = sum(not line.strip() or line.strip().startswith("#") for line in lines)
        n_lines += len(lines)
        n_code += len(lines) - blank - docstring_lines(path)
        n_comments += sum(not re.match(r"# (-{3}|type:|fmt:|noqa)", comment) for comment in comments)
    assert sum(map(docstring_lines, MODULES)) <= 0.22 * n_lines
    assert n_comments >= 0.04 * n_code


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_modules_are_small_and_open_with_their_idea(path: Path) -> None:
    """A module has at most 450 lines and a docstring."""
    # A catalogue: fourteen short functions, each with two forms of its call and a long docstring.
    limit = 620 if path.name == "hp.py" else 450
    assert len(path.read_text(encoding="utf-8").splitlines()) <= limit
    assert ast.get_docstring(TREES[path])


API = (PACKAGE.parent / "docs" / "api.rst").read_text(encoding="utf-8")
REFERENCE = re.findall(r"^   ([\w.]+)$", API, re.MULTILINE)


@pytest.mark.parametrize("name", REFERENCE)
def test_public_names_are_documented(name: str) -> None:
    """What the reference lists has a docstring, and so has every public method of a class in it."""
    value = hpsklearn_search
    for step in name.split("."):
        value = getattr(value, step)
    assert value.__doc__
    if isinstance(value, type):
        own = (m for c in value.__mro__ if c.__module__.startswith(NAME) for m in vars(c) if not m.startswith("_"))
        methods = {m: getattr(value, m) for m in own if callable(getattr(value, m))}
        assert not [m for m, method in methods.items() if not method.__doc__]
