"""
Two metrics, and the simplest tree that is good enough?
=======================================================

The search optimises one metric and records all. ``one_standard_error`` then refits the
simplest candidate within one standard error of the best.
"""

# %%
from sklearn.datasets import load_breast_cancer
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import HyperoptSearchCV, hp, one_standard_error
from hpsklearn_search.plots import ParameterScoreDisplay

X, y = load_breast_cancer(return_X_y=True)
search = HyperoptSearchCV(
    DecisionTreeClassifier(random_state=0),
    {
        "max_leaf_nodes": hp.loguniformint(2, 200),
        "min_samples_leaf": hp.loguniformint(1, 50),
    },
    max_evals=40,
    cv=10,
    scoring=["roc_auc", "balanced_accuracy"],
    objective_metric="roc_auc",
    refit=one_standard_error("max_leaf_nodes", metric="roc_auc"),
    random_state=0,
).fit(X, y)

# %%
# The table compares the chosen tree with the one that has the highest mean:

table = search.results_frame()
columns = ["param_max_leaf_nodes", "mean_test_roc_auc", "mean_test_balanced_accuracy"]
rows = [table["mean_test_roc_auc"].idxmax(), search.best_index_]
print(table.loc[rows, columns].round(4).set_index([["highest", "chosen"]]).to_string())
print("leaves of the refitted tree:", search.best_estimator_.get_n_leaves())

# %%
# The line is the score of the chosen tree.

display = ParameterScoreDisplay.from_search(search, "max_leaf_nodes")
chosen = table.loc[search.best_index_, "mean_test_roc_auc"]
_ = display.ax_.axhline(chosen, linestyle="--")
