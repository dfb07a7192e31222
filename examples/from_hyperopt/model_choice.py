"""A choice between models, each with parameters of its own."""

import numpy as np
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hpsklearn_search.hyperopt import (
    STATUS_FAIL,
    STATUS_OK,
    Trials,
    fmin,
    hp,
    space_eval,
    tpe,
)

X, y = load_wine(return_X_y=True)

space = hp.choice(
    "model",
    [
        {
            "type": "logistic",
            "C": hp.loguniform("logistic_C", np.log(1e-3), np.log(1e2)),
        },
        {
            "type": "svm",
            "C": hp.loguniform("svm_C", np.log(1e-3), np.log(1e2)),
            "kernel": hp.choice(
                "svm_kernel",
                [
                    {"kernel": "linear"},
                    {"kernel": "rbf", "gamma": hp.uniform("gamma", 0, 1)},
                ],
            ),
        },
        {
            "type": "forest",
            "max_depth": hp.randint("max_depth", 1, 8),
            "criterion": hp.choice("criterion", ["gini", "entropy"]),
        },
    ],
)


def model_of(params):
    """The model that a configuration describes."""
    params = dict(params)
    kind = params.pop("type")
    if kind == "logistic":
        return LogisticRegression(max_iter=500, **params)
    if kind == "svm":
        kernel = dict(params.pop("kernel"))
        return SVC(**kernel, **params)
    return RandomForestClassifier(
        n_estimators=10,
        random_state=0,
        max_depth=int(params["max_depth"]),
        criterion=params["criterion"],
    )


def objective(params):
    """The error rate over three folds; a fit that fails is a failed trial."""
    try:
        accuracy = cross_val_score(
            make_pipeline(StandardScaler(), model_of(params)),
            X,
            y,
            cv=3,
            error_score="raise",
        ).mean()
    except ValueError as error:
        return {"status": STATUS_FAIL, "why": str(error)}
    return {"loss": 1 - accuracy, "status": STATUS_OK, "type": params["type"]}


trials = Trials()
best = fmin(
    objective,
    space,
    algo=tpe.suggest,
    max_evals=30,
    trials=trials,
    rstate=np.random.default_rng(1),
)

print("trials:", len(trials))
print(
    "best is a model:",
    space_eval(space, best)["type"] == trials.best_trial["result"]["type"],
)
print("values per label:", sum(len(values) for values in trials.vals.values()) > 30)
print("loss:", trials.best_trial["result"]["loss"])
