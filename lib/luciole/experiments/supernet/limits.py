"""Limits (a) to (c) judged: the quantities that the protocol names, from what the comparison recorded.

Written before the comparison was run; thresholds and what they mean stand in
:data:`luciole.experiments.supernet.protocol.LIMITS`. (d) is judged by :mod:`luciole.experiments.supernet.horizon`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap, kendalltau, spearmanr

from luciole.errors import LucioleError
from luciole.experiments.supernet import protocol
from luciole.experiments.supernet.comparison import named
from luciole.spaces import nb201

Held = Mapping[str, NDArray]  # the arrays of the result supernet/comparison
FREE, WEIGHTED = [nb201.SKIP, nb201.POOL], [nb201.CONV1, nb201.CONV3]
MIXTURES = (  # methods whose supernet is trained as a mixture of all operations
    *("DARTS", "DARTS, second order", "PC-DARTS", "beta-DARTS", "DARTS-", "FairDARTS", "DARTS-ES", "DARTS+"),
    *("SmoothDARTS, random", "SmoothDARTS, adversarial"),
)
LEVEL = 0.05


@dataclass(frozen=True)
class Judged:
    """What a limit comes to on one data set."""

    verdict: str  # present, refuted or undecided
    quantities: dict[str, float]


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """The 95 % bootstrap interval of a mean over seeds; LucioleError for fewer than two.

    >>> low, high = interval(np.array([1.0, 2.0, 3.0]))
    >>> 1 <= low < 2 < high <= 3
    True
    """
    if len(values) < 2:
        raise LucioleError(f"expected two seeds or more for an interval, got {len(values)}")
    found = bootstrap((values,), np.mean, n_resamples=9_999, method="percentile", rng=np.random.default_rng(0))
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def array(held: Held, kind: protocol.Search, what: str) -> NDArray:
    """One array of one kind of search; LucioleError where it has not been run."""
    name = f"{named(kind)}: {what}"
    if name not in held:
        raise LucioleError(f"{name} is not there yet; luciole run supernet/comparison goes on")
    return held[name]


def _plain(truth: str, method: str = "DARTS") -> protocol.Search:
    seeds = protocol.MANY if method in protocol.OFTEN else protocol.FEW
    return protocol.Search(truth, method, seeds)


def _verdict(present: bool, refuted: bool) -> str:
    return "present" if present else "refuted" if refuted else "undecided"


def weight_free(held: Held, truth: str) -> Judged:
    """Limit (a): gradients of operations without weights over those with, and skips against the supernet's loss."""
    gradients = array(held, _plain(truth), "gradients")  # (epochs, K, 6, ops)
    early = gradients[[protocol.EVERY, 2 * protocol.EVERY]].mean(axis=(0, 2))  # (K, ops)
    ratio = early[:, FREE].mean(axis=1) / early[:, WEIGHTED].mean(axis=1)
    low, high = interval(ratio.astype(np.float64))
    losses, skips = [], []
    for rate in protocol.RATES:
        for decay in protocol.DECAYS:
            kind = protocol.Search(truth, "DARTS", protocol.FEW, rate, decay)
            losses += array(held, kind, "loss")[-1, : protocol.FEW].tolist()
            skips += (array(held, kind, "cells")[-1, : protocol.FEW] == nb201.SKIP).sum(axis=-1).tolist()
    tau = kendalltau(losses, skips)
    statistic = 0.0 if np.isnan(tau.statistic) else float(tau.statistic)  # the same skips everywhere order nothing
    present = low > 1 and statistic < 0 and tau.pvalue < LEVEL
    refuted = high < 1 or statistic >= 0
    quantities = {"ratio": float(ratio.mean()), "ratio, low": low, "ratio, high": high, "tau": statistic}
    return Judged(_verdict(present, refuted), quantities | {"p": float(tau.pvalue)})


def co_adaptation(held: Held, truth: str, accuracy: NDArray[np.float64]) -> Judged:
    """Limit (b): how far what an operation is worth within the mixture, and alone, order them as the truth does.

    accuracy: of the truth, (15625,), NaN where a cell is not trained.
    """
    kind = _plain(truth)
    lost = array(held, kind, "mixture")[-1][:, None, None] - array(held, kind, "without")[-1]  # (K, 6, ops)
    shared = array(held, kind, "shared")[-1]  # (K, classes)
    true = protocol.effects(accuracy, np.arange(len(accuracy))).ravel()
    within, alone = [], []
    for own, cells in zip(lost, shared, strict=True):
        within.append(kendalltau(own.ravel(), true).statistic)
        alone.append(kendalltau(protocol.effects(cells, protocol.sample()).ravel(), true).statistic)
    apart = np.array(alone) - np.array(within)
    low, high = interval(apart)
    quantities = {"within": float(np.mean(within)), "alone": float(np.mean(alone)), "low": low, "high": high}
    return Judged(_verdict(float(apart.mean()) >= 0.1 and low > 0, high <= 0), quantities)


def discretisation(held: Held, truth: str, methods: Sequence[str] = MIXTURES) -> Judged:
    """Limit (c): accuracy lost when the cell is cut out of the mixture, and whether curvature foretells it."""
    drops, curved = [], []
    for method in methods:
        kind = _plain(truth, method)
        drops.append(100 * (array(held, kind, "mixture")[-1] - array(held, kind, "named")[-1]))
        curved.append(array(held, kind, "eigenvalue")[-1])
    median = float(np.median(drops[methods.index("DARTS")]))
    rho = spearmanr(np.concatenate(curved), np.concatenate(drops))
    present = median >= 5 and rho.statistic > 0 and rho.pvalue < LEVEL
    quantities = {"drop": median, "rho": float(rho.statistic), "p": float(rho.pvalue)}
    return Judged(_verdict(present, median < 1 or rho.statistic <= 0), quantities)


def over_sets(judged: Sequence[Judged]) -> str:
    """The verdict over all data sets: theirs where they agree, else "undecided".

    >>> over_sets([Judged("present", {}), Judged("present", {})])
    'present'
    >>> over_sets([Judged("present", {}), Judged("refuted", {})])
    'undecided'
    """
    verdicts = {one.verdict for one in judged}
    return verdicts.pop() if len(verdicts) == 1 else "undecided"
