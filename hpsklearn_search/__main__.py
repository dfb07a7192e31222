"""``python -m hpsklearn_search``: a page of a save file, a page of a running search, and the versions.

>>> show_versions().splitlines()[0].startswith("hpsklearn_search ")
True
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from ._secrets_in_texts import without_secrets
from ._texts import hide_secrets, printable
from ._version import __version__
from ._versions import OPTIONAL, REQUIRED, version_of
from .exceptions import SaveFileError


def show_versions() -> str:
    """The versions of the package, of what it stands on, and of the machine, one a line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    rows = {
        "hpsklearn_search": f"{__version__} ({Path(__file__).parent})",
        "python": f"{platform.python_version()} ({sys.executable})",
        "system": f"{platform.platform()}, {cores} cores",
        **{name: version_of(name) or "not installed" for name in (*REQUIRED, *OPTIONAL)},
    }
    width = max(map(len, rows)) + 1
    return "\n".join(f"{name:{width}}{text}" for name, text in rows.items())


def report(path: str, output: str | None) -> Path:
    """Write the page of a save file; by default beside it, with the ending ``.html``."""
    from .report import checked_target, facts_of_file, make_page, write_page
    from .trials import read_save_file

    target = checked_target(f"{os.path.splitext(path)[0]}.html" if output is None else output)
    return write_page(target, make_page(facts_of_file(read_save_file(path))))


def main(arguments: Sequence[str] | None = None) -> None:
    """Answer the command line."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    try:
        _print(_answer(parser, asked))
    except (SaveFileError, OSError) as error:
        hide_secrets(error)
        sys.exit(f"{' '.join(filter(None, (parser.prog, asked.command)))}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def _print(text: str) -> None:
    """Print `text`, with escapes for what the encoding of the output does not have."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), end="")


def _answer(parser: argparse.ArgumentParser, asked: argparse.Namespace) -> str:
    """What to print in the end."""
    if asked.show_versions:
        return f"{show_versions()}\n"
    if asked.command == "report":
        return f"{printable(str(report(asked.file, asked.output)))}\n"
    if asked.command == "watch":
        _watch(asked.file, asked.port)
        return ""
    return parser.format_help()


def _watch(path: str, port: int) -> None:
    from .report._watch import watch

    try:
        watch(path, port)
    except OverflowError:
        sys.exit(f"--port {port}: a port is a number up to 65535; leave it out for a free one")


def _name_of_file(text: str) -> str:
    from .trials import is_address, public_address

    if not text:
        raise argparse.ArgumentTypeError("'' is not the name of a file; write one, such as search.db or search.html")
    if "\0" in text:
        raise argparse.ArgumentTypeError(f"{printable(text)} is not the name of a file: no name has a null character")
    if is_address(text):
        raise argparse.ArgumentTypeError(f"{public_address(text)} is an address; write the name of a file")
    return text


class _Parser(argparse.ArgumentParser):
    """A parser whose messages show no secret, and move no cursor."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(without_secrets(message)))  # it repeats what was written, such as names of files


def _parser() -> argparse.ArgumentParser:
    parser = _Parser("python -m hpsklearn_search", description="Shows searches, and versions.")
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--show-versions", action="store_true", help="show what a bug report needs")
    commands = parser.add_subparsers(dest="command")
    page = commands.add_parser("report", help="make an HTML page of a save file")
    page.add_argument("file", type=_name_of_file, help="the file of trials_save_file=")
    page.add_argument("-o", "--output", type=_name_of_file, help="the page; by default the file's name with .html")
    running = commands.add_parser("watch", help="show a running search in the browser, on this machine only")
    running.add_argument("file", type=_name_of_file, help="the file of trials_save_file=")
    running.add_argument("--port", type=int, default=0, help="by default a free one")
    return parser


if __name__ == "__main__":
    main()
