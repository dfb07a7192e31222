"""
What if rows belong together, or come one after the other?
==========================================================

The folds are those of scikit-learn: pass the splitter as ``cv``, and groups to ``fit``.
"""

# %%
# There are ten measurements of each of thirty patients. Rows of one patient must not be
# on both sides of a split.

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold, KFold, TimeSeriesSplit
from sklearn.neighbors import KNeighborsRegressor

from hpsklearn_search import HyperoptSearchCV, hp
from hpsklearn_search.plots import ParameterScoreDisplay

rng = np.random.default_rng(0)
groups = np.repeat(np.arange(30), 10)
patient = rng.normal(size=(30, 5))
X = patient[groups] + 0.1 * rng.normal(size=(300, 5))
# nothing to learn except who the patient is
y = rng.normal(size=30)[groups] + 0.1 * rng.normal(size=300)

model, space = KNeighborsRegressor(), {"n_neighbors": hp.loguniformint(1, 100)}
at_random = KFold(5, shuffle=True, random_state=0)
search = HyperoptSearchCV(model, space, max_evals=20, cv=at_random, random_state=0)
search.fit(X, y)
print(f"rows at random: R2 {search.best_score_:.2f} with {search.best_params_}")
search.set_params(cv=GroupKFold(5)).fit(X, y, groups=groups)
print(f"patients apart: R2 {search.best_score_:.2f} with {search.best_params_}")

# %%
# With rows at random a few neighbours seem perfect, because they are the same patient.
# With patients apart the result is right: for new patients there is nothing to learn.
#
# With time series, train on the past and test on later values.

t = np.arange(500)
series = np.sin(t / 20) + 0.3 * rng.normal(size=500)
lags = np.lib.stride_tricks.sliding_window_view(series, 24)[:-1]
search = HyperoptSearchCV(
    Ridge(),
    {"alpha": hp.logrange(1e-3, 1e4)},
    max_evals=20,
    cv=TimeSeriesSplit(5),
    random_state=0,
).fit(lags, series[24:])
print(f"next value: R2 {search.best_score_:.2f} with {search.best_params_}")
display = ParameterScoreDisplay.from_search(search, "alpha")
