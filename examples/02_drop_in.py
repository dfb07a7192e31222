"""
Can I just change the name of the class?
========================================

Yes. If the space is a grid with at most ``max_evals`` points, each point is evaluated
once. The order and the folds are those of ``GridSearchCV``.
"""

# %%
# The old line:

from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV

X, y = load_wine(return_X_y=True)
forest = RandomForestClassifier(n_estimators=20, random_state=0)
grid = {"max_depth": [2, 4, 8], "max_features": ["sqrt", 0.5]}
old = GridSearchCV(forest, grid, cv=3).fit(X, y)

# %%
# The new line:

from hpsklearn_search import HyperoptSearchCV
from hpsklearn_search.plots import SearchHistoryDisplay

new = HyperoptSearchCV(forest, grid, max_evals=6, cv=3).fit(X, y)

# %%
# Both have the same candidates, the same scores and the same best parameters:

assert new.cv_results_["params"] == old.cv_results_["params"]
assert list(new.cv_results_["mean_test_score"]) == list(
    old.cv_results_["mean_test_score"]
)
print(new.best_params_, round(new.best_score_, 4))
display = SearchHistoryDisplay.from_searches({"old": old, "new": new})

# %%
# If ``max_evals`` is smaller than the grid, the search chooses the points. It evaluates
# no point twice:

half = HyperoptSearchCV(forest, grid, max_evals=4, cv=3, random_state=0).fit(X, y)
print(half.cv_results_["params"])
