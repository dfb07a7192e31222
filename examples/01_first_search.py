"""
How many fits does a grid need for the same score?
==================================================

A support vector machine on breast_cancer: forty candidates from ranges, compared with a
``GridSearchCV`` over a grid of the same ranges.
"""

# %%
# The model, and a space of ranges. ``hp.logrange`` is a range on a logarithmic scale.

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
    "svc__C": hp.logrange("C", 1e-2, 1e3),
    "svc__gamma": hp.logrange("gamma", 1e-5, 1),
    "svc__kernel": hp.choice("kernel", ["rbf", "poly"]),
}
search = HyperoptSearchCV(model, space, max_evals=40, cv=5, n_jobs=2, random_state=0)
search.fit(X, y)

# %%
# The best five candidates:

table = search.results_frame().filter(regex="mean_test|std_test|param_")
print(table.head().to_string(float_format="{:.4g}".format))

# %%
# A grid of the same ranges:

grid = {
    "svc__C": np.logspace(-2, 3, 20),
    "svc__gamma": np.logspace(-5, 0, 12),
    "svc__kernel": ["rbf", "poly"],
}
reference = GridSearchCV(model, grid, cv=5, n_jobs=2).fit(X, y)
print()
for fitted in (search, reference):
    n_fits = len(fitted.cv_results_["params"]) * fitted.n_splits_
    name, best = type(fitted).__name__ + ":", fitted.best_score_
    print(f"{name:17} {n_fits:>4} fits, best score {best:.5f}")
