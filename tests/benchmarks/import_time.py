"""What ``import hpsklearn_search`` costs on top of what it stands on.

Run it as ``python tests/benchmarks/import_time.py [--repeats 7]``. Each import is timed in a fresh process, in
turns, and the median is shown: CPU seconds, which other work on the machine hardly touches, and seconds of
the clock. A user of GridSearchCV has paid for "sklearn.model_selection" already, so the package is imported after
it, and only the package is timed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from statistics import median

# What is imported, and what is there before the clock starts.
IMPORTS = {
    "numpy": "sys",
    "sklearn.model_selection": "sys",
    "hpsklearn_search": "sklearn.model_selection",
    "hyperopt": "sys",
}
# Python keeps bytecode, unless it is told not to: then each import would compile the package anew.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
TIMED = """
import {before}
import time
cpu, clock = time.process_time(), time.perf_counter()
import {module}
print(time.process_time() - cpu, time.perf_counter() - clock)
"""


def seconds(module: str) -> tuple[float, float] | None:
    """CPU and clock seconds of an import in a new interpreter; None if there is no such module."""
    code = TIMED.format(before=IMPORTS[module], module=module)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT)
    if done.returncode:
        return None
    cpu, clock = map(float, done.stdout.split())
    return cpu, clock


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    for module in IMPORTS:
        seconds(module)  # writes bytecode and fills the disk's cache
    rounds = [{module: seconds(module) for module in IMPORTS} for _ in range(repeats)]
    print(f"{'import':26} {'CPU s':>7} {'clock s':>8}")
    for module in IMPORTS:
        taken = [each[module] for each in rounds if each[module] is not None]
        if taken:
            cpu, clock = (median(column) for column in zip(*taken, strict=True))
            print(f"{module:26} {cpu:7.3f} {clock:8.3f}")


if __name__ == "__main__":
    main()
