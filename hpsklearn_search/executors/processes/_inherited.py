"""What a process passes on to those that it starts: environment, directory, standard streams, limits.

A waiting worker may serve a search only if a new one would begin with the same.

>>> inherited({}) == inherited({})
True
>>> inherited({}) == inherited({"TZ": "a zone that is not set"})
False
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Inherited: TypeAlias = tuple[Any, ...]


def inherited(environment: Mapping[str, str]) -> Inherited:
    """A reading for a child with these further variables of the environment."""
    return (
        {**os.environ, **environment},
        list(sys.path),
        list(sys.argv),
        _or_none(os.getcwd),
        [_or_none(_file, number) for number in range(3)],
        process_status("Umask"),
        *_limits(),
    )


def _file(number: int) -> tuple[int, int]:
    status = os.fstat(number)
    return status.st_dev, status.st_ino


def _or_none(read: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return read(*arguments)
    except OSError:  # a directory that was deleted, a descriptor that is closed
        return None


def _limits() -> list[Any]:
    """The cores, the priority and the limits of this process, where the system has such."""
    try:
        import resource
    except ImportError:  # Windows
        return []
    names = sorted(name for name in vars(resource) if name.startswith("RLIMIT_"))
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    return [cores, os.getpriority(os.PRIO_PROCESS, 0), [resource.getrlimit(getattr(resource, name)) for name in names]]


def process_status(field: str) -> str:
    """A field of what Linux says about this process; empty elsewhere."""
    try:
        with open("/proc/self/status") as file:
            lines = [line for line in file if line.startswith(f"{field}:")]
    except OSError:
        return ""
    return lines[0].partition(":")[2].strip() if lines else ""
