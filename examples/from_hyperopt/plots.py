"""Pictures of a search by hyperopt.plotting, and its trials as a table."""

import contextlib
import io
import os
import pickle
import tempfile

import matplotlib
import numpy as np
import pandas as pd

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from hpsklearn_search.hyperopt import STATUS_OK, Trials, fmin, hp, tpe
from hpsklearn_search.hyperopt.plotting import (
    main_plot_1D_attachment,
    main_plot_histogram,
    main_plot_history,
    main_plot_vars,
)

space = {"rate": hp.loguniform("rate", -6, 0), "units": hp.quniform("units", 4, 64, 4)}


def objective(params):
    """A made-up training with its curve as an attachment."""
    loss = abs(np.log(params["rate"]) + 3) + abs(params["units"] - 32) / 32
    curve = loss + np.exp(-np.arange(10.0))
    return {
        "loss": loss,
        "status": STATUS_OK,
        "epochs": 10,
        "attachments": {"curve": pickle.dumps(curve)},
    }


trials = Trials()
fmin(
    objective,
    space,
    algo=tpe.suggest,
    max_evals=40,
    trials=trials,
    rstate=np.random.default_rng(0),
    show_progressbar=False,
)

folder = tempfile.mkdtemp()
plots = {
    "history": lambda: main_plot_history(trials, do_show=False),
    "histogram": lambda: main_plot_histogram(trials, do_show=False),
    "vars": lambda: main_plot_vars(trials, do_show=False),
    "curves": lambda: main_plot_1D_attachment(trials, "curve", do_show=False),
}
for name, draw in plots.items():
    with contextlib.redirect_stdout(io.StringIO()):  # hyperopt prints what it draws
        draw()
    plt.savefig(os.path.join(folder, name + ".png"))
    plt.close("all")
print("pictures:", sorted(os.listdir(folder)))

table = pd.DataFrame(
    [
        {**{key: vals[0] for key, vals in doc["misc"]["vals"].items()}, **doc["result"]}
        for doc in trials.trials
    ]
)
print("columns:", sorted(column for column in table if column != "attachments"))
print("rows:", len(table))
print("epochs:", int(table["epochs"].sum()))
print("loss:", float(table["loss"].min()))
