"""
Which threshold, on the same folds?
===================================

The folds that chose the best candidate can also choose from which probability on a row
counts as positive. ``splits_`` keeps them.
"""

# %%
# Few customers leave, and to lose one costs five times as much as a call:

import matplotlib.pyplot as plt
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import confusion_matrix, make_scorer
from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split

from hpsklearn_search import HyperoptSearchCV, hp

X, y = make_classification(
    3000, 15, n_informative=6, weights=[0.9], flip_y=0.05, random_state=0
)
X, X_test, y, y_test = train_test_split(X, y, test_size=0.5, random_state=0)


def cost(y_true, y_predicted):
    """A call costs 1, a customer who leaves without one costs 5; the mean."""
    _, in_vain, lost, reached = confusion_matrix(y_true, y_predicted).ravel()
    return (in_vain + reached + 5 * lost) / len(y_true)


search = HyperoptSearchCV(
    HistGradientBoostingClassifier(max_iter=50, random_state=0),
    {
        "learning_rate": hp.logrange(0.01, 0.5),
        "max_leaf_nodes": hp.loguniformint(3, 64),
    },
    scoring="neg_log_loss",
    max_evals=20,
    random_state=0,
)
search.fit(X, y)
print(f"cost {cost(y_test, search.predict(X_test)):.3f}")

# %%
# The search chose good probabilities. The costs choose the threshold:

tuned = TunedThresholdClassifierCV(
    search.best_estimator_,
    scoring=make_scorer(cost, greater_is_better=False),
    cv=search.splits_,
    store_cv_results=True,
)
tuned.fit(X, y)
print(f"threshold {tuned.best_threshold_:.2f}")
print(f"cost {cost(y_test, tuned.predict(X_test)):.3f}")
tried = tuned.cv_results_
plt.plot(tried["thresholds"], -tried["scores"])
plt.xlabel("threshold")
_ = plt.ylabel("cost")
