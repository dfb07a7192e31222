"""
What if the loop is not yours to run?
=====================================

In a laboratory, you do the experiments yourself. Ask the optimizer what to try, and
tell it the result. The results may come in any order. You can save the optimizer in a
file until they are there.
"""

# %%
# This function takes the place of the real experiment. It says how good a cake is, for
# a temperature, a time and a fat.

import pickle

import matplotlib.pyplot as plt
import numpy as np

from hpsklearn_search import Optimizer, hp

rng = np.random.default_rng(0)


def taste(cake):
    """Points out of ten, from a jury that is a little unsure."""
    fat = {"butter": 1.0, "margarine": 0.0, "oil": 0.4}[cake["fat"]]
    heat = ((cake["temperature"] - 178) / 25) ** 2 + ((cake["minutes"] - 42) / 12) ** 2
    return 9 + fat - heat + 0.1 * rng.normal()


# %%
# Two ovens bake at once. With ``ask(2)`` the second suggestion takes the first one into
# account. A loss is minimised, so it is minus the points. One cake fell to the floor:
# an exception is a failure.

space = {
    "temperature": hp.quniform(140, 220, 1),
    "minutes": hp.uniformint(20, 70),
    "fat": hp.choice(["butter", "margarine", "oil"]),
}
optimizer = Optimizer(space, random_state=0)
for day in range(15):
    left, right = optimizer.ask(2)
    optimizer.tell(right, -taste(right.configuration))
    optimizer.tell(
        left,
        RuntimeError("fell to the floor") if day == 3 else -taste(left.configuration),
    )
    optimizer = pickle.loads(pickle.dumps(optimizer))  # overnight

# %%
# This was the best of thirty cakes:

print(optimizer, optimizer.best.configuration)
print(f"{-optimizer.trials.best_loss:.1f} points")
figure, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
ax.plot(optimizer.trials.tids, [-loss for loss in optimizer.trials.losses()], "o")
_ = ax.set(xlabel="cake", ylabel="points")
