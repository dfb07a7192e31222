"""The search of the README, as a picture: ``python docs/figures/history.py`` writes it."""

from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, hp
from hpsklearn_search.plots import ParameterScoreDisplay, SearchHistoryDisplay

space = {
    "svc__C": hp.logrange(1e-2, 1e3),
    "svc__gamma": hp.logrange(1e-5, 1),
    "svc__kernel": hp.choice(["rbf", "poly"]),
}
search = HyperoptSearchCV(make_pipeline(StandardScaler(), SVC()), space, max_evals=40, cv=5, random_state=0)
search.fit(*load_breast_cancer(return_X_y=True))
figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
SearchHistoryDisplay.from_search(search, ax=axes[0])
ParameterScoreDisplay.from_search(search, "svc__gamma", ax=axes[1])
images = Path(__file__).parents[1] / "images" if "__file__" in globals() else Path()
figure.savefig(images / "history.png" if images.exists() else "history.png", dpi=90)
