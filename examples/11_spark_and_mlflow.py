"""
How do I search on a cluster, with every trial tracked?
=======================================================

``trials=SparkTrials(...)`` is the only change, and data go to the cluster once. If
mlflow is in use, the search is one run, with a child run for each candidate. (You need
a Java runtime; here the cluster is this machine.)
"""

# %%
import os
import sys
import tempfile
from pathlib import Path

import mlflow
from pyspark.sql import SparkSession
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, SparkTrials, hp
from hpsklearn_search.plots import SearchHistoryDisplay

# workers on this machine use this Python
os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
spark, folder = builder.getOrCreate(), Path(tempfile.mkdtemp())
mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
experiment_id = mlflow.create_experiment("wine", folder.as_uri())
_ = mlflow.set_experiment(experiment_id=experiment_id)

# %%
X, y = load_wine(return_X_y=True)
space = {
    "svc__C": hp.logrange(1e-2, 1e3),
    "svc__gamma": hp.logrange(1e-5, 1),
}
search = HyperoptSearchCV(
    make_pipeline(StandardScaler(), SVC()),
    space,
    max_evals=8,
    cv=3,
    trials=SparkTrials(parallelism=2),
    random_state=0,
).fit(X, y)
print(round(search.best_score_, 4), search.best_params_)
display = SearchHistoryDisplay.from_search(search)

# %%
# MLflow has a parent run, and eight child runs with parameters and scores.

runs = mlflow.search_runs()
is_child = runs["tags.mlflow.parentRunId"].notna()
print(f"{(~is_child).sum()} parent, {is_child.sum()} children")
shown = runs[is_child].filter(regex=r"params\.svc|metrics\.loss")
print(shown.head(3).to_string(index=False))
spark.stop()
