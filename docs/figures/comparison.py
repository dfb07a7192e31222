"""The ten best candidates of a search, compared with the best one."""

from sklearn.datasets import load_digits
from sklearn.model_selection import KFold
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, hp
from hpsklearn_search.plots import ComparisonDisplay

X, y = load_digits(return_X_y=True)
space = {"C": hp.logrange(1e-1, 1e2), "gamma": hp.logrange(1e-4, 1e-2)}
folds = KFold(8, shuffle=True, random_state=0)
search = HyperoptSearchCV(SVC(), space, max_evals=12, cv=folds, algo="random", random_state=0).fit(X[:600], y[:600])
ComparisonDisplay.from_search(search, parameters=["C", "gamma"])
