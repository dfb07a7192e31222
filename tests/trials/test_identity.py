"""What makes two values the same: their value or the object itself, and never a name alone."""

from __future__ import annotations

import functools
import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse, stats
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LinearRegression
from sklearn.metrics import f1_score, make_scorer
from sklearn.preprocessing import StandardScaler

from hpsklearn_search.trials import NotComparable, text_of

X = np.random.default_rng(0).normal(size=(20, 3))


class Power:
    """A callable with a state."""

    def __init__(self, exponent: float) -> None:
        self.exponent = exponent

    def __call__(self, *args: Any) -> float:
        """A score."""
        return self.exponent

    def apply(self, X: Any) -> Any:
        """A method to pass around."""
        return X**self.exponent

    @classmethod
    def make(cls) -> Power:
        """A method of the class."""
        return cls(1.0)


class Other(Power):
    """Another class with the same state."""


def wrapped(exponent: float) -> Callable[[Any], Any]:
    """A closure with the name of a function that can be imported."""

    @functools.wraps(module_function)
    def power(X: Any) -> Any:
        return X**exponent

    return power


def module_function(X: Any) -> Any:
    """A function that can be imported."""
    return X


@functools.lru_cache
def cached_function(X: Any) -> Any:
    """A function that can be imported, with a cache."""
    return X


class Decorated:
    """A decorator that is a class, and takes the name of its function."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        functools.update_wrapper(self, function)

    def __call__(self, X: Any) -> Any:
        """What the function does."""
        return self.__wrapped__(X)  # type: ignore[attr-defined]


class Named:
    """A metric with a state and a name, as some libraries make them."""

    def __init__(self, beta: float) -> None:
        self.beta = beta
        self.__name__ = "named_metric"


named_metric = Named(1.0)


def class_of(exponent: float) -> type:
    """A class from a factory."""

    class Made:
        power = exponent

        def apply(self, X: Any) -> Any:
            return super().__hash__() and X**self.power

    return Made


def with_default(exponent: float) -> Callable[..., Any]:
    """A function with a default, for which there are two places."""
    return lambda X, *, exponent=exponent: X**exponent


def executed(exponent: float) -> Any:
    """A function with globals of its own."""
    names: dict[str, Any] = {"exponent": exponent}
    exec("def power(X): return X ** exponent", names)
    return names["power"]


def histogram(shift: float) -> Any:
    """A frozen distribution with a table."""
    return stats.rv_histogram(np.histogram(X[:, 0] + shift))(loc=0)


# Each makes a value from a number: the same for the same number, another for another number.
MAKERS: dict[str, Callable[[int], Any]] = {
    "number": lambda n: n,
    "dict": lambda n: {"a": [n, (n, {n})]},
    "array": lambda n: np.arange(3.0) + n,
    "view": lambda n: (np.arange(12.0) + n).reshape(3, 4)[:, ::2],
    "objects": lambda n: np.array([n, "a", None], dtype=object),
    "masked array": lambda n: np.ma.array([1, 2, 3], mask=[n % 2, n // 2 % 2, n // 4 % 2]),
    "records": lambda n: np.array([(n, 1.0)], dtype=[("a", int), ("b", float)]),
    "dates": lambda n: np.array(["2020-01-01"], dtype="datetime64[D]") + n,
    "sparse": lambda n: sparse.csr_matrix(np.eye(3) * (n + 1)),
    "frame": lambda n: pd.DataFrame({"a": [1.0, n], "b": ["x", "y"]}),
    "index of a frame": lambda n: pd.DataFrame({"a": [1.0, 2.0]}, index=[0, n + 1]),
    "categories of a frame": lambda n: pd.DataFrame(
        {"a": pd.Categorical(["x"], categories=["x", *map(str, range(n))])}
    ),
    "series": lambda n: pd.Series([*range(500), n, *range(500)]),
    "polars": lambda n: pl.DataFrame({"a": [1, n], "b": ["x", "y"]}),
    "pattern": lambda n: re.compile(f"a{n}"),
    "method of a pattern": lambda n: re.compile(f"a{n}").findall,
    "method": lambda n: Power(n).apply,
    "callable object": lambda n: Power(n),
    "partial": lambda n: functools.partial(module_function, n),
    "wrapped function": wrapped,
    "lambda": lambda n: [lambda X: X, lambda X: X + 1, lambda X: X + 2, lambda X: [x + 1 for x in X]][n % 4],
    "decorator class": lambda n: Decorated(lambda X: X**n),
    "queue": lambda n: deque([None] * (n % 5)),
    "default": with_default,
    "function with globals": executed,
    "class from a factory": class_of,
    "instance of one": lambda n: class_of(n)(),
    "output of a step": lambda n: StandardScaler().set_output(transform=["default", "pandas", "polars"][n % 3]),
    "discrete distribution": lambda n: stats.rv_discrete(values=([1, 2, 3 + n], [0.4, 0.3, 0.3])),
    "histogram": histogram,
    "frozen distribution": lambda n: stats.gamma(1.0 + n),
    "scorer": lambda n: make_scorer(f1_score, beta=n),
    "generator": lambda n: np.random.default_rng(n),
}
if find_spec("sklearn.frozen"):  # scikit-learn 1.6 and later
    from sklearn.frozen import FrozenEstimator

    MAKERS["frozen estimator"] = lambda n: FrozenEstimator(PCA(2, random_state=0).fit(X + np.arange(3) * n * X[:, :1]))
    MAKERS["frozen estimator in another"] = lambda n: SelectFromModel(
        FrozenEstimator(LinearRegression().fit(X, X[:, 0] * n))
    )


@pytest.mark.parametrize("kind", MAKERS)
def test_equal_values_have_the_same_text_and_others_have_not(kind: str) -> None:
    """However they were made."""
    make = MAKERS[kind]
    assert text_of(make(1)) == text_of(make(1))
    assert text_of(make(1)) != text_of(make(2))


@given(st.lists(st.sampled_from(sorted(MAKERS)), min_size=1, max_size=3), st.data())
def test_a_value_may_contain_others(names: list[str], data: st.DataObject) -> None:
    """Two lists have the same text if and only if their items have."""
    numbers = [data.draw(st.tuples(st.integers(1, 2), st.integers(1, 2))) for _ in names]
    one, other = ([MAKERS[name](pair[i]) for name, pair in zip(names, numbers, strict=True)] for i in (0, 1))
    assert (text_of(one) == text_of(other)) == all(a == b for a, b in numbers)


NAMED = [len, np.log1p, np.mean, module_function, Power, Power.apply, Power.make, str.lower, re.compile, np.float64]


@pytest.mark.parametrize("thing", NAMED)
def test_what_can_be_imported_is_known_by_name(thing: Any) -> None:
    """Its text is short, and the same in another process."""
    assert len(text_of(thing)) < 120
    assert "code(" not in text_of(thing)


def test_a_class_is_a_part_of_the_value() -> None:
    """Two objects with the same state differ in their class."""
    assert text_of(Power(1)) != text_of(Other(1))
    assert text_of({"a": 1}) != text_of(MAKERS["dict"](1))
    assert len({text_of(value) for value in (1, 1.0, True, "1", np.int64(1), np.float32(1))}) == 6


class NoTable:
    """It looks like a table, and is none."""

    columns, shape, dtypes = ["a"], (1, 1), [float]


def nested(depth: int) -> list[Any]:
    """A list in a list in a list."""
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


@pytest.mark.parametrize(
    "value",
    [NoTable(), nested(20_000), object(), [object()], threading.Lock(), Power(threading.Lock()).apply, lambda: (yield)],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_value_is_refused(value: Any) -> None:
    """A lock or a generator that runs is never taken for another one."""
    if callable(value) and not hasattr(value, "__self__"):
        value = value()
    with pytest.raises(NotComparable, match="no value to compare by"):
        text_of(value)


def test_an_object_that_contains_itself_has_a_text() -> None:
    """Also a function that calls itself."""

    def make() -> Callable[[int], int]:
        def factorial(n: int) -> int:
            return n * factorial(n - 1) if n else 1

        return factorial

    loop: list[Any] = [1]
    loop.append(loop)
    assert text_of(loop) == text_of(loop)
    assert text_of(make()) == text_of(make())


SCRIPT = """
import functools, re
import numpy as np
from scipy import stats
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from hpsklearn_search.trials import text_of

def scored(k):
    @functools.wraps(min)
    def score(estimator, X, y): return k if y in {"a", "b", "c"} else 0
    return score

class Mine:
    def __init__(self): self.names = {"x", "y", "z"}
    def __call__(self, *args): return len(self.names)

print([text_of(value) for value in (
    scored(3), Mine(), Mine().__call__, lambda x: x in ("a", "b"), {"p", "q", "r"}, re.compile("a").match,
    stats.rv_discrete(values=([1, 2], [0.5, 0.5])), stats.norm(0, 1), np.random.default_rng(0),
    make_pipeline(StandardScaler(), FunctionTransformer(np.log1p)),
)])
"""


def test_the_text_is_the_same_in_the_next_process() -> None:
    """Whatever the order of sets and the addresses of objects are there."""
    texts = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(texts) == 1


def test_at_first_sight_a_function_may_change_what_it_holds() -> None:
    """A list of its calls makes it no other function in a save file, and none the less in the step cache."""
    calls: list[int] = []

    def objective(x: int) -> None:
        calls.append(x)

    first = text_of(objective, at_first_sight=True)
    before = text_of(objective)
    objective(1)
    assert text_of(objective, at_first_sight=True) == first
    assert text_of(objective) != before


def test_an_object_with_a_name_is_compared_by_value() -> None:
    """A name is that of a function or class; an object may have another state in the next run of a script."""
    before = text_of(named_metric)
    named_metric.beta = 2.0
    try:
        assert text_of(named_metric) != before
    finally:
        named_metric.beta = 1.0
    assert text_of(named_metric) == before


@pytest.mark.parametrize(
    ("thing", "name"),
    [
        (np.mean, "numpy.mean"),
        (np.exp, "numpy.exp"),
        (cached_function, f"{__name__}.cached_function"),
        (len, "builtins.len"),
    ],
)
def test_functions_of_other_kinds_have_a_name(thing: Any, name: str) -> None:
    """Ufuncs, functions with a cache, and those of C or of numpy that pickle stores by name."""
    assert text_of(thing) == name
