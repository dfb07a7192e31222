"""What ``import hpsklearn_search`` costs on top of what it stands on.

Run it as ``python tests/benchmarks/import_time.py [--repeats 7]``. Each import is timed in a fresh process, in
turns, and the median is shown: CPU seconds, which other work on the machine hardly touches, and seconds of
the clock. "sklearn.model_selection" is what a user of GridSearchCV has paid already.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from statistics import median

STATEMENTS = {
    "numpy": "import numpy",
    "sklearn.model_selection": "import sklearn.model_selection",
    "hpsklearn_search": "import sklearn.model_selection; import hpsklearn_search",
    "hyperopt": "import hyperopt",
}
TIMED = """
import time
cpu, clock = time.process_time(), time.perf_counter()
{statement}
print(time.process_time() - cpu, time.perf_counter() - clock)
"""


def seconds(statement: str) -> tuple[float, float] | None:
    """CPU and clock seconds of a statement in a new interpreter; None if it cannot be imported."""
    code = TIMED.format(statement=statement)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if done.returncode:
        return None
    cpu, clock = map(float, done.stdout.split())
    return cpu, clock


def main() -> None:
    """Print a table, and what the package adds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    for statement in STATEMENTS.values():
        seconds(statement)  # writes bytecode and fills the disk's cache
    rounds = [{name: seconds(statement) for name, statement in STATEMENTS.items()} for _ in range(repeats)]
    medians = {}
    print(f"{'import':26} {'CPU s':>7} {'clock s':>8}")
    for name in STATEMENTS:
        taken = [each[name] for each in rounds if each[name] is not None]
        if taken:
            medians[name] = [median(column) for column in zip(*taken, strict=True)]
            print(f"{name:26} {medians[name][0]:7.3f} {medians[name][1]:8.3f}")
    cpu, clock = (a - b for a, b in zip(medians["hpsklearn_search"], medians["sklearn.model_selection"], strict=True))
    print(f"{'added by hpsklearn_search':26} {cpu:7.3f} {clock:8.3f}   (to be at most 0.3)")


if __name__ == "__main__":
    main()
