"""How 5,000 draws of each expression are distributed."""

import matplotlib.pyplot as plt
import numpy as np

from hpsklearn_search import hp
from hpsklearn_search.space import Space

laws = {
    "uniform(-2, 2)": hp.uniform(-2, 2),
    "quniform(-2, 2, 0.5)": hp.quniform(-2, 2, 0.5),
    "uniformint(1, 6)": hp.uniformint(1, 6),
    "logrange(1e-3, 1e3)": hp.logrange(1e-3, 1e3),
    "loguniform(0, 5)": hp.loguniform(0, 5),
    "qloguniform(0, 4, 5)": hp.qloguniform(0, 4, 5),
    "loguniformint(1, 100)": hp.loguniformint(1, 100),
    "normal(0, 1)": hp.normal(0, 1),
    "qnormal(0, 3, 1)": hp.qnormal(0, 3, 1),
    "lognormal(0, 1)": hp.lognormal(0, 1),
    "qlognormal(1, 0.7, 1)": hp.qlognormal(1, 0.7, 1),
    "pchoice([(0.7, 0), (0.3, 1)])": hp.pchoice([(0.7, 0), (0.3, 1)]),
}
rng = np.random.default_rng(0)
figure, axes = plt.subplots(4, 3, figsize=(10, 8), layout="constrained")
for ax, (name, law) in zip(axes.flat, laws.items(), strict=True):
    draws = np.array([Space({"x": law}).draw(rng)["x"] for _ in range(5000)], dtype=float)
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
