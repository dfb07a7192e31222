"""
How do I look at all candidates?
================================

A search shows a progress line while it runs, and a table and pictures afterwards.
"""

# %%
# ``verbose=1`` shows one line on stderr: the number of candidates, the time left, and
# the best score so far. This page leaves it out.

import matplotlib.pyplot as plt
from sklearn.datasets import load_wine
from sklearn.ensemble import HistGradientBoostingClassifier

from hpsklearn_search import HyperoptSearchCV, hp
from hpsklearn_search.plots import (
    ContourDisplay,
    ParallelCoordinatesDisplay,
    ParameterImportanceDisplay,
    ParameterScoreDisplay,
    SearchHistoryDisplay,
)

X, y = load_wine(return_X_y=True)
search = HyperoptSearchCV(
    HistGradientBoostingClassifier(max_iter=20, random_state=0),
    {
        "learning_rate": hp.logrange(0.01, 1),
        "max_leaf_nodes": hp.uniformint(2, 32),
        "l2_regularization": hp.logrange(1e-4, 10),
    },
    max_evals=30,
    cv=3,
    scoring="neg_log_loss",
    random_state=0,
).fit(X, y)

# %%
# The table has the best candidate first. ``describe_space`` shows the space:

print(
    search.results_frame().filter(regex="param_|mean_test").head().round(4).to_string()
)
print(search.describe_space())

# %%
# Four pictures show the scores, two parameters, and which parameters mattered:

figure, axes = plt.subplots(2, 2, figsize=(11, 8), layout="constrained")
SearchHistoryDisplay.from_search(search, ax=axes[0, 0])
ParameterScoreDisplay.from_search(search, "learning_rate", ax=axes[0, 1])
ContourDisplay.from_search(search, "learning_rate", "max_leaf_nodes", ax=axes[1, 0])
ParameterImportanceDisplay.from_search(search, ax=axes[1, 1])

# %%
# One picture shows all parameters, with a line for each candidate:

_ = ParallelCoordinatesDisplay.from_search(search)
