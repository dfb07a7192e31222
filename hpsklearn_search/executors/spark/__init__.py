"""Workers on an Apache Spark cluster, classic or over Spark Connect."""

from ._executor import SparkExecutor
from ._trials import CANCELLED_REASONS, SparkTrials

__all__ = ["CANCELLED_REASONS", "SparkExecutor", "SparkTrials"]
