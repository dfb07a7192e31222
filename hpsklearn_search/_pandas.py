"""Data frames: the only module that imports pandas, when one is made.

>>> frame_of({"loss": [0.5, 0.25]}, index=[0, 1], name="tid", what="to_frame()")
     loss
tid
0    0.50
1    0.25
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .exceptions import NotInstalledError


def frame_of(
    columns: Mapping[str, Any], *, what: str, index: Sequence[Any] | None = None, name: str | None = None
) -> Any:
    """A ``pandas.DataFrame`` whose index has a name; `what` names the caller in the error without pandas."""
    try:
        import pandas as pd
    except ImportError:
        raise NotInstalledError(f"{what} needs pandas: pip install 'hpsklearn_search[pandas]'") from None
    rows = None if index is None else pd.Index(index, name=name)
    try:
        return pd.DataFrame(dict(columns), index=rows)
    except UnicodeEncodeError:
        return pd.DataFrame({key: _series(pd, values, rows) for key, values in columns.items()})


def _series(pd: Any, values: Any, index: Any) -> Any:
    """One column; as objects where it has half of a surrogate pair, which pyarrow's strings cannot hold."""
    try:
        return pd.Series(values, index=index)
    except UnicodeEncodeError:
        return pd.Series(values, index=index, dtype=object)
