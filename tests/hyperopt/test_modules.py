"""hyperopt's module tree: every name that scripts import, its keywords, and our room in hyperopt's place."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import os
import pickle
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hpsklearn_search
from hpsklearn_search import Trials, fmin, hp, hyperopt, rand
from hpsklearn_search.hyperopt import atpe, criteria, mongoexp, progress, pyll_utils, utils
from hpsklearn_search.hyperopt.graph_viz import dot_hyperparameters
from hpsklearn_search.hyperopt.spark import FMIN_CANCELLED_REASON_TIMEOUT
from hpsklearn_search.hyperopt.std_out_err_redirect_tqdm import std_out_err_redirect_tqdm
from tests.hyperopt.signatures import SIGNATURES

ROOT = Path(__file__).parents[2]

# What public scripts import, by module.
NAMES = {
    "": "fmin tpe rand anneal mix atpe hp pyll base exceptions early_stop utils spark pyll_utils Trials SparkTrials "
    "Domain Ctrl FMinIter partial space_eval fmin_pass_expr_memo_ctrl trials_from_docs __version__ "
    "generate_trials_to_calculate STATUS_NEW STATUS_RUNNING STATUS_SUSPENDED STATUS_OK STATUS_FAIL STATUS_STRINGS "
    "JOB_STATES JOB_STATE_NEW JOB_STATE_RUNNING JOB_STATE_DONE JOB_STATE_ERROR JOB_STATE_CANCEL",
    "fmin": "fmin space_eval generate_trials_to_calculate partial generate_trial FMinIter fmin_pass_expr_memo_ctrl",
    "base": "Trials Domain Ctrl trials_from_docs miscs_to_idxs_vals miscs_update_idxs_vals spec_from_misc SONify "
    "validate_timeout validate_loss_threshold STATUS_OK JOB_STATE_DONE JOB_VALID_STATES TRIAL_KEYS InvalidTrial",
    "mongoexp": "MongoTrials MongoJobs MongoWorker MongoCtrl main_worker",
    "plotting": "main_plot_history main_plot_histogram main_plot_vars main_plot_1D_attachment",
    "atpe": "suggest",
    "rand": "suggest logger",
    "tpe": "suggest logger _default_gamma _default_prior_weight _default_n_EI_candidates _default_n_startup_jobs",
    "anneal": "suggest",
    "mix": "suggest",
    "spark": "SparkTrials FMIN_CANCELLED_REASON_TIMEOUT FMIN_CANCELLED_REASON_USER "
    "FMIN_CANCELLED_REASON_EARLY_STOPPING",
    "utils": "coarse_utcnow fast_isin pmin_sampled working_dir temp_dir use_obj_for_literal_in_memo",
    "pyll_utils": "hp_uniform hp_choice hp_uniformint hp_pchoice hp_quniform hp_loguniform hp_qloguniform hp_normal "
    "hp_qnormal hp_lognormal hp_qlognormal hp_randint validate_label expr_to_config Cond EQ",
    "pyll": "Apply Literal as_apply clone dfs rec_eval scope toposort stochastic base",
    "pyll.base": "Apply Literal as_apply clone dfs rec_eval scope toposort MissingArgument GarbageCollected",
    "pyll.stochastic": "sample recursive_set_rng_kwarg",
    "hp": "uniform quniform loguniform qloguniform normal qnormal lognormal qlognormal randint uniformint "
    "choice pchoice",
    "early_stop": "no_progress_loss",
    "exceptions": "AllTrialsFailed BadSearchSpace DuplicateLabel InvalidTrial InvalidLoss InvalidResultStatus "
    "InvalidAnnotatedParameter",
    "progress": "tqdm_progress_callback no_progress_callback default_callback",
    "std_out_err_redirect_tqdm": "std_out_err_redirect_tqdm DummyTqdmFile",
    "graph_viz": "dot_hyperparameters",
    "graphviz": "dot_hyperparameters",
    "criteria": "EI_empirical EI_gaussian logEI_gaussian UCB",
    "algobase": "SuggestAlgo",
    "vectorize": "VectorizeHelper",
    "rdists": "loguniform_gen quniform_gen",
    "ipy": "IPythonTrials",
    "sklearn": "HyperoptSearchCV",
}


@pytest.mark.parametrize("module", NAMES)
def test_every_name_that_scripts_import_is_there(module: str) -> None:
    """From the module that hyperopt has it in."""
    found = importlib.import_module(f"hpsklearn_search.hyperopt.{module}".rstrip("."))
    assert not [name for name in NAMES[module].split() if not hasattr(found, name)]


def find(name: str) -> Any:
    """A function by its dotted name below hyperopt's package; a method by that of its class."""
    module, _, last = name.rpartition(".")
    if module in ("Trials", "Domain", "Ctrl", "FMinIter"):
        return getattr(getattr(hyperopt, module), last)
    return getattr(importlib.import_module(f"hpsklearn_search.hyperopt.{module}".rstrip(".")), last)


@pytest.mark.parametrize("name", SIGNATURES)
def test_every_keyword_of_hyperopt_is_taken(name: str) -> None:
    """By the same name; in the same place, too, where it is not by keyword only."""
    parameters = inspect.signature(find(name)).parameters
    wanted = SIGNATURES[name].split()
    assert not [word for word in wanted if word not in (*parameters, "kwargs", "args")]
    ours = [word for word, parameter in parameters.items() if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    ours = [word for word in ours if word != "self"]
    assert ours[: len(wanted)] == wanted[: len(ours)]


def test_the_recorded_signatures_are_those_of_hyperopt() -> None:
    """In the version that is installed."""
    pytest.importorskip("hyperopt", minversion="0.3")
    code = f"""
import importlib, inspect, sys
for name, words in {SIGNATURES!r}.items():
    module, _, last = name.rpartition(".")
    is_method = module in ("Trials", "Domain", "Ctrl", "FMinIter")
    owner = importlib.import_module("hyperopt" + ("." + module if module and not is_method else ""))
    function = getattr(getattr(owner, module) if is_method else owner, last)
    assert [word for word in inspect.signature(function).parameters if word != "self"] == words.split(), name
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


# ---------------------------------------------------------------------- the module fmin beside the function
def test_fmin_stays_the_function_when_the_module_is_imported() -> None:
    """Both names mean what they mean in hyperopt."""
    module = importlib.import_module("hpsklearn_search.hyperopt.fmin")
    assert hyperopt.fmin is module.fmin is fmin
    assert pickle.loads(pickle.dumps(fmin)) is fmin


def test_partial_keeps_the_mark_of_a_low_level_objective() -> None:
    """And is `functools.partial` otherwise."""
    marked = hyperopt.fmin_pass_expr_memo_ctrl(lambda expr, memo, ctrl, a: a)
    assert hyperopt.partial(marked, a=1).fmin_pass_expr_memo_ctrl
    assert not hasattr(hyperopt.partial(max, key=len), "fmin_pass_expr_memo_ctrl")


# ---------------------------------------------------------------------- in hyperopt's place
def run(code: str, *folders: Path) -> str:
    """What a script prints, with this tree's package and what `folders` have, in a process of its own."""
    path = os.pathsep.join([str(ROOT), *map(str, folders), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


IN_PLACE = "import sys, hpsklearn_search.hyperopt; sys.modules['hyperopt'] = hpsklearn_search.hyperopt\n"


def test_an_alias_gives_our_modules_and_no_second_copy_of_them() -> None:
    """Also where a library imports a module of a module; what neither has is an ImportError."""
    code = (
        IN_PLACE
        + """
import hyperopt.pyll.stochastic as stochastic, hyperopt.fmin, hyperopt.hp, hyperopt.sklearn
from hyperopt.fmin import fmin, space_eval
from hyperopt.pyll import Apply
print(stochastic.__name__, stochastic.__spec__.name, isinstance(hyperopt.hp.uniform("x", 0, 1), Apply))
print(hyperopt.fmin is fmin is hpsklearn_search.fmin, hyperopt.base.Trials is hpsklearn_search.Trials)
try:
    import hyperopt.nothing
except ModuleNotFoundError as error:
    print(error)
"""
    )
    name = "hpsklearn_search.hyperopt.pyll.stochastic"
    assert run(code).splitlines() == [f"{name} {name} True", "True True", "No module named 'hyperopt.nothing'"]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_library_that_imports_hyperopt_runs_on_our_room(tmp_path: Path) -> None:
    """hyperopt-sklearn, unchanged: its spaces of expressions, its estimator and its loop."""
    # Without its dependencies, because it asks for one old version of hyperopt.
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(tmp_path), "hyperopt-sklearn"]
    subprocess.run(install, check=True)
    code = (
        IN_PLACE
        + """
import numpy as np
from sklearn.datasets import load_iris
from hpsklearn import HyperoptEstimator, k_neighbors_classifier, random_forest_classifier, standard_scaler
from hyperopt import hp, tpe
X, y = load_iris(return_X_y=True)
model = hp.choice("model", [k_neighbors_classifier("knn"), random_forest_classifier("rf", n_estimators=5)])
search = HyperoptEstimator(classifier=model, preprocessing=[standard_scaler("scaler")], algo=tpe.suggest,
                           max_evals=5, trial_timeout=60, seed=0)
search.fit(X, y, random_state=np.random.default_rng(0))
print(type(search.trials).__module__.partition(".")[0], len(search.trials.trials), search.score(X, y) > 0.8)
"""
    )
    assert run(code, tmp_path).split() == ["hpsklearn_search", "5", "True"]


# ---------------------------------------------------------------------- what is not offered
@pytest.mark.parametrize("name", mongoexp.__all__)
def test_using_what_is_not_offered_says_what_to_use(name: str) -> None:
    """An import, and a question about the kind of an object, are no use."""
    thing = getattr(mongoexp, name)
    assert not isinstance(Trials(), thing)
    with pytest.raises(NotImplementedError, match=rf"hyperopt.mongoexp.{name} is not offered; .*SparkTrials"):
        thing("mongo://localhost:1234/db/jobs", exp_key="exp1")


def test_atpe_is_the_default_algorithm_with_one_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suggestions are those of a search without ``algo``."""
    monkeypatch.setattr(atpe, "_has_warned", False)
    found = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for algo in (atpe.suggest, None):
            trials = Trials()
            fmin(abs, hp.uniform("x", -1, 2), algo, 12, trials=trials, rstate=0, show_progressbar=False)
            found.append(trials.vals)
    assert found[0] == found[1]
    assert [str(w.message) for w in caught if "atpe.suggest is the library's default" in str(w.message)] == [
        str(caught[0].message)
    ]


# ---------------------------------------------------------------------- small modules
def test_a_utc_time_is_coarse_and_has_no_zone() -> None:
    """As documents have it."""
    now = utils.coarse_utcnow()
    assert now.tzinfo is None
    assert now.microsecond % 1000 == 0


def test_a_label_that_is_no_string_is_refused() -> None:
    """By the decorator that libraries put on functions of their own."""
    own = pyll_utils.validate_label(lambda label, low: (label, low))
    assert own("x", 1) == ("x", 1)
    with pytest.raises(TypeError, match="require string label"):
        own(3, 1)


def test_a_folder_is_changed_and_changed_back(tmp_path: Path) -> None:
    """Also after an error."""
    before = Path.cwd()
    with contextlib.suppress(ZeroDivisionError), utils.working_dir(str(tmp_path)):
        assert Path.cwd() == tmp_path
        _ = 1 / 0
    assert Path.cwd() == before


def test_the_logarithm_of_an_improvement_is_finite_far_away() -> None:
    """And is the logarithm where that can be computed; the asymptotic part joins without a step."""
    near = np.linspace(-6.0, 4.0, 21)
    assert np.allclose(criteria.logEI_gaussian(near, 1.0, 0.0), np.log(criteria.EI_gaussian(near, 1.0, 0.0)))
    at_the_joint = criteria.logEI_gaussian(np.array([-20.0 - 1e-9, -20.0 + 1e-9]), 1.0, 0.0)
    assert abs(np.diff(at_the_joint)) < 1e-5
    assert np.isfinite(criteria.logEI_gaussian(-1e5, 1.0, 0.0))


def test_prints_go_above_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    """By hyperopt's progress bar, which stands on stdout."""
    with progress.default_callback(initial=0, total=2) as bar:
        print("from the objective")
        bar.update(2)
    with std_out_err_redirect_tqdm() as stdout:
        assert stdout is not sys.stdout
    assert "from the objective" in capsys.readouterr().out


def test_fmin_takes_the_progress_callbacks_of_hyperopt() -> None:
    """Both of them."""
    for callback in (progress.no_progress_callback, progress.tqdm_progress_callback):
        assert len(fmin(abs, hp.uniform("x", -1, 1), rand.suggest, 2, show_progressbar=callback)) == 1


def test_the_reasons_of_spark_are_hyperopts_words() -> None:
    """Scripts compare them."""
    assert FMIN_CANCELLED_REASON_TIMEOUT == "fmin run timeout"


def test_a_space_is_a_graph_of_its_conditions() -> None:
    """An arrow from a choice to each option that decides on a label."""
    text = dot_hyperparameters({"k": hp.choice("k", [{"x": hp.uniform("x", 0, 1)}, "none"])})
    assert '"k" -> "k=0";' in text
    assert '"k=0" -> "x";' in text
    assert text.startswith("digraph {")


@pytest.mark.parametrize("label", ['x"]; "y" [URL="http://host"', "x\\", "x\x1b[2J"])
def test_a_label_is_one_name_in_the_graph(label: str) -> None:
    """Quotes and backslashes in it do not end it."""
    (line,) = dot_hyperparameters(hp.uniform(label, 0, 1)).splitlines()[1:-1]
    assert re.fullmatch(r'"(?:[^"\\]|\\.)*" \[ shape=box\];', line)
    assert line.isprintable()


@pytest.mark.parametrize("name", NAMES["plotting"].split()[:3])
def test_hyperopts_plots_are_drawn(name: str) -> None:
    """Over the library's displays; losses have their own sign."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    plotting = importlib.import_module("hpsklearn_search.hyperopt.plotting")
    trials = Trials()
    space = {"x": hp.uniform("x", 1, 2), "k": hp.choice("k", [0, 1])}
    fmin(lambda p: p["x"] + 10, space, rand.suggest, 6, trials=trials, rstate=0, show_progressbar=False)
    getattr(plotting, name)(trials, do_show=False)
    figure = pyplot.gcf()
    figure.canvas.draw()
    texts = [text.get_text() for ax in figure.axes for text in (*ax.get_yticklabels(), *ax.get_xticklabels())]
    assert any(text.startswith("11") for text in texts), texts
    pyplot.close("all")


def test_the_legend_of_the_history_names_the_best_loss() -> None:
    """With the sign that it has on the axis."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    plotting = importlib.import_module("hpsklearn_search.hyperopt.plotting")
    trials = Trials()
    fmin(lambda x: x + 10, hp.uniform("x", 1, 2), rand.suggest, 6, trials=trials, rstate=0, show_progressbar=False)
    display = plotting.main_plot_history(trials, do_show=False)
    assert display.ax_.get_legend().get_texts()[0].get_text() == f"best {trials.best_loss:.6g}"
    assert display.ax_.get_ylabel() == "loss"
    pyplot.close("all")


def test_rows_among_the_attachments_are_drawn() -> None:
    """A line for each trial."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    plotting = importlib.import_module("hpsklearn_search.hyperopt.plotting")
    trials = Trials()

    def objective(x: float) -> dict[str, Any]:
        return {"loss": x, "status": "ok", "attachments": {"curve": pickle.dumps([x, x / 2, x / 4])}}

    fmin(objective, hp.uniform("x", 1, 2), rand.suggest, 4, trials=trials, rstate=0, show_progressbar=False)
    ax = plotting.main_plot_1D_attachment(trials, "curve", do_show=False)
    assert len(ax.get_lines()) == 4
    pyplot.close("all")


def test_a_search_goes_forward_by_hand_as_in_one_run() -> None:
    """`FMinIter`, which libraries subclass or step through."""
    together, by_hand = Trials(), Trials()
    space = {"x": hp.uniform("x", -1, 1)}
    fmin(lambda p: p["x"] ** 2, space, rand.suggest, 4, trials=together, rstate=3, show_progressbar=False)
    domain = hyperopt.Domain(lambda p: p["x"] ** 2, space)
    search = hyperopt.FMinIter(rand.suggest, domain, by_hand, rstate=3, max_evals=4)
    assert [len(trials) for trials in search] == [1, 2, 3]
    assert by_hand.vals == together.vals


def test_the_old_short_imports_still_work() -> None:
    """From the root."""
    names = "fmin space_eval tpe rand anneal mix hp Trials SparkTrials STATUS_OK STATUS_FAIL trials_from_docs"
    assert not [name for name in names.split() if not hasattr(hpsklearn_search, name)]
