"""An SVC by cross-validation, with minus the accuracy as the loss."""

import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC

from hpsklearn_search.hyperopt import STATUS_OK, Trials, fmin, hp, space_eval, tpe

X, y = load_iris(return_X_y=True)


def objective(params):
    """Minus the mean accuracy over five folds."""
    accuracy = cross_val_score(SVC(**params), X, y, cv=5).mean()
    return {"loss": -accuracy, "status": STATUS_OK}


space = {
    "C": hp.lognormal("C", 0, 1.0),
    "kernel": hp.choice("kernel", ["linear", "rbf"]),
    "gamma": hp.loguniform("gamma", np.log(1e-3), np.log(1e1)),
}
trials = Trials()
best = fmin(
    fn=objective,
    space=space,
    algo=tpe.suggest,
    max_evals=25,
    trials=trials,
    rstate=np.random.default_rng(0),
)

print("trials:", len(trials))
print("labels:", sorted(best))
print("kernel:", space_eval(space, best)["kernel"] in ("linear", "rbf"))
print("loss:", trials.best_trial["result"]["loss"])
