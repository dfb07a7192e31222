"""Spaces: distributions, nodes, the parsed tree, and what other libraries' spaces become."""

from ._distributions import Categorical, Distribution, Frozen, Integer, Normal, Opaque, Uniform
from ._nodes import Apply, Choice, Node, Parameter
from ._space import Dimension, Point, Space

__all__ = [
    "Apply",
    "Categorical",
    "Choice",
    "Dimension",
    "Distribution",
    "Frozen",
    "Integer",
    "Node",
    "Normal",
    "Opaque",
    "Parameter",
    "Point",
    "Space",
    "Uniform",
]
