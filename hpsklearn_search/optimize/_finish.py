"""Tells callbacks how everything ended, once there is nothing left to come.

>>> class Last(Callback):
...     def on_finish(self, fitted, error):
...         print("finished with", repr(error))
>>> with finishing([Last()]):
...     pass
finished with None
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from ._protocol import Callback, check_callback

__all__ = ["finishing"]


@contextmanager
def finishing(callbacks: Sequence[Callback], fitted: Any = None) -> Iterator[None]:
    """Call ``on_finish`` of each callback when the block ends, however it ends.

    Parameters
    ----------
    callbacks : sequence of Callback
        All are told, also if one of them raises.
    fitted : HyperoptSearchCV, optional
        What they are told has been fitted.
    """
    for callback in callbacks:
        check_callback(callback)
    error: BaseException | None = None
    try:
        yield
    except BaseException as raised:
        error = raised
        raise
    finally:
        with ExitStack() as stack:
            for callback in reversed(callbacks):
                stack.callback(callback.on_finish, fitted, error)
