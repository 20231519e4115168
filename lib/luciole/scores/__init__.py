"""Training-free scores: one plain function each, ``score(network, batch, labels=None) -> float``.

``SCORES`` maps names to :class:`Score` objects, which also say what they need; :func:`score_cells` scores
thousands of cells at once, sharing every pass that scores can share.

On a GPU convolutions are computed in single precision once this is imported: PyTorch's default there, TF32, keeps ten
bits of each factor, and a score made of differences, GraSP above all, is then another number.
"""

import torch

from luciole.scores.engine import Failure, Scored, score_cells
from luciole.scores.registry import SCORES
from luciole.scores.score import Score

torch.backends.cudnn.allow_tf32 = False

__all__ = ["SCORES", "Failure", "Score", "Scored", "score_cells"]
