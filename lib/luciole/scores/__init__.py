"""Training-free scores: one plain function each, ``score(network, batch, labels=None) -> float``.

``SCORES`` maps names to :class:`Score` objects, which also say what they need; :func:`score_cells` scores
thousands of cells at once, sharing every pass that scores can share.
"""

from luciole.scores.engine import Failure, Scored, score_cells
from luciole.scores.registry import SCORES
from luciole.scores.score import Score

__all__ = ["SCORES", "Failure", "Score", "Scored", "score_cells"]
