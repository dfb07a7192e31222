"""Algorithms of one's own: one edits the documents of tpe, one mixes three."""

from functools import partial

import numpy as np

from hpsklearn_search.hyperopt import Trials, anneal, fmin, hp, mix, rand, tpe
from hpsklearn_search.hyperopt.base import miscs_to_idxs_vals


def objective(params):
    """Two valleys."""
    return (params["x"] - 1) ** 2 + (params["y"] + 2) ** 2


space = {"x": hp.uniform("x", -10, 10), "y": hp.uniform("y", -10, 10)}
edited = []


def rounded(new_ids, domain, trials, seed):
    """What tpe suggests, with x rounded to halves."""
    docs = tpe.suggest(new_ids, domain, trials, seed)
    for doc in docs:
        vals = doc["misc"]["vals"]
        vals["x"] = [round(2 * vals["x"][0]) / 2]
        edited.append(doc["tid"])
    return docs


def seldom_random(new_ids, domain, trials, seed):
    """Every fifth trial is random; the others follow the best by annealing."""
    algo = rand.suggest if new_ids[0] % 5 == 0 else anneal.suggest
    return algo(new_ids, domain, trials, seed)


three = partial(
    mix.suggest,
    p_suggest=[(0.1, rand.suggest), (0.3, anneal.suggest), (0.6, tpe.suggest)],
)

losses = []
for algo in (rounded, seldom_random, three):
    trials = Trials()
    fmin(
        objective,
        space,
        algo=algo,
        max_evals=60,
        trials=trials,
        rstate=np.random.default_rng(1),
        show_progressbar=False,
    )
    losses.append(min(trials.losses()))
    if algo is rounded:
        idxs, vals = miscs_to_idxs_vals(trials.miscs)
        print("halves:", all(float(2 * x).is_integer() for x in vals["x"]))
        print("in order:", list(idxs["x"]) == edited)

print("loss:", max(losses))
