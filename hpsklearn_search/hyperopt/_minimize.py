"""hyperopt's `fmin` over the library's own loop."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from .._keywords import WRITE_STOP, Meant, explain_keywords
from .._secrets_in_texts import without_secrets
from .._texts import hidden, is_secret, public_repr
from ..exceptions import BadSearchSpace, InvalidTrial, add_note
from ..executors import SerialExecutor
from ..integrations import automatic_callbacks, run_environment
from ..optimize import (
    Callback,
    LogLines,
    NoExpectedGain,
    Plan,
    ProgressContext,
    ProgressLine,
    Window,
    check_positive_integer,
    check_threshold,
    check_timeout,
    entropy_of,
    launch,
    notify_on_finish,
    stoppers,
)
from ..space import Node, Point, Space, annotated_space, has_nodes, parse_point, parse_values
from ..trials import WORDS, Trials, check_other_file, describe, describe_space, words_of_space
from ._algorithm import named_algorithm, resolve_algo
from ._domain import LowLevelCall
from ._objective import FunctionObjective, check_takes_one_argument
from ._translate import HyperoptTrialsWriter, as_trials, translate_space
from .pyll._graph import find_noise

# What the arguments of other optimisers are called in fmin.
_MEANT: Meant = {
    **dict.fromkeys(("objective", "func", "f", "function", "fun"), "fn"),
    **dict.fromkeys(("search_space", "params", "bounds", "dimensions", "pbounds", "param_grid"), "space"),
    **dict.fromkeys(("n_trials", "n_iter", "n_calls", "max_iter", "maxiter", "num_samples", "n_evals"), "max_evals"),
    **dict.fromkeys(("random_state", "seed", "random_seed", "rng"), "rstate"),
    **dict.fromkeys(("sampler", "optimizer", "method", "suggest"), "algo"),
    **dict.fromkeys(("progressbar", "progress_bar", "show_progress_bar"), "show_progressbar"),
    **dict.fromkeys(("early_stopping", "early_stop", "patience"), WRITE_STOP),
    **dict.fromkeys(("storage", "save_file"), 'Write trials_save_file="search.db"'),
    **dict.fromkeys(("x0", "initial_points"), "points_to_evaluate"),
    **dict.fromkeys(("n_jobs", "parallelism", "n_workers"), "Write trials=SparkTrials(), which runs several at once"),
    **dict.fromkeys(("direction", "maximize"), "Leave it out: fmin minimises; return minus the value to maximise it"),
    "callback": lambda callback: "callbacks=[...]",
    "score_threshold": "Write loss_threshold=..., because fmin minimises a loss",
    "time_budget": "timeout",
}


@explain_keywords(_MEANT)
def fmin(
    fn: Callable[..., Any],
    space: Any,
    algo: Any = None,
    max_evals: int | None = None,
    timeout: float | None = None,
    loss_threshold: float | None = None,
    trials: Any = None,
    rstate: Any = None,
    allow_trials_fmin: bool = True,
    pass_expr_memo_ctrl: Any = None,
    catch_eval_exceptions: bool = False,
    verbose: bool = True,
    return_argmin: bool = True,
    points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
    max_queue_len: int = 1,
    show_progressbar: Any = True,
    early_stop_fn: Callable[..., tuple[bool, Any]] | NoExpectedGain | None = None,
    trials_save_file: str | os.PathLike[str] = "",
    *,
    callbacks: Sequence[Callback] = (),
) -> Any:
    """Minimise a function over a space.

    Parameters
    ----------
    fn : callable
        The objective. It is called with a configuration, and returns a loss, ``{"loss": ..., "status":
        STATUS_OK, ...}`` or ``{"status": STATUS_FAIL}``.
    space : object
        Any nest of dicts, lists, tuples, constants and ``hp`` nodes, also those of hyperopt's own ``hp``.
        A node without a label has the path of its key as its label: ``"svm.C"`` in ``{"svm": {"C": ...}}``.
        ``"annotated"`` takes it from the annotations of `fn`, which is then called with keyword
        arguments: ``def fn(x: hp.uniform(0, 1)): ...``.
    algo : callable or str, default=None
        The algorithm: ``tpe.suggest``, ``rand.suggest``, or any function of (new_ids, domain, trials, seed). By
        default the Gaussian process and TPE together.
    max_evals : int, default=None
        The total number of trials, including those already in `trials` and `points_to_evaluate`. By default
        there is no limit, so `timeout`, `loss_threshold` or `early_stop_fn` must be given.
    timeout : float, default=None
        The number of seconds after which the search ends. A trial in this process is finished first. Trials on
        a Spark cluster are cancelled. By default there is no limit.
    loss_threshold : float, default=None
        The search ends when a loss is this low. By default there is no threshold.
    trials : Trials, fitted search, path or list, default=None
        `Trials` are the record that new trials are appended to, and where they run. Their unfinished trials run
        first. A ``hyperopt.Trials`` works too, and receives the new trials. A fitted search, the path of a save
        file, or a list of these and of `Trials` is what to learn from, in a new record. See
        `Trials.from_searches`. By default a new record.
    rstate : int, RandomState or Generator, default=None
        The seed. With a seed, every run gives the same result, and so does a search that was interrupted and
        continued. By default the environment variable ``HYPEROPT_FMIN_SEED``, if it is set.
    allow_trials_fmin : bool, default=True
        Whether a subclass of `Trials` that has its own method ``fmin`` runs the search with it.
    pass_expr_memo_ctrl : bool, default=None
        Whether `fn` is called with the keywords ``expr``, ``memo`` and ``ctrl``, for `hyperopt.pyll.rec_eval`.
        By default this is so if `fn` is marked by `hyperopt.fmin_pass_expr_memo_ctrl`. It does not work on a
        Spark cluster.
    catch_eval_exceptions : bool, default=False
        Whether an exception of `fn` makes a failed trial instead of ending the search. Failed trials
        count in `max_evals`, are not in ``trials.trials``, and are in ``trials.to_frame()``.
    verbose : bool, default=True
        Whether the search logs a warning for each exception that is caught, and a line of level INFO at the
        end.
    return_argmin : bool, default=True
        Whether `fmin` returns raw values, with a choice as its index. If False, it returns the best
        configuration.
    points_to_evaluate : sequence of mapping, default=None
        The points that are evaluated first, unless `trials` has them already: ``[{"x": 1.0}]``. A choice is
        given by its index or its option; a whole number that can be an index is one. Inactive labels may be
        left out. By default there are none.
    max_queue_len : int, default=1
        How many trials may be suggested before the outcomes of the earlier ones are known (the window W). It is
        at least the number of trials that run at once. It is only used with a seed.
    show_progressbar : bool or callable, default=True
        Whether to show a progress line on stderr. A callable follows hyperopt's protocol:
        ``show_progressbar(initial, total)`` returns a context manager whose object has a method
        ``update(n)``.
    early_stop_fn : callable, default=None
        A function that can end the search, such as ``no_progress_loss(30)`` (see
        `hyperopt.early_stop.no_progress_loss`) or `no_expected_gain`. After every trial it is called as
        ``early_stop_fn(trials, *previous) -> (stop, next previous)``, with the finished trials. By default
        there is none.
    trials_save_file : path-like, default=""
        The path of an SQLite file to which every finished trial is written: ``"search.db"``. A second run of
        the same search continues from it. By default nothing is written.
    callbacks : sequence of Callback, default=()
        The objects that observe the search, such as ``[MLflowCallback()]``. By default there are none.

    Returns
    -------
    dict or object
        The best point. With ``return_argmin=False`` the best configuration, or None if no trial succeeded.

    Raises
    ------
    AllTrialsFailed
        If no trial succeeded, and the best point is to be returned.
    InvalidTrial
        If `trials` holds trials of another space, or a point to evaluate does not fit the space.
    InvalidAnnotatedParameter
        If ``space="annotated"`` meets an annotation that is no space.
    SaveFileError
        If `trials_save_file` cannot be used, or was written by a different search.
    InvalidLoss, InvalidResultStatus
        If `fn` returns something that is no loss.
    ValueError, TypeError
        If an argument is wrong, before the first trial.

    Examples
    --------
    >>> from hpsklearn_search import fmin, hp, tpe
    >>> best = fmin(
    ...     lambda x: (x - 1) ** 2,
    ...     hp.uniform("x", -5, 5),
    ...     tpe.suggest,
    ...     max_evals=60,
    ...     rstate=0,
    ...     show_progressbar=False,
    ... )
    >>> abs(best["x"] - 1) < 0.2
    True
    """
    arguments = dict(locals())
    check_other_file(trials, trials_save_file)
    writer, trials = HyperoptTrialsWriter.of(trials), as_trials(trials)
    if allow_trials_fmin and type(trials).fmin is not Trials.fmin:
        return trials.fmin(**_for_subclass(arguments))
    low_level = _is_low_level(fn, pass_expr_memo_ctrl, trials)
    by_keyword = isinstance(space, str) and space == "annotated"
    parsed = _parse_space(annotated_space(fn) if by_keyword else space)
    trials.rewrite_for(parsed)
    winners = trials.record.learn_from(trials.earlier, parsed)
    plan = _plan(arguments, parsed, trials, winners)
    _warn_of_single_point(parsed, plan.max_evals)
    executor = trials.open_executor(n_tasks=plan.max_evals) or SerialExecutor()
    if plan.window.size is not None:
        plan = replace(plan, window=Window(max(plan.window.size, executor.capacity)))
    catch = catch_eval_exceptions or trials.catches_errors
    if not by_keyword and not low_level:
        check_takes_one_argument(fn, parsed)
    log = [LogLines()] if verbose and catch else []
    automatic = automatic_callbacks(callbacks, trials, "fmin")
    observers = [*writer, *callbacks, *automatic, *log, *_progress(show_progressbar)]
    objective = FunctionObjective(
        fn, parsed, catch=catch, by_keyword=by_keyword, attachments=trials.attachments,
        environment=run_environment(observers) if trials.asynchronous else None,
        function=LowLevelCall(fn, parsed, trials) if low_level else None,
    )  # fmt: skip
    with notify_on_finish(observers):
        launch(plan, objective, executor, trials, observers, trials_save_file, partial(_fingerprint, fn, plan, trials))
        if return_argmin:
            return trials.argmin
        return None if trials.best_loss is None else parsed.assemble(trials.argmin)


def _for_subclass(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `fmin` for a method ``fmin`` of a user's own kind of trials, as hyperopt passes them."""
    ours = {name: arguments[name] for name in ("points_to_evaluate", "callbacks") if arguments[name]}
    left_out = ("trials", "allow_trials_fmin", "pass_expr_memo_ctrl", "points_to_evaluate", "callbacks")
    return {**{name: value for name, value in arguments.items() if name not in left_out}, **ours}


def _plan(arguments: Mapping[str, Any], space: Space, trials: Trials, winners: Sequence[Point]) -> Plan:
    """What to search and when to stop; everything that can be wrong with an argument is found here."""
    algo = resolve_algo(arguments["algo"])
    max_evals, timeout, loss_threshold = (arguments[name] for name in ("max_evals", "timeout", "loss_threshold"))
    early_stop_fn, rstate = arguments["early_stop_fn"], _seed(arguments["rstate"])
    ahead = check_positive_integer("max_queue_len", arguments["max_queue_len"])
    given = _points(space, arguments["points_to_evaluate"])
    return Plan(
        space=space,
        algo=algo,
        entropy=entropy_of(rstate, "rstate"),
        max_evals=_total(max_evals, (timeout, loss_threshold, early_stop_fn, trials.timeout, trials.loss_threshold)),
        window=Window(None if rstate is None else ahead),
        timeout=in_hyperopts_words(check_timeout, timeout, TIMEOUT_WORDS),
        stoppers=stoppers(in_hyperopts_words(check_threshold, loss_threshold, THRESHOLD_WORDS), early_stop_fn, space),
        first_points=[*given, *(winner for winner in winners if winner not in given)],
        description={
            "total": max_evals,
            "kind": "fmin",
            "settings": {name: arguments[name] for name in DESCRIBED},
            "values": partial(_public_values, space),
        },
    )


def _public_values(space: Space, point: Point) -> dict[str, Any]:
    """The value of each active label for a log, with hashes in place of secrets, which labels need not name."""
    values = space.values(point)
    return {
        label: hidden(str(value)) if label in space.secrets and is_secret("secret", value) else value
        for label, value in values.items()
    }


# hyperopt's messages, which scripts compare.
TIMEOUT_WORDS = "The timeout argument should be None or a positive value"
THRESHOLD_WORDS = "The loss_threshold argument should be None or a numeric value"

# The arguments of `fmin` that callbacks are shown.
DESCRIBED = ("fn", "space", "algo", "max_evals", "timeout", "trials", "loss_threshold", "rstate", "max_queue_len")


def _trials_fmin(
    self: Trials,
    fn: Callable[..., Any],
    space: Any,
    algo: Any = None,
    max_evals: int | None = None,
    timeout: float | None = None,
    loss_threshold: float | None = None,
    max_queue_len: int = 1,
    rstate: Any = None,
    verbose: bool = False,
    pass_expr_memo_ctrl: Any = None,
    catch_eval_exceptions: bool = False,
    return_argmin: bool = True,
    show_progressbar: Any = False,
    early_stop_fn: Callable[..., tuple[bool, Any]] | NoExpectedGain | None = None,
    trials_save_file: str | os.PathLike[str] = "",
    **others: Any,
) -> Any:
    """`fmin` over these trials, with hyperopt's order of arguments; it logs and shows nothing unless asked to."""
    arguments = {name: value for name, value in locals().items() if name not in ("self", "others")}
    return fmin(**arguments, trials=self, allow_trials_fmin=False, **others)


Trials.fmin = _trials_fmin  # here, and not in the class: an import of fmin there would run back up


def space_eval(space: Any, hp_assignment: Mapping[str, Any]) -> Any:
    """The configuration of `space` at a point.

    Parameters
    ----------
    space : object
        As for `fmin`.
    hp_assignment : mapping
        The point ``{label: raw value}`` that `fmin` returns. Lists of one value, as in ``misc["vals"]``, work
        too, and so do options in place of their indices. Labels of other spaces are ignored.

    Returns
    -------
    object
        What the objective would receive.

    Raises
    ------
    InvalidTrial
        If an active label has no value, or that of a choice is neither an index nor an option.

    Examples
    --------
    >>> from hpsklearn_search import hp, space_eval
    >>> space_eval({"kernel": hp.choice(["rbf", "poly"])}, {"kernel": 1})
    {'kernel': 'poly'}
    """
    if not isinstance(hp_assignment, Mapping) or has_nodes(hp_assignment):
        raise TypeError(
            "space_eval(space, point) takes the space first and then the point {label: value}, such as the result "
            f"of fmin; got the point {public_repr(hp_assignment)}"
        )
    parsed = Space(translate_space(space))
    return parsed.assemble(parse_values(parsed, hp_assignment))


def _is_low_level(fn: Any, pass_expr_memo_ctrl: Any, trials: Trials) -> bool:
    """Whether the objective takes an expression and a memo in place of a configuration."""
    marked = bool(getattr(fn, "fmin_pass_expr_memo_ctrl", False))
    is_low_level = marked if pass_expr_memo_ctrl is None else bool(pass_expr_memo_ctrl)
    if is_low_level and trials.asynchronous:
        raise NotImplementedError(
            "pass_expr_memo_ctrl is not supported on Spark, where the objective receives the configuration; "
            "pass trials=Trials(), or for a loop of your own use Optimizer(space).ask() and .tell()"
        )
    return is_low_level


def _parse_space(space: Any) -> Space:
    root = translate_space(space)
    noise = find_noise(root)
    if noise is not None:
        raise BadSearchSpace(
            f"space: {noise!r} has no label, so it is not searched; write hp.{noise.function.__name__}('label', ...), "
            "or rng=numpy.random.default_rng() among its arguments for noise"
        )
    # A dict or list of constants is a space with one point, as in hyperopt.
    if isinstance(root, Node) or (isinstance(root, dict | list | tuple) and root):
        return Space(root)
    raise BadSearchSpace(
        f"space={public_repr(space)} has nothing to search; write a dict with a distribution for each name, for "
        "example space={'x': hp.uniform(0, 1)}"
    )


def _warn_of_single_point(space: Space, max_evals: int | None) -> None:
    if space.size == 1 and (max_evals is None or max_evals > 1):
        warnings.warn(
            "there is nothing to search in the space: all trials evaluate the same point; write a distribution, such "
            "as {'x': hp.uniform(0, 1)}, or max_evals=1",
            UserWarning,
            stacklevel=4,
        )


def _seed(rstate: Any) -> Any:
    """`rstate`, or else the seed of the environment, if there is one."""
    from_environment = os.environ.get("HYPEROPT_FMIN_SEED")
    return int(from_environment) if rstate is None and from_environment else rstate


def _points(space: Space, points: Any) -> list[Point]:
    if points is None:
        return []
    if isinstance(points, Mapping | str) or not isinstance(points, Iterable):
        raise TypeError(
            f"points_to_evaluate must be a list of points, such as [{{label: value}}], got {public_repr(points)}"
        )
    parsed = []
    for number, point in enumerate(points):
        try:
            # hyperopt evaluates a number outside of the bounds, too.
            parsed.append(parse_point(space, point, within=False))
        except InvalidTrial as error:
            raise InvalidTrial(f"points_to_evaluate[{number}]: {error}") from error
    return parsed


def _progress(show_progressbar: Any) -> list[Callback]:
    if callable(show_progressbar):
        return [ProgressContext(show_progressbar)]
    return [ProgressLine()] if show_progressbar else []


def _fingerprint(fn: Any, plan: Plan, trials: Trials) -> dict[str, Any]:
    """What a save file must agree with."""
    earlier = [(each.units, each.losses) for each in trials.record.earlier]
    return {
        "fn": describe("fn", fn),
        "space": describe_space(plan.space),
        "algo": describe("algo", named_algorithm(plan.algo)),
        "rstate": None if plan.window.size is None else plan.entropy,  # without a seed there is no window
        WORDS: words_of_space(plan.space, {}),
        **({"trials": describe("trials", earlier)} if earlier else {}),
    }


def _total(max_evals: Any, limits: Iterable[Any]) -> int | None:
    if max_evals is not None:
        return check_positive_integer("max_evals", max_evals)
    if all(limit is None for limit in limits):
        raise ValueError("max_evals=None needs another way to stop: give max_evals=100, timeout=, or early_stop_fn=")
    return None


def in_hyperopts_words(check: Callable[[Any], float | None], value: Any, words: str) -> float | None:
    """Check an argument with hyperopt's message, which scripts compare; the longer message becomes a note."""
    try:
        return check(value)
    except (TypeError, ValueError) as error:
        same = type(error)(f"{words}. Given value: {without_secrets(str(value))}")
        add_note(same, str(error))
        raise same from None
