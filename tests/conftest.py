"""Settings of the whole suite: hypothesis, and which tests are skipped where something is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

# On a shared machine a slow example is no fault, and a suite that gates changes must not roll dice:
# the same examples every time. HYPOTHESIS_PROFILE=explore looks further.
settings.register_profile(
    "suite", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", parent=settings.get_profile("suite"), derandomize=False, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


def _missing(marker: str) -> str | None:
    """Why tests with `marker` cannot run here, None if they can."""
    if importlib.util.find_spec({"spark": "pyspark"}.get(marker, marker)) is None:
        return f"needs the extra: pip install 'hpsklearn_search[{marker}]'"
    if marker == "spark" and shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        return "needs a Java runtime"
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of an extra, with the reason, where it cannot be used."""
    reasons = {marker: _missing(marker) for marker in ("spark", "mlflow")}
    for item in items:
        for marker, reason in reasons.items():
            if reason is not None and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))
