"""
Which of three model families, with which settings?
====================================================

The data have numbers and categories, and the pipeline has a ``ColumnTransformer``. Each
option of ``hp.choice`` is a dict: a model and its own parameters.
"""

# %%
# This table is artificial. What a customer pays depends on age, income and city.

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from hpsklearn_search import HyperoptSearchCV, hp
from hpsklearn_search.plots import ParameterImportanceDisplay

rng = np.random.default_rng(0)
X = pd.DataFrame(
    {"age": rng.integers(18, 80, 400), "city": rng.choice(list("ABC"), 400)}
)
X["income"] = rng.lognormal(10, 0.5, 400)
y = 0.001 * X["income"] + 2.0 * (X["city"] == "B") * X["age"] + rng.normal(0, 10, 400)

# %%
# The search may also replace the scaler by ``"passthrough"``, which does nothing.

forest = RandomForestRegressor(n_estimators=30, random_state=0)
boosted = HistGradientBoostingRegressor(max_iter=50, random_state=0)
numbers = ("numbers", StandardScaler(), ["age", "income"])
columns = ColumnTransformer([numbers, ("city", OneHotEncoder(), ["city"])])
pipeline = Pipeline([("columns", columns), ("model", Ridge())])
models = [
    {"model": Ridge(), "model__alpha": hp.logrange(1e-3, 1e3)},
    {"model": forest, "model__max_depth": hp.uniformint(2, 12)},
    {"model": boosted, "model__learning_rate": hp.logrange(0.02, 0.5)},
]
scalers = [StandardScaler(), "passthrough"]
space = {"columns__numbers": scalers, "model": hp.choice(models)}
search = HyperoptSearchCV(pipeline, space, max_evals=30, cv=3, random_state=0).fit(X, y)

# %%
# Here are the best model, and the best score of each family. In the table, a parameter
# that a candidate does not have is NaN.

print(search.best_params_["model"], round(search.best_score_, 3))
table = search.results_frame()
family = table["param_model"].map(lambda model: type(model).__name__)
print(table.groupby(family)["mean_test_score"].agg(["count", "max"]).round(3))

# %%
# The picture shows which parameters decided most.

display = ParameterImportanceDisplay.from_search(search)
