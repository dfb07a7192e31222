"""What the library raises, as a tree.

::

    Exception
    ├── BadSearchSpace(ValueError)          a space that cannot be searched
    │   ├── DuplicateLabel                  one label on two different nodes
    │   └── InvalidAnnotatedParameter       space="annotated" met something else than a space
    ├── InvalidTrial(ValueError)            a trial document or point that does not fit
    ├── InvalidResultStatus(ValueError)     an objective returned an unknown status
    ├── InvalidLoss(ValueError)             an objective returned no usable loss
    ├── InvalidScore(TypeError, ValueError) a scorer returned no real number
    ├── AllTrialsFailed                     nothing succeeded, so there is no best trial
    ├── SaveFileError(OSError)              a save file cannot be used
    ├── TrialCrashed(RuntimeError)          a worker died under a trial
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
    """A search space that cannot be searched; the message names the label and the cure."""


class DuplicateLabel(BadSearchSpace):
    """One label stands on two different nodes of a space."""


class InvalidAnnotatedParameter(BadSearchSpace):
    """With ``space="annotated"``, a parameter's annotation is not a space."""


class InvalidTrial(ValueError):
    """A trial document, or a point to evaluate, that does not fit the space."""


class InvalidResultStatus(ValueError):
    """An objective returned a status that is not one of ``STATUS_STRINGS``."""


class InvalidLoss(ValueError):
    """An objective returned something that is not a real number where a loss belongs."""


class InvalidScore(TypeError, ValueError):
    """A scorer returned something that is not a real number; a ValueError too, as scikit-learn's own is."""


class AllTrialsFailed(Exception):
    """No trial succeeded, so there is no best one."""


class SaveFileError(OSError):
    """A save file cannot be used: in use, foreign, damaged, or of another search."""


class TrialCrashed(RuntimeError):
    """A worker process died while it ran a trial."""


class NotInstalledError(ImportError):
    """An optional dependency is missing; the message names the extra that installs it."""


def add_note(error: BaseException, note: str) -> None:
    """Say more below an error of another library, whose own words stay as they are.

    Python shows the note under the message, from 3.11 on.

    Parameters
    ----------
    error : BaseException
        The error, which is changed.
    note : str
        The further line.

    Examples
    --------
    >>> error = ValueError("scoring='acc' is unknown")
    >>> add_note(error, "Did you mean 'accuracy'?")
    >>> str(error), error.__notes__
    ("scoring='acc' is unknown", ["Did you mean 'accuracy'?"])
    """
    # Before 3.11 there is no method, and this is where it would put it.
    error.__notes__ = [*getattr(error, "__notes__", ()), note]  # type: ignore[attr-defined]
