"""
Can several good candidates do more than the best one?
======================================================

The best candidates of different families err on different rows. A stacked ensemble of
them learns on the folds of the search: ``splits_`` keeps them.
"""

# %%
# One search over two families:

import matplotlib.pyplot as plt
from sklearn.base import clone
from sklearn.datasets import make_friedman3
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    StackingRegressor,
)
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold, train_test_split
from sklearn.pipeline import Pipeline

from hpsklearn_search import HyperoptSearchCV, spaces
from hpsklearn_search.plots import ParameterScoreDisplay

X, y = make_friedman3(800, noise=0.1, random_state=0)
X, X_test, y, y_test = train_test_split(X, y, test_size=0.5, random_state=0)
families = [
    ExtraTreesRegressor(60, random_state=0),
    GradientBoostingRegressor(n_estimators=60, random_state=0),
]
search = HyperoptSearchCV(
    Pipeline([("model", families[0])]),
    spaces.choose(families, "model", X, y, size="small"),
    cv=KFold(5, shuffle=True, random_state=0),
    max_evals=30,
    random_state=0,
)
search.fit(X, y)
print(f"best candidate: R2 {search.score(X_test, y_test):.3f}")
ParameterScoreDisplay.from_search(search, ["model"])

# %%
# The best two candidates of each family become members:

frame = search.results_frame()
family = frame["param_model"].map(lambda model: type(model).__name__)
best = frame.groupby(family).head(2)
members = [
    (f"candidate {row}", clone(search.estimator).set_params(**params))
    for row, params in best["params"].items()
]

# %%
# The ensemble learns how to weigh them from predictions for the folds of the search:

ensemble = StackingRegressor(members, RidgeCV(), cv=search.splits_).fit(X, y)
print(f"ensemble: R2 {ensemble.score(X_test, y_test):.3f}")
plt.show()
