"""
I have ten seconds. How do I spend them?
========================================

The search ends after ten seconds, or earlier if thirty candidates in a row bring no
improvement. Racing stops bad candidates after a few folds, so there is time for more
candidates.
"""

# %%
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, hp
from hpsklearn_search.hyperopt.early_stop import no_progress_loss
from hpsklearn_search.plots import SearchHistoryDisplay

X, y = load_digits(return_X_y=True)
search = HyperoptSearchCV(
    make_pipeline(StandardScaler(), SVC()),
    {
        "svc__C": hp.logrange(1e-3, 1e3),
        "svc__gamma": hp.logrange(1e-6, 1),
    },
    max_evals=1000,
    cv=5,
    timeout=10,
    early_stop_fn=no_progress_loss(30),
    racing="auto",
).fit(X, y)

# %%
# The search says why it ended, and how many fits it needed:

n_folds = search.cv_results_["n_splits_run"].sum()
print("ended by:", search.stop_reason_)
print(f"{search.n_trials_} candidates, {n_folds} of {5 * search.n_trials_} fold fits")
print(round(search.best_score_, 4), search.best_params_)
display = SearchHistoryDisplay.from_search(search, x="time")
