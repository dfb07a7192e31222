"""
Which ranges, if I have no idea?
================================

You have a model, and no idea which parameters matter or between which values to look.
Then leave the space out.
"""

# %%
# A booster with its own settings, and some rows that the search does not see:

import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split

from hpsklearn_search import HyperoptSearchCV, spaces
from hpsklearn_search.plots import SearchHistoryDisplay

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X, X_test, y, y_test = train_test_split(X, y, test_size=0.4, random_state=0)
model = HistGradientBoostingClassifier(max_iter=60, random_state=0)

# %%
# Without a space, the search uses a ready one for this class. The first candidate is
# the model as you made it, or nearly so: the result is not worse than what you had.

search = HyperoptSearchCV(
    model, scoring="neg_log_loss", cv=3, max_evals=25, random_state=0
)
search.fit(X, y)
print(f"own values {search.baseline_score_:.3f}, best {search.best_score_:.3f}")
print(f"new rows {search.score(X_test, y_test):.3f}")
SearchHistoryDisplay.from_search(search)

# %%
# What was searched? ``space_`` is code that you can paste and change:

print(search.space_)

# %%
# The column ``origin`` tells which candidates were known before the search began:

print(search.results_frame()["origin"].value_counts().to_dict())

# %%
# Now you know more than before: the advice names what decided, and which range should
# be wider. ``spaces.suggest`` makes the same space without a search.

for finding in search.advice_[:3]:
    print(finding)
small = spaces.suggest(model, X, y, size="small")
print(list(small))
plt.show()
