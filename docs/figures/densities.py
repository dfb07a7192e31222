"""How 5,000 draws of each expression are distributed."""

import matplotlib.pyplot as plt
import numpy as np

from hpsklearn_search import hp
from hpsklearn_search.space import Space

laws = {
    'uniform("x", -2, 2)': hp.uniform("x", -2, 2),
    'quniform("x", -2, 2, 0.5)': hp.quniform("x", -2, 2, 0.5),
    'uniformint("x", 1, 6)': hp.uniformint("x", 1, 6),
    'logrange("x", 1e-3, 1e3)': hp.logrange("x", 1e-3, 1e3),
    'loguniform("x", 0, 5)': hp.loguniform("x", 0, 5),
    'qloguniform("x", 0, 4, 5)': hp.qloguniform("x", 0, 4, 5),
    'loguniformint("x", 1, 100)': hp.loguniformint("x", 1, 100),
    'normal("x", 0, 1)': hp.normal("x", 0, 1),
    'qnormal("x", 0, 3, 1)': hp.qnormal("x", 0, 3, 1),
    'lognormal("x", 0, 1)': hp.lognormal("x", 0, 1),
    'qlognormal("x", 1, 0.7, 1)': hp.qlognormal("x", 1, 0.7, 1),
    'pchoice("x", [(0.7, 0), (0.3, 1)])': hp.pchoice("x", [(0.7, 0), (0.3, 1)]),
}
rng = np.random.default_rng(0)
figure, axes = plt.subplots(4, 3, figsize=(10, 8), layout="constrained")
for ax, (name, law) in zip(axes.flat, laws.items(), strict=True):
    draws = np.array([Space(law).draw(rng)["x"] for _ in range(5000)], dtype=float)
    values = np.unique(draws)
    if name.startswith("logrange"):
        ax.hist(draws, bins=np.logspace(-3, 3, 40), color="#0072b2")
        ax.set_xscale("log")
    elif len(values) < 150:
        at, counts = np.unique(draws, return_counts=True)
        ax.bar(at, counts, width=0.8 * np.diff(at).min(), color="#0072b2")
    else:
        ax.hist(draws, bins=40, color="#0072b2")
    ax.set_title(f"hp.{name}", fontsize=9, family="monospace")
    ax.set_yticks([])
    ax.spines[["left", "top", "right"]].set_visible(False)
