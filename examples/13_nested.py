"""
How good will my tuned model really be?
=======================================

``best_score_`` is the highest of many noisy numbers, so it is too high. Cross-validate
the search itself. Here the labels are coin tosses: any score above one half is luck.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, hp

rng = np.random.default_rng(1)
X, y = rng.normal(size=(120, 10)), np.arange(120) % 2
search = HyperoptSearchCV(
    SVC(),
    {"C": hp.logrange(1e-2, 1e3), "gamma": hp.logrange(1e-4, 1e1)},
    max_evals=30,
    cv=StratifiedKFold(4, shuffle=True, random_state=0),
    random_state=0,
)

# %%
# This compares the score of the search with that of an outer cross-validation:

believed = search.fit(X, y).best_score_
outer = cross_val_score(
    search, X, y, cv=StratifiedKFold(5, shuffle=True, random_state=1)
)
print(f"best_score_          {believed:.3f}")
print(f"nested cross-validation {outer.mean():.3f} +- {outer.std() / 5**0.5:.3f}")

# %%
# The truth is one half:

figure, ax = plt.subplots(figsize=(6, 2.6), layout="constrained")
ax.plot(outer, [0] * 5, "o", label="outer folds")
ax.plot(outer.mean(), 0, "D", markersize=9, label="their mean")
ax.plot(believed, 0, "v", markersize=11, label="best_score_")
ax.axvline(0.5, color="grey", linestyle="--", label="truth")
ax.set(xlabel="accuracy", yticks=[])
_ = ax.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1))
