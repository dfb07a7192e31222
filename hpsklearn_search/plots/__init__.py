"""Pictures of a fitted search, as scikit-learn's displays draw: ``from_search``, ``plot``, ``figure_``, ``ax_``."""

from ._candidates import Candidates
from ._comparison import ComparisonDisplay
from ._contour import ContourDisplay
from ._distribution import ScoreDistributionDisplay
from ._history import SearchHistoryDisplay, save_history, show_losses
from ._importance import ParameterImportanceDisplay
from ._parallel import ParallelCoordinatesDisplay
from ._parameter import ParameterScoreDisplay
from ._style import loss_axis, new_axes, show, tidy
from ._svg import as_svg
from ._timeline import TimelineDisplay
from ._trade_off import TradeOffDisplay

__all__ = [
    "Candidates",
    "ComparisonDisplay",
    "ContourDisplay",
    "ParallelCoordinatesDisplay",
    "ParameterImportanceDisplay",
    "ParameterScoreDisplay",
    "ScoreDistributionDisplay",
    "SearchHistoryDisplay",
    "TimelineDisplay",
    "TradeOffDisplay",
    "as_svg",
    "loss_axis",
    "new_axes",
    "save_history",
    "show",
    "show_losses",
    "tidy",
]
