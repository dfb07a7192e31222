"""The code of the best model makes that model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from hpsklearn_search import EarlyStopping, HyperoptSearchCV
from hpsklearn_search.search._code import code_of
from hpsklearn_search.search._points import is_same
from tests.report.pages import Page

MODELS = [
    SVC(),
    SVC(C=np.float64(0.1), kernel="poly", class_weight={0: 2.0, 1: 1}),
    make_pipeline(StandardScaler(with_mean=False), PCA(3), LogisticRegression(max_iter=np.int64(300))),
    Pipeline(
        [("scale", "passthrough"), ("pick", SelectKBest(f_classif, k=2)), ("model", GaussianNB(priors=[0.1, 0.9]))]
    ),
    ColumnTransformer([("n", StandardScaler(), [0, 1]), ("c", OneHotEncoder(handle_unknown="ignore"), ["c"])]),
    VotingClassifier([("a", SVC()), ("b", RandomForestClassifier(n_estimators=7))], weights=(1, 2)),
    FeatureUnion([("log", FunctionTransformer(np.log1p)), ("pca", PCA(0.5))]),
    MultiOutputRegressor(Ridge(alpha=np.array([0.1, 1.0]))),
    OneHotEncoder(dtype=np.float32, categories=[["a\n\"b'", "é"], [1, None]], min_frequency=float("inf")),
    EarlyStopping(RandomForestClassifier(), n_iter_no_change=7),
    Pipeline([("scale", StandardScaler()), ("model", LogisticRegression(C=1 / 3, l1_ratio=1 / 7, solver="saga"))]),
    Pipeline([("the only step, whose name is so long that one line cannot hold it", SelectKBest(f_classif, k=2))]),
    SVC(class_weight={f"the class number {i}": i / 7 for i in range(9)}),
]


def made_by(code: str) -> Any:
    """The model that the code makes; it is not fitted."""
    space: dict[str, Any] = {}
    exec(code.replace("model.fit(X, y)", ""), space)
    return space["model"]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_the_code_makes_an_equal_model(model: Any) -> None:
    """Of the same class, with the same parameters at every depth."""
    assert is_same(made_by(code_of(model)), model)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_no_line_of_the_code_is_wider_than_the_page(model: Any) -> None:
    """A call, list or dict that is too long for a line has one part a line."""
    assert max(map(len, code_of(model).splitlines())) <= 88


def test_imports_are_the_public_ones() -> None:
    """As a user writes them."""
    code = code_of(make_pipeline(StandardScaler(), SVC()))
    assert "from sklearn.svm import SVC\n" in code
    assert "._" not in code


def test_what_cannot_be_written_is_named() -> None:
    """A function without a name and a large array are dots; the line above says which."""
    model = Pipeline([("f", FunctionTransformer(lambda x: x)), ("m", Ridge(alpha=np.arange(1000.0)))])
    code = code_of(model)
    assert "func=..." in code and "alpha=..." in code
    assert "# fill in the dots: func, <function" in code
    assert "# fill in the dots: alpha, an array of shape (1000,)" in code
    compile(code, "page", "exec")


def test_a_secret_is_not_written() -> None:
    """Nor is an address with a password."""

    class Login(SVC):
        def __init__(self, password: Any = None, url: Any = None):
            self.password, self.url = password, url

    code = code_of(Login("hunter2", "http://me:hunter2@host"))
    assert "model = Login(password=..., url=...)" in code
    assert "# fill in the dots: Login, <class" in code
    assert "hunter2" not in code
    assert "# fill in the dots: password, (hidden)" in code
    compile(code, "page", "exec")


@pytest.mark.parametrize("pair", [("Authorization", "hunter2"), ("token", ["hunter2"]), ("password", b"hunter2")])
def test_the_second_of_a_pair_has_the_name_that_the_first_one_is(pair: Any) -> None:
    """As in the headers of a request."""

    class Client(SVC):
        def __init__(self, headers: Any = None):
            self.headers = headers

    code = code_of(Client([pair, ("Accept", "text/html")]))
    assert "hunter2" not in code
    assert f"# fill in the dots: {pair[0]}, (hidden)" in code
    assert "text/html" in code


def test_bytes_are_looked_through() -> None:
    """As texts are."""
    bytes_ = {"url": b"http://me:hunter2@host", "headers": {b"password": b"hunter2"}, "plain": b"abc"}
    code = code_of(FunctionTransformer(kw_args=bytes_))
    assert "hunter2" not in code and "b'abc'" in code


def test_a_step_is_no_secret_whatever_its_name_is() -> None:
    """A pipeline has pairs of names and estimators."""
    assert 'Pipeline(steps=[("token", StandardScaler())])' in code_of(Pipeline([("token", StandardScaler())])).replace(
        "\n", ""
    ).replace("    ", "").replace(",)", ")")


def test_the_code_on_the_page_is_that_of_the_best_candidate(tmp_path: Any) -> None:
    """What it makes has the parameters of ``best_estimator_``."""
    X, y = load_iris(return_X_y=True)
    space = {"svc__C": [0.01, 10.0], "standardscaler": ["passthrough", StandardScaler()]}
    search = HyperoptSearchCV(make_pipeline(StandardScaler(), SVC()), space, cv=3).fit(X, y)
    page = Page(search.report(tmp_path / "p.html").read_text(encoding="utf-8"))
    model = made_by(page.sections["code"].removeprefix("Code ").rpartition("copy")[0])
    assert repr(model) == repr(search.best_estimator_)
    assert np.array_equal(model.fit(X, y).predict(X), search.predict(X))
