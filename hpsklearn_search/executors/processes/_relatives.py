"""Processes that a fit has started: those that are left at the end of a search, and those to kill with a worker.

Only Linux lists the processes of the machine in files. Elsewhere only children are known, and only to their parent.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class _Process:
    """What the system says of a process."""

    pid: int
    state: str
    parent: int
    group: int


def has_relatives() -> bool:
    """Whether a process that a fit has started, or a child of one, is still there."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        own, group = os.getpid(), os.getpgrp()
        return any(one.group == group and one.pid != own and one.state != "Z" for one in _processes())
    return True


def descendants(pid: int) -> list[int]:
    """The children of a process, their children and so on; without those whose parent has ended."""
    children = defaultdict(list)
    for one in _processes():
        children[one.parent].append(one.pid)
    family = [pid]
    for member in family:  # it grows while it is read
        family.extend(children[member])
    return family[1:]


def _processes() -> Iterator[_Process]:
    try:
        names = os.listdir("/proc")
    except OSError:
        return
    for name in filter(str.isdecimal, names):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                state, parent, group = file.read().rpartition(b")")[2].split()[:3]
        except (OSError, ValueError):  # it has just ended
            continue
        yield _Process(int(name), state.decode(), int(parent), int(group))
