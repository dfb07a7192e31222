"""
How much of my hyperopt script must I change?
=============================================

You change only the import line: write ``hpsklearn_search.hyperopt`` for ``hyperopt``.
"""

# %%
# The old line was ``from hyperopt import STATUS_OK, Trials, fmin, hp, space_eval, tpe``

import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC

from hpsklearn_search.hyperopt import STATUS_OK, Trials, fmin, hp, space_eval, tpe
from hpsklearn_search.hyperopt.plotting import main_plot_history

X, y = load_iris(return_X_y=True)


def objective(config):
    config = dict(config)
    model = {"svm": SVC, "logistic": LogisticRegression}[config.pop("kind")](**config)
    scores = cross_val_score(model, X, y, cv=5)
    return {"loss": -scores.mean(), "loss_variance": scores.var(), "status": STATUS_OK}


space = hp.choice(
    "model",
    [
        {
            "kind": "svm",
            "C": hp.lognormal("svm_C", 0, 2),
            "gamma": hp.loguniform("gamma", np.log(1e-4), np.log(10)),
        },
        {"kind": "logistic", "C": hp.lognormal("logistic_C", 0, 2), "max_iter": 1000},
    ],
)
trials = Trials()
options = {"trials": trials, "rstate": np.random.default_rng(0)}
best = fmin(objective, space, tpe.suggest, 40, show_progressbar=False, **options)

# %%
# The results have the same form as before. A choice is the index of its option, and
# each trial has a document.

print(best)
print(space_eval(space, best))
print(trials.best_trial["result"])
display = main_plot_history(trials, do_show=False)

# %%
# ``HyperoptSearchCV`` does the work of this objective, in parallel and with a table:
# see :doc:`03_model_families`.
