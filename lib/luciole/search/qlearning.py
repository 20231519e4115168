"""Q-learning: a cell is written gene by gene, and the worth of each next choice is learnt from whole cells.

Baker, Gupta, Naik and Raskar, "Designing Neural Network Architectures using Reinforcement Learning" (MetaQNN),
ICLR 2017: epsilon-greedy episodes, rewards only at the end, experience replay.
"""

import numpy as np
from numpy.typing import NDArray

from luciole.search.history import Run
from luciole.search.searcher import searcher
from luciole.spaces import Space

SCHEDULE = ((1.0, 1500), (0.9, 100), (0.8, 100), (0.7, 100), *((e / 10, 150) for e in range(6, 0, -1)))


@searcher("GENES", "ARITY")
def search(
    run: Run,
    space: Space,
    rng: np.random.Generator,
    *,
    episodes: int = 60,
    learning_rate: float = 0.1,
    replay: int = 128,
) -> None:
    """Play episodes of choosing one value a gene, exploring less and less.

    The state is the gene to choose and the values of the two genes before it: the whole prefix would be as large as
    the space. MetaQNN's exploration schedule (2,700 networks, more than half of them random) is kept in its
    proportions and compressed to ``episodes``; afterwards epsilon stays 0.1. After each episode ``replay`` remembered
    ones are learnt from, with discount 1. The published rate 0.01 goes with thousands of episodes; 0.1 and 60
    episodes were chosen by the validation accuracy reached in 12,000 s of NAS-Bench-201, on seeds that no result
    uses. Values are read as rewards in units of the spread seen so far, so that the unit of the objective does not
    matter.
    """
    valid = getattr(space, "valid", None)
    widest = max(space.ARITY)
    allowed = np.arange(widest) < np.asarray(space.ARITY)[:, None]
    # worth[gene, value two genes before, value one gene before, choice]; the value `widest` stands for "no such gene"
    worth = np.zeros((space.GENES, widest + 1, widest + 1, widest))
    worth[~allowed[:, None, None, :].repeat(widest + 1, 1).repeat(widest + 1, 2)] = -np.inf
    ends = np.cumsum([count for _, count in SCHEDULE]) / sum(count for _, count in SCHEDULE) * episodes
    played, rewards = np.zeros((0, space.GENES + 2), dtype=np.int64), np.zeros(0)

    def episode(epsilon: float) -> NDArray[np.int64]:
        row = np.full(space.GENES + 2, widest)  # two paddings, then the genes
        for gene, arity in enumerate(space.ARITY):
            if rng.random() < epsilon:
                row[gene + 2] = rng.integers(arity)
            else:
                choices = worth[gene, row[gene], row[gene + 1]]
                row[gene + 2] = rng.choice(np.flatnonzero(choices == choices.max()))
        return row

    while True:
        epsilon = SCHEDULE[min(int(np.searchsorted(ends, len(played), side="right")), len(SCHEDULE) - 1)][0]
        row = episode(epsilon)
        while valid is not None and not valid(row[None, 2:])[0]:
            run.idle()
            row = episode(epsilon)
        value = run.evaluate(row[None, 2:].astype(np.int8))
        played, rewards = np.vstack([played, row]), np.append(rewards, value)
        reward = (rewards - rewards.mean()) / (rewards.std() + 1e-12)
        again = rng.integers(len(played), size=replay)
        target = reward[again]
        for gene in range(space.GENES - 1, -1, -1):
            before, last, choice = played[again, gene : gene + 3].T
            _learn(worth[gene], (before, last, choice), target, learning_rate)
            target = worth[gene, before, last].max(axis=1)


def _learn(
    worth: NDArray[np.float64], place: tuple[NDArray[np.int64], ...], target: NDArray[np.float64], rate: float
) -> None:
    """Move the worth at each place towards its target; k targets of one place act as their mean, k times in a row."""
    flat = np.ravel_multi_index(place, worth.shape)
    times = np.bincount(flat, minlength=worth.size)
    mean = np.bincount(flat, weights=target, minlength=worth.size)[times > 0] / times[times > 0]
    values = worth.reshape(-1)  # a view: worth is one gene's block of a contiguous array
    values[times > 0] += (1 - (1 - rate) ** times[times > 0]) * (mean - values[times > 0])
