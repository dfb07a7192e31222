"""hyperopt's module ``hyperopt.progress``: context managers for ``fmin(show_progressbar=...)``.

>>> with no_progress_callback(initial=0, total=10) as progress:
...     progress.update(1)
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from .std_out_err_redirect_tqdm import std_out_err_redirect_tqdm, tqdm_bar

__all__ = ["default_callback", "no_progress_callback", "tqdm_progress_callback"]


@contextlib.contextmanager
def tqdm_progress_callback(initial: int, total: int | None) -> Iterator[Any]:
    """A bar of tqdm on stdout, as in hyperopt; prints of the objective go above it."""
    bar = {"postfix": {"best loss": "?"}, "dynamic_ncols": True, "unit": "trial"}
    with std_out_err_redirect_tqdm() as stdout, tqdm_bar(total=total, initial=initial, file=stdout, **bar) as progress:
        yield progress


class NoProgressContext:
    """Shows nothing."""

    def update(self, n: int) -> None:
        """Take note of `n` further trials."""


@contextlib.contextmanager
def no_progress_callback(initial: int, total: int | None) -> Iterator[NoProgressContext]:
    """No bar."""
    yield NoProgressContext()


default_callback = tqdm_progress_callback
