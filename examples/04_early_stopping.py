"""
How many trees, without looking at the test fold?
=================================================

LightGBM stops when the score on some rows no longer improves. ``EarlyStopping`` takes
those rows from the training part of each fold, so the score of the fold stays honest.
"""

# %%
from lightgbm import LGBMClassifier
from sklearn.datasets import make_classification

from hpsklearn_search import EarlyStopping, HyperoptSearchCV, hp
from hpsklearn_search.plots import ParameterScoreDisplay

X, y = make_classification(
    3000, 20, n_informative=8, flip_y=0.1, class_sep=0.7, random_state=0
)
model = EarlyStopping(
    LGBMClassifier(n_estimators=500, n_jobs=1, verbose=-1, random_state=0),
    n_iter_no_change=15,
)
space = {
    "estimator__learning_rate": hp.logrange(0.02, 0.3),
    "estimator__num_leaves": hp.loguniformint(4, 64),
    "estimator__min_child_samples": hp.loguniformint(5, 100),
}
search = HyperoptSearchCV(
    model, space, max_evals=15, cv=3, scoring="roc_auc", random_state=0
).fit(X, y)

# %%
# These are the best iterations of each fold, for the five best candidates.

table = search.results_frame()
columns = [f"split{fold}_best_iteration" for fold in range(3)]
print(
    table[["param_estimator__learning_rate", "mean_test_score", *columns]]
    .head()
    .round(4)
    .to_string(index=False)
)

# %%
# The refitted model uses all rows, and the median of the winner's best iterations.

print(search.best_params_)
print(search.best_estimator_.best_iteration_, "trees")

# %%
# The picture shows the score against the learning rate.

display = ParameterScoreDisplay.from_search(search, "estimator__learning_rate")
