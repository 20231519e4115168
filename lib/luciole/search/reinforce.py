"""REINFORCE: a controller draws genotypes and learns from their values which choices pay.

Zoph and Le, "Neural Architecture Search with Reinforcement Learning", ICLR 2017, draw a network layer by layer from
a recurrent controller. On a table the controller is one softmax a gene, the form in which Dong and Yang ran it on
NAS-Bench-201 (ICLR 2020); the policy gradient is the same and its expectation is written out in numpy.
"""

import numpy as np

from luciole.search.history import Run
from luciole.search.searcher import searcher
from luciole.spaces import Space


@searcher("GENES", "ARITY")
def search(
    run: Run,
    space: Space,
    rng: np.random.Generator,
    *,
    rate: float = 0.1,
    momentum: float = 0.9,
) -> None:
    """Draw one genotype at a time from independent softmaxes, and follow the policy gradient with Adam.

    rate: Adam's learning rate. 0.001 to 0.3 were tried on NAS-Bench-201 by the 12-epoch validation accuracy reached
    in 12,000 s, on seeds that no result uses: 0.1 was best, and below 0.03 the controller hardly learns in the 110
    trainings that this pays for. momentum: of the moving average that serves as the baseline of the reward.
    A draw that the space refuses (``valid``, where the space has it) is drawn again.
    """
    arity = np.asarray(space.ARITY)
    allowed = np.arange(arity.max()) < arity[:, None]  # (genes, values)
    logits = np.where(allowed, 1e-3 * rng.standard_normal(allowed.shape), -np.inf)
    valid = getattr(space, "valid", None)
    first, second, steps = np.zeros(allowed.shape), np.zeros(allowed.shape), 0
    average = weight = 0.0
    genes = np.arange(space.GENES)
    while True:
        policy = np.exp(logits - logits.max(axis=1, keepdims=True))
        policy /= policy.sum(axis=1, keepdims=True)
        row = _draw(policy, rng)
        while valid is not None and not valid(row[None])[0]:
            run.idle()
            row = _draw(policy, rng)
        reward = run.evaluate(row[None])[0]
        average, weight = momentum * average + (1 - momentum) * reward, momentum * weight + 1 - momentum
        chosen = np.zeros(allowed.shape)
        chosen[genes, row] = 1
        gradient = (reward - average / weight) * (chosen - policy)  # of the expected reward, one sample
        steps += 1
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        step = rate * (first / (1 - 0.9**steps)) / (np.sqrt(second / (1 - 0.999**steps)) + 1e-8)
        logits = np.where(allowed, logits + step, -np.inf)


def _draw(policy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One value a gene, by inverting the cumulative distribution of each row of ``policy``."""
    drawn = (np.cumsum(policy, axis=1) <= rng.random((len(policy), 1))).sum(axis=1)
    return np.minimum(drawn, (policy > 0).sum(axis=1) - 1).astype(np.int8)
