"""What users of other searches write first: arguments, ranges and metrics by other names, and keys that are none."""

from __future__ import annotations

import copy
import inspect
import pickle
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer_names, mean_squared_error
from sklearn.model_selection import KFold, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from hpsklearn_search import (
    Callback,
    EarlyStopping,
    HyperoptSearchCV,
    MLflowCallback,
    Optimizer,
    Racing,
    SparkTrials,
    Trials,
    fmin,
    generate_trials_to_calculate,
    hp,
    one_standard_error,
    parameter_importances,
    plots,
    space_eval,
    spaces,
)
from hpsklearn_search.exceptions import BadSearchSpace
from hpsklearn_search.hyperopt.early_stop import no_progress_loss
from hpsklearn_search.search._other_searches import ATTRIBUTES, KEYWORDS

X, y = load_iris(return_X_y=True)
C = {"C": hp.logrange("C", 0.1, 10)}


def error_of(function: Any, *args: Any, **kwargs: Any) -> str:
    """Type and message of the error of a call."""
    with pytest.raises(Exception) as caught:
        function(*args, **kwargs)
    return f"{type(caught.value).__name__}: {caught.value}"


def search_error(space: Any, **options: Any) -> str:
    """Type and message of the error of a fit."""
    return error_of(HyperoptSearchCV(SVC(), space, **{"cv": 2, **options}).fit, X, y)


# ---------------------------------------------------------------------- arguments
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"param_grid": {"C": [1, 10]}}, "Write space={'C': [1, 10]}"),
        ({"param_distributions": {"C": [1, 10]}, "n_iter": 20}, "Write space={'C': [1, 10]}, max_evals=20"),
        ({"search_spaces": {"C": [1]}}, "Write space={'C': [1]}"),
        ({"space": C, "n_trials": 20}, "Write max_evals=20"),
        ({"space": C, "max_eval": 20}, "Did you mean max_evals=20?"),
        ({"space": C, "loss_threshold": -0.98}, "Write score_threshold=0.98"),
        ({"space": C, "seed": 1, "folds": 3}, "Write random_state=1, cv=3"),
        ({"space": C, "callback": Callback()}, "Write callbacks=[Callback(...)]"),
        ({"space": C, "colour": "red"}, "Its arguments are estimator, space, max_evals, "),
    ],
)
def test_an_argument_of_another_search_is_answered_with_ours(arguments: dict[str, Any], line: str) -> None:
    """The error shows what to write, with the value that was given."""
    message = error_of(HyperoptSearchCV, SVC(), **arguments)
    assert message.startswith("TypeError: HyperoptSearchCV() got ")
    assert line in message


@pytest.mark.parametrize(
    ("estimator", "params", "message"),
    [
        (HyperoptSearchCV(SVC(), C), {"n_iter": 3, "cv": 2}, "estimator HyperoptSearchCV. Write max_evals=3"),
        (HyperoptSearchCV(SVC(), C), {"max_eval": 3}, "Did you mean max_evals=3?"),
        (EarlyStopping(SVC()), {"patience": 3}, "estimator EarlyStopping. Write n_iter_no_change=3"),
    ],
)
def test_set_params_answers_as_the_constructor_does(estimator: Any, params: dict[str, Any], message: str) -> None:
    """With scikit-learn's type of error, and before anything is set."""
    before = estimator.get_params()
    answer = error_of(estimator.set_params, **params)
    assert answer.startswith("ValueError: Invalid parameter '")
    assert message in answer
    assert estimator.get_params() == before


def test_set_params_reaches_the_estimator() -> None:
    """Under its name, as in scikit-learn; what the estimator does not have is its own error."""
    search = HyperoptSearchCV(SVC(), C).set_params(estimator__C=5, max_evals=3)
    assert (search.estimator.C, search.max_evals) == (5, 3)
    assert "'n_iter' for estimator SVC(" in error_of(search.set_params, estimator__n_iter=3)


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_every_listed_keyword_is_answered(keyword: str) -> None:
    """None of them is an argument of ours, and each answer names one, or says what else to do."""
    ours = inspect.signature(HyperoptSearchCV).parameters
    assert keyword not in ours
    answer = error_of(HyperoptSearchCV, SVC(), C, **{keyword: 1}).partition(". ")[2]
    assert any(f"{name}=" in answer for name in ours) or answer.startswith(("Leave it out", "Pass "))


@pytest.mark.parametrize(
    ("function", "keyword", "line"),
    [
        (fmin, "n_trials", "fmin() got an unexpected keyword argument 'n_trials'. Write max_evals=3"),
        (fmin, "random_state", "Write rstate=3"),
        (fmin, "n_jobs", "Write trials=SparkTrials()"),
        (Optimizer, "rstate", "Write random_state=3"),
        (Racing, "alpha", "Write z=3"),
        (EarlyStopping, "early_stopping_rounds", "Write n_iter_no_change=3"),
        (MLflowCallback, "experiment_name", "Write experiment=3"),
        (SparkTrials, "n_jobs", "Write parallelism=3"),
        (Trials, "seed", "Its arguments are exp_key, refresh"),
        (hp.uniform, "lo", "uniform() got an unexpected keyword argument 'lo'. Write low=3"),
        (hp.quniform, "step", "Write q=3"),
        (hp.logrange, "base", "Leave it out"),
        (hp.choice, "values", "Write options=3"),
        (plots.SearchHistoryDisplay.from_search, "axis", "Write ax=3"),
        (plots.ContourDisplay.from_search, "scoring", "Write metric=3"),
        (hp.choice, "std", "Its arguments are label, options"),
    ],
)
def test_other_classes_and_functions_answer_as_well(function: Any, keyword: str, line: str) -> None:
    """A wrong keyword is answered before a missing argument is."""
    assert line in error_of(function, **{keyword: 3})


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: HyperoptSearchCV(SVC(), C, 20), "HyperoptSearchCV() takes only estimator, space by position."),
        (lambda: HyperoptSearchCV(SVC(), C, 20), "Write the others by name, such as max_evals=20"),
        (lambda: EarlyStopping(SVC(), 0.2), "validation_fraction=0.2"),
        (lambda: plots.SearchHistoryDisplay.from_search(None, "accuracy"), "metric='accuracy'"),
        (
            lambda: plots.SearchHistoryDisplay.from_searches(HyperoptSearchCV(SVC(), C), HyperoptSearchCV(SVC(), C)),
            "Write several as one list: searches=[...]",
        ),
    ],
)
def test_an_argument_without_its_name_is_answered_with_it(call: Any, line: str) -> None:
    """Those that are taken by name only come in the order of the signature."""
    assert line in error_of(call)


@pytest.mark.parametrize("keyword", ["patience", "n_iter_no_change"])
def test_the_rule_of_no_progress_answers_a_wrong_keyword(keyword: str) -> None:
    """Keras and scikit-learn call it so."""
    assert "Write iteration_stop_count=10" in error_of(no_progress_loss, **{keyword: 10})


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Real", "write hp.uniform(low, high)"),
        ("Integer", "write hp.uniformint(low, high)"),
        ("suggest_float", "write hp.uniform(low, high)"),
        ("categorical", "write hp.choice(options)"),
        ("log_uniform", "write hp.logrange(low, high)"),
        ("lograndint", "write hp.loguniformint(low, high)"),
        ("unifrom", "did you mean hp.uniform?"),
    ],
)
def test_a_distribution_by_another_name_is_answered_with_ours(name: str, line: str) -> None:
    """As an AttributeError, which `hasattr` understands."""
    assert line in error_of(getattr, hp, name)
    assert not hasattr(hp, name)


@pytest.mark.parametrize(
    ("owner", "name", "line"),
    [
        (HyperoptSearchCV(SVC(), C), "best_params_", "the search is not fitted yet; call fit(X, y) first"),
        (HyperoptSearchCV(SVC(), C), "best_params", "write best_params_"),
        (HyperoptSearchCV(SVC(), C), "study_", "write trials_"),
        (HyperoptSearchCV(SVC(), C), "grid_scores_", "write cv_results_, or results_frame()"),
        (Trials(), "best_params", "write argmin"),
        (Trials(), "trials_dataframe", "write to_frame()"),
        (Optimizer(C), "suggest", "write ask()"),
        (Optimizer(C), "best_params", "write best.configuration"),
    ],
)
def test_an_attribute_by_another_name_is_answered_with_ours(owner: Any, name: str, line: str) -> None:
    """As an AttributeError, which `hasattr` understands."""
    assert error_of(getattr, owner, name).endswith(f"has no attribute {name!r}; {line}")
    assert not hasattr(owner, name)


def test_every_attribute_of_another_search_is_answered_with_one_that_is_there() -> None:
    """None of them is ours."""
    search = HyperoptSearchCV(SVC(), C, cv=2, max_evals=9, random_state=0).fit(X, y)
    for name, line in ATTRIBUTES.items():
        assert not hasattr(search, name)
        assert hasattr(search, line.split(",")[0].split(".")[0])


def test_a_search_without_a_refit_says_how_to_get_its_model() -> None:
    """One call fits the best candidate."""
    search = HyperoptSearchCV(SVC(), {"C": [1.0]}, cv=2, max_evals=1, refit=False).fit(X, y)
    assert "call refit_best(X, y)" in error_of(getattr, search, "best_estimator_")


def test_an_error_inside_a_property_is_its_own() -> None:
    """An attribute that exists is not answered as one that is missing."""

    class Broken(Trials):
        @property
        def size(self) -> int:
            raise AttributeError("no size today")

    assert error_of(getattr, Broken(), "size") == "AttributeError: no size today"


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: hp.choice(["rbf", "poly"], "kernel"), "write hp.choice('kernel', ['rbf', 'poly'])"),
        (lambda: hp.pchoice("k", [0.5, 0.5], ["a", "b"]), "write hp.pchoice('k', [(0.5, 'a'), (0.5, 'b')])"),
        (lambda: hp.pchoice(["a", "b"], [0.5, 0.5]), "write hp.pchoice([(0.5, 'a'), (0.5, 'b')])"),
    ],
)
def test_options_in_another_order_are_answered_with_a_line_that_works(call: Any, line: str) -> None:
    """The line is one that `hp` takes."""
    assert error_of(call).endswith(line)
    assert repr(eval(line.removeprefix("write "), {"hp": hp})) == line.removeprefix("write ")


def test_signature_clone_copy_and_pickle_are_untouched() -> None:
    """scikit-learn and editors read the signature of the constructor."""
    assert list(inspect.signature(HyperoptSearchCV).parameters)[:3] == ["estimator", "space", "max_evals"]
    assert "low" in inspect.signature(hp.uniform).parameters
    search = HyperoptSearchCV(SVC(), C, max_evals=3)
    for twin in (clone(search), copy.copy(search), pickle.loads(pickle.dumps(search))):
        assert twin.get_params()["max_evals"] == 3


def test_a_subclass_with_keywords_of_its_own_takes_them() -> None:
    """Its own constructor is asked."""

    class Named(HyperoptSearchCV):
        def __init__(self, estimator: Any, space: Any, *, title: str = "", **options: Any) -> None:
            super().__init__(estimator, space, **options)
            self.title = title

    assert Named(SVC(), C, title="first", cv=3).title == "first"


# ---------------------------------------------------------------------- the number of candidates
@pytest.mark.parametrize(("n_points", "n_candidates"), [(6, 6), (50, 50), (60, 50)])
def test_without_max_evals_a_small_grid_is_searched_as_a_whole(n_points: int, n_candidates: int) -> None:
    """It is 50, or the size of a smaller space, and nothing is warned about."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        search = HyperoptSearchCV(SVC(), {"C": [1.0 + i for i in range(n_points)]}, cv=2).fit(X, y)
    assert search.n_trials_ == n_candidates


@pytest.mark.parametrize(("verbose", "n_said"), [(0, 0), (1, 1)])
def test_a_grid_that_is_cut_says_so_once(capsys: Any, verbose: int, n_said: int) -> None:
    """With verbose=1, in one line on stderr."""
    HyperoptSearchCV(SVC(), {"C": list(range(1, 121))}, cv=2, max_evals=3, verbose=verbose).fit(X, y)
    assert capsys.readouterr().err.count("3 of 120 points") == n_said


def test_an_explicit_max_evals_above_the_size_warns_as_in_randomized_search() -> None:
    """Who asks for more than there is learns of it."""
    with pytest.warns(UserWarning, match="total space of parameters 2 is smaller than max_evals=9"):
        HyperoptSearchCV(SVC(), {"C": [1, 2]}, cv=2, max_evals=9).fit(X, y)


# ---------------------------------------------------------------------- ranges
class FloatDistribution:
    """Has the attributes of optuna's."""

    def __init__(self, low: float, high: float, log: bool = False, step: float | None = None) -> None:
        self.low, self.high, self.log, self.step = low, high, log, step


class IntDistribution(FloatDistribution):
    """Has the attributes of optuna's."""


class CategoricalDistribution:
    """Has the attributes of optuna's."""

    def __init__(self, choices: tuple[Any, ...]) -> None:
        self.choices = choices


class Real:
    """Has the attributes of skopt's, and its rvs, which gives lists."""

    def __init__(self, low: float, high: float, prior: str = "uniform") -> None:
        self.low, self.high, self.prior = low, high, prior

    def rvs(self, random_state: Any = None) -> list[float]:
        """A list of one number."""
        return [self.low]


class Integer(Real):
    """Has the attributes of skopt's."""


for of_optuna in (FloatDistribution, IntDistribution, CategoricalDistribution):
    of_optuna.__module__ = "optuna.distributions"
for of_skopt in (Real, Integer):
    of_skopt.__module__ = "skopt.space.space"


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ((1e-3, 1e3, "log-uniform"), "hp.logrange(0.001, 1000)"),
        ((1e-3, 1e3, "uniform"), "hp.uniform(0.001, 1000)"),
        ((1, 100, "log-uniform"), "hp.loguniformint(1, 100)"),
        (FloatDistribution(0.1, 10, log=True), "hp.logrange(0.1, 10)"),
        (FloatDistribution(0.1, 10), "hp.uniform(0.1, 10)"),
        (FloatDistribution(0, 1, step=0.1), "hp.quniform(0, 1, 0.1)"),
        (IntDistribution(1, 9, step=1), "hp.uniformint(1, 9)"),
        (CategoricalDistribution((1, 2)), "hp.choice([1, 2])"),
        (Real(0.1, 10, prior="log-uniform"), "hp.logrange(0.1, 10)"),
        (Integer(1, 10), "hp.uniformint(1, 10)"),
    ],
)
def test_a_range_of_another_library_is_refused_with_its_line(value: Any, line: str) -> None:
    """The line stands in the message, and works."""
    message = search_error({"C": value})
    assert message.startswith("BadSearchSpace: space: 'C' is a range in the manner of ")
    assert f"write {{'C': {line}}}" in message
    assert eval(line, {"hp": hp}).label is None


def test_all_ranges_of_another_library_are_answered_at_once() -> None:
    """In every branch, so that one correction is enough."""
    model = [{"kernel": "rbf", "gamma": (1e-3, 1.0, "uniform")}, {"kernel": "poly"}]
    message = search_error({"C": Real(1, 2.5), "model": hp.choice("model", model)})
    assert "{'C': hp.uniform(1, 2.5), 'gamma': hp.uniform(0.001, 1)}" in message


@pytest.mark.parametrize(("pair", "line"), [((0.1, 10.0), "hp.logrange(0.1, 10)"), ((1, 10), "hp.uniformint(1, 10)")])
def test_a_tuple_of_two_numbers_warns_with_both_readings(pair: Any, line: str) -> None:
    """It stays two options, as in GridSearchCV."""
    with pytest.warns(UserWarning, match="which means the two options") as caught:
        search = HyperoptSearchCV(SVC(), {"C": pair}, cv=2).fit(X, y)
    assert [set(params.values()) for params in search.cv_results_["params"]] == [{pair[0]}, {pair[1]}]
    assert repr(list(pair)) in str(caught[0].message)
    assert line in str(caught[0].message)
    assert caught[0].filename == __file__


def test_a_tuple_with_a_number_that_no_range_can_have_is_two_options() -> None:
    """There is no other reading, so there is no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert HyperoptSearchCV(SVC(), {"C": (1, 10**400)}, max_evals=1).describe_space()


@given(st.lists(st.floats(0.5, 2), min_size=1, max_size=4, unique=True))
def test_a_list_of_numbers_is_never_taken_for_a_range(values: list[float]) -> None:
    """Only a tuple of two is in doubt."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert HyperoptSearchCV(SVC(), {"C": values, "gamma": tuple(values) * 3}, max_evals=1).describe_space()


# ---------------------------------------------------------------------- keys that are no parameters
MODELS = [{"model": SVC(), "model__C": hp.uniform("c", 1, 2)}, {"model": LogisticRegression(max_iter=1000)}]
PIPELINE = Pipeline([("model", SVC())])


@pytest.mark.parametrize("key", ["typo", "kernl"])
def test_a_dict_under_a_key_that_is_no_parameter_is_refused(key: str) -> None:
    """It is no choice, so the key can only be a slip."""
    message = search_error({key: {"C": hp.uniform("C", 1, 2)}})
    assert message.startswith(f"ValueError: Invalid parameter {key!r} for estimator SVC()")


@pytest.mark.parametrize("options", [hp.choice("m", MODELS), MODELS])
def test_a_choice_of_branches_may_have_any_name(options: Any) -> None:
    """Without a warning, where the name is far from all parameters."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        HyperoptSearchCV(PIPELINE, {"family": options}, cv=2, max_evals=2).fit(X, y)


def test_a_choice_whose_name_is_nearly_a_parameter_warns() -> None:
    """It runs, because it has a meaning."""
    with pytest.warns(UserWarning, match="'modle' is taken for the name of a choice, .* parameter 'model'") as caught:
        HyperoptSearchCV(PIPELINE, {"modle": hp.choice("m", MODELS)}, cv=2, max_evals=2).fit(X, y)
    assert [w.filename for w in caught if "modle" in str(w.message)] == [__file__]


# ---------------------------------------------------------------------- metrics
@pytest.mark.parametrize(
    ("name", "scorer"),
    [
        ("mse", "neg_mean_squared_error"),
        ("MAE", "neg_mean_absolute_error"),
        ("rmse", "neg_root_mean_squared_error"),
        ("auc", "roc_auc"),
        ("logloss", "neg_log_loss"),
        ("mean_squared_error", "neg_mean_squared_error"),
        ("r2_score", "r2"),
        ("acc", "accuracy"),
        ("accurracy", "accuracy"),
        ("f1_makro", "f1_macro"),
        ("neg_mse", "neg_mean_squared_error"),
    ],
)
def test_an_unknown_metric_is_answered_by_meaning_and_by_spelling(name: str, scorer: str) -> None:
    """Alone, in a list and in a dict."""
    assert search_error(C, scoring=name).endswith(f"unknown. Did you mean scoring={scorer!r}?")
    for several in ([name, "accuracy"], {"mine": name}):
        assert search_error(C, scoring=several, refit=False).endswith(f"{name!r} is unknown. Did you mean {scorer!r}?")


def test_a_metric_without_a_scorer_is_answered_with_make_scorer() -> None:
    """scikit-learn has the function only."""
    assert "Write scoring=make_scorer(cohen_kappa_score)" in search_error(C, scoring="kappa")


def test_a_name_like_nothing_is_answered_with_where_the_names_are() -> None:
    """Not with a set of sixty in random order."""
    assert search_error(C, scoring="xyzzy").endswith("sklearn.metrics.get_scorer_names() lists the names")


@pytest.mark.parametrize("name", get_scorer_names())
def test_every_known_scorer_is_taken(name: str) -> None:
    """The answer is for unknown names only."""
    HyperoptSearchCV(SVC(), C, scoring=name)._validate_params()


@pytest.mark.filterwarnings("ignore:Scoring failed", "ignore:One or more of the test scores")
@pytest.mark.parametrize(("name", "better"), [("roc_auc", "roc_auc_ovr"), ("f1", "f1_macro")])
def test_a_metric_of_two_classes_on_three_is_answered(name: str, better: str) -> None:
    """By an error after five candidates; a search of fewer warns."""
    assert f"try scoring={better!r}" in search_error(C, scoring=name, max_evals=9)
    with pytest.warns(UserWarning, match=f"try scoring='{better}'"):
        HyperoptSearchCV(SVC(), {"C": [1, 2]}, scoring=name, refit=False, cv=2).fit(X, y)


@pytest.mark.filterwarnings("ignore:Scoring failed", "ignore:One or more of the test scores")
def test_a_metric_function_is_answered_with_its_scorer() -> None:
    """It has another signature than a scorer."""
    assert "write scoring='neg_mean_squared_error'" in search_error(C, scoring=mean_squared_error)


# ---------------------------------------------------------------------- points, callbacks, pictures, objectives
def test_the_winner_of_an_earlier_search_can_be_evaluated_first() -> None:
    """By parameter, with values; a number in a list is a value and no index."""
    space = {"C": [1, 2, 3], "kernel": hp.choice("k", ["rbf", "poly"])}
    points = [{"C": 1, "kernel": "poly"}, {"C": 2}]
    search = HyperoptSearchCV(SVC(), space, cv=2, max_evals=3, algo="random", points_to_evaluate=points).fit(X, y)
    assert search.cv_results_["params"][0] == points[0]
    assert search.cv_results_["params"][1]["C"] == 2
    again = HyperoptSearchCV(SVC(), space, cv=2, max_evals=1, points_to_evaluate=[search.best_params_]).fit(X, y)
    assert again.best_params_ == search.best_params_


def test_a_function_as_callback_is_answered_with_the_method_to_write() -> None:
    """A callback of optuna is a function of study and trial."""
    message = search_error(C, callbacks=[lambda study, trial: None])
    assert "class MyCallback(Callback): def on_trial_end(self, trials, trial): ..." in message


@pytest.mark.parametrize("name", [name for name in plots.__all__ if name.endswith("Display")])
def test_a_display_made_of_a_search_is_answered_with_from_search(name: str) -> None:
    """Its constructor takes the computed data."""
    assert f"write {name}.from_search(search)" in error_of(getattr(plots, name), HyperoptSearchCV(SVC(), C))


@pytest.mark.skipif(
    "X_val" not in inspect.signature(HistGradientBoostingClassifier.fit).parameters,
    reason="needs scikit-learn 1.7: fit(X_val=...)",
)
def test_a_search_over_what_early_stopping_finds_warns() -> None:
    """The number of iterations is found in each fit."""
    space = {"estimator__max_iter": hp.uniformint("n", 10, 20)}
    with pytest.warns(UserWarning, match="'estimator__max_iter' is only its maximum"):
        HyperoptSearchCV(EarlyStopping(HistGradientBoostingClassifier()), space, cv=2, max_evals=1).fit(X, y)


BOX = {"x": hp.uniform("x", 0, 1), "z": hp.uniform("z", 0, 1)}


@pytest.mark.parametrize("objective", [lambda x, z: x, lambda: 1.0, lambda *, x: x])
def test_an_objective_that_takes_no_single_argument_is_refused(objective: Any) -> None:
    """Before the first trial, with the way to read the values."""
    message = error_of(fmin, objective, BOX, max_evals=2, show_progressbar=False)
    assert "called with one argument, the configuration" in message
    assert "config['x'], config['z']" in message


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"score": 1.0, "status": "ok"}, "a dict without the key 'loss', with the keys ['score', 'status']"),
        ({"loss": 1.0}, "a dict without the key 'status', with the keys ['loss']"),
        ((1.0, 2), "got (1.0, 2) of type tuple"),
    ],
)
def test_what_an_objective_must_return_is_said(result: Any, words: str) -> None:
    """With what it did return."""
    assert words in error_of(fmin, lambda config: result, BOX, max_evals=2, show_progressbar=False)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"early_stop_fn": "no_progress"}, "Write early_stop_fn=no_progress_loss(30) (from hpsklearn_search.hyperopt."),
        ({"early_stop_fn": EarlyStopping(SVC())}, "write HyperoptSearchCV(EarlyStopping(...))"),
        ({"cv": KFold}, "cv=KFold is a class; write cv=KFold(...)"),
        ({"cv": train_test_split(X, y)}, "write cv=ShuffleSplit(1, test_size=0.25, random_state=0)"),
        ({"trials": "search.db"}, "write trials_save_file='search.db'"),
        (
            {"trials": HyperoptSearchCV(SVC(), C)},
            "is not fitted, so there is nothing to learn from; call its fit first",
        ),
        ({"objective_metric": "f1_macro"}, "write scoring='f1_macro'"),
        ({"refit": one_standard_error}, "write refit=one_standard_error('C')"),
        ({"refit": one_standard_error("C", metric="f1_macro")}, "write refit=one_standard_error('C')"),
        (
            {"refit": one_standard_error("C"), "scoring": ["accuracy", "f1_macro"]},
            "write refit=one_standard_error('C', metric='accuracy')",
        ),
        ({"max_queue_len": "4"}, "max_queue_len must be a whole number of at least 1, got '4'"),
        ({"max_queue_len": 0}, "max_queue_len must be at least 1, got 0"),
        ({"space": {"C": hp.logrange}}, "A range is a call of the function: {'C': hp.logrange(...)}"),
        ({"space": {"C": lambda trial: trial.suggest_float("C", 0.1, 10)}}, "{'C': hp.uniform(low, high)}"),
        ({"space": {"C": {"domain": hp.uniform(1, 2), "init_value": 1}}}, "write {'C': hp.uniform(1, 2)}"),
        ({"space": [hp.uniform("C", 1, 2)]}, "write {'name of the parameter': hp.uniform('C', 1, 2)}"),
        ({"callbacks": Callback()}, "Write callbacks=[...]"),
        ({"early_stop_fn": 10}, "Write early_stop_fn=no_progress_loss(10)"),
        ({"early_stop_fn": no_progress_loss}, "write early_stop_fn=no_progress_loss(30)"),
        ({"cv": 0.2}, "a splitter such as cv=ShuffleSplit(5, test_size=0.2)"),
        ({"constraints": {"C": 1}}, "Write a function of the parameters: constraints=lambda params: "),
        ({"constraints": lambda params: None}, "constraints must return True or False, got None"),
        ({"scoring": {"accuracy", "f1_macro"}}, "is a set, which has no order; write scoring=['accuracy', 'f1_macro']"),
        ({"scoring": 5}, "must be the name of a scorer, a function scoring(estimator, X, y), or a list"),
    ],
)
def test_a_wrong_type_is_answered_with_the_right_line(options: dict[str, Any], words: str) -> None:
    """Before the first fit."""

    class Refuses(SVC):
        def fit(self, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError("was fitted")

    search = HyperoptSearchCV(Refuses(), **{"space": C, "cv": 2, "error_score": "raise", **options})
    assert words in error_of(search.fit, X, y)


def test_a_constraint_that_raises_says_what_it_is_called_with() -> None:
    """One dict, and not one argument for each parameter."""
    with pytest.raises(TypeError) as caught:
        HyperoptSearchCV(SVC(), C, cv=2, constraints=lambda C: C < 5).fit(X, y)
    assert "constraints is called with one dict" in caught.value.__notes__[0]


def test_several_searches_in_one_picture_need_names() -> None:
    """A list has none."""
    searches = [HyperoptSearchCV(SVC(), C)]
    assert "from_searches({'first': search" in error_of(plots.SearchHistoryDisplay.from_searches, searches)


def test_bad_spaces_are_refused_before_the_first_fit() -> None:
    """No candidate is fitted on a range of another library."""

    class Refuses(SVC):
        def fit(self, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError("was fitted")

    with pytest.raises(BadSearchSpace):
        HyperoptSearchCV(Refuses(), {"C": Real(1, 2)}, cv=2, error_score="raise").fit(X, y)


# ---------------------------------------------------------------------- functions
@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: spaces.suggest(SVC(), "large"), "size='large'"),
        (lambda: spaces.suggest("SVC"), "needs an estimator such as SVC(), got 'SVC'"),
        (lambda: spaces.suggest(X, SVC()), "needs an estimator such as SVC(), got array("),
        (lambda: spaces.suggest([SVC(), LogisticRegression()]), "write spaces.choose([...])"),
        (lambda: spaces.choose(SVC(), LogisticRegression()), "write spaces.choose([SVC(), LogisticRegression()])"),
        (lambda: spaces.choose({"svc": SVC(), "lr": SVC()}), "write spaces.choose([SVC(), LogisticRegression()])"),
        (lambda: spaces.choose([SVC, LogisticRegression]), "got the class SVC; write SVC()"),
        (lambda: spaces.choose(["svc", "lr"]), "needs an estimator such as SVC(), got 'svc'"),
        (lambda: spaces.choose([SVC(), LogisticRegression()], X), "the name of a step, such as 'model', got array("),
        (lambda: space_eval({"x": 1}, BOX), "takes the space first and then the point"),
        (lambda: space_eval(BOX, 0.5), "takes the space first and then the point {label: value}"),
        (lambda: fmin(0.5, BOX, max_evals=2), "fn must be a function of the configuration, got 0.5"),
        (lambda: generate_trials_to_calculate({"x": 1}), "a list of points {label: value}, as in [{'x': 0.5}]"),
        (lambda: generate_trials_to_calculate([1]), "a list of points {label: value}, as in [{'x': 0.5}]"),
        (lambda: parameter_importances(BOX, Trials()), "takes Trials first, got dict"),
        (lambda: parameter_importances(HyperoptSearchCV(SVC(), C), BOX), "read search.importances_"),
        (lambda: one_standard_error(["C"]), "the name of one parameter, such as 'max_depth', got ['C']"),
        (lambda: MLflowCallback(tags=["a"]), "tags must be a dict"),
        (lambda: MLflowCallback(tracking_uri=5000), "such as 'http://localhost:5000', got 5000"),
        (lambda: plots.SearchHistoryDisplay.from_search(Trials()), "needs a fitted search"),
        (lambda: plots.SearchHistoryDisplay.from_search({"param_C": [1]}), "write from_cv_results(cv_results)"),
        (lambda: plots.ContourDisplay.from_search(None, ["C", "gamma"]), "write from_search(search, 'C', 'gamma')"),
    ],
)
def test_a_wrong_object_in_a_call_is_answered_with_the_right_call(call: Any, words: str) -> None:
    """At once, and with what was given."""
    message = error_of(call)
    assert message.startswith("TypeError: ")
    assert words in message
