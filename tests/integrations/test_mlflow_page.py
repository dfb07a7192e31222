"""The documentation of MLflow is true, and what it shows is what a browser shows."""

from __future__ import annotations

import doctest
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, MLflowCallback, hp
from tests.integrations.mlflow_parts import Server, Store

pytestmark = pytest.mark.mlflow

DOCS = Path(__file__).parents[2] / "docs"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PICTURE = DOCS / "images" / "mlflow.png"


def test_the_page_on_mlflow_is_true(store: Store) -> None:
    """Every block runs, in order, and prints what it shows."""
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    assert doctest.testfile(str(DOCS / "mlflow.md"), module_relative=False, optionflags=flags).failed == 0


def browse(url: str, profile: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Load a page in a browser without a window, with a profile of its own."""
    assert CHROMIUM is not None
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    command = [CHROMIUM, *flags.split(), "--disable-component-update", "--disable-sync", "--hide-scrollbars"]
    command += [f"--user-data-dir={profile}", "--virtual-time-budget=60000", "--timeout=120000", *options, url]
    return subprocess.run(command, capture_output=True, text=True, timeout=280, check=True)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt install chromium")
def test_the_page_of_mlflow_shows_a_parent_with_its_children(server: Server, tmp_path: Path) -> None:
    """In a browser: names, parameters and scores. ``REFRESH_PICTURE=1`` renews the picture of the documentation."""
    model = make_pipeline(StandardScaler(), SVC())
    space = {"svc__C": hp.logrange("C", 1e-2, 1e3), "svc__gamma": hp.logrange("gamma", 1e-4, 1e0)}
    callback = MLflowCallback("breast cancer", "SVC, 8 candidates", tracking_uri=server.uri, patience=None)
    search = HyperoptSearchCV(model, space, max_evals=8, cv=3, random_state=0, callbacks=[callback])
    search.fit(*load_breast_cancer(return_X_y=True))
    experiment = Store(server.uri).parent().info.experiment_id
    url = f"{server.uri}/#/experiments/{experiment}/runs?viewStateShareKey=none"
    page = browse(url, tmp_path / "profile", "--dump-dom", "--window-size=1500,760").stdout
    (tmp_path / "page.html").write_text(page)
    picture = tmp_path / "mlflow.png"
    browse(url, tmp_path / "profile2", f"--screenshot={picture}", "--window-size=1500,760")
    assert "SVC, 8 candidates" in page
    assert "trial-0" in page
    assert 10_000 < picture.stat().st_size < 400_000
    if os.environ.get("REFRESH_PICTURE"):
        shutil.copy(picture, PICTURE)
