"""The directive ``shows``: what a notebook would show for an expression, after the Python blocks above it have run.

    ```{shows} display
    What the picture shows, for those who cannot see it.
    ```

The Python blocks of a page run from top to bottom in one process, while the documentation is built. A display of
the plots is shown as its picture, anything else as the HTML that it has for notebooks.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parents[2]
PART = re.compile(r"```(?:python\n(.*?)|\{shows\} ([^\n]+)\n.*?)```", flags=re.DOTALL)
HEAD = """
def show(value, stem):
    if hasattr(value, "figure_"):
        value.figure_.savefig(stem + ".png", dpi=120)
    else:
        with open(stem + ".html", "w", encoding="utf-8") as file:
            file.write(value._repr_html_())
"""


class Shows(SphinxDirective):
    """One expression of a page: its picture, or its HTML."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """The node of the picture or table."""
        made = self.env.temp_data.setdefault("shows", [])
        if not made:
            made.extend(_run_page(Path(self.env.doc2path(self.env.docname)), Path(self.env.app.doctreedir) / "shows"))
        path = made.pop(0)  # the directives of a page run in order
        text = " ".join(self.content)
        if path.suffix == ".html":
            return [nodes.raw("", f'<div class="shown">{path.read_text(encoding="utf-8")}</div>', format="html")]
        uri = os.path.relpath(path, Path(self.env.doc2path(self.env.docname)).parent)
        # With a width, Sphinx links the picture to its file, so that a reader with a telephone can enlarge it.
        return [nodes.image(uri=uri, alt=text, candidates={"*": uri}, width="100%")]


def _run_page(page: Path, folder: Path) -> list[Path]:
    """The files that the expressions of a page were written to, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    lines, stems = [HEAD], []
    for code, expression in PART.findall(page.read_text(encoding="utf-8")):
        if expression:
            stems.append(folder / f"{page.stem}_{len(stems) + 1}")
            code = f"show({expression}, {str(stems[-1])!r})\n"
        lines.append(code)
    for stem in stems:
        for suffix in (".png", ".html"):
            stem.with_suffix(suffix).unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as place:
        script = Path(place) / "page.py"
        script.write_text("\n".join(lines), encoding="utf-8")
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
        subprocess.run([sys.executable, script], check=True, cwd=place, env=environment, stdout=subprocess.DEVNULL)
    return [next(folder.glob(f"{stem.name}.*")) for stem in stems]


def setup(app: Any) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("shows", Shows)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
