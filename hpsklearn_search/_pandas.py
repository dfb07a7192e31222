"""The one place that imports pandas: tables for those who have it.

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
    """A ``pandas.DataFrame`` of named columns.

    Parameters
    ----------
    columns : mapping
        ``{name: values}``.
    what : str
        Who asks, for the error.
    index : sequence, optional
        Labels of the rows, by default their numbers.
    name : str, optional
        Name of the index.

    Raises
    ------
    NotInstalledError
        If pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise NotInstalledError(f"{what} needs pandas: pip install pandas") from None
    return pd.DataFrame(dict(columns), index=None if index is None else pd.Index(index, name=name))
