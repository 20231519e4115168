"""ZiCo: large mean and small spread of the gradients between batches."""

import math

import torch

from luciole.scores.passes import Passes, cross_entropy, gradients
from luciole.scores.score import score
from luciole.scores.watched import forward


@score(labels=True, gradients=True, samples=2, source="Li et al., ICLR 2023 (arXiv 2301.11300), equation 16")
def zico(seen: Passes) -> float:
    """Sum over layers of log sum_w (mean |g_w| / standard deviation of g_w), over two batches.

    The two batches are the two halves of the one given (the first half has the odd sample). Weights whose
    gradient does not change count for nothing, and so does a layer of only such weights; minus infinity when
    that is all layers.
    """
    half = (len(seen.batch) + 1) // 2
    both = []
    for part in (slice(0, half), slice(half, None)):
        with torch.enable_grad():
            logits = forward(seen.network, seen.batch[part], seen.seed)
            loss = cross_entropy(logits, seen.labels[part])
            both.append(gradients(loss, seen.weights, keep_graph=False))
    total, layers = 0.0, 0
    for one, other in zip(*both, strict=True):
        one, other = one.double(), other.double()
        size, spread = one.abs() + other.abs(), (one - other).abs()  # twice mean and population deviation of two values
        moving = spread > 0
        if not moving.all():  # a mask costs more than all the rest
            size, spread = size[moving], spread[moving]
        ratio = float((size / spread).sum())
        if ratio > 0:
            total += math.log(ratio)
            layers += 1
    return total if layers else -math.inf
