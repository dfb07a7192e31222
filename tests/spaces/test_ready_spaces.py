"""`spaces.suggest` and `spaces.choose`: ranges for estimators, under the names that the estimators take."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.cross_decomposition import PLSRegression
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    BayesianRidge,
    ElasticNet,
    GammaRegressor,
    Lasso,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    SGDClassifier,
    TweedieRegressor,
)
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import CategoricalNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MaxAbsScaler,
    OneHotEncoder,
    PolynomialFeatures,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import EarlyStopping, HyperoptSearchCV, hp, spaces
from hpsklearn_search.hyperopt.pyll.stochastic import sample

X, y = (part[::4] for part in load_breast_cancer(return_X_y=True))
NUMBERS = tuple(part[::4] for part in load_diabetes(return_X_y=True))
BOOSTERS = {
    "lightgbm": lambda: __import__("lightgbm").LGBMClassifier(n_estimators=5, verbosity=-1),
    "xgboost": lambda: __import__("xgboost").XGBClassifier(n_estimators=5),
    "catboost": lambda: __import__("catboost").CatBoostClassifier(n_estimators=5, verbose=0, allow_writing_files=False),
}
CLASSIFIERS: dict[str, Any] = {
    "hist gradient boosting": HistGradientBoostingClassifier(max_iter=5),
    "gradient boosting": GradientBoostingClassifier(n_estimators=5),
    "random forest": RandomForestClassifier(n_estimators=5),
    "extra trees": ExtraTreesClassifier(n_estimators=5),
    "tree": DecisionTreeClassifier(),
    "vectors": make_pipeline(StandardScaler(), SVC()),
    "logistic": make_pipeline(StandardScaler(), PCA(), LogisticRegression()),
    "neighbours": make_pipeline(SimpleImputer(), SelectKBest(), KNeighborsClassifier()),
    "sgd": make_pipeline(StandardScaler(), TruncatedSVD(), SGDClassifier()),
    "mlp": MLPClassifier(max_iter=5),
    "counts": make_pipeline(KBinsDiscretizer(encode="ordinal"), CategoricalNB()),
    "splines": make_pipeline(SplineTransformer(), LogisticRegression()),
    "columns": make_pipeline(ColumnTransformer([("a", StandardScaler(), [0, 1]), ("b", PCA(), [2, 3])]), SVC()),
    "voting": VotingClassifier([("svm", SVC()), ("tree", DecisionTreeClassifier())]),
    "stacking": StackingClassifier([("tree", DecisionTreeClassifier())], LogisticRegression(), cv=2),
    "bagging": BaggingClassifier(DecisionTreeClassifier(), n_estimators=3),
    "calibrated": CalibratedClassifierCV(DecisionTreeClassifier(), cv=2),
    "early stopping": EarlyStopping(HistGradientBoostingClassifier(max_iter=5)),
}
REGRESSORS: dict[str, Any] = {
    "ridge": Ridge(),
    "lasso": Lasso(),
    "elastic net": ElasticNet(),
    "svr": make_pipeline(StandardScaler(), SVR()),
    "poisson": make_pipeline(StandardScaler(), PoissonRegressor()),
    "gamma": make_pipeline(StandardScaler(), GammaRegressor()),
    "tweedie": make_pipeline(StandardScaler(), TweedieRegressor(power=1.5)),
    "components": PLSRegression(),
    "forest": RandomForestRegressor(n_estimators=5),
    "boosting": HistGradientBoostingRegressor(max_iter=5),
    "target": TransformedTargetRegressor(make_pipeline(PolynomialFeatures(), Ridge())),
}


ITERATIONS = ("n_estimators", "max_iter", "iterations")


def quick(values: dict[str, Any]) -> dict[str, Any]:
    """The same with at most five iterations."""
    return {key: min(value, 5) if key.endswith(ITERATIONS) else value for key, value in values.items()}


@pytest.mark.parametrize("name", [*CLASSIFIERS, *REGRESSORS])
def test_an_estimator_takes_every_name_and_value(name: str) -> None:
    """What is drawn from a ready space can be set and fitted."""
    estimator = {**CLASSIFIERS, **REGRESSORS}[name]
    data = (X, y) if name in CLASSIFIERS else NUMBERS
    space = spaces.suggest(estimator, *data, size="large")
    rng = np.random.default_rng(0)
    for _ in range(2):
        values = quick(sample(dict(space), rng))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            clone(estimator).set_params(**values).fit(*data)


WORDS = np.array([[f"{word}{number % 12}" for word in "abc"] for number in range(60)])
encoder = OneHotEncoder(handle_unknown="ignore")
SPARSE: dict[str, Any] = {
    "neighbours": make_pipeline(encoder, KNeighborsClassifier()),
    "components of columns": make_pipeline(ColumnTransformer([("a", encoder, [0, 1, 2])]), PCA(5), SVC()),
    "components of a union": make_pipeline(FeatureUnion([("a", encoder), ("b", encoder)]), PCA(5), SVC()),
    "columns in a pipeline": make_pipeline(
        ColumnTransformer([("a", make_pipeline(encoder, MaxAbsScaler()), [0, 1])]), KNeighborsClassifier()
    ),
    "bagged": make_pipeline(encoder, BaggingClassifier(KNeighborsClassifier(), n_estimators=3)),
}


@pytest.mark.parametrize("name", SPARSE)
def test_sparse_rows_take_every_value(name: str) -> None:
    """Steps that may pass on sparse rows leave out what does not work with these."""
    target = np.arange(60) % 2
    space = spaces.suggest(SPARSE[name], WORDS, size="large")
    rng = np.random.default_rng(0)
    for _ in range(3):
        clone(SPARSE[name]).set_params(**sample(dict(space), rng)).fit(WORDS, target)


def test_dense_columns_keep_the_ranges_of_dense_rows() -> None:
    """A threshold of 0, or transformers that return dense rows, never give sparse ones."""
    dense = ColumnTransformer([("a", encoder, [0, 1])], sparse_threshold=0)
    for step in (dense, FeatureUnion([("a", StandardScaler()), ("b", MaxAbsScaler())])):
        space = spaces.suggest(make_pipeline(step, PCA(), KNeighborsClassifier()), WORDS)
        assert repr(space["pca__n_components"]) == "hp.uniform(0.5, 0.999)"
        assert repr(space["kneighborsclassifier__p"]) == "hp.uniform(1, 3)"


def test_periodic_splines_have_more_knots_than_their_degree() -> None:
    """scikit-learn refuses others."""
    splines = SplineTransformer(extrapolation="periodic")
    assert repr(spaces.suggest(splines)["n_knots"]) == "hp.uniformint(4, 12)"
    SplineTransformer(n_knots=4, degree=3, extrapolation="periodic").fit(X)
    steep = SplineTransformer(degree=14, extrapolation="periodic")
    assert repr(spaces.suggest(steep)["n_knots"]) == "hp.uniformint(15, 17)"


@pytest.mark.parametrize("library", BOOSTERS)
def test_boosters_have_a_space(library: str) -> None:
    """LightGBM, XGBoost and CatBoost take every name and value; with EarlyStopping none sets the iterations."""
    pytest.importorskip(library)
    booster = BOOSTERS[library]()
    space = spaces.suggest(booster, X, y)
    values = quick(sample(dict(space), np.random.default_rng(0)))
    clone(booster).set_params(**values).fit(X, y)
    stopped = spaces.suggest(EarlyStopping(booster))
    assert set(stopped) == {f"estimator__{key}" for key in space if key not in ITERATIONS}


GIVEN_OTHERWISE = [
    ("lightgbm.LGBMClassifier", {"num_iterations": 5}, "n_estimators"),
    ("lightgbm.LGBMClassifier", {"lambda_l2": 10.0}, "reg_lambda"),
    ("lightgbm.LGBMClassifier", {"min_data_in_leaf": 10}, "min_child_samples"),
    ("lightgbm.LGBMClassifier", {"feature_fraction": 0.3}, "colsample_bytree"),
    ("xgboost.XGBClassifier", {"eta": 0.1}, "learning_rate"),
    ("xgboost.XGBClassifier", {"lambda": 5.0}, "reg_lambda"),
    ("catboost.CatBoostClassifier", {"n_estimators": 50}, "iterations"),
    ("catboost.CatBoostClassifier", {"max_depth": 4}, "depth"),
]


@pytest.mark.parametrize(("name", "given", "parameter"), GIVEN_OTHERWISE, ids=lambda value: str(value)[:30])
def test_what_was_given_under_another_name_stays(name: str, given: dict[str, Any], parameter: str) -> None:
    """The library ignores or refuses one of the two names."""
    library, _, kind = name.partition(".")
    make = getattr(pytest.importorskip(library), kind)
    assert parameter in spaces.suggest(make())
    assert parameter not in spaces.suggest(make(**given))


def test_a_linear_booster_has_no_parameters_of_trees() -> None:
    """XGBoost ignores them."""
    booster = pytest.importorskip("xgboost").XGBRegressor(booster="gblinear")
    assert set(spaces.suggest(booster)) == {"learning_rate", "n_estimators", "reg_lambda"}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_larger_size_has_all_of_a_smaller_one(name: str) -> None:
    """Sizes are nested, and the small one is not empty."""
    small, medium, large = (
        set(spaces.suggest(CLASSIFIERS[name], X, y, size=size)) for size in ("small", "medium", "large")
    )
    assert small <= medium <= large
    assert small


def test_steps_without_a_range_are_named_with_the_reason() -> None:
    """The user sees what the space does not cover."""

    class Own(BaseEstimator):
        """A step that nobody knows."""

        def fit(self, X: Any, y: Any = None) -> Any:
            return self

        def transform(self, X: Any) -> Any:
            return X

    search = GridSearchCV(SVC(), {"C": [1]})
    pipeline = Pipeline(
        [("scale", StandardScaler()), ("own", Own()), ("k", SelectKBest()), ("model", Ridge()), ("s", search)]
    )
    assert spaces.suggest(pipeline, X, y).left_alone == {
        "scale": "StandardScaler has no parameter worth a search",
        "own": "no range is known for Own",
        "k": "SelectKBest has a range with size='large', or where its number of columns is known",
        "s": "GridSearchCV searches its own parameters",
    }


def test_ranges_follow_the_data() -> None:
    """No number of neighbours or columns is drawn that the training part does not have."""
    pipeline = make_pipeline(SelectKBest(), KNeighborsClassifier())
    space = spaces.suggest(pipeline, X[:40, :7], y[:40])
    assert space["selectkbest__k"].distribution.high == 7
    assert space["kneighborsclassifier__n_neighbors"].distribution.high == 10


def test_a_parameter_without_effect_is_left_out() -> None:
    """`max_samples` needs bootstrap, and `gamma` a kernel that has one."""
    assert "max_samples" not in spaces.suggest(ExtraTreesClassifier())
    assert "max_samples" in spaces.suggest(ExtraTreesClassifier(bootstrap=True))
    assert "gamma" not in spaces.suggest(SVC(kernel="linear"))


def test_texts_have_a_space_of_their_own() -> None:
    """A list of texts is data, too."""
    texts = ["one word", "two words", "a third"] * 4
    space = spaces.suggest(make_pipeline(TfidfVectorizer(), SGDClassifier()), texts)
    assert {"tfidfvectorizer__ngram_range", "sgdclassifier__alpha"} <= set(space)


def test_what_is_printed_makes_the_same_space() -> None:
    """The printed dict is Python, to be pasted and edited."""
    space = spaces.suggest(make_pipeline(StandardScaler(), SVC()), X, y, size="large")
    again = eval(repr(space), {"hp": hp})
    assert repr(again) == repr(dict(space))


def test_a_ready_space_is_a_dict_to_edit() -> None:
    """Keys can be changed and removed, and it can be pickled."""
    space = spaces.suggest(SVC())
    space["C"] = hp.logrange("C", 1, 10)
    del space["gamma"]
    again = pickle.loads(pickle.dumps(space))
    assert repr(again) == repr(space)
    assert again.left_alone == space.left_alone


def test_one_parameter_chooses_among_whole_families() -> None:
    """Each option sets an estimator and its own parameters; all labels differ."""
    pipeline = Pipeline([("scale", StandardScaler()), ("model", SVC())])
    families = [DecisionTreeClassifier(random_state=0), ExtraTreesClassifier(5, random_state=0), SVC()]
    space = spaces.choose(families, "model", X, y, size="small")
    search = HyperoptSearchCV(pipeline, space, max_evals=12, cv=2, random_state=0, error_score="raise").fit(X, y)
    assert {type(params["model"]) for params in search.cv_results_["params"]} == set(map(type, families))


def test_a_search_without_a_space_uses_the_ready_one() -> None:
    """`space_` is what was searched, and the search describes it."""
    search = HyperoptSearchCV(DecisionTreeClassifier(random_state=0), max_evals=4, cv=2, random_state=0).fit(X, y)
    assert repr(search.space_) == repr(spaces.suggest(DecisionTreeClassifier(), X, y))
    assert set(search.best_params_) == set(search.space_)
    assert [row["parameter"] for row in search.describe_space().as_dicts()] == list(search.space_)
    assert set(search.importances_) == set(search.space_)


def test_a_search_without_a_space_continues() -> None:
    """The ready space of the same data is the same space, so that a warm start goes on."""
    search = HyperoptSearchCV(DecisionTreeClassifier(), max_evals=3, cv=2, random_state=0, warm_start=True).fit(X, y)
    assert search.set_params(max_evals=5).fit(X, y).n_trials_ == 5


def test_an_estimator_without_known_ranges_asks_for_a_space() -> None:
    """The message names the class and a line to write, before the first fit."""
    with pytest.raises(ValueError, match=r"no ready space for StandardScaler .*space=\{'parameter': hp.logrange"):
        spaces.suggest(StandardScaler())
    with pytest.raises(ValueError, match=r"BayesianRidge.*space=\{'m__alpha_1': hp.logrange\(1e-07, 1e-05\)\}"):
        spaces.suggest(Pipeline([("m", BayesianRidge())]))
    with pytest.raises(ValueError, match="no ready space for Pipeline"):
        HyperoptSearchCV(make_pipeline(StandardScaler())).fit(X, y)


def test_wrong_arguments_are_named() -> None:
    """A class, an unknown size, and a choice of one."""
    with pytest.raises(TypeError, match=r"write SVC\(\)"):
        spaces.suggest(SVC)
    with pytest.raises(ValueError, match="size must be"):
        spaces.suggest(SVC(), size="huge")
    with pytest.raises(ValueError, match="two estimators"):
        spaces.choose([SVC()])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((SVC(), "svc"), r"needs a list of estimators, got SVC\(\)"),
        (([SVC, Ridge()], "svc"), r"the class SVC; write SVC\(\)"),
        ((["svc", SVC()], "svc"), r"needs an estimator such as SVC\(\), got 'svc'"),
        (({"a": SVC(), "b": Ridge()}, "svc"), "needs a list of estimators"),
        (([SVC(), Ridge()], None), "parameter must be the name of a step, such as 'model', got None"),
    ],
    ids=["one estimator", "a class", "a string", "a dict", "no name"],
)
def test_a_family_of_something_else_is_refused(arguments: Any, message: str) -> None:
    """The error shows what was given, and the line that would be right."""
    with pytest.raises(TypeError, match=message):
        spaces.choose(*arguments)


class OnlyC(SVC):  # type: ignore[misc]
    """A subclass with one of the parameters."""

    def __init__(self, C: float = 1.0) -> None:
        super().__init__(C=C)


class Forest(BaseEstimator):  # type: ignore[misc]
    """It is called like an estimator of scikit-learn, and is none."""

    def __init__(self, strength: float = 1.0) -> None:
        self.strength = strength


Forest.__name__ = "RandomForestClassifier"


def test_a_subclass_gets_ranges_for_the_parameters_that_it_has() -> None:
    """The search would refuse the others."""
    assert list(spaces.suggest(OnlyC(), size="large")) == ["C"]
    assert HyperoptSearchCV(OnlyC(), max_evals=2, cv=2).fit(X, y).n_trials_ == 2


def test_another_class_of_the_same_name_gets_none() -> None:
    """Names of classes are not unique."""
    with pytest.raises(ValueError, match="no range is known"):
        spaces.suggest(Forest(), size="large")


def test_a_ready_space_is_code_whatever_a_step_is_called() -> None:
    """No name of a step ends its text, or moves the cursor."""
    name = 'a"\x1b[2J'
    space = spaces.suggest(Pipeline([(name + "x", StandardScaler()), (name, SVC())]))
    assert "\x1b" not in repr(space)
    assert list(eval(repr(space), {"hp": hp})) == list(space)


def test_a_message_about_data_shows_no_password() -> None:
    """An address is no data."""
    with pytest.raises(TypeError, match="must be training data") as error:
        spaces.suggest(SVC(), "http://me:S3CRETpw@host/data.csv")
    assert "S3CRETpw" not in str(error.value)
