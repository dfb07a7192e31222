"""A marker in place of each secret, held against every output of a search."""

from __future__ import annotations

import csv
import json
import os
import stat
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline

from hpsklearn_search import HyperoptSearchCV, MLflowCallback, Trials, fmin, hp, rand
from hpsklearn_search.exceptions import SaveFileError
from tests.integrations.mlflow_parts import Store, free_port

pytestmark = pytest.mark.mlflow

MARKER = "S3CRETpw"
ADDRESS = f"postgresql://me:{MARKER}@host/db?token={MARKER}"
X, y = [[float(i)] for i in range(12)], [0, 1] * 6


class Client(DummyClassifier):  # type: ignore[misc]
    """A classifier that reads its data elsewhere; one of its candidates fails, and says where."""

    def __init__(
        self,
        password: Any = None,
        url: str | None = None,
        place: int = 0,
        strategy: str = "prior",
        account: Any = None,
    ) -> None:
        super().__init__(strategy=strategy)
        self.account = account
        self.password = password
        self.url = url
        self.place = place

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Client:
        """Fail at one place."""
        if self.place == 1:
            raise OSError(f"no answer from {self.url}, password={self.password!r}")
        super().fit(X, y)
        return self


def search(callback: MLflowCallback, save_file: Path | None = None, password: str = MARKER) -> HyperoptSearchCV:
    """A search whose estimator, space and scores know secrets."""
    estimator = make_pipeline(Client(password, ADDRESS))
    space = {
        "client__place": hp.choice("place", [0, 1, 2]),
        "client__strategy": hp.choice("strategy", ["prior", "stratified"]),
        "client__password": hp.choice("password", [MARKER, f"{MARKER}2"]),
        "client__account": hp.choice("token", [MARKER, f"{MARKER}2"]),
    }
    return HyperoptSearchCV(
        estimator, space, algo="random", max_evals=6, cv=2, random_state=1, callbacks=[callback],
        trials_save_file=None if save_file is None else str(save_file),
    )  # fmt: skip


def leaks(folder: Path) -> list[str]:
    """The files below `folder` that contain the marker."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and MARKER.encode() in path.read_bytes()]


class Unsaved(DummyClassifier):  # type: ignore[misc]
    """A classifier that cannot be saved, and says why in a line of YAML."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise ValueError(f"login failed\npassword: {MARKER}")


def test_a_secret_in_the_error_of_a_model_is_not_shown(store: Store) -> None:
    """The warning has the error as Python shows it, with a quote before its text."""
    searched = HyperoptSearchCV(
        Unsaved(), {"strategy": ["prior", "uniform"]}, max_evals=2, cv=2, callbacks=[MLflowCallback()]
    )
    with pytest.warns(UserWarning, match="the model was not logged") as caught:
        searched.fit(X, y)
    assert MARKER not in "".join(str(warning.message) for warning in caught)


@pytest.mark.parametrize("is_down", [False, True], ids=["up", "down"])
def test_a_secret_is_in_no_output_of_a_search(
    store: Store,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    is_down: bool,
) -> None:
    """Neither in streams, logs and warnings, nor in the save file, MLflow and the log that was not sent."""
    caplog.set_level("DEBUG", "hpsklearn_search")
    uri = f"http://me:{MARKER}@127.0.0.1:{free_port()}/?token={MARKER}" if is_down else None
    tags = {"token": MARKER, "place": ADDRESS}
    callback = MLflowCallback(tracking_uri=uri, unsent_dir=tmp_path / "unsent", log_model=None, tags=tags)
    fitted = search(callback, tmp_path / "search.db")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted.fit(X, y)
    assert len(list((tmp_path / "unsent").glob("*.jsonl"))) == is_down
    out, err = capfd.readouterr()
    shown = [out, err, caplog.text, repr(callback), *(str(warning.message) for warning in caught)]
    assert [text for text in shown if MARKER in text] == []
    assert leaks(tmp_path) == []
    assert any("no answer from postgresql://host/db" in text for text in shown)  # the rest of a message stays
    if not is_down:
        runs = [*(run.data.params for run in store.children())]
        assert {params[f"client__{name}"][:7] for params in runs for name in ("password", "account")} == {"hidden:"}
        best = store.parent().data.params
        assert best["best_client__account"] in {params["client__account"] for params in runs}


@pytest.mark.parametrize("is_down", [False, True], ids=["up", "down"])
@pytest.mark.parametrize("kind", ["array", "frame"])
def test_a_secret_of_the_context_is_not_in_the_source_of_the_data(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, is_down: bool
) -> None:
    """MLflow describes the source by the tags of the run, which are hashes where they are secrets."""
    context = {"password": MARKER, "place": f"http://me:{MARKER}@host/?token={MARKER}"}
    monkeypatch.setenv("MLFLOW_RUN_CONTEXT", json.dumps(context))
    data = np.array(X) if kind == "array" else pd.DataFrame(X, columns=["a"])
    uri = f"http://127.0.0.1:{free_port()}" if is_down else None
    callback = MLflowCallback(tracking_uri=uri, unsent_dir=tmp_path / "unsent", log_model=None)
    fitted = HyperoptSearchCV(DummyClassifier(), {"strategy": ["prior"]}, cv=2, callbacks=[callback])
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        fitted.fit(data, y)
    assert leaks(tmp_path) == []
    if not is_down:
        (given,) = store.parent().inputs.dataset_inputs
        tags = json.loads(given.dataset.source)["tags"]
        assert tags["place"] == "http://host/?token="
        assert tags == {name: store.parent().data.tags[name] for name in tags}


def test_a_secret_whose_label_has_another_name_is_not_in_a_log_of_fmin(store: Store, tmp_path: Path) -> None:
    """Labels name the parameters of a trial, and the keys above them say what is a secret."""
    space = {"db": {"password": hp.choice("a", [MARKER, f"{MARKER}2"])}, "token": hp.uniform("t", 0, 1)}
    trials = Trials()
    fmin(lambda _: 0.0, space, rand.suggest, 2, trials=trials, rstate=0, verbose=False, callbacks=[MLflowCallback()])
    logged = [run.data.params for run in store.children()]
    assert {params[label][:7] for params in logged for label in ("a", "t")} == {"hidden:"}
    assert leaks(tmp_path) == []


def test_a_secret_of_an_address_is_not_in_what_a_notebook_shows() -> None:
    """A saved notebook keeps the representation of a search."""
    callback = MLflowCallback(tracking_uri=ADDRESS)
    fitted = HyperoptSearchCV(DummyClassifier(), {"strategy": ["prior"]}, callbacks=[callback])
    for text in (repr(callback), repr(fitted), fitted._repr_html_()):
        assert MARKER not in text


@pytest.mark.parametrize("arguments", [{}, {"parent_run_id": "abc"}], ids=["alone", "with a parent"])
def test_an_address_is_no_name_of_an_experiment(arguments: dict[str, str]) -> None:
    """It may have a password, and the name is shown and sent; the message says where the address belongs."""
    with pytest.raises(ValueError, match="write tracking_uri='postgresql://host") as caught:
        MLflowCallback(ADDRESS, **arguments)
    assert MARKER not in str(caught.value)


def test_a_secret_in_the_name_of_an_experiment_is_not_shown() -> None:
    """Neither by the callback, nor in an error."""
    name = f"as in {ADDRESS}"
    assert MARKER not in repr(MLflowCallback(name))
    with pytest.raises(ValueError, match="give one of the two") as caught:
        MLflowCallback(name, parent_run_id=ADDRESS)
    assert MARKER not in str(caught.value)


@pytest.mark.parametrize("is_down", [False, True], ids=["up", "down"])
def test_a_secret_in_the_name_of_a_run_is_neither_logged_nor_kept(store: Store, tmp_path: Path, is_down: bool) -> None:
    """The rest of the address stays in the name."""
    uri = f"http://127.0.0.1:{free_port()}" if is_down else None
    callback = MLflowCallback(run_name=ADDRESS, tracking_uri=uri, unsent_dir=tmp_path / "unsent")
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        fmin(lambda _: 0.0, hp.uniform("x", 0, 1), rand.suggest, 1, rstate=0, verbose=False, callbacks=[callback])
    assert leaks(tmp_path) == []
    if not is_down:
        assert store.parent().info.run_name == "postgresql://host/db?token="


def test_a_table_of_the_space_hides_secrets() -> None:
    """Its text and its HTML end in notebooks, too."""
    table = search(MLflowCallback()).describe_space()
    assert MARKER not in repr(table) + table._repr_html_()
    assert "(hidden 0), (hidden 1)" in repr(table)


def test_another_secret_is_another_search_and_is_not_shown(tmp_path: Path) -> None:
    """The error of the save file compares hashes."""

    def run(password: str) -> None:
        estimator = Client(password, f"http://me:{password}@host")
        arguments = {"algo": "random", "max_evals": 2, "cv": 2, "trials_save_file": str(tmp_path / "s.db")}
        HyperoptSearchCV(estimator, {"strategy": ["prior", "uniform"]}, random_state=0, **arguments).fit(X, y)

    run(MARKER)
    run(MARKER)
    with pytest.raises(SaveFileError, match=r"parameters of the estimator \(password, url\): hidden:pbkdf2") as caught:
        run(f"{MARKER}2")
    assert MARKER not in str(caught.value)
    assert leaks(tmp_path) == []


def test_a_save_file_of_an_earlier_version_with_a_secret_opens(tmp_path: Path) -> None:
    """It holds the secret as it was, which the error does not show."""
    from hpsklearn_search.trials import SaveFile

    old = {"parameters of the estimator": {"password": repr(MARKER), "C": "1"}}
    hashed = {"parameters of the estimator": {"password": _described(MARKER), "C": "1"}}
    SaveFile(tmp_path / "s.db", old).close()
    SaveFile(tmp_path / "s.db", hashed).close()
    with pytest.raises(SaveFileError, match="password") as caught:
        SaveFile(tmp_path / "s.db", {"parameters of the estimator": {"password": _described("x"), "C": "1"}})
    assert MARKER not in str(caught.value)


def _described(password: str) -> str:
    from hpsklearn_search.trials import describe_items

    return describe_items("parameters", {"password": password})["password"]


def test_an_error_of_resend_has_no_password(store: Store, tmp_path: Path) -> None:
    """MLflow's own message contains the address."""
    uri = f"http://me:{MARKER}@127.0.0.1:{free_port()}"
    with pytest.warns(UserWarning, match="were not sent"):
        search(MLflowCallback(tracking_uri=uri, unsent_dir=tmp_path, log_model=None)).fit(X, y)
    (file,) = tmp_path.glob("*.jsonl")
    with pytest.raises(Exception, match=r"127\.0\.0\.1") as caught:
        MLflowCallback.resend(file, tracking_uri=uri)
    error: BaseException | None = caught.value
    while error is not None:
        assert MARKER not in f"{error} {error!r}"
        error = error.__cause__ or error.__context__


# ---------------------------------------------------------------------- files of the user's
@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_what_was_not_sent_is_private(tmp_path: Path) -> None:
    """The log and each file of the model have the mode 0600, and folders 0700, whatever the umask is."""
    callback = MLflowCallback(tracking_uri=f"http://127.0.0.1:{free_port()}", unsent_dir=tmp_path / "unsent")
    before = os.umask(0)
    try:
        with pytest.warns(UserWarning, match="were not sent"):
            search(callback).fit(X, y)
    finally:
        os.umask(before)
    entries = [tmp_path / "unsent", *(tmp_path / "unsent").rglob("*")]
    assert {stat.S_IMODE(entry.stat().st_mode) for entry in entries if entry.is_file()} == {0o600}
    assert {stat.S_IMODE(entry.stat().st_mode) for entry in entries if entry.is_dir()} == {0o700}
    assert any(entry.name == "MLmodel" for entry in entries)


def test_a_link_of_the_name_of_the_log_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its target stays as it is, and the log goes into a new temporary folder."""
    from hpsklearn_search.integrations import _unsent
    from hpsklearn_search.integrations._content import Update
    from hpsklearn_search.integrations._tracker import Destination

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "unsent").mkdir()
    (tmp_path / "unsent" / "mlflow-unsent-abc.jsonl").symlink_to(tmp_path / "precious")
    path = _unsent.write(tmp_path / "unsent", Destination("abc"), [Update(trial=0)])
    assert (tmp_path / "precious").read_text() == "mine"
    assert path.parent.name.startswith("mlflow-unsent-")


# ---------------------------------------------------------------------- spreadsheets
def test_a_cell_that_begins_like_a_formula_is_quoted(store: Store, tmp_path: Path) -> None:
    """A spreadsheet would run it; numbers stay numbers, and secrets are hashes."""
    texts = ["=cmd|' /C calc'!A1", "+1", "-1", "@x", " =1", "\ufeff=1", "\u200b\xa0@x", "\uff1d1", "plain"]
    commands = [["--token", MARKER], [("password", MARKER)]]

    def objective(config: Any) -> float:
        return float(-abs(config["x"]))

    space = {"text": hp.choice("text", texts), "x": hp.uniform("x", -1, 0), "k": hp.choice("api_key", [MARKER])}
    space["command"] = hp.choice("command", commands)
    fmin(
        objective, space, rand.suggest, 12, rstate=0, show_progressbar=False, trials=Trials(),
        callbacks=[MLflowCallback()], trials_save_file=str(tmp_path / "s.db"),
        points_to_evaluate=[{"text": i, "x": -0.5, "api_key": 0, "command": i % 2} for i in range(len(texts))],
    )  # fmt: skip
    folder = Path(store.client.download_artifacts(store.parent().info.run_id, "", str(tmp_path)))
    with (folder / "trials.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["param_text"] for row in rows[: len(texts)]] == [*(f"'{text}" for text in texts[:-1]), "plain"]
    assert all(float(row["param_x"]) <= 0 and float(row["loss"]) <= 0 for row in rows)
    assert all(row["param_api_key"].startswith("hidden:") for row in rows)
    assert leaks(tmp_path) == []


@pytest.mark.parametrize("end", [";", "\t", "\r", "\n"], ids=["semicolon", "tab", "return", "line"])
@pytest.mark.parametrize("start", ["=", " =", '"='], ids=["plain", "blank", "quote"])
def test_what_a_spreadsheet_may_split_off_is_quoted_as_a_cell_is(tmp_path: Path, start: str, end: str) -> None:
    """A line may be split at semicolons or tabs instead of commas."""
    from hpsklearn_search.integrations._session import _write_table

    _write_table(tmp_path / "table.csv", {"number": [1], "text": [f"x{end}{start}1+1"]})
    with (tmp_path / "table.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == [{"number": "1", "text": f"x{end}'{start}1+1"}]


def test_a_cell_that_begins_with_a_separator_is_quoted_after_it(tmp_path: Path) -> None:
    """The cell is text whether the separator ends a cell or is left out."""
    from hpsklearn_search.integrations._session import _write_table

    _write_table(tmp_path / "table.csv", {"text": ["\t=1", ";;=1", "a; b;-c"]})
    with (tmp_path / "table.csv").open(newline="", encoding="utf-8") as file:
        assert [row["text"] for row in csv.DictReader(file)] == ["\t'=1", ";;'=1", "a; b;'-c"]
