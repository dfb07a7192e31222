"""
How many fits does a grid need for the same score?
==================================================

A search of forty candidates from ranges is compared with a grid of 480 candidates over
the same ranges. The model is a support vector machine.
"""

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, hp
from hpsklearn_search.plots import SearchHistoryDisplay

X, y = load_breast_cancer(return_X_y=True)
model, kernels = make_pipeline(StandardScaler(), SVC()), ["rbf", "poly"]
C, gamma = hp.logrange(1e-2, 1e3), hp.logrange(1e-5, 1)
space = {"svc__C": C, "svc__gamma": gamma, "svc__kernel": kernels}
search = HyperoptSearchCV(model, space, max_evals=40, n_jobs=2, random_state=0)
search.fit(X, y)
print(search.results_frame().filter(regex="mean_test|param_").head(3).round(4))

# %%
# A grid over the same ranges:

C, gamma = np.geomspace(1e-2, 1e3, 20), np.geomspace(1e-5, 1, 12)
grid = {"svc__C": C, "svc__gamma": gamma, "svc__kernel": kernels}
whole = GridSearchCV(model, grid, n_jobs=2).fit(X, y)
for name, fitted in {"HyperoptSearchCV": search, "GridSearchCV": whole}.items():
    n_fits = len(fitted.cv_results_["params"]) * 5
    print(f"{name:16} {n_fits:>4} fits, best score {fitted.best_score_:.5f}")
pair = {"search": search, "grid": whole}
display = SearchHistoryDisplay.from_searches(pair)
