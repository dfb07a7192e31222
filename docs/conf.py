"""How the documentation is built; see `contributing.md` for the command."""

import os
import sys
import warnings
from pathlib import Path

import matplotlib
from sphinx.util import inspect
from sphinx.util.inspect import stringify_signature
from sphinx_gallery.sorting import FileNameSortKey

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent / "_extensions")]
import external

from hpsklearn_search import __version__

matplotlib.use("agg")

# What the libraries of the story in the Spark example say about this machine does not belong on its page.
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)

project = "hpsklearn_search"
author = "The hpsklearn_search developers"
copyright = author
version = release = __version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",  # formulas are shown without a network
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "shows",
    "matplotlib.sphinxext.plot_directive",
    "sphinx_gallery.gen_gallery",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
templates_path = ["_templates"]
exclude_patterns = [
    "_build",
    "_intersphinx",
    "auto_examples/**/*.ipynb",
    "auto_examples/**/*.md5",
    "sg_execution_times.rst",
]
root_doc = "index"

# ---------------------------------------------------------------------------------------- markdown
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
suppress_warnings = [
    "myst.xref_missing",  # links to files of the repository, which tests/test_docs.py checks
    "ref.term",  # docstrings that are inherited from scikit-learn refer to its glossary
    "config.cache",  # the sort key of the gallery is a class
]

# ---------------------------------------------------------------------------------------- reference
autosummary_generate = True
autodoc_typehints = "none"  # numpydoc's sections name the types, in words
autodoc_member_order = "groupwise"
default_role = "obj"  # `name` is a link where there is such a name, and code where there is none
python_maximum_signature_line_length = 60
toc_object_entries_show_parents = "hide"
intersphinx_mapping = external.inventories()
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"  # but for these names
numpydoc_xref_aliases = external.aliases()
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
plot_html_show_source_link = False
plot_html_show_formats = False
plot_formats = [("png", 120)]

# ---------------------------------------------------------------------------------------- gallery
sphinx_gallery_conf = {
    "examples_dirs": ["../examples"],
    "gallery_dirs": ["auto_examples"],
    "filename_pattern": r"/\d\d_",  # every example runs while the documentation is built
    "ignore_pattern": r"from_hyperopt|spark_ml|torch_distributor",  # which are for other pages
    "within_subsection_order": FileNameSortKey,
    "show_memory": False,
    "capture_repr": (),  # an example prints what it shows
    "default_thumb_file": str(Path(__file__).parent / "images" / "history.png"),
    "download_all_examples": False,
    "remove_config_comments": True,
    "abort_on_example_error": True,
}

# ---------------------------------------------------------------------------------------- pages
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"
copybutton_selector = (
    "div.highlight-python pre, div.highlight-default pre, div.highlight-bash pre, div.highlight-sh pre"
)
html_theme = "pydata_sphinx_theme"
html_title = f"hpsklearn_search {version}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_js_files = ["pages.js"]
html_show_sourcelink = False
html_sidebars = {"**": ["contents.html"]}
html_theme_options = {
    "navbar_align": "left",
    "navbar_end": ["version-switcher", "theme-switcher"],
    # A release adds its line to the list, and keeps the pages of the one before in a folder of their own.
    "switcher": {"json_url": "_static/versions.json", "version_match": version},
    "check_switcher": False,  # the list is read in the browser
    "navbar_center": [],  # the column at the left has them
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": [],
    "footer_end": [],
}


def _signature_of_init(app, what, name, obj, options, signature, return_annotation):
    """The signature of a class is that of its ``__init__``; some have a ``__new__`` that only checks keywords."""
    if what != "class" or signature != "(*args, **kwargs)":
        return None
    return stringify_signature(inspect.signature(obj.__init__, bound_method=True), show_annotation=False), None


def setup(app):
    """Connect the above."""
    app.connect("autodoc-process-signature", _signature_of_init)
