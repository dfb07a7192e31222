"""A driver that tests kill: ``python driver.py MASTER FILE`` searches on Spark, and prints the table as JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_iris
from sklearn.neighbors import KNeighborsClassifier

from hpsklearn_search import HyperoptSearchCV, SparkTrials, Trials, hp


class Slow(KNeighborsClassifier):
    """Takes its time."""

    def fit(self, X: Any, y: Any) -> Slow:
        """Sleep, then fit."""
        time.sleep(0.3)
        return super().fit(X, y)


def table(trials: Trials | None, file: str | None) -> dict[str, Any]:
    """`cv_results_`, times apart, of a seeded search."""
    X, y = load_iris(return_X_y=True)
    space = {"n_neighbors": hp.uniformint("n_neighbors", 1, 40), "p": hp.uniform("p", 1, 3)}
    settings = {"max_evals": 10, "cv": 3, "random_state": 0, "max_queue_len": 2, "algo": "tpe", "refit": False}
    search = HyperoptSearchCV(Slow(), space, trials=trials, trials_save_file=file, **settings).fit(X, y)
    keys = [key for key in search.cv_results_ if "time" not in key and key != "params"]
    return {key: np.ma.getdata(search.cv_results_[key]).tolist() for key in keys}


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from tests.spark import driver, sparks  # workers must find `Slow` by a name that can be imported

    sparks.session(sys.argv[1])
    print(json.dumps(driver.table(SparkTrials(2), sys.argv[2])))
