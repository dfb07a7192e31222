"""Run scikit-learn's own tests of its searches, from the installed package, on `HyperoptSearchCV`.

    python tests/parity/sklearn_suite.py              # ours, with the adapters of substitutes.py
    python tests/parity/sklearn_suite.py --original   # scikit-learn's own classes, for comparison
    python tests/parity/sklearn_suite.py --list       # the exclusions, with their reasons

Of every test file that builds a search, those tests run that mention one. Further arguments go to
pytest. The file is at once the script and the pytest plugin that the script loads.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import sklearn
from sklearn.utils.fixes import parse_version

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

SEARCHES = ("GridSearchCV", "RandomizedSearchCV")

FILES = (
    "model_selection/tests/test_search.py",
    "model_selection/tests/test_split.py",
    "model_selection/tests/test_validation.py",
    "tests/test_common.py",
    "tests/test_base.py",
    "tests/test_metaestimators.py",
    "tests/test_metaestimators_metadata_routing.py",
    "tests/test_multiclass.py",
    "tests/test_multioutput.py",
    "callback/tests",
    "decomposition/tests/test_kernel_pca.py",
    "ensemble/tests/test_bagging.py",
    "ensemble/tests/test_forest.py",
    "ensemble/tests/test_voting.py",
    "ensemble/tests/test_weight_boosting.py",
    "feature_extraction/tests/test_text.py",
    "impute/tests/test_impute.py",
    "linear_model/tests/test_coordinate_descent.py",
    "linear_model/tests/test_logistic.py",
    "linear_model/tests/test_ridge.py",
    "linear_model/tests/test_sgd.py",
    "metrics/tests/test_regression.py",
    "metrics/tests/test_score_objects.py",
    "neighbors/tests/test_kde.py",
    "utils/_repr_html/tests/test_estimator.py",
    "utils/tests/test_estimator_html_repr.py",
    "utils/tests/test_parallel.py",
    "utils/tests/test_pprint.py",
)

EXCLUDED: dict[str, str] = {
    "test_predict_proba_disabled": "fits an empty grid, which is refused here",
    "test_search_with_2d_array": "names the points, and their order, that scikit-learn's sampler draws with one seed",
    "test_multi_core_gridsearch_and_early_stopping": "demands a score of five candidates, which is luck of its seed: "
    "of the seeds 0 to 39, 21 reach it, and 23 with RandomizedSearchCV",
}
"""``{name of a test, or the start of its id: why it does not apply to us}``."""

if parse_version(sklearn.__version__) < parse_version("1.9"):
    EXCLUDED["test_random_search_bad_cv"] = "has an older wording of an error ('returned inconsistent results')"
if parse_version(sklearn.__version__) < parse_version("1.6"):
    EXCLUDED["test_nested_cv"] = (
        "its StratifiedGroupKFold makes a fold without a row to score on, which is refused here; GridSearchCV fits it"
    )


# ---------------------------------------------------------------------- the plugin
def pytest_configure(config: pytest.Config) -> None:
    """Put the adapters in place before a test module is imported."""
    if os.environ.get("PARITY_ORIGINAL"):
        return
    sys.path.insert(0, str(HERE))
    import sklearn.experimental.enable_halving_search_cv
    import sklearn.utils.discovery
    import substitutes

    with contextlib.suppress(ImportError):  # its place before scikit-learn 1.6 was elsewhere
        import sklearn.utils._test_common.instance_generator  # noqa: F401
    substitutes.substitute()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that build a search; of the excluded ones show the reason."""
    kept = [item for item in items if _builds_a_search(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    for item in kept:
        reason = next((why for start, why in EXCLUDED.items() if item.name.startswith(start)), None)
        if reason is not None and not os.environ.get("PARITY_ORIGINAL"):
            item.add_marker(pytest.mark.skip(reason=f"excluded: {reason}"))
    items[:] = kept


def _builds_a_search(item: pytest.Item) -> bool:
    function = getattr(item, "function", None)
    if function is None or "Halving" in item.name:
        return False
    if item.path.name == "test_search.py" or any(name in item.name for name in SEARCHES):
        return True
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        return False
    return any(f"{name}(" in source for name in SEARCHES)


# ---------------------------------------------------------------------- the script
def command(arguments: list[str]) -> list[str]:
    """The pytest command line, for the files that this version of scikit-learn has."""
    spec = find_spec("sklearn")
    assert spec is not None and spec.origin is not None
    package = Path(spec.origin).parent
    files = [str(package / file) for file in FILES if (package / file).exists()]
    options = ["-p", "sklearn_suite", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(package)]
    return [sys.executable, "-m", "pytest", "-q", "--tb=short", *options, *files, *arguments]


def main(arguments: list[str]) -> int:
    """Run the suite in a process of its own; pytest's exit status."""
    if "--list" in arguments:
        for name, why in EXCLUDED.items():
            print(f"{name}: {why}")
        return 0
    paths = [str(HERE), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment: dict[str, Any] = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    if "--original" in arguments:
        environment["PARITY_ORIGINAL"] = "1"
    rest = [argument for argument in arguments if argument != "--original"]
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(command(rest), env=environment, cwd=folder).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
