"""Spaces: distributions, nodes, the parsed tree, and what other libraries' spaces become."""

from ._annotated import annotated_space
from ._coercion import Merges, as_search_space, has_nodes, merge_branches, sets_itself
from ._description import SpaceTable, brief, fixed_value
from ._distributions import Categorical, Distribution, Integer, Normal, Uniform
from ._foreign import Frozen, Opaque
from ._functions import FUNCTIONS, identity
from ._given import given_point, raw_values
from ._nodes import Apply, Choice, Constant, Node, Parameter, children, switch
from ._space import Dimension, Point, Space

__all__ = [
    "FUNCTIONS",
    "Apply",
    "Categorical",
    "Choice",
    "Constant",
    "Dimension",
    "Distribution",
    "Frozen",
    "Integer",
    "Merges",
    "Node",
    "Normal",
    "Opaque",
    "Parameter",
    "Point",
    "Space",
    "SpaceTable",
    "Uniform",
    "annotated_space",
    "as_search_space",
    "brief",
    "children",
    "fixed_value",
    "given_point",
    "has_nodes",
    "identity",
    "merge_branches",
    "raw_values",
    "sets_itself",
    "switch",
]
