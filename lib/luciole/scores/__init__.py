"""Training-free scores: one plain function each, ``score(network, batch, labels=None) -> float``."""

from luciole.scores.icd import icd, icd_relu
from luciole.scores.naswot import naswot
from luciole.scores.score import Score

SCORES: dict[str, Score] = {score.name: score for score in (icd, icd_relu, naswot)}

__all__ = ["SCORES", "Score"]
