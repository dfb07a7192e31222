"""A search as one HTML page: of a fitted search, of a save file, or, with `_watch`, of a search that runs."""

from ._facts import Facts, Pairs, Table
from ._file import facts_of_file
from ._found import found_in_space, n_best
from ._html import assignments
from ._page import make_page
from ._timing import timing
from ._write import checked_target, write_page

__all__ = [
    "Facts",
    "Pairs",
    "Table",
    "assignments",
    "checked_target",
    "facts_of_file",
    "found_in_space",
    "make_page",
    "n_best",
    "timing",
    "write_page",
]
