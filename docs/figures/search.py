"""History, score against C, contour over C and gamma, and importances of a search; and all parameters at once."""

import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, hp
from hpsklearn_search.plots import (
    ContourDisplay,
    ParallelCoordinatesDisplay,
    ParameterImportanceDisplay,
    ParameterScoreDisplay,
    SearchHistoryDisplay,
)

X, y = load_breast_cancer(return_X_y=True)
space = {
    "svc__C": hp.logrange(1e-2, 1e3),
    "svc__gamma": hp.logrange(1e-5, 1),
    "svc__kernel": hp.choice(["rbf", "poly"]),
}
search = HyperoptSearchCV(make_pipeline(StandardScaler(), SVC()), space, max_evals=40, cv=5, random_state=0).fit(X, y)
figure, axes = plt.subplots(2, 2, figsize=(8, 6.4), layout="constrained")
SearchHistoryDisplay.from_search(search, ax=axes[0, 0])
ParameterScoreDisplay.from_search(search, "svc__C", ax=axes[0, 1])
ContourDisplay.from_search(search, "svc__C", "svc__gamma", ax=axes[1, 0])
ParameterImportanceDisplay.from_search(search, ax=axes[1, 1])
ParallelCoordinatesDisplay.from_search(search)
