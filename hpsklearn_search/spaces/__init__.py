"""Ready search spaces: ranges for the parameters of an estimator that one would otherwise look up.

>>> from sklearn.pipeline import make_pipeline
>>> from sklearn.preprocessing import StandardScaler
>>> from sklearn.svm import SVC
>>> from hpsklearn_search import spaces
>>> spaces.suggest(make_pipeline(StandardScaler(), SVC()), size="small")
{
    "svc__C": hp.logrange(0.01, 1000),
    "svc__gamma": hp.logrange(0.0001, 10),
}
# left alone: standardscaler (StandardScaler has no parameter worth a search)
"""

from ._suggest import ReadySpace, choose, suggest

__all__ = ["ReadySpace", "choose", "suggest"]
