"""Spaces: distributions, nodes, the parsed tree, and what other libraries' spaces become."""

from ._annotated import annotated_space
from ._coercion import IsBranch, as_search_space, contains_key, merge_branches
from ._description import SpaceTable, brief, fixed_value
from ._distributions import Categorical, Distribution, Integer, Normal, Uniform, fits_float
from ._functions import FUNCTIONS, NOISE, identity
from ._layout import Layout, draw_options, option_centre
from ._nodes import Apply, Choice, Constant, Node, Parameter, check_depth, children, has_nodes, switch
from ._point_key import PointKey, point_key
from ._points import parse_point, parse_values
from ._scipy import RvsDistribution, ScipyDistribution, from_scipy
from ._space import Dimension, Point, Space, public_point

__all__ = [
    "FUNCTIONS",
    "NOISE",
    "Apply",
    "Categorical",
    "Choice",
    "Constant",
    "Dimension",
    "Distribution",
    "Integer",
    "IsBranch",
    "Layout",
    "Node",
    "Normal",
    "Parameter",
    "Point",
    "PointKey",
    "RvsDistribution",
    "ScipyDistribution",
    "Space",
    "SpaceTable",
    "Uniform",
    "annotated_space",
    "as_search_space",
    "brief",
    "check_depth",
    "children",
    "contains_key",
    "draw_options",
    "fits_float",
    "fixed_value",
    "from_scipy",
    "has_nodes",
    "identity",
    "merge_branches",
    "option_centre",
    "parse_point",
    "parse_values",
    "point_key",
    "public_point",
    "switch",
]
