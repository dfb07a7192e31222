"""Training by pyspark's TorchDistributor, tuned from the driver."""

from __future__ import annotations

import importlib.util
import os
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs torch"),
    pytest.mark.skipif(os.environ.get("SPARK_UNDER_TEST", "local") != "local", reason="starts local processes"),
]


def test_a_network_is_trained_by_two_processes_in_each_trial(spark: Any) -> None:
    """Its loss comes back to the driver, and differs with the parameters."""
    example = runpy.run_path(str(ROOT / "examples" / "torch_distributor.py"))
    best, trials = example["tune"](max_evals=3)
    assert set(best) == {"units", "rate"}
    assert len(trials) == len(set(trials.losses())) == 3
    assert 0 < trials.best_loss < 0.5
