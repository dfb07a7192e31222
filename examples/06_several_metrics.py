"""
Two metrics, and the simplest tree that is good enough?
=======================================================

The search optimises one metric and records all. ``one_standard_error`` then refits not the luckiest
candidate, but the simplest one within one standard error of it.
"""

# %%
from sklearn.datasets import load_breast_cancer
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import HyperoptSearchCV, hp, one_standard_error

X, y = load_breast_cancer(return_X_y=True)
search = HyperoptSearchCV(
    DecisionTreeClassifier(random_state=0),
    {"max_leaf_nodes": hp.loguniformint("leaves", 2, 200), "min_samples_leaf": hp.loguniformint("size", 1, 50)},
    max_evals=40,
    cv=10,
    scoring=["roc_auc", "balanced_accuracy"],
    objective_metric="roc_auc",
    refit=one_standard_error("max_leaf_nodes", metric="roc_auc"),
    random_state=0,
).fit(X, y)

# %%
# The chosen tree beside the one with the highest mean:

table = search.cv_results_
top = table["mean_test_roc_auc"].argmax()
for name, row in [("highest", top), ("chosen", search.best_index_)]:
    print(
        f"{name:8} {table['param_max_leaf_nodes'][row]:4d} leaves at most,"
        f" roc_auc {table['mean_test_roc_auc'][row]:.4f} (+- {table['std_test_roc_auc'][row] / 10**0.5:.4f}),"
        f" balanced accuracy {table['mean_test_balanced_accuracy'][row]:.4f}"
    )
print("leaves of the refitted tree:", search.best_estimator_.get_n_leaves())
