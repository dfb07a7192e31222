"""
What did the search see?
========================

A search returns the best candidate, and also keeps what it saw before: which candidates
failed and why, which ones are equally good, and which parameter decided.
"""

# %%
# This space has a mistake: the model refuses an ``l1_ratio`` that is larger than 1.

import tempfile
import warnings
from pathlib import Path

from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.linear_model import ElasticNet
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hpsklearn_search import HyperoptSearchCV, hp
from hpsklearn_search.plots import ComparisonDisplay

warnings.simplefilter("ignore", ConvergenceWarning)
warnings.simplefilter("ignore", FitFailedWarning)
warnings.filterwarnings("ignore", "One or more of the test scores")
X, y = load_diabetes(return_X_y=True)
search = HyperoptSearchCV(
    make_pipeline(StandardScaler(), ElasticNet()),
    {
        "elasticnet__alpha": hp.logrange(1e-3, 1e2),
        "elasticnet__l1_ratio": hp.uniform(0, 1.5),
    },
    max_evals=40,
    random_state=0,
)
search.fit(X, y)
print(f"R2 {search.best_score_:.3f}")

# %%
# The advice names the mistake, and the parameter that decided:

for finding in search.advice_:
    print(f"{finding.kind}: {finding}")

# %%
# How many candidates does the test tell apart from the best one?

comparison = search.compare(40)
print(comparison["same_as_best"].value_counts().to_dict())
print(comparison[["mean_test_score", "difference", "low"]].head(4).round(4))
_ = ComparisonDisplay.from_search(search, 40, parameters=[])

# %%
# One page for the browser has all of it, with pictures and the code of the best model:

page = search.report(Path(tempfile.mkdtemp()) / "search.html")
print(page.name, f"{page.stat().st_size / 1e6:.1f} MB")
