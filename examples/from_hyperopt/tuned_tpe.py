"""TPE with options, by functools.partial, compared with random search; first points."""

from functools import partial

import numpy as np

from hpsklearn_search.hyperopt import STATUS_OK, Trials, fmin, hp, rand, tpe


def bowl(point):
    """A bowl in five dimensions, with a note."""
    loss = sum(
        (value - 0.3 * i) ** 2 for i, (_, value) in enumerate(sorted(point.items()))
    )
    return {
        "loss": loss,
        "status": STATUS_OK,
        "norm": float(np.linalg.norm(list(point.values()))),
    }


space = {f"x{i}": hp.uniform(f"x{i}", -3, 3) for i in range(5)}
algo = partial(tpe.suggest, n_startup_jobs=10, n_EI_candidates=50, gamma=0.2)

trials = Trials()
best = fmin(
    bowl,
    space,
    algo=algo,
    max_evals=80,
    trials=trials,
    rstate=np.random.default_rng(0),
    show_progressbar=False,
)
random = Trials()
fmin(
    bowl,
    space,
    algo=rand.suggest,
    max_evals=80,
    trials=random,
    rstate=np.random.default_rng(0),
    verbose=False,
)
start = fmin(
    bowl,
    space,
    algo=algo,
    max_evals=5,
    points_to_evaluate=[best],
    rstate=np.random.default_rng(1),
)

rows = [
    (
        doc["tid"],
        doc["result"]["loss"],
        doc["result"]["norm"],
        doc["misc"]["vals"]["x0"][0],
    )
    for doc in trials.trials
]
print("rows:", len(rows))
print("better than random:", min(trials.losses()) < min(random.losses()))
print("as good as its start:", bowl(start)["loss"] <= bowl(best)["loss"])
print("loss:", trials.best_trial["result"]["loss"])
