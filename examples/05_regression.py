"""
Why is my best score negative?
==============================

scikit-learn maximises scores, so errors are negated. ``best_score_`` follows this
rule. The loss and the progress line show the error itself.
"""

# %%
from sklearn.datasets import load_diabetes
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from hpsklearn_search import HyperoptSearchCV, hp
from hpsklearn_search.plots import SearchHistoryDisplay

X, y = load_diabetes(return_X_y=True)
space = {
    "svr__C": hp.logrange(1e-1, 1e3),
    "svr__gamma": hp.logrange(1e-4, 1),
    "svr__epsilon": hp.uniform(0, 20),
}
search = HyperoptSearchCV(
    make_pipeline(StandardScaler(), SVR()),
    space,
    max_evals=40,
    cv=5,
    scoring="neg_mean_absolute_error",
    random_state=0,
    verbose=1,
).fit(X, y)

# %%
# Three numbers show the same error:

print("best_score_       ", round(search.best_score_, 3))
print("best_loss_        ", round(search.best_loss_, 3))
print("mean absolute error", round(-search.cv_results_["mean_test_score"].max(), 3))

# %%
# ``score_threshold`` is a score, too, so it is minus the error. This search stops as
# soon as the error is at most 43.2.

early = HyperoptSearchCV(
    search.estimator,
    space,
    max_evals=40,
    cv=5,
    scoring="neg_mean_absolute_error",
    score_threshold=-43.2,
    random_state=0,
).fit(X, y)
print(early.stop_reason_, "after", early.n_trials_, "candidates")

# %%
# Pictures show scores, so higher is better.

display = SearchHistoryDisplay.from_search(search)
