"""The documentation of MLflow is true, and what it shows is what a browser shows."""

from __future__ import annotations

import doctest
import json
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, MLflowCallback, hp
from tests.integrations.browser import CHROMIUM, Browser
from tests.integrations.mlflow_parts import Server, Store

pytestmark = pytest.mark.mlflow

DOCS = Path(__file__).parents[2] / "docs"
PICTURE = DOCS / "images" / "mlflow.png"


def test_the_page_on_mlflow_is_true(store: Store) -> None:
    """Every block runs in order, and its output is the one that the page shows."""
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    assert doctest.testfile(str(DOCS / "mlflow.md"), module_relative=False, optionflags=flags).failed == 0


def prefer(browser: Browser, experiment: str) -> None:
    """Set what the page keeps in the browser: the columns to show, and that the assistant is closed."""
    columns = ["metrics.`mean_test_score`", "metrics.`best_cv_score`", "params.`svc__C`", "params.`svc__gamma`"]
    key = f'MLflowLocalStorage-1.1-ExperimentPage-["{experiment}"]-ReactComponentState'
    browser.run(
        f"""
        const key = {json.dumps(key)}
        const state = JSON.parse(localStorage.getItem(key))
        state.selectedColumns = {json.dumps(columns)}
        localStorage.setItem(key, JSON.stringify(state))
        localStorage.setItem("mlflow.assistant.panelOpen_v1", "false")
        """
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt install chromium")
def test_the_page_of_mlflow_shows_a_parent_with_its_children(server: Server, tmp_path: Path) -> None:
    """The browser shows names and scores; ``REFRESH_PICTURE=1`` renews the picture of the documentation."""
    model = make_pipeline(StandardScaler(), SVC())
    space = {"svc__C": hp.logrange("C", 1e-2, 1e3), "svc__gamma": hp.logrange("gamma", 1e-4, 1e0)}
    callback = MLflowCallback("breast cancer", "SVC, 8 candidates", tracking_uri=server.uri, patience=None)
    search = HyperoptSearchCV(model, space, max_evals=8, cv=3, random_state=0, callbacks=[callback])
    search.fit(*load_breast_cancer(return_X_y=True))
    experiment = Store(server.uri).parent().info.experiment_id
    says = "document.body && document.body.innerText.includes({!r})".format
    with Browser(tmp_path / "profile", (1400, 600)) as browser:
        browser.load(f"{server.uri}/#/experiments/{experiment}/runs?workflowType=machine_learning")
        browser.wait_for(says("SVC, 8 candidates"))
        prefer(browser, experiment)
        browser.run("window.isOld = true; location.reload()")
        unfold = "document.querySelector('[data-component-id*=runnamecellrenderer]')"
        browser.wait_for(f"!window.isOld && {says('SVC, 8 candidates')} && {unfold}")
        assert "trial-0" not in browser.text()
        for _ in range(3):  # a click while the table is being drawn is lost
            browser.run(f"{unfold}.click()")
            with suppress(TimeoutError):
                browser.wait_for(says("trial-7"), seconds=40)
                break
        time.sleep(2)  # what is drawn after the text
        text = browser.text()
        browser.picture(tmp_path / "mlflow.png")
    assert all(f"trial-{number}" in text for number in range(8))
    assert str(search.best_score_)[:5] in text
    if os.environ.get("REFRESH_PICTURE"):
        shutil.copy(tmp_path / "mlflow.png", PICTURE)
