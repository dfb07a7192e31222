"""The page of a save file, on the command line: what the file knows, whoever has written it."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import sys
import zlib
from contextlib import closing, redirect_stderr
from pathlib import Path
from typing import Any

import pytest

from hpsklearn_search import fmin, hp, rand
from hpsklearn_search.__main__ import main
from hpsklearn_search.exceptions import SaveFileError
from hpsklearn_search.report import facts_of_file, make_page
from hpsklearn_search.trials import WORDS, Outcome, SaveFile, Trial, read_save_file
from tests.report.pages import SPACE, Page, hill

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning", "ignore::UserWarning"),
    pytest.mark.usefixtures("no_pictures"),
]


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without pictures, which take most of the time."""
    monkeypatch.setattr("hpsklearn_search.report._page.pictures", lambda facts: "")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a search with failures and branches."""
    branches = [{"kind": "u", "b": hp.uniform(0, 1)}, {"kind": "v"}]
    hill({"a": hp.uniform(0, 1), "kind": hp.choice(branches)}, trials_save_file=tmp_path / "s.db")
    return tmp_path / "s.db"


def page_of(path: Path) -> Page:
    """The page of a file."""
    return Page(make_page(facts_of_file(read_save_file(path))))


def test_the_command_writes_the_page_beside_the_file(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints the name of the page."""
    main(["report", str(path)])
    page = path.with_suffix(".html")
    assert capsys.readouterr().out == f"{page}\n"
    assert Page(page.read_text(encoding="utf-8")).sections["result"]


def test_another_name_can_be_given(path: Path, tmp_path: Path) -> None:
    """With ``-o``."""
    main(["report", str(path), "-o", str(tmp_path / "other.html")])
    assert (tmp_path / "other.html").exists()


def test_the_page_of_the_file_shows_what_the_page_of_the_search_shows(tmp_path: Path) -> None:
    """Scores, parameters by their names, options by their values, failures and times."""
    search = hill(SPACE, trials_save_file=tmp_path / "s.db")
    page = page_of(tmp_path / "s.db")
    assert f"{search.best_score_:.5g}" in page.sections["result"]
    assert f"{search.best_params_['a']:.5g}" in page.sections["result"]
    assert search.best_params_["kind"] in page.sections["result"].split()
    assert "ValueError: a is too large" in page.sections["failures"]
    assert "100 fits took" in page.sections["timing"]
    assert "real in [0, 1]" in page.sections["space"]
    assert "ndarray of shape (20, 2)" in page.sections["data"]
    assert "After fit, search.report('search.html')" in page.sections["code"]


def test_branches_are_shown_by_the_names_of_parameters(path: Path) -> None:
    """A label that the package made is not."""
    page = page_of(path)
    assert "kind.0.b" not in page.text
    assert "{kind='u', b}" in page.sections["space"]


def test_a_file_without_words_is_shown_by_its_labels(path: Path) -> None:
    """As files of earlier versions are; such a file also goes on."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("DELETE FROM search WHERE key = ?", (WORDS,))
        db.commit()
    assert "kind.0.b" in page_of(path).text


def test_a_file_without_words_can_be_continued(tmp_path: Path) -> None:
    """The words are no difference between two searches."""
    file = tmp_path / "s.db"
    first = hill(max_evals=4, trials_save_file=file)
    with closing(sqlite3.connect(file)) as db:
        db.execute("DELETE FROM search WHERE key = ?", (WORDS,))
        db.commit()
    again = hill(max_evals=6, trials_save_file=file)
    assert list(again.cv_results_["param_a"][:4]) == list(first.cv_results_["param_a"])


def test_a_search_of_fmin_shows_losses(tmp_path: Path) -> None:
    """With the sign that the function returned."""
    fmin(_parabola, {"x": hp.uniform(-1, 1)}, max_evals=8, trials_save_file=str(tmp_path / "f.db"), verbose=False)
    page = page_of(tmp_path / "f.db")
    assert "best loss" in page.sections["result"]
    assert "-" not in page.sections["result"].split("best loss")[1].split()[0]
    assert "rank" not in page.sections["candidates"]


def _parabola(space: Any) -> float:
    return float(space["x"] ** 2 + 1)


def test_reading_changes_nothing(path: Path) -> None:
    """Neither the file nor its folder."""
    before = {entry.name: entry.read_bytes() for entry in path.parent.iterdir()}
    page_of(path)
    assert {entry.name: entry.read_bytes() for entry in path.parent.iterdir()} == before


def test_a_file_that_is_being_written_can_be_read(tmp_path: Path) -> None:
    """While the search has it open and locked."""
    file, seen = tmp_path / "s.db", []

    def look(trials: Any) -> tuple[bool, list[Any]]:
        seen.append(len(page_of(file).sections["candidates"]))
        return False, []

    hill(max_evals=5, early_stop_fn=lambda trials, *args: look(trials), trials_save_file=file)
    assert len(seen) >= 4
    assert seen == sorted(seen)


# ---------------------------------------------------------------------- files that are not right
def test_what_is_no_save_file_is_answered_in_words(tmp_path: Path) -> None:
    """Without a traceback, and with the status of an error."""
    (tmp_path / "text.db").write_text("no database at all" * 10)
    with closing(sqlite3.connect(tmp_path / "other.db")) as db:
        db.execute("CREATE TABLE t (x)")
    os.mkfifo(tmp_path / "pipe.db")
    words = {
        "text.db": "is not a save file of a search",
        "other.db": "is a database of another application",
        "pipe.db": "is not a file; name a file that trials_save_file= has made",
        "missing.db": "cannot be read: No such file or directory",
    }
    for name, text in words.items():
        with pytest.raises(SystemExit, match=text):
            main(["report", str(tmp_path / name)])
    assert not list(tmp_path.glob("*.html"))


MESSAGES = [
    (["report", "."], "cannot be read"),
    (["report", os.sep], "cannot be read"),
    (["report", ""], "argument file: '' is not the name of a file; write one, such as search.db"),
    (["report", "s.db", "-o", ""], "argument -o/--output: '' is not the name of a file"),
    (["report", "postgresql://me:pw@host/db"], "'postgresql://host/db' is an address; write the name of a file"),
    (["report", "s.db", "-o", "http://me:pw@host/p.html"], "'http://host/p.html' is an address"),
    (["watch", "postgresql://me:pw@host/db"], "'postgresql://host/db' is an address"),
    (["report", "no/\x1b[2J.db"], "no folder"),
    (["report", "\x1b[2J.db"], r"\x1b[2J.db' cannot be read"),
    (["report", "s.db", "\x1b[2J"], r"unrecognized arguments: \x1b[2J"),
    (["report", "s.db", "-o", "a\0b"], r"a\x00b is not the name of a file"),
]


@pytest.mark.parametrize(("arguments", "message"), MESSAGES, ids=lambda value: ascii(value)[:40])
def test_a_wrong_name_is_answered_in_words(arguments: list[str], message: str) -> None:
    """The message shows no password, and moves no cursor."""
    done = answer(*arguments)
    assert message in done
    assert done.replace("\n", "").isprintable()
    assert "pw" not in done


def answer(*arguments: str) -> str:
    """What the command prints as it fails."""
    errors = io.StringIO()
    with redirect_stderr(errors), pytest.raises(SystemExit) as caught:
        main(arguments)
    return f"{errors.getvalue()}{caught.value}"


def test_the_name_of_the_page_moves_no_cursor(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is printed with escapes."""
    main(["report", str(path), "-o", str(path.parent / "e\x1b[2Jx.html")])
    assert capsys.readouterr().out == f"{path.parent}{os.sep}e\\x1b[2Jx.html\n"


def test_the_name_of_the_page_is_printed_in_any_encoding(path: Path) -> None:
    """The page is there, so the command does not fail."""
    page = path.parent / "\u00fc\U0001f600.html"
    done = subprocess.run(
        [sys.executable, "-m", "hpsklearn_search", "report", str(path), "-o", str(page)],
        capture_output=True, env={**os.environ, "PYTHONIOENCODING": "latin-1"}, check=True,
    )  # fmt: skip
    assert done.stdout.decode("latin-1").endswith("\u00fc\\U0001f600.html\n")
    assert page.exists()


def test_an_error_without_a_command_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The versions cannot be printed where the disk is full."""

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("builtins.print", full)
    assert answer("--show-versions") == "python -m hpsklearn_search: [Errno 28] No space left on device"


def test_a_file_whose_making_was_killed_says_so(tmp_path: Path) -> None:
    """SQLite has begun to write its first pages, and its journal lies beside it."""
    path = tmp_path / "s.db"
    SaveFile(path, {"algo": "tpe"}).close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096])
    (tmp_path / "s.db-journal").write_bytes(bytes.fromhex("d9d505f920a163d7").ljust(512, b"\0"))
    assert "was not finished by a search that was killed; run the search again" in answer("report", str(path))


def test_a_changed_row_is_found(path: Path) -> None:
    """By its checksum."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE trials SET loss = -2.0 WHERE number = 1")
        db.commit()
    with pytest.raises(SaveFileError, match="the checksum of trial 1 is wrong"):
        read_save_file(path)


HOSTILE = [
    [],
    {"a": "text"},
    {"a": ["<b>", "values", ["<script>alert(1)</script>"] * 3], "kind": [1, 2, 3]},
    {"a": ["\x1b[2J", "", []], "<script>alert(1)</script>": ["x", "y", []]},
]


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_words_of_somebody_else_do_no_harm(words: Any, path: Path) -> None:
    """They are texts, or not used at all."""
    text = json.dumps(words)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE search SET value = ?, checksum = ? WHERE key = ?", (text, zlib.crc32(text.encode()), WORDS))
        db.commit()
    source = make_page(facts_of_file(read_save_file(path)))
    assert len(Page(source).all("script")) == 1
    assert "\x1b" not in source


def test_folds_of_somebody_else_do_no_harm(tmp_path: Path) -> None:
    """A file with right checksums may hold any JSON as a fold."""
    scores = {"test_scores": {"<b>": 1e308, "s": None}}
    folds = ({"test_scores": "x", "fit_time": [1]}, scores, {"fit_time": 1e308}, {})
    with SaveFile(tmp_path / "s.db", {"estimator": ["<b>"], "X": {"a": 1}, "scoring": [[]]}) as file:
        for number in range(3):
            outcome = Outcome("ok", loss=0.5, folds=folds[number:])
            file.finish(Trial(number, {"<i>": [number], "x": {}, "n": 10**400, "m": 1e308}, outcome, 1.0, 2.0))
    assert page_of(tmp_path / "s.db").sections["candidates"]


def test_a_number_that_is_too_large_for_a_float_is_a_text(path: Path) -> None:
    """Python's integers have no limit, neither in a file nor in a list of options."""
    text = json.dumps({"C": 10**400})
    with closing(sqlite3.connect(path)) as db:
        key = "parameters of the estimator"
        db.execute("UPDATE search SET value = ?, checksum = ? WHERE key = ?", (text, zlib.crc32(text.encode()), key))
        db.commit()
    assert page_of(path).sections["candidates"]


def test_a_search_over_such_a_number_has_a_page(tmp_path: Path) -> None:
    """Its report is made of the search itself, and of its file."""
    search = hill({"a": hp.uniform(0, 1), "kind": ["u", 10**400]}, trials_save_file=tmp_path / "s.db")
    search.report(tmp_path / "s.html")
    assert Page((tmp_path / "s.html").read_text(encoding="utf-8")).sections["candidates"]
    assert page_of(tmp_path / "s.db").sections["candidates"]


def test_the_module_answers_as_a_program(path: Path) -> None:
    """An error has no traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "hpsklearn_search", "report", str(path) + "x"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("python -m hpsklearn_search report: ")
    assert "Traceback" not in done.stderr


def test_a_label_may_have_an_equals_sign(tmp_path: Path) -> None:
    """The value stands beside its label."""
    fmin(lambda point: 0.5, {"a": hp.uniform("lr=log", 0, 1)}, rand.suggest, max_evals=2, rstate=0, verbose=False,
         trials_save_file=str(tmp_path / "s.db"))  # fmt: skip
    page = Page(make_page(facts_of_file(read_save_file(tmp_path / "s.db"))))
    assert "log=0" not in page.text


def test_the_page_of_a_file_knows_who_was_outside_of_a_limit(tmp_path: Path) -> None:
    """The best is the one that the search has, and the limits are those of the file."""
    search = hill(limits={"mean_test_score": (None, 0.9), "n_bytes": 1e6}, trials_save_file=tmp_path / "s.db")
    facts = facts_of_file(read_save_file(tmp_path / "s.db"))
    assert facts.best == search.best_index_
    assert facts.candidates.outside.tolist() == [trial.is_outside for trial in search.trials_.record]
    assert facts.limits == {"mean_test_score": (None, 0.9), "n_bytes": (None, 1e6)}
    assert facts.results["n_bytes"] == pytest.approx(search.cv_results_["n_bytes"], nan_ok=True)


@pytest.mark.parametrize("limits", ["n_bytes", {"n_bytes": 5}, {"n_bytes": ["a", None]}, {"n_bytes": [1, 2, 3]}])
def test_limits_that_somebody_changed_are_left_out(tmp_path: Path, limits: Any) -> None:
    """The page is made without them."""
    with SaveFile(tmp_path / "s.db", {"estimator": "Hill", "limits": limits}) as file:
        trial = Trial(0, {"a": 0.5}, started=1.0)
        file.begin(trial)
        file.finish(trial.finish(Outcome("ok", loss=-0.5), finished=2.0))
    facts = facts_of_file(read_save_file(tmp_path / "s.db"))
    assert facts.limits == {}
    assert Page(make_page(facts)).sections["result"]
