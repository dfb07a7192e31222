"""
What happens to my search when the machine dies?
================================================

With a save file, every finished candidate is on disk. A second run of the same script
continues.
"""

# %%
# The search is a script of its own, so that it can be killed:

import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt

script = """
import sys
from sklearn.datasets import load_digits
from sklearn.svm import SVC
from hpsklearn_search import HyperoptSearchCV, hp
X, y = load_digits(return_X_y=True)
space = {"C": hp.logrange(1e-2, 1e3), "gamma": hp.logrange(1e-5, 1e-1)}
keep = {"trials_save_file": sys.argv[1], "random_state": 0}
search = HyperoptSearchCV(SVC(), space, max_evals=20, cv=3, **keep).fit(X, y)
print(round(search.best_score_, 4), "with C =", round(search.best_params_["C"], 3))
"""
path = Path(tempfile.mkdtemp()) / "search.db"


def scores():
    """Read the scores in the file; this works while the search writes."""
    query = "SELECT -loss FROM trials WHERE status = 'ok' ORDER BY number"
    return [score for (score,) in sqlite3.connect(path).execute(query)]


# %%
# After five candidates it is killed, with a signal that no program can catch:
process = subprocess.Popen([sys.executable, "-c", script, str(path)])
while not (path.exists() and path.stat().st_size and len(scores()) >= 5):
    time.sleep(0.1)
process.kill()
process.wait()
n_died = len(scores())
print("recorded when it died:", n_died)

# %%
# Now it runs again. It evaluates the missing candidates only. Its result is the same as
# that of a run without an interruption:

for name, file in [("resumed", path), ("in one go", path.with_name("other.db"))]:
    command = [sys.executable, "-c", script, str(file)]
    print(f"{name}: ", subprocess.check_output(command, text=True).strip())
plt.plot(range(1, 21), scores(), "o")
plt.axvline(n_died + 0.5, color="grey", linestyle="--")
_ = plt.xlabel("candidate"), plt.ylabel("score"), plt.xticks([1, 5, 10, 15, 20])
