"""
How many fits does a grid need for the same score?
==================================================

A support vector machine on breast_cancer: forty candidates from ranges, and a
``GridSearchCV`` over the same ranges.
"""

# %%
# The model, and its ranges. ``hp.logrange`` is a range on a logarithmic scale.

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, hp

X, y = load_breast_cancer(return_X_y=True)
model = make_pipeline(StandardScaler(), SVC())
space = {
    "svc__C": hp.logrange(1e-2, 1e3),
    "svc__gamma": hp.logrange(1e-5, 1),
    "svc__kernel": ["rbf", "poly"],
}
search = HyperoptSearchCV(model, space, max_evals=40, cv=5, n_jobs=2, random_state=0)
search.fit(X, y)

# %%
# The best candidates:

table = search.results_frame().filter(regex="mean_test|param_")
print(table.head(3).round(4).to_string())

# %%
# A grid over the same ranges:

grid = {
    "svc__C": np.geomspace(1e-2, 1e3, 20),
    "svc__gamma": np.geomspace(1e-5, 1, 12),
    "svc__kernel": ["rbf", "poly"],
}
reference = GridSearchCV(model, grid, cv=5, n_jobs=2).fit(X, y)
for fitted in (search, reference):
    name, n_fits = type(fitted).__name__, len(fitted.cv_results_["params"]) * 5
    print(f"{name:16} {n_fits:>4} fits, best score {fitted.best_score_:.5f}")
