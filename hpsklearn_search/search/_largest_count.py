"""Counts that the data bound: no more components than columns, no more neighbours than rows.

>>> from sklearn.neighbors import KNeighborsClassifier
>>> largest_count(KNeighborsClassifier(), "n_neighbors", n_rows=100)
100
>>> largest_count(KNeighborsClassifier(), "p", n_rows=100)
inf
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from typing import Any

from .._classes import class_names

# Of other classes, `n_components` may be larger than the number of columns, and `k` may be anything.
COLUMNS: Mapping[str, frozenset[str]] = {
    "n_components": frozenset({
        "PCA", "IncrementalPCA", "TruncatedSVD", "FastICA", "FactorAnalysis", "_PLS", "PLSSVD",
        "LinearDiscriminantAnalysis", "NeighborhoodComponentsAnalysis", "LocallyLinearEmbedding",
    }),
    "n_clusters": frozenset({"FeatureAgglomeration", "SpectralBiclustering"}),
    "k": frozenset({"SelectKBest"}),
    "n_features_to_select": frozenset({"RFE", "SequentialFeatureSelector"}),
    "min_features_to_select": frozenset({"RFECV"}),
    "n_nonzero_coefs": frozenset({"OrthogonalMatchingPursuit", "Lars"}),
    "max_features": frozenset({
        "BaseDecisionTree", "BaseForest", "BaseBagging", "BaseGradientBoosting", "SelectFromModel",
    }),
}  # fmt: skip
ROWS = frozenset({
    "n_neighbors", "min_samples_split", "min_samples_leaf", "min_child_samples", "min_samples", "min_cluster_size",
    "max_samples", "max_leaf_nodes", "num_leaves", "n_quantiles", "n_clusters", "n_subsamples",
})  # fmt: skip
COMPONENTS_OF_ROWS = frozenset({
    "PCA", "IncrementalPCA", "KernelPCA", "Isomap", "Nystroem", "BaseMixture", "_PLS", "PLSSVD", "SpectralEmbedding",
})  # fmt: skip
COMPONENTS_OF_TARGETS = frozenset({"CCA", "PLSCanonical", "PLSSVD"})
# How many columns, or rows, more than the count these need.
SPARE: Mapping[str, Mapping[str, int]] = {
    "n_features_to_select": {"SequentialFeatureSelector": 1},
    "n_neighbors": {"Isomap": 1, "LocallyLinearEmbedding": 1, "KNeighborsTransformer": 1},
    "n_components": {"SpectralEmbedding": 2},  # it computes one more than it returns, and fewer than there are rows
}


def largest_count(estimator: Any, parameter: str, n_rows: int) -> float:
    """What a parameter that counts columns or rows can be at most: 0 if the columns are not known, else infinity."""
    owner, _, name = parameter.rpartition("__")
    part = estimator.get_params().get(owner) if owner else estimator
    kinds = set(class_names(part))
    counts_rows = name in ROWS or (name == "n_components" and bool(kinds & COMPONENTS_OF_ROWS))
    most = n_rows if counts_rows else math.inf
    if kinds & COLUMNS.get(name, frozenset()):
        most = min(most, getattr(part, "n_features_in_", 0))  # it has none before its fit
    if name == "n_components":
        most = min(most, _most_by_targets(part, kinds))
    most = min(most, _most_by_components(part, name, kinds))
    return max(0, most - sum(spare for kind, spare in SPARE.get(name, {}).items() if kind in kinds))


def _most_by_targets(part: Any, kinds: Set[str]) -> float:
    """The number of components that the classes, or the columns of y, allow of a fitted model."""
    if "LinearDiscriminantAnalysis" in kinds and hasattr(part, "classes_"):
        return len(part.classes_) - 1
    if kinds & COMPONENTS_OF_TARGETS and hasattr(part, "y_weights_"):
        return len(part.y_weights_)
    return math.inf


def _most_by_components(part: Any, name: str, kinds: Set[str]) -> float:
    """The number of components among which the parameter counts some."""
    if name == "n_best" and "SpectralBiclustering" in kinds:
        return int(part.n_components)
    if name == "transform_n_nonzero_coefs" and "_BaseSparseCoding" in kinds:
        return len(getattr(part, "components_", getattr(part, "dictionary", ())))  # a coder is given its own
    return math.inf
