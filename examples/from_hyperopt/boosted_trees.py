"""A booster with whole numbers: scope.int around hp.quniform."""

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import train_test_split

from hpsklearn_search.hyperopt import STATUS_OK, Trials, fmin, hp, space_eval, tpe
from hpsklearn_search.hyperopt.pyll import scope

X, y = load_diabetes(return_X_y=True)
X_train, X_valid, y_train, y_valid = train_test_split(X, y, random_state=0)

space = {
    "max_depth": scope.int(hp.quniform("max_depth", 2, 8, 1)),
    "max_leaf_nodes": scope.int(hp.quniform("max_leaf_nodes", 4, 32, 2)),
    "min_samples_leaf": 5 * scope.int(hp.quniform("min_samples_leaf", 1, 6, 1)),
    "learning_rate": hp.loguniform("learning_rate", np.log(0.02), np.log(0.5)),
    "l2_regularization": hp.uniform("l2_regularization", 0, 1),
    "max_iter": 15,
    "random_state": 0,
}


def objective(params):
    """The mean squared error on a part held out."""
    model = HistGradientBoostingRegressor(**params).fit(X_train, y_train)
    return {
        "loss": mean_squared_error(y_valid, model.predict(X_valid)),
        "status": STATUS_OK,
    }


trials = Trials()
best = fmin(
    objective,
    space,
    algo=tpe.suggest,
    max_evals=12,
    trials=trials,
    rstate=np.random.default_rng(0),
)
params = space_eval(space, best)

print("trials:", len(trials))
print(
    "whole numbers:",
    {name: type(params[name]).__name__ for name in ("max_depth", "max_leaf_nodes")},
)
print("a multiple of five:", params["min_samples_leaf"] % 5 == 0)
print("loss:", trials.best_trial["result"]["loss"])
