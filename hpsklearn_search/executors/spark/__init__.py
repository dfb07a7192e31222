"""Workers on an Apache Spark cluster, classic or over Spark Connect."""

from ._executor import SparkExecutor
from ._trials import SparkTrials

__all__ = ["SparkExecutor", "SparkTrials"]
