"""A search that ends without progress, or when the loss is low enough."""

import numpy as np

from hpsklearn_search.hyperopt import Trials, fmin, hp, rand, tpe
from hpsklearn_search.hyperopt.early_stop import no_progress_loss


def valley(point):
    """Lowest, with 0, at (1, 1)."""
    return (1 - point["x"]) ** 2 + 5 * (point["y"] - point["x"] ** 2) ** 2


space = {"x": hp.uniform("x", -2, 2), "y": hp.uniform("y", -1, 3)}
stuck = Trials()
fmin(
    valley,
    space,
    rand.suggest,
    500,
    trials=stuck,
    early_stop_fn=no_progress_loss(25),
    rstate=np.random.default_rng(3),
)

low = Trials()
fmin(
    valley,
    space,
    tpe.suggest,
    500,
    trials=low,
    loss_threshold=0.05,
    rstate=np.random.default_rng(3),
)


def half_a_minute_of_luck(trials, count=0):
    """Ten trials below a loss of 1 are enough."""
    count += trials.losses()[-1] < 1
    return count >= 10, [count]


lucky = Trials()
fmin(
    valley,
    space,
    rand.suggest,
    500,
    trials=lucky,
    early_stop_fn=half_a_minute_of_luck,
    rstate=np.random.default_rng(3),
)

print(
    "no progress in the last 25:",
    min(stuck.losses()[-25:]) >= min(stuck.losses()) and len(stuck) < 500,
)
print("low enough:", low.losses()[-1] <= 0.05 < min(low.losses()[:-1]))
print("ten below 1:", sum(loss < 1 for loss in lucky.losses()))
print("loss:", min(low.losses()))
