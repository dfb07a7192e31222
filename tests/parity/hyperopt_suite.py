"""Run hyperopt's own tests, from the installed package, with its modules replaced by ours.

    python tests/parity/hyperopt_suite.py              # ours, by the aliases of hyperopt_aliases.py
    python tests/parity/hyperopt_suite.py --original   # hyperopt itself, for comparison
    python tests/parity/hyperopt_suite.py --list       # what is excluded, and what fails, with the reasons

Further arguments go to pytest. The file is at once the script and the pytest plugin that the script loads.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

FILES = (
    "pyll/tests/test_base.py",
    "pyll/tests/test_stochastic.py",
    "tests/test_base.py",
    "tests/unit/test_anneal.py",
    "tests/unit/test_atpe_basic.py",
    "tests/unit/test_criteria.py",
    "tests/unit/test_domains.py",
    "tests/unit/test_fmin.py",
    "tests/unit/test_pchoice.py",
    "tests/unit/test_plotting.py",
    "tests/unit/test_progress.py",
    "tests/unit/test_pyll_utils.py",
    "tests/unit/test_rand.py",
    "tests/unit/test_randint.py",
    "tests/unit/test_tpe.py",
)

EXCLUDED: dict[str, str] = {
    "test_partial": "calls a node to make a call of its value, and reads the text of its graph",
    "test_callpipe": "calls a node to make a call of its value",
    "TestRand": "names the values that its sampler draws with one seed",
    "test_uniformint_arguments": "names the values that its sampler draws with one seed",
    "test_hp_loguniform_raises_error_when_range_is_zero": "gives loguniform an argument that it does not have",
    "TestOptQUniform": "rebuilds the posterior of its TPE out of the nodes of its graph",
}
"""``{name of a class or function of tests: why it does not apply to us}``."""

FAILING: dict[str, str] = {
    "many_distsTester": "500 random draws seldom come that near: with 0 of 20 seeds here, with 1 of 20 in hyperopt",
    "TestOpt::test_distractor": "a narrow basin, and options tuned for another estimator's bandwidths: reached with "
    "10 of 20 seeds here, with 19 in hyperopt; with the default options with 14, and with 20 in hyperopt",
    "TestItAtLeastSortOfWorks::test_q1lognormal": "a matter of luck: reached with 12 of 20 seeds here, with 14 in "
    "hyperopt",
}
"""``{class, or class::function: how often a threshold is reached that one seed of ours misses}``; to be made good."""

ORIGINAL = "PARITY_ORIGINAL"


# ---------------------------------------------------------------------- the plugin
def pytest_configure(config: pytest.Config) -> None:
    """Put the aliases in place before a test module is imported."""
    if os.environ.get(ORIGINAL):
        if find_spec("bson") is None:
            sys.modules["bson"] = ModuleType("bson")
        return
    sys.path.insert(0, str(HERE))
    import hyperopt_aliases

    hyperopt_aliases.install(Path(config.rootpath) / "tests")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the excluded tests, and expect those to fail that do, with the reason."""
    if os.environ.get(ORIGINAL):
        return
    for item in items:
        names = {node.name.partition("[")[0] for node in item.listchain()}
        excluded = next((why for name, why in EXCLUDED.items() if name in names), None)
        failing = next((why for name, why in FAILING.items() if set(name.split("::")) <= names), None)
        if excluded is not None:
            item.add_marker(pytest.mark.skip(reason=f"excluded: {excluded}"))
        if failing is not None:
            item.add_marker(pytest.mark.xfail(reason=failing, strict=True))


# ---------------------------------------------------------------------- the script
def package() -> Path:
    """Where hyperopt is installed, without importing it."""
    spec = find_spec("hyperopt")
    if spec is None or spec.origin is None:
        raise SystemExit("hyperopt is not installed: pip install 'hyperopt>=0.3'")
    return Path(spec.origin).parent


def command(arguments: list[str]) -> list[str]:
    """The pytest command line."""
    files = [str(package() / file) for file in FILES]
    options = ["-p", "hyperopt_suite", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(package())]
    return [sys.executable, "-m", "pytest", "-q", "--tb=short", *options, *files, *arguments]


def main(arguments: list[str]) -> int:
    """Run the suite in a process of its own; pytest's exit status."""
    if "--list" in arguments:
        for name, why in EXCLUDED.items():
            print(f"excluded: {name}: {why}")
        for name, why in FAILING.items():
            print(f"fails: {name}: {why}")
        return 0
    paths = [str(HERE), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    if "--original" in arguments:
        environment[ORIGINAL] = "1"
    rest = [argument for argument in arguments if argument != "--original"]
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(command(rest), env=environment, cwd=folder).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
