"""The version of the package: the only place that has it; pyproject.toml and the documentation read it here.

>>> __version__.count(".")
2
"""

__version__ = "0.1.0"
