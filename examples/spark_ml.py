"""Tune a classifier of pyspark.ml one trial at a time: a fit uses the whole cluster."""

import numpy as np
from pyspark.ml.classification import RandomForestClassifier
from pyspark.ml.evaluation import MulticlassClassificationEvaluator
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import DataFrame, SparkSession
from sklearn.datasets import load_breast_cancer

from hpsklearn_search import STATUS_OK, Trials, fmin, hp


def frame(spark: SparkSession) -> DataFrame:
    """breast_cancer as pyspark.ml wants it: a column of vectors, and a label."""
    X, y = load_breast_cancer(return_X_y=True)
    names = [f"x{i}" for i in range(X.shape[1])]
    rows = [(*map(float, row), int(label)) for row, label in zip(X, y, strict=True)]
    assembler = VectorAssembler(inputCols=names, outputCol="features")
    return assembler.transform(spark.createDataFrame(rows, [*names, "label"])).select(
        "features", "label"
    )


def tune(spark: SparkSession, max_evals: int = 8) -> tuple[dict, Trials]:
    """Minimise one minus the accuracy on held-out rows."""
    train, test = frame(spark).randomSplit([0.7, 0.3], seed=0)
    train.cache(), test.cache()  # every trial reads them
    accuracy = MulticlassClassificationEvaluator(metricName="accuracy")

    def objective(params: dict) -> dict:
        forest = RandomForestClassifier(seed=0, **params)
        model = forest.fit(train)  # jobs of Spark, on all its slots
        return {
            "loss": 1 - accuracy.evaluate(model.transform(test)),
            "status": STATUS_OK,
        }

    space = {
        "numTrees": hp.uniformint(2, 20),
        "maxDepth": hp.uniformint(1, 6),
        "featureSubsetStrategy": hp.choice(["sqrt", "onethird", "all"]),
    }
    trials = Trials()  # not SparkTrials: the objective needs the driver's session
    best = fmin(
        objective,
        space,
        max_evals=max_evals,
        trials=trials,
        rstate=0,
        return_argmin=False,
        show_progressbar=False,
    )
    return best, trials


def main() -> None:
    """Tune, and show the best of it."""
    spark = SparkSession.builder.getOrCreate()
    best, trials = tune(spark)
    print(f"best parameters: {best}")
    print(f"accuracy: {1 - np.min(trials.losses()):.3f}, of {len(trials)} trials")


if __name__ == "__main__":
    main()
