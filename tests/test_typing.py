"""What a type checker says of a user's file."""

from __future__ import annotations

from pathlib import Path

import pytest

import hpsklearn_search

SAMPLE = """
from typing import Any

from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, fmin, hp
from hpsklearn_search.hyperopt.pyll import scope

space: dict[str, Any] = {
    "C": hp.logrange(1e-2, 1e3),
    "gamma": hp.logrange("gamma", 1e-5, 1.0),
    "degree": hp.randint(2, 6),
    "coef0": hp.uniform(low=0, high=1),
    "kernel": hp.choice(["rbf", {"kernel": "poly"}]),
    "tol": hp.normal("tol", mu=1e-3, sigma=1e-4),
    "cache_size": scope.int(hp.quniform(100, 300, 50)),
    "max_iter": hp.uniformint(100, 900, label="max_iter"),
    "class_weight": hp.pchoice("weight", [(0.5, None), (0.5, "balanced")]),
    "shrinking": 2 * hp.qloguniform(0, 5, 1) + hp.lognormal(0, 1),
}
search = HyperoptSearchCV(SVC(), space, max_evals=5)
best = fmin(lambda config: config["x"] ** 2, {"x": hp.uniform(-5, 5)}, max_evals=5)
reveal_type(hp.uniform(0, 1))
reveal_type(hp.choice(["a", "b"]))
"""
WRONG = {
    "hp.uniform(0.1)": "No overload variant",
    'hp.uniform("C", 0.1)': "No overload variant",
    'hp.uniform("0", "1")': "No overload variant",
    "hp.choice()": "",
    "hp.uniform(0, 1, label=3)": "No overload variant",
    'hp.choice("k", "rbf", "poly")': "No overload variant",
}


def test_a_strict_check_of_both_forms_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what fits neither form is an error where it is written."""
    api = pytest.importorskip("mypy.api")
    monkeypatch.chdir(tmp_path)  # no configuration of the project
    monkeypatch.setenv("MYPYPATH", str(Path(hpsklearn_search.__file__).parents[1]))
    (tmp_path / "sample.py").write_text(SAMPLE)
    (tmp_path / "wrong.py").write_text("\n".join(["from hpsklearn_search import hp", *WRONG]))
    # Without the types of other libraries, which take a minute to read.
    alone = ["--no-site-packages", "--ignore-missing-imports", "--follow-imports=silent"]
    said, _, _ = api.run(["--strict", *alone, "sample.py", "wrong.py"])
    lines = said.splitlines()
    assert [line for line in lines if line.startswith("sample.py") and "error" in line] == []
    assert [line.partition("Revealed type is ")[2].strip('"') for line in lines if "Revealed" in line] == [
        "hpsklearn_search.space._nodes.Parameter",
        "hpsklearn_search.space._nodes.Choice",
    ]
    for number, text in enumerate(WRONG.values(), start=2):
        assert [line for line in lines if line.startswith(f"wrong.py:{number}: error:") and text in line], said
