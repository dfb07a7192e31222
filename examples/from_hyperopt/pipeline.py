"""A pipeline with conditional steps, and an objective with bound data."""

import numpy as np
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

import hpsklearn_search.hyperopt as hyperopt
from hpsklearn_search.hyperopt import STATUS_FAIL, STATUS_OK, Trials, hp
from hpsklearn_search.hyperopt.early_stop import no_progress_loss
from hpsklearn_search.hyperopt.pyll import scope

space = {
    "scaler": hp.choice("scaler", [StandardScaler(), MinMaxScaler()]),
    "reduce": hp.pchoice(
        "reduce",
        [
            (0.5, {"type": "pca", "n": scope.int(hp.quniform("pca_n", 2, 13, 1))}),
            (0.5, {"type": "best", "k": hp.uniformint("best_k", 2, 13)}),
        ],
    ),
    "model": hp.choice(
        "model",
        [
            {"type": "knn", "n_neighbors": 1 + hp.randint("neighbors", 20)},
            {"type": "logistic", "C": hp.lognormal("C", 0, 2)},
        ],
    ),
}


def objective(config, X, y):
    """Minus the mean accuracy."""
    reduce, model = dict(config["reduce"]), dict(config["model"])
    reducer = (
        PCA(reduce["n"]) if reduce.pop("type") == "pca" else SelectKBest(k=reduce["k"])
    )
    kind = model.pop("type")
    classifier = (
        KNeighborsClassifier(**model)
        if kind == "knn"
        else LogisticRegression(max_iter=500, **model)
    )
    pipeline = Pipeline(
        [("scale", config["scaler"]), ("reduce", reducer), ("model", classifier)]
    )
    score = cross_val_score(pipeline, X, y, cv=3).mean()
    if np.isnan(score):
        return {"status": STATUS_FAIL}
    return {"loss": -score, "status": STATUS_OK, "kind": kind}


X, y = load_wine(return_X_y=True)
trials = Trials()
best = hyperopt.fmin(
    fn=hyperopt.partial(objective, X=X, y=y),
    space=space,
    algo=hyperopt.tpe.suggest,
    max_evals=40,
    trials=trials,
    rstate=np.random.default_rng(0),
    early_stop_fn=no_progress_loss(35),
    show_progressbar=False,
)
chosen = hyperopt.space_eval(space, best)
print("parts:", sorted(chosen))
print("statuses:", set(trials.statuses()))
print("kinds:", sorted({result["kind"] for result in trials.results}))
print("loss:", trials.best_trial["result"]["loss"])
