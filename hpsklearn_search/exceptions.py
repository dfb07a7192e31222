"""The exceptions of the library, as a tree.

::

    Exception
    ├── BadSearchSpace(ValueError)          the space cannot be searched
    │   ├── DuplicateLabel                  two different nodes have the same label
    │   └── InvalidAnnotatedParameter       space="annotated": an annotation is not a space
    ├── InvalidTrial(ValueError)            a trial document or a point does not fit
    ├── InvalidResultStatus(ValueError)     an objective returned an unknown status
    ├── InvalidLoss(ValueError)             an objective returned no usable loss
    ├── InvalidScore(TypeError, ValueError) a score is not a real number
    ├── AllTrialsFailed                     no trial succeeded, so there is no best one
    ├── SaveFileError(OSError)              a save file cannot be used
    ├── TrialCrashed(RuntimeError)          a worker died while it ran a trial
    └── NotInstalledError(ImportError)      an optional dependency is missing; names the extra

>>> issubclass(DuplicateLabel, BadSearchSpace), issubclass(BadSearchSpace, ValueError)
(True, True)
"""

from __future__ import annotations

__all__ = [
    "AllTrialsFailed",
    "BadSearchSpace",
    "DuplicateLabel",
    "InvalidAnnotatedParameter",
    "InvalidLoss",
    "InvalidResultStatus",
    "InvalidScore",
    "InvalidTrial",
    "NotInstalledError",
    "SaveFileError",
    "TrialCrashed",
]


class BadSearchSpace(ValueError):
    """The search space cannot be searched; the message names the label and the line that would be right."""


class DuplicateLabel(BadSearchSpace):
    """Two different nodes of a space have the same label."""


class InvalidAnnotatedParameter(BadSearchSpace):
    """With ``space="annotated"``, a parameter's annotation is not a space."""


class InvalidTrial(ValueError):
    """A trial document, or a point to evaluate, does not fit the space."""


class InvalidResultStatus(ValueError):
    """An objective returned a status that is not one of ``STATUS_STRINGS``."""


class InvalidLoss(ValueError):
    """An objective returned a loss that is not a real number."""


class InvalidScore(TypeError, ValueError):
    """A scorer returned something that is not a real number; also a ValueError, as scikit-learn's error is."""


class AllTrialsFailed(Exception):
    """No trial succeeded, so there is no best one."""


class SaveFileError(OSError):
    """A save file cannot be used: it is in use, foreign, damaged, or of another search."""


class TrialCrashed(RuntimeError):
    """A worker process died while it ran a trial."""


class NotInstalledError(ImportError):
    """An optional dependency is missing; the message names the extra that installs it."""


def add_note(error: BaseException, note: str) -> None:
    """Add a line below the message of another library's error; Python shows it from version 3.11 on.

    >>> error = ValueError("scoring='acc' is unknown")
    >>> add_note(error, "Did you mean 'accuracy'?")
    >>> str(error), error.__notes__
    ("scoring='acc' is unknown", ["Did you mean 'accuracy'?"])
    """
    # Python 3.10 has no method add_note; later versions read this attribute.
    error.__notes__ = [*getattr(error, "__notes__", ()), note]  # type: ignore[attr-defined]
