"""What docs/spark.md and the example show runs as it stands."""

from __future__ import annotations

import os
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "spark.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```(?:\n\n```text about\n(.*?)```)?", PAGE, flags=re.DOTALL)
NUMBER = re.compile(r"-?\b\d[\d.e+-]*\b")

pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.environ.get("SPARK_UNDER_TEST", "local") != "local", reason="pyspark.ml on local[2]"),
]


@pytest.mark.parametrize(("block", "shown"), BLOCKS, ids=range(len(BLOCKS)))
def test_the_code_of_the_page_runs(spark: Any, block: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every Python block can be pasted, and prints what the page shows; scores may differ between processors."""
    exec(compile(block, "docs/spark.md", "exec"), {"__name__": "page"})
    assert NUMBER.sub("0", capsys.readouterr().out).split() == NUMBER.sub("0", shown).split()


def test_a_classifier_of_pyspark_is_tuned_from_the_driver(spark: Any) -> None:
    """With Trials(): each trial is a fit on the whole cluster, and the losses are those of its models."""
    example = runpy.run_path(str(ROOT / "examples" / "spark_ml.py"))
    best, trials = example["tune"](spark, max_evals=4)
    assert len(trials) == 4
    assert set(best) == {"numTrees", "maxDepth", "featureSubsetStrategy"}
    assert 1 - min(trials.losses()) > 0.9
    assert len(set(trials.losses())) > 1
