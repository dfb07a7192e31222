"""A tool that reads a space: its labels, their distributions, when they are active."""

import numpy as np

from hpsklearn_search.hyperopt import fmin, hp, pyll, tpe
from hpsklearn_search.hyperopt.fmin import space_eval
from hpsklearn_search.hyperopt.pyll import Apply, as_apply, scope
from hpsklearn_search.hyperopt.pyll.stochastic import sample
from hpsklearn_search.hyperopt.pyll_utils import expr_to_config, validate_label


@validate_label
def hp_even(label, high):
    """An even number below `high`."""
    return 2 * scope.int(hp.quniform(label, 0, high // 2, 1))


@scope.define
def scaled(value, factor=1.0):
    """A function of the tool's own."""
    return value * factor


space = {
    "kind": hp.choice(
        "kind",
        [
            {"name": "linear", "C": scope.scaled(hp.loguniform("C", -5, 5), 2.0)},
            {"name": "tree", "depth": hp_even("depth", 12)},
        ],
    ),
    "noise": hp.normal("noise", 0, 1),
    "seed": 7,
}

searched = [key for key, value in space.items() if isinstance(value, Apply)]
print("searched:", searched)

labels = {}
for node in pyll.dfs(as_apply(space)):
    if node.name == "hyperopt_param":
        labels[node.arg["label"].obj] = node.arg["obj"].name
print("labels:", sorted(labels.items()))

hps = {}
expr_to_config(as_apply(space), (), hps)
conditions = {
    label: sorted(
        (cond.name, cond.val) for conds in entry["conditions"] for cond in conds
    )
    for label, entry in hps.items()
}
print("conditions:", sorted(conditions.items()))

rng = np.random.default_rng(0)
drawn = [sample(space, rng=rng) for _ in range(50)]
print("kinds:", sorted({config["kind"]["name"] for config in drawn}))
even = [config["kind"]["depth"] for config in drawn if "depth" in config["kind"]]
print("even:", all(value % 2 == 0 and isinstance(value, int) for value in even))


def objective(config):
    """The tree of depth 6 is best."""
    kind = config["kind"]
    return abs(kind["depth"] - 6) if kind["name"] == "tree" else 3 + kind["C"]


best = fmin(
    objective,
    space,
    algo=tpe.suggest,
    max_evals=50,
    rstate=np.random.default_rng(0),
    show_progressbar=False,
)
print("loss:", float(objective(space_eval(space=space, hp_assignment=best))))
