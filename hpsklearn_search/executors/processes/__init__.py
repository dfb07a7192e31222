"""Local worker processes that can be killed one at a time."""

from ._executor import ProcessExecutor

__all__ = ["ProcessExecutor"]
