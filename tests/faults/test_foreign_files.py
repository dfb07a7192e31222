"""Files that somebody else wrote: a save file and a log that was not sent are data, whatever is in them.

The number of mutated inputs is that of FOREIGN_INPUTS:

    FOREIGN_INPUTS=5000 python -m pytest tests/faults/test_foreign_files.py -k mutated
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import random
import shutil
import sqlite3
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from hpsklearn_search import HyperoptSearchCV, Trials, fmin, hp, rand
from hpsklearn_search.exceptions import SaveFileError
from hpsklearn_search.integrations import _tracker, _unsent
from hpsklearn_search.integrations._content import SEARCH_TAG
from hpsklearn_search.trials._companions import JOURNAL_MAGIC
from hpsklearn_search.trials._rows import COLUMNS, checksum

N_INPUTS = int(os.environ.get("FOREIGN_INPUTS", "160"))
LIMIT = 5.0
"""Seconds that reading one file may take."""

X, y = np.arange(24.0).reshape(12, 2), np.array([0, 1] * 6)
SPACE = {"constant": hp.randint("constant", 2), "random_state": hp.uniformint("seed", 1, 9)}
ROW = COLUMNS.split(", ")


def search(path: Path, max_evals: int = 4, **settings: Any) -> HyperoptSearchCV:
    """A search of milliseconds, with a save file."""
    estimator = DummyClassifier(strategy="constant", constant=0)
    settings = {"algo": "random", "max_queue_len": 1, "cv": 2, "random_state": 0, "refit": False, **settings}
    return HyperoptSearchCV(estimator, SPACE, max_evals=max_evals, trials_save_file=str(path), **settings).fit(X, y)


def search_with_several_metrics(path: Path, max_evals: int = 4) -> HyperoptSearchCV:
    """A search whose folds have several scores, of the test and the train part."""
    return search(path, max_evals, scoring=["accuracy", "f1"], objective_metric="f1", return_train_score=True)


def minimise(path: Path, max_evals: int = 4, **settings: Any) -> Any:
    """A call of fmin, with a save file."""
    settings = {"trials": Trials(), "show_progressbar": False, "rstate": 0, **settings}
    return fmin(square, hp.uniform("x", -1, 1), rand.suggest, max_evals, trials_save_file=str(path), **settings)


def square(x: float) -> dict[str, Any]:
    """An objective whose result has more than a loss."""
    return {"loss": x**2, "status": "ok", "note": [x, None, "text"], "attachments": {"a": "b"}}


RUNS = (search, search_with_several_metrics, minimise)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[Callable[..., Any], bytes]:
    """A good save file of each kind of search."""
    folder = tmp_path_factory.mktemp("saved")
    files = {}
    for run in RUNS:
        run(folder / run.__name__)
        files[run] = (folder / run.__name__).read_bytes()
    return files


def read_row(path: Path, number: int) -> dict[str, Any]:
    """The columns of a trial."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        row = db.execute(f"SELECT {COLUMNS} FROM trials WHERE number = ?", (number,)).fetchone()
    return dict(zip(ROW, row, strict=True))


def change_row(path: Path, place: int = 3, **values: Any) -> None:
    """Change columns of a trial, with the checksum that belongs to them."""
    row = {**read_row(path, place), **values}
    new = tuple(row[name] for name in ROW[:-1])
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("DELETE FROM trials WHERE number = ?", (place,))
        db.execute(f"INSERT INTO trials ({COLUMNS}) VALUES ({', '.join('?' * len(ROW))})", (*new, checksum(new)))
        db.commit()


# ---------------------------------------------------------------------- one fault at a time
FOLD = {"fit_error": None, "test_scores": 0.5, "n_test_samples": 6, "fit_time": 0.1, "score_time": 0.1}


def folds(**changed: Any) -> str:
    """The results of two folds, the first with a change."""
    return json.dumps([{**FOLD, **changed}, FOLD])


FAULTS = {
    "a trial to run outside of the space": {"status": "running", "point": '{"constant": 1, "seed": 1000000000000}'},
    "a finished trial outside of the space": {"point": '{"constant": 1, "seed": 10}'},
    "an option that is not there": {"point": '{"constant": 2, "seed": 1}'},
    "an unknown label": {"point": '{"constant": 1, "seed": 1, "other": 1}'},
    "a label that is missing": {"point": '{"constant": 1}'},
    "a point that is nested deeply": {"point": "[" * 200_000},
    "a value that is nested deeply": {"point": '{"constant": 1, "seed": ' + "[" * 900 + "]" * 900 + "}"},
    "a point that is a list": {"point": "[1]"},
    "a number of 400 digits": {"point": '{"constant": 1, "seed": 1' + "0" * 400 + "}"},
    "a number that is not JSON": {"point": '{"constant": 1, "seed": NaN}'},
    "a result that is nested deeply": {"result": '{"a": ' + "[" * 900 + "]" * 900 + "}"},
    "bytes": {"point": b"\xff\xfe"},
    "folds of texts": {"folds": '["a", "b"]'},
    "folds without what they need": {"folds": '[{"test_scores": 1}]'},
    "too few folds": {"folds": json.dumps([FOLD])},
    "scores of another metric": {"folds": folds(test_scores={"a": "b"})},
    "several scores where there is one": {"folds": folds(test_scores={"a": 0.5})},
    "a time that is a text": {"folds": folds(fit_time="long")},
    "an unknown part of a fold": {"folds": folds(other=1)},
    "a parameter for the refit": {"folds": folds(derived_params={"strategy": 1.0})},
    "an iteration of a booster": {"folds": folds(best_iterations={"": 1e300})},
    "outside of a limit that the search does not have": {"status": "outside"},
    "a size that the search does not measure": {"folds": folds(n_bytes=5)},
    "a loss that the folds do not have": {"loss": -2.0},
    "a loss that is a text": {"loss": "abc"},
    "an infinite loss": {"loss": float("inf")},
    "a negative variance": {"variance": -1.0},
    "an unknown status": {"status": "\x1b[2J"},
    "a time after the last year": {"started": 1e300},
    "a result that is a list": {"result": "[]"},
    "a failure without a text": {"failure": '["fail", "a", "b"]'},
    "a failure of an unknown kind": {"failure": '["x", "a", "b", "c"]'},
    "a number that skips one": {"number": 7},
}


@pytest.mark.parametrize("run", RUNS)
def test_a_good_file_is_read(tmp_path: Path, saved: dict[Callable[..., Any], bytes], run: Callable[..., Any]) -> None:
    """So the mutated ones are refused for their mutations."""
    (tmp_path / "s.db").write_bytes(saved[run])
    run(tmp_path / "s.db")
    assert (tmp_path / "s.db").read_bytes() == saved[run]


@pytest.mark.parametrize("what", FAULTS)
def test_a_row_that_no_search_writes_is_refused(
    tmp_path: Path, saved: dict[Callable[..., Any], bytes], what: str
) -> None:
    """The message names the trial or what is wrong, moves no cursor, and the file stays as it is."""
    path = tmp_path / "s.db"
    path.write_bytes(saved[search])
    change_row(path, **FAULTS[what])
    before = path.read_bytes()
    with pytest.raises(SaveFileError, match=r"trial") as caught:
        search(path, 6)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["s.db"]


@pytest.mark.parametrize(
    ("table", "column"),
    [("search", "key"), ("search", "value"), *(("trials", name) for name in ("status", "point", "result", "error"))],
)
def test_a_text_that_is_not_utf8_is_named(
    tmp_path: Path, saved: dict[Callable[..., Any], bytes], table: str, column: str
) -> None:
    """SQLite stores any bytes as a text. The message is about the file, and not about the disk."""
    path = tmp_path / "s.db"
    path.write_bytes(saved[search])
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute(f"UPDATE {table} SET {column} = CAST(x'fffe41' AS TEXT) WHERE rowid = 1")
        db.commit()
    with pytest.raises(SaveFileError, match=r"is damaged: a text in it is not UTF-8, b'\\xff\\xfeA'"):
        search(path, 6)


def test_a_trial_that_the_user_asks_for_may_lie_outside(tmp_path: Path) -> None:
    """As in hyperopt; without the argument, the file alone does not decide what runs."""
    points = [{"x": 5.0}]
    minimise(tmp_path / "s.db", points_to_evaluate=points)
    minimise(tmp_path / "s.db", 5, points_to_evaluate=points)
    with pytest.raises(SaveFileError, match=r"5\.0 cannot be drawn from .* pass the same points_to_evaluate"):
        minimise(tmp_path / "s.db", 6)


def two_scores(estimator: Any, X: Any, y: Any) -> dict[str, float]:
    """A callable that returns several scores."""
    return {"a": float(estimator.score(X, y)), "b": 0.5}


@pytest.mark.parametrize("place", [0, 3])
@pytest.mark.parametrize("status", ["ok", "fail"])
def test_other_scores_than_those_of_a_callable_are_refused(tmp_path: Path, place: int, status: str) -> None:
    """A file may name what the callable never returns; the table has one set of columns."""
    path = tmp_path / "s.db"
    several = {"scoring": two_scores, "objective_metric": None}
    search(path, **several)
    change_row(path, place, status=status, folds=json.dumps([{**FOLD, "test_scores": {"a": 0.5, "\x1b[2J": 1.0}}] * 2))
    with pytest.raises(SaveFileError, match="must return the same scores") as caught:
        search(path, 6, **several)
    assert str(caught.value).isprintable()


FORMATS = {"a version that writes": (18, 9), "a version that reads": (19, 3), "a format of the schema": (47, 9)}


@pytest.mark.parametrize("what", FORMATS)
def test_a_format_that_sqlite_does_not_know_is_named(
    tmp_path: Path, saved: dict[Callable[..., Any], bytes], what: str
) -> None:
    """Before a fit: SQLite itself would first refuse to write, and that looks like a full disk."""
    place, value = FORMATS[what]
    data = bytearray(saved[search])
    data[place] = value
    (tmp_path / "s.db").write_bytes(data)
    with pytest.raises(SaveFileError, match="SQLite does not know its format"):
        search(tmp_path / "s.db", 6)


ENDLESS = (
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT 'k' AS key, '1' AS value, x AS checksum"
)
SCHEMAS = {
    "view 'search'": f"DROP TABLE search; CREATE VIEW search AS {ENDLESS} FROM c WHERE x < 0",
    "view 'trials'": "DROP TABLE trials; CREATE VIEW trials AS SELECT * FROM search",
    "trigger 't'": "CREATE TRIGGER t AFTER INSERT ON trials BEGIN UPDATE trials SET loss = 0; END",
    "table 'other'": "CREATE TABLE other (x)",
    "index 'other'": "CREATE INDEX other ON trials (loss)",
    "table 'trials'": "ALTER TABLE trials ADD COLUMN other DEFAULT 1",
    "a table that is missing": "DROP TABLE trials",
}


@pytest.mark.parametrize("what", SCHEMAS)
def test_a_file_with_another_schema_is_refused_before_a_query(
    tmp_path: Path, saved: dict[Callable[..., Any], bytes], what: str
) -> None:
    """A view would run without end, and a trigger would change trials; the message names it."""
    path = tmp_path / "s.db"
    path.write_bytes(saved[search])
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(SCHEMAS[what])
    before = path.read_bytes()
    with pytest.raises(SaveFileError, match=f"another schema than a save file .{what}"):
        search(path, 6)
    assert path.read_bytes() == before


def test_what_a_foreign_file_says_is_shown_without_control_characters(tmp_path: Path) -> None:
    """Its descriptions are in the message: one could clear the terminal."""
    path = tmp_path / "s.db"
    search(path)
    with contextlib.closing(sqlite3.connect(path)) as db:
        text = json.dumps("\x1b[2J\u202e" + "long " * 1000)
        db.execute("UPDATE search SET value = ?, checksum = ? WHERE key = 'scoring'", (text, zlib.crc32(text.encode())))
        db.commit()
    with pytest.raises(SaveFileError, match=r"scoring: \\x1b\[2J\\u202elong") as caught:
        search(path)
    assert str(caught.value).replace("\n", "").isprintable()
    assert len(str(caught.value)) < 1000


# ---------------------------------------------------------------------- many faults
STATEMENTS = [
    *("DELETE FROM search", "DELETE FROM trials", "VACUUM", "UPDATE search SET value = 1"),
    "UPDATE trials SET point = zeroblob(9)",
    "PRAGMA writable_schema = ON; UPDATE sqlite_master SET rootpage = 2",
    "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = 'CREATE TABLE x (y)'",
]
ODD: list[Any] = [
    *(None, True, -1, 0, 10**400, 2**63, 1e308, -0.0, float("nan"), float("inf"), "", "x", "\x1b[2J", "\ud800", "\0"),
    *([], {}, [[]], {"$float": "nan"}, {"$float": []}, {"": None}, "../../etc/passwd", "/etc/passwd", "ok", "1"),
]


def mutated_value(rng: random.Random, value: Any) -> Any:
    """The JSON value with a part replaced, removed, doubled or renamed."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice(list(value))
        how = rng.random()
        if how < 0.15:
            return {k: v for k, v in value.items() if k != key}
        if how < 0.3:
            return {(rng.choice(["", "x", "__class__"]) if k == key else k): v for k, v in value.items()}
        return {**value, key: mutated_value(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.8:
        place = rng.randrange(len(value))
        if rng.random() < 0.2:
            return value[:place] + value[place + 1 :] if rng.random() < 0.5 else value * 2
        return [*value[:place], mutated_value(rng, value[place]), *value[place + 1 :]]
    return copy.deepcopy(rng.choice(ODD))


def mutated_text(rng: random.Random, text: str) -> str:
    """A JSON text with another value, or with other characters."""
    how = rng.random()
    if how < 0.75:
        with contextlib.suppress(ValueError, RecursionError):  # it is mutated already
            return json.dumps(mutated_value(rng, json.loads(text)))
    if how < 0.85:
        return rng.choice(["[", '{"a":']) * rng.choice([10, 100_000])
    place = rng.randrange(len(text) + 1)
    return text[:place] + rng.choice(["", "\0", '"', "}", "NaN", "1e999", "\ud800"]) + text[place + rng.randrange(3) :]


def mutated_bytes(rng: random.Random, data: bytes) -> bytes:
    """Some bytes flipped, a piece copied elsewhere, or the end cut off."""
    changed = bytearray(data)
    how = rng.random()
    if how < 0.7:
        for _ in range(rng.choice([1, 1, 3, 30])):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    elif how < 0.9:
        start, end, size = rng.randrange(len(changed)), rng.randrange(len(changed)), rng.choice([1, 40, 4096])
        changed[end : end + size] = data[start : start + size]
    else:
        del changed[rng.randrange(len(changed)) :]
    return bytes(changed)


def mutate_save_file(rng: random.Random, path: Path) -> None:
    """Change bytes, a row, a JSON value or the schema of a save file."""
    how = rng.random()
    if how < 0.3:
        path.write_bytes(mutated_bytes(rng, path.read_bytes()))
    elif how < 0.9:
        number = rng.randrange(4)
        row, column = read_row(path, number), rng.choice(ROW[:-1])
        if column in ("point", "folds", "result", "failure") and isinstance(row[column], str) and rng.random() < 0.8:
            value: Any = mutated_text(rng, row[column])
        else:
            value = rng.choice([None, "", "x", b"\xff", -1, 1.5, 1e308, float("inf"), 2**62, "running", "fail", "ok"])
        with contextlib.suppress(sqlite3.Error, UnicodeEncodeError):  # some columns take no such value
            change_row(path, number, **{column: value})
    else:
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path)) as db:
            db.executescript(rng.choice([*SCHEMAS.values(), *STATEMENTS]))


@contextlib.contextmanager
def only_these_files(folder: Path, but: str) -> Iterator[None]:
    """Within, no file of `folder` changes, none comes and none goes, but for those that begin with `but`."""

    def others() -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file() and not p.name.startswith(but)}

    before = others()
    yield
    assert others() == before


@pytest.mark.parametrize("run", RUNS)
def test_a_mutated_save_file_is_refused_or_read(
    tmp_path: Path, saved: dict[Callable[..., Any], bytes], run: Callable[..., Any]
) -> None:
    """It ends in a SaveFileError or in a search, in time, and a file that is refused stays as it is."""
    path = tmp_path / "s.db"
    (tmp_path / "precious").write_text("mine")
    refused = []
    for seed in range(N_INPUTS // 3):
        for old in tmp_path.glob("s.db*"):
            old.unlink()
        path.write_bytes(saved[run])
        mutate_save_file(random.Random(seed), path)
        before, start = path.read_bytes(), time.perf_counter()
        with only_these_files(tmp_path, "s.db"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                run(path)
            except SaveFileError as error:
                refused.append(str(error))
                assert path.read_bytes() == before, seed
            except Exception as error:
                raise AssertionError(f"seed {seed}") from error
        assert time.perf_counter() - start < LIMIT, seed
    assert len(refused) > N_INPUTS / 9  # most inputs are wrong, and some are as good as before
    assert not any("a full disk?" in message for message in refused)


# ---------------------------------------------------------------------- a log that was not sent
class Answers:
    """A server that takes everything, and notes the files that it was sent."""

    files: list[str] = []
    contents: set[str] = set()

    def __init__(self, uri: str | None) -> None:
        pass

    def tags_of_run(self, run_id: str) -> dict[str, str] | None:
        """It has one run."""
        return {SEARCH_TAG: "abc"} if run_id == "parent" else None

    def experiment_id(self, name: str | None) -> str:
        """Any."""
        return "0"

    def run_ids(self, *query: str) -> dict[str, dict[str, str]]:
        """None."""
        return {}

    def create_run(self, *values: Any) -> str:
        """Always the same."""
        return "run"

    def log(self, *values: Any) -> None:
        """Takes JSON."""
        json.dumps(values)

    def end_run(self, *values: Any) -> None:
        """Takes JSON."""
        json.dumps(values)

    def has_model(self, *values: Any) -> bool:
        """Never."""
        return False

    def log_files(self, run_id: str, folder: str, artifact_path: str | None) -> None:
        """Notes the folder."""
        self.files.append(folder)
        self.contents.update(file.read_text() for file in Path(folder).rglob("*"))

    def log_model(self, run_id: str, name: str, folder: str, *values: Any) -> None:
        """Notes the folder."""
        self.files.append(folder)
        self.contents.update(file.read_text() for file in Path(folder).rglob("*"))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> type[Answers]:
    """A server in place of mlflow."""
    Answers.files, Answers.contents = [], set()
    for module in (_unsent, _tracker):
        monkeypatch.setattr(module, "Client", Answers)
        monkeypatch.setattr(module, "short_calls", contextlib.nullcontext)
    monkeypatch.setattr(_tracker, "context_tags", dict)
    monkeypatch.setattr(_unsent, "check_installed", lambda: None)
    return Answers


def unsent_lines() -> list[str]:
    """A good log."""
    name = "mlflow-unsent-abc"
    values: list[dict[str, Any]] = [
        {
            "format": 1,
            "search": "abc",
            "tracking_uri": "sqlite:///x.db",
            "experiment": "e",
            "start": 1,
            "tags": {"a": "b"},
        },
        {"params": {"C": "1.0"}, "tags": {"a": "b"}},
        {"trial": 0, "start": 1, "end": 2, "status": "FINISHED", "metrics": [["loss", 0.5, 1, 0]]},
        {"folder": f"{name}/folder", "model": f"{name}/model", "params": {"best_C": "1.0"}},
    ]
    return [json.dumps(value) for value in values]


def write_log(folder: Path, lines: list[str]) -> Path:
    """The log, with the files that belong to it."""
    path = folder / "mlflow-unsent-abc.jsonl"
    for name in ("folder", "model"):
        (folder / path.stem / name).mkdir(parents=True, exist_ok=True)
        (folder / path.stem / name / "file").write_text("content")
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    return path


def test_a_good_log_is_sent(tmp_path: Path, server: type[Answers]) -> None:
    """So the mutated ones are refused for their mutations."""
    path = write_log(tmp_path, unsent_lines())
    assert _unsent.resend(path, "sqlite:///x.db", None) == 3
    assert [Path(file).parts[-2:] for file in server.files] == [(path.stem, "folder"), (path.stem, "model")]


@pytest.mark.parametrize(
    "change",
    [
        {"trial": "3"}, {"trial": -1}, {"status": "x"}, {"end": 10**400}, {"params": []}, {"params": {"a": 1}},
        {"metrics": [["loss", float("nan"), 1, 0]]}, {"metrics": [["loss", 10**400, 1, 0]]}, {"metrics": [1]},
        {"folder": 3}, {"folder": "\0"}, {"folder": "mlflow-unsent-abc/" + "a" * 5000},
        {"folder": "mlflow-unsent-abc/\ud800"}, {"tags": {"mlflow.parentRunId": "b"}}, {"tags": {SEARCH_TAG: "b"}},
        {"dataset": {"name": "a"}}, {"dataset": {"a": "b"}}, {"other": 1}, [], None, 3,
    ],
    ids=lambda change: ascii(change)[:60],
)  # fmt: skip
def test_an_update_that_no_search_writes_is_refused(tmp_path: Path, server: type[Answers], change: Any) -> None:
    """Before anything is sent, with a ValueError."""
    path = write_log(tmp_path, [unsent_lines()[0], json.dumps(change)])
    with pytest.raises(ValueError, match=r"not a file of updates|only files in|which is not there"):
        _unsent.resend(path, "sqlite:///x.db", None)


def test_a_log_without_its_folder_is_refused(tmp_path: Path, server: type[Answers]) -> None:
    """The rest would be sent as if that were all."""
    path = write_log(tmp_path, unsent_lines())
    shutil.rmtree(tmp_path / path.stem / "model")
    with pytest.raises(ValueError, match=r"needs the folder '.*model', which is not there"):
        _unsent.resend(path, "sqlite:///x.db", None)
    assert server.files == []


@pytest.mark.skipif(not hasattr(os, "link"), reason="no hard links")
def test_a_second_name_of_a_file_elsewhere_is_not_sent(tmp_path: Path, server: type[Answers]) -> None:
    """Whoever can write to the folder can link a file of the user's into it."""
    (tmp_path / "private").write_text("key")
    path = write_log(tmp_path, unsent_lines())
    os.link(tmp_path / "private", tmp_path / path.stem / "folder" / "table.csv")
    with pytest.raises(ValueError, match="only files in"):
        _unsent.resend(path, "sqlite:///x.db", None)
    assert server.files == []


UNFIT: dict[str, tuple[list[str], str | None]] = {
    "is not a file of updates": (["{}"], "sqlite:///x.db"),
    "only files in": ([unsent_lines()[0], json.dumps({"folder": "elsewhere"})], "sqlite:///x.db"),
    "needs the folder": (unsent_lines(), "sqlite:///x.db"),
    "was written for": (unsent_lines()[:1], None),
}


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such names")
@pytest.mark.parametrize("message", UNFIT)
def test_the_name_of_a_log_moves_no_cursor(
    tmp_path: Path, server: type[Answers], monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    """It is shown with escapes."""
    lines, uri = UNFIT[message]
    monkeypatch.setattr(_unsent, "tracking_uri", lambda: "sqlite:///other.db")
    path = write_log(tmp_path, lines).rename(tmp_path / "mlflow-unsent-abc\x1b[2J.jsonl")
    text = "\n".join(lines).replace("mlflow-unsent-abc/", f"{path.stem}/".replace("\x1b", "\\u001b"))
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        _unsent.resend(path, uri, None)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["search", "experiment_id", "external_run_id", "runs", "start"])
@pytest.mark.parametrize("value", ["a' OR '1", "../x", 3.5, ["a"], {"": "../../x"}, 10**400], ids=str)
def test_a_header_that_no_search_writes_is_refused(
    tmp_path: Path, server: type[Answers], name: str, value: Any
) -> None:
    """An id becomes a part of queries and paths."""
    header = {**json.loads(unsent_lines()[0]), name: value}
    with pytest.raises(ValueError, match=f"not a file of updates .*'{name}' cannot be"):
        _unsent.resend(write_log(tmp_path, [json.dumps(header)]), "sqlite:///x.db", None)


@pytest.mark.parametrize("text", ["", "\n\n"], ids=["no byte", "no line"])
def test_an_empty_log_is_called_empty(tmp_path: Path, text: str) -> None:
    """Such a file is left by a full disk, and its user wants to know."""
    (tmp_path / "log.jsonl").write_text(text)
    with pytest.raises(ValueError, match="it is empty"):
        _unsent.resend(tmp_path / "log.jsonl", "sqlite:///x.db", None)


def with_a_hole(path: Path, size: int = 2**40) -> None:
    """Let the file be a terabyte long; it takes no more of the disk, if the disk can do so."""
    try:
        with open(path, "ab") as file:
            file.truncate(size)
    except OSError:
        pytest.skip("this file system has no files with holes")


@pytest.mark.parametrize("lines", [[], unsent_lines()], ids=["a hole alone", "a hole after the lines"])
def test_a_log_with_a_hole_is_refused(tmp_path: Path, server: type[Answers], lines: list[str]) -> None:
    """It is not read into the memory."""
    path = write_log(tmp_path, lines)
    with_a_hole(path)
    start = time.perf_counter()
    with pytest.raises(ValueError, match=r"a line has .* characters or more"):
        _unsent.resend(path, "sqlite:///x.db", None)
    assert time.perf_counter() - start < LIMIT


def test_a_save_file_with_a_hole_next_to_it_is_refused(tmp_path: Path, saved: dict[Callable[..., Any], bytes]) -> None:
    """A journal of a terabyte is not read into the memory either."""
    path = tmp_path / "s.db"
    path.write_bytes(saved[search])
    with_a_hole(tmp_path / "s.db-journal", 2**40 - 8)
    with open(tmp_path / "s.db-journal", "ab") as file:
        file.write(JOURNAL_MAGIC)
    start = time.perf_counter()
    with pytest.raises(SaveFileError, match="a journal that names other files"):
        search(path)
    assert time.perf_counter() - start < LIMIT


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are those of POSIX")
def test_a_pipe_is_not_waited_for(tmp_path: Path, server: type[Answers]) -> None:
    """Neither in place of a log, nor among its files, nor in place of a save file or of its log."""
    path = write_log(tmp_path, unsent_lines())
    os.mkfifo(tmp_path / path.stem / "folder" / "pipe")
    with pytest.raises(ValueError, match="only files in"):
        _unsent.resend(path, "sqlite:///x.db", None)
    with pytest.raises(ValueError, match="it is not a file"):
        _unsent.resend(tmp_path, "sqlite:///x.db", None)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="it is not a file"):
        _unsent.resend(tmp_path / "pipe", "sqlite:///x.db", None)
    with pytest.raises(SaveFileError, match="is not a file"):
        search(tmp_path / "pipe")
    os.mkfifo(tmp_path / "s.db-wal")
    with pytest.raises(SaveFileError, match=r"s\.db-wal is not a file"):
        search(tmp_path / "s.db")


def test_a_mutated_log_is_refused_or_sent(tmp_path: Path, server: type[Answers]) -> None:
    """It ends in a ValueError or is sent, in time, and no file but those of its folder is."""
    (tmp_path / "precious").write_text("mine")
    refused = 0
    for seed in range(N_INPUTS):
        rng = random.Random(seed)
        lines = unsent_lines()
        for _ in range(rng.choice([1, 1, 2])):
            place = rng.randrange(len(lines))
            lines[place] = mutated_text(rng, lines[place])
        path = write_log(tmp_path, lines)
        if rng.random() < 0.2:
            path.write_bytes(mutated_bytes(rng, path.read_bytes()))
        before, start = path.read_bytes(), time.perf_counter()
        with only_these_files(tmp_path, "nothing"):
            try:
                _unsent.resend(path, "sqlite:///x.db", None)
            except ValueError:
                refused += 1
            except Exception as error:
                raise AssertionError(f"seed {seed}") from error
        assert path.read_bytes() == before
        assert time.perf_counter() - start < LIMIT, seed
    assert refused > N_INPUTS / 3
    assert {Path(file).parent.name for file in server.files} <= {"mlflow-unsent-abc"}
    assert server.contents == {"content"}
