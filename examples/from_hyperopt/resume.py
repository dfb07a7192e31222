"""A search that continues, from its save file or from its pickled trials."""

import os
import pickle
import tempfile

import numpy as np

from hpsklearn_search.hyperopt import Trials, fmin, hp, tpe

calls = []


def objective(x):
    """Note the call."""
    calls.append(x)
    return (x - 2) ** 2


space = hp.uniform("x", -10, 10)
folder = tempfile.mkdtemp()

# 1. A file that is written after every trial, and read by the next run.
path = os.path.join(folder, "search")
fmin(
    objective,
    space,
    tpe.suggest,
    max_evals=10,
    trials_save_file=path,
    rstate=np.random.default_rng(0),
)
fmin(
    objective,
    space,
    tpe.suggest,
    max_evals=15,
    trials_save_file=path,
    rstate=np.random.default_rng(0),
)
print("calls with a file:", len(calls))

# 2. Trials that the script pickles itself; max_evals is the total.
calls.clear()
trials = Trials()
for total in (10, 20, 40):
    fmin(
        objective,
        space,
        tpe.suggest,
        max_evals=total,
        trials=trials,
        rstate=np.random.default_rng(total),
    )
    with open(os.path.join(folder, "trials.pkl"), "wb") as file:
        pickle.dump(trials, file)
    with open(os.path.join(folder, "trials.pkl"), "rb") as file:
        trials = pickle.load(file)
print("calls with a pickle:", len(calls))
print("tids:", trials.tids == list(range(40)))
print("loss:", trials.best_trial["result"]["loss"])
