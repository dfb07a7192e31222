"""Parameters of an estimator: which dicts are branches, and names that are checked before the first fit."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import loguniform
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import ParameterGrid
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hpsklearn_search import hp
from hpsklearn_search.exceptions import BadSearchSpace
from hpsklearn_search.search._parameters import ParameterSpace

PIPELINE = Pipeline([("scale", StandardScaler()), ("reduce", "passthrough"), ("model", LogisticRegression())])
LINEAR = {"model": LogisticRegression(), "model__C": loguniform(1e-3, 1e3)}
FOREST = {"model": RandomForestClassifier(), "model__max_depth": [2, 4, 8], "model__class_weight": [{0: 1, 1: 5}, None]}


def checked(space: Any, estimator: Any) -> ParameterSpace:
    """The space of the estimator's parameters, with all names checked."""
    parameters = ParameterSpace(space, estimator)
    parameters.check_names(estimator)
    return parameters


def draws(parameters: ParameterSpace, n: int = 50) -> list[dict[str, Any]]:
    """The parameters that `n` random points set."""
    rng = np.random.default_rng(0)
    return [parameters.params(parameters.space.draw(rng)) for _ in range(n)]


# ---------------------------------------------------------------------- branches and values
@pytest.mark.parametrize("key", ["model", "any label"])
@pytest.mark.parametrize("write", [lambda branches: hp.choice("m", branches), lambda branches: branches])
def test_a_model_and_its_parameters_are_one_option(key: str, write: Any) -> None:
    """Each draw sets all of one branch, under the name of the model or another, in hp.choice or in a list."""
    sets = {frozenset(params) for params in draws(checked({key: write([LINEAR, FOREST])}, PIPELINE))}
    assert sets == {frozenset(LINEAR), frozenset(FOREST)}


@pytest.mark.parametrize("space", [[LINEAR, FOREST], hp.choice("m", [LINEAR, FOREST])])
def test_branches_may_be_the_whole_space(space: Any) -> None:
    """A list of dicts and a choice of dicts mean the same."""
    sets = {frozenset(params) for params in draws(checked(space, PIPELINE))}
    assert sets == {frozenset(LINEAR), frozenset(FOREST)}


@pytest.mark.parametrize(
    ("space", "estimator"),
    [
        ({"class_weight": [{0: 1, 1: 2}, None]}, SVC()),
        ({"class_weight": hp.choice("w", [{"a": 1, "b": 2}, None])}, SVC()),
        ({"metric_params": [{"p": 3}, {"w": 1}]}, KNeighborsClassifier()),
        ({"model__class_weight": [{"C": 1, "D": 2}]}, PIPELINE),
    ],
)
def test_a_dict_that_is_a_value_stays_one(space: Any, estimator: Any) -> None:
    """It does under a parameter that is no estimator, even if a key of it is the name of a parameter."""
    (key,) = space
    assert {frozenset(params) for params in draws(checked(space, estimator), 10)} == {frozenset([key])}


def test_a_dict_value_inside_a_branch_stays_one() -> None:
    """The model that has the parameter may be set by the branch itself."""
    weights = [params["model__class_weight"] for params in draws(checked({"model": [FOREST]}, PIPELINE))]
    assert {0: 1, 1: 5} in weights
    assert None in weights


class ListsAll(ClassifierMixin, BaseEstimator):
    """Lists all of its parameters, as most estimators do."""

    def __init__(self, lr: float = 0.1, weights: Any = None, units: Any = None) -> None:
        self.lr = lr
        self.weights = weights
        self.units = units


class ListsWhatWasSet(ClassifierMixin, BaseEstimator):
    """Names all of its parameters, and lists those that are not None, as CatBoost does."""

    def __init__(self, lr: float | None = None, weights: Any = None, units: Any = None) -> None:
        self.settings = {"lr": lr, "weights": weights, "units": units}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Only what was set."""
        return {name: value for name, value in self.settings.items() if value is not None}

    def set_params(self, **params: Any) -> ListsWhatWasSet:
        """Set anything."""
        self.settings.update(params)
        return self


class ListsWhatWasGiven(ClassifierMixin, BaseEstimator):
    """Has no names at all, and lists what it was given."""

    def __init__(self, **settings: Any) -> None:
        self.settings = settings

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Only what was given."""
        return dict(self.settings)

    def set_params(self, **params: Any) -> ListsWhatWasGiven:
        """Set anything."""
        self.settings.update(params)
        return self


DICTS = st.dictionaries(st.sampled_from(["no", "yes", "lr", "units", 0, 1]), st.integers(0, 3), max_size=3)


@given(
    st.sampled_from([ListsAll(lr=0.2), ListsWhatWasSet(lr=0.2), ListsWhatWasGiven(lr=0.2)]),
    st.lists(DICTS | st.none() | st.integers(), min_size=1, max_size=4),
)
def test_a_dict_in_a_list_is_a_value_whatever_get_params_lists(estimator: Any, options: list[Any]) -> None:
    """The candidates are those of ParameterGrid, also if keys of the dict are names of parameters."""
    parameters = checked({"weights": options}, estimator)
    assert [parameters.params(point) for point in parameters.space.points()] == [*ParameterGrid({"weights": options})]


@pytest.mark.parametrize("write", [tuple, np.array, pd.Series], ids=["tuple", "array", "Series"])
def test_a_list_may_be_a_tuple_an_array_or_a_series(write: Any) -> None:
    """Dicts in it are values, too."""
    options = [{"no": 1, "lr": 2}, {"no": 3, "lr": 4}]
    parameters = checked({"weights": write(options)}, ListsWhatWasGiven(lr=1))
    assert [parameters.params(point)["weights"] for point in parameters.space.points()] == options


@given(st.sampled_from([ListsAll(), ListsWhatWasSet(), ListsWhatWasGiven()]))
def test_a_dict_that_sets_nothing_is_a_value_in_a_choice_too(estimator: Any) -> None:
    """An option of hp.choice is a branch only if it sets a parameter."""
    options = [None, {"no": 1, "yes": 5}]
    parameters = checked({"weights": hp.choice("w", options)}, estimator)
    assert [parameters.params(point)["weights"] for point in parameters.space.points()] == options


@pytest.mark.parametrize("estimator", [ListsAll(), ListsWhatWasSet(), ListsWhatWasGiven(lr=1)])
def test_a_choice_under_a_free_key_sets_its_parameters(estimator: Any) -> None:
    """It does also if the estimator would take any key."""
    parameters = checked({"any": hp.choice("a", [{"lr": 1}, {"lr": 2, "units": [{"no": 1}]}])}, estimator)
    points = [parameters.params(point) for point in parameters.space.points()]
    assert points == [{"lr": 1}, {"lr": 2, "units": {"no": 1}}]


def test_an_option_that_is_no_dict_sets_the_key() -> None:
    """One option may leave a step out, and another may set it with its parameters."""
    space = {"reduce": hp.choice("r", [{"reduce": PCA(), "reduce__n_components": [1, 2]}, "passthrough"])}
    sets = {frozenset(params) for params in draws(checked(space, PIPELINE))}
    assert sets == {frozenset(["reduce", "reduce__n_components"]), frozenset(["reduce"])}


def test_branches_nest() -> None:
    """A branch inside a branch sets parameters of the same estimator."""
    kernels = [{"kernel": "poly", "degree": hp.randint("d", 2, 5)}, {"kernel": "rbf"}]
    space = {"family": hp.choice("f", [{"C": 1, "kernel": hp.choice("k", kernels)}, {"kernel": "linear"}])}
    sets = {frozenset(params) for params in draws(checked(space, SVC()))}
    assert sets == {frozenset(["C", "kernel", "degree"]), frozenset(["C", "kernel"]), frozenset(["kernel"])}


def test_whole_numbers_are_ints() -> None:
    """A quantised value with whole bounds and a whole step is an int, as the depth of a tree must be."""
    (params,) = draws(checked({"max_depth": hp.quniform("d", 1, 9, 2)}, RandomForestClassifier()), 1)
    assert type(params["max_depth"]) is int


def test_a_pickled_space_sets_the_same_parameters() -> None:
    """Workers receive the space and turn points into parameters."""
    parameters = checked({"model": [LINEAR, FOREST]}, PIPELINE)
    copy = pickle.loads(pickle.dumps(parameters))
    assert [sorted(params) for params in draws(copy)] == [sorted(params) for params in draws(parameters)]


# ---------------------------------------------------------------------- names
@pytest.mark.parametrize(
    ("space", "estimator", "message"),
    [
        ({"gama": [1]}, SVC(), r"Invalid parameter 'gama' for estimator SVC\(\)\. Did you mean 'gamma'\? Valid param"),
        ({"svc__gama": [1]}, make_pipeline(SVC()), r"'svc__gama' for estimator SVC\(\)\. Did you mean 'svc__gamma'\?"),
        ({"C": [1]}, make_pipeline(SVC()), r"'C' for estimator Pipeline.*Did you mean 'svc__C'\?"),
        ({"scv__C": [1]}, make_pipeline(SVC()), r"'scv__C' for.*Did you mean 'svc__C'\?"),
        ({"model__c": [1]}, PIPELINE, r"Did you mean 'model__C'\?"),
        ({"svc__C": [1]}, SVC(), r"Did you mean 'C'\?"),
        ({"class_wieght": [{0: 1}]}, SVC(), r"Did you mean 'class_weight'\?"),
        ({"class_wieght": [{"no": 1, "yes": 5}]}, SVC(), r"Did you mean 'class_weight'\?"),
        ([{"C": [1]}, {"gama": [1]}], SVC(), "'gama'.*'gamma'"),
        ({"C": [1], "b": hp.choice("b", [{"tol": 1}, {"gama": 2}])}, SVC(), "'gama'.*'gamma'"),
        (hp.choice("a", [hp.choice("b", [{"C": 1}, {"gama": 2}]), {"C": 2}]), SVC(), "'gama'.*'gamma'"),
        ({"model": [FOREST, {"model": SVC(), "model__max_depth": 3}]}, PIPELINE, r"'model__max_depth' .* SVC\(\)"),
        ({"model": [LogisticRegression(), SVC()], "model__l1_ratio": [0.5]}, PIPELINE, "put both into one option"),
        ({"reduce": [PCA(), "passthrough"], "reduce__n_components": [1]}, PIPELINE, "'reduce' may be 'passthrough'"),
        ({"reduce__n_components": [1]}, PIPELINE, "Invalid parameter 'reduce__n_components'"),
        ({"zzz": [1]}, SVC(), r"Invalid parameter 'zzz' for estimator SVC\(\)\. Valid parameters are"),
    ],
)
def test_an_unknown_name_is_refused_in_any_branch(space: Any, estimator: Any, message: str) -> None:
    """The message has the name, the estimator that lacks it, and the nearest right name."""
    with pytest.raises(ValueError, match=message):
        checked(space, estimator)


@pytest.mark.parametrize(
    ("space", "estimator"),
    [
        ({"model": [LogisticRegression(), RandomForestClassifier()], "model__random_state": [0, 1]}, PIPELINE),
        ({"model": [make_pipeline(SVC())], "model__svc__C": [1, 2]}, PIPELINE),
        ({"steps": [[("a", StandardScaler()), ("b", SVC())]], "b__C": [1, 2]}, PIPELINE),
        ({"a": [SVC(), "drop"], "b__C": [1]}, VotingClassifier([("a", SVC()), ("b", SVC())])),
        ({"a": hp.choice("m", [{"model": SVC()}, {"model": LogisticRegression()}]), "model__C": [1, 2]}, PIPELINE),
    ],
)
def test_a_name_that_fits_every_replacement_is_taken(space: Any, estimator: Any) -> None:
    """The estimators among the options decide which parameters there are."""
    checked(space, estimator)


def test_a_replacement_of_one_option_only_leaves_the_default_in_the_others() -> None:
    """The parameter must then be one of the default too."""
    space = {"a": hp.choice("m", [{"model": RandomForestClassifier()}, {"scale__with_mean": False}]), "model__C": [1]}
    with pytest.raises(ValueError, match=r"'model__C' for estimator RandomForestClassifier\(\)"):
        checked(space, PIPELINE)
    fits_neither = {**space, "model__C": [1], "a": hp.choice("m", [{"model": Ridge()}, {"scale__with_mean": False}])}
    with pytest.raises(ValueError, match=r"'model__C' for estimator Ridge\(\)"):
        checked(fits_neither, PIPELINE)


class Permissive(BaseEstimator):
    """Its `set_params` takes any parameter, listed or not, as in gradient boosting libraries."""

    def __init__(self, depth: int = 3) -> None:
        self.depth = depth

    def set_params(self, **params: Any) -> Permissive:
        """Set any attribute."""
        vars(self).update(params)
        return self


def test_an_estimator_that_takes_more_than_it_lists_is_asked_itself() -> None:
    """`set_params` of a clone decides; the estimator itself is not changed."""
    estimator = Permissive()
    checked({"min_data_in_leaf": [1, 2]}, estimator)
    assert vars(estimator) == {"depth": 3}


class Particular(BaseEstimator):
    """Takes parameters below `module`, and refuses some values of them."""

    def __init__(self, module: Any = None) -> None:
        self.module = module

    def set_params(self, **params: Any) -> Particular:
        """Refuse other names, and values that are not positive."""
        for name, value in params.items():
            if not name.startswith("module__"):
                raise KeyError(name)
            if value is None or value <= 0:
                raise RuntimeError(f"{name} needs a positive value, got {value}")
        return self


@pytest.mark.parametrize("values", [[1, 2], [None, 1], [-1, 0, 1], hp.uniform("u", 1, 2), hp.choice("c", [None, 3])])
def test_a_name_is_tried_with_the_values_of_the_space(values: Any) -> None:
    """A value that is refused is a candidate that will fail; it says nothing about the name."""
    checked({"module__units": values}, Particular())


def test_an_error_about_all_values_is_shown_as_it_is() -> None:
    """It is not about the name, though it contains it."""
    with pytest.raises(RuntimeError, match=r"^module__units needs a positive value, got None$"):
        checked({"module__units": [None, -1]}, Particular())
    with pytest.raises(ValueError, match=r"Invalid parameter 'unit' for estimator Particular\(\)"):
        checked({"unit": [1]}, Particular())


class Uncloneable(BaseEstimator):
    """Changes its parameter, so that scikit-learn refuses to clone it."""

    def __init__(self, columns: Any = ()) -> None:
        self.columns = list(columns)


def test_an_error_of_clone_is_shown_as_it_is() -> None:
    """GridSearchCV shows the same error."""
    with pytest.raises(RuntimeError, match="Cannot clone object"):
        checked({"depth": [1, 2]}, Uncloneable(("a",)))


@pytest.mark.parametrize(
    "space",
    [
        {"model": hp.choice("m", [{"model": LogisticRegression(), "model__C": 1}]), "model__C": [1, 2]},
        {"a": hp.choice("a", [{"model__C": 1}]), "b": hp.choice("b", [{"model__C": 2}])},
        {"model__C": [1], "a": hp.choice("a", [{"b": hp.choice("b", [{"model__C": 2}])}])},
    ],
)
def test_a_parameter_that_two_entries_set_is_refused(space: Any) -> None:
    """It is refused before any point is drawn."""
    with pytest.raises(BadSearchSpace, match=r"'model__C' is set twice, under '.*' and under '.*'; keep one of them"):
        checked(space, PIPELINE)


def test_deep_and_wide_branches_are_checked() -> None:
    """There are fifty levels, and a wrong name in the last; and a hundred branches."""
    branch: dict[str, Any] = {"gama": 1}
    for level in range(50):
        branch = {f"level {level}": hp.choice(f"c{level}", [{}, branch])}
    with pytest.raises(ValueError, match="'gama'"):
        checked(branch, SVC())
    wide = [{"C": [i], "gamma": [i]} for i in range(100)]
    checked({"any": wide}, SVC())
