"""What a release consists of: one version, two archives with the right files, and a wheel that works alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import hpsklearn_search

ROOT = Path(__file__).parents[1]
VERSION = hpsklearn_search.__version__


def output_of(*command: str | Path, cwd: Path | None = None, **variables: str) -> str:
    """What a command prints; it gets nothing of this checkout."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, cwd=cwd, env={**environment, **variables}
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_version_has_one_place() -> None:
    """pyproject.toml reads it, and CITATION.cff repeats it."""
    assert 'dynamic = ["version"]' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"^version: (.*)$", citation, re.MULTILINE) == [VERSION]


@pytest.mark.parametrize(
    ("option", "words"), [("--version", VERSION), ("--show-versions", "scikit-learn "), ("", "usage")]
)
def test_the_package_answers_on_the_command_line(option: str, words: str) -> None:
    """With its version, or with what a bug report needs."""
    command = [sys.executable, "-m", "hpsklearn_search", *([option] if option else [])]
    assert words in output_of(*command, PYTHONPATH=str(ROOT))


def test_a_bug_report_names_everything_that_results_depend_on() -> None:
    """Also what is not installed."""
    lines = output_of(sys.executable, "-m", "hpsklearn_search", "--show-versions", PYTHONPATH=str(ROOT)).splitlines()
    names = {line.split()[0] for line in lines}
    assert names >= {"hpsklearn_search", "python", "system", "numpy", "scipy", "joblib", "mlflow", "pyspark"}


LEFT_BEHIND = (".git", ".venv*", ".*_cache", ".hypothesis", "__pycache__", "_build", "mlruns", "*.db")

USER = """
from hpsklearn_search import HyperoptSearchCV, hp
space = {"C": hp.logrange("C", 1e-2, 1e2)}
search = HyperoptSearchCV(object(), space, max_evals=10)
name: str = search.stop_reason_
search.max_evals = "ten"
HyperoptSearchCV(object(), space, max_evals="ten")
hp.uniform("x", "low", 1.0)
"""


@pytest.mark.slow
def test_the_types_reach_a_user(tmp_path: Path) -> None:
    """A user's mypy reads them (py.typed), and finds the three wrong lines and no other."""
    pytest.importorskip("mypy")
    (tmp_path / "user.py").write_text(USER, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--cache-dir", str(tmp_path / "cache"), "user.py"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "MYPYPATH": ""}, timeout=280
    )
    wrong = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line}
    assert wrong == {6, 7, 8}, done.stdout


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Wheel and source distribution, of a copy without what work leaves behind."""
    place = tmp_path_factory.mktemp("release")
    shutil.copytree(ROOT, place / "tree", ignore=shutil.ignore_patterns(*LEFT_BEHIND))
    venv.create(place / "builder", with_pip=True)
    python = place / "builder" / "bin" / "python"
    output_of(python, "-m", "pip", "install", "-q", "hatchling")
    output_of(python, "-m", "hatchling", "build", "-d", place / "dist", cwd=place / "tree")
    (wheel,), (source,) = (list((place / "dist").glob(pattern)) for pattern in ("*.whl", "*.tar.gz"))
    return wheel, source


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_archives_hold_what_they_should(archives: tuple[Path, Path]) -> None:
    """The wheel has the package and its metadata, the source distribution also what tests and documents it."""
    wheel, source = archives
    assert wheel.name == f"hpsklearn_search-{VERSION}-py3-none-any.whl"
    files = [path for path in (ROOT / "hpsklearn_search").rglob("*") if path.is_file()]
    kinds = (".py", ".js", ".css", ".json")
    own = {str(path.relative_to(ROOT)) for path in files if path.suffix in kinds or path.name == "py.typed"}
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in names if ".dist-info/" not in name} == own
    assert any(name.endswith("licenses/LICENSE") for name in names)
    with tarfile.open(source) as archive:
        inner = {name.partition("/")[2] for name in archive.getnames()} - {""}
    assert {"README.md", "LICENSE", "CITATION.cff", "pyproject.toml", "docs/index.md", ".ci/run"} <= inner
    assert {path.partition("/")[0] for path in inner} <= {
        "hpsklearn_search", "tests", "examples", "docs", ".ci", ".gitignore", ".pre-commit-config.yaml",
        "README.md", "LICENSE", "CITATION.cff", "pyproject.toml", "PKG-INFO",
    }  # fmt: skip
    assert not [name for name in inner if "__pycache__" in name or name.endswith((".db", ".pyc"))]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_wheel_runs_the_first_story_in_an_empty_environment(archives: tuple[Path, Path], tmp_path: Path) -> None:
    """Outside of the source tree, with nothing but the wheel and the extras that the story needs."""
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    output_of(python, "-m", "pip", "install", "-q", f"{archives[0]}[plot,pandas]")
    story = (ROOT / "examples" / "01_first_search.py").read_text(encoding="utf-8")
    (tmp_path / "story.py").write_text(story, encoding="utf-8")
    assert "HyperoptSearchCV  200 fits" in output_of(python, "story.py", cwd=tmp_path)
    assert output_of(python, "-m", "hpsklearn_search", "--version", cwd=tmp_path).strip() == VERSION
    where = output_of(python, "-c", "import hpsklearn_search; print(hpsklearn_search.__file__)", cwd=tmp_path)
    assert where.startswith(str(tmp_path / "env"))
