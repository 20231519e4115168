"""Monte Carlo tree search with learned actions (LaNAS): the tree learns how to cut the space into good and bad.

Wang, Xie, Li, Fonseca and Tian, "Sample-Efficient Neural Architecture Search by Learning Actions for Monte Carlo Tree
Search". A node is a linear function of the features; a genotype predicted above the mean of the node's samples
belongs to its good half.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from luciole.search.evaluated import Evaluated
from luciole.search.history import Run
from luciole.search.searcher import searcher
from luciole.spaces import Space

RIDGE = 1.0  # keeps the regression of a node with few samples defined


@dataclass
class Node:
    """A region of the space: the samples in it, and the plane that splits it unless it is a leaf."""

    members: NDArray[np.int64]  # positions of the samples in it
    mean: float
    plane: NDArray[np.float64] | None = None  # weights, then intercept minus the mean: >= 0 is the good half
    halves: list["Node"] = field(default_factory=list)  # good, bad


def grow(features: NDArray[np.float64], values: NDArray[np.float64], members: NDArray[np.int64], height: int) -> Node:
    """Split ``members`` by least squares, recursively, until the height is used up or a half would be empty."""
    node = Node(members, float(values[members].mean()) if len(members) else -np.inf)
    if height == 0 or len(members) < 2:
        return node
    x, y = features[members], values[members] - node.mean
    centre = x.mean(axis=0)
    weights = np.linalg.solve((x - centre).T @ (x - centre) + RIDGE * np.eye(x.shape[1]), (x - centre).T @ y)
    plane = np.r_[weights, -centre @ weights]
    good = x @ weights + plane[-1] >= 0
    if good.all() or not good.any():
        return node
    node.plane = plane
    node.halves = [grow(features, values, members[side], height - 1) for side in (good, ~good)]
    return node


@searcher("sample", "encode")
def search(
    run: Run,
    space: Space,
    rng: np.random.Generator,
    *,
    start: int = 10,
    selections: int = 5,
    height: int = 5,
    exploration: float = 0.1,
    pool: int = 500,
) -> None:
    """Grow a tree over everything evaluated, walk to a leaf by upper confidence bounds, evaluate there.

    start: random evaluations before the first tree. selections: evaluations between two trees (20 in the paper's
    NAS-Bench-101 runs of thousands of samples). height: of the tree, 5 as published. exploration: Cp, in units of the
    spread of the values seen (published: 0.1 on accuracies). pool: random genotypes among which a leaf looks for one
    that satisfies every split on its path; the one that satisfies most of them if none satisfies all.
    """
    known = Evaluated(run, space.sample(rng, start))
    while True:
        features = space.encode(known.rows).astype(np.float64)
        scaled = (known.values - known.values.mean()) / (known.values.std() + 1e-12)
        root = grow(features, scaled, np.arange(len(scaled)), height)
        visits: dict[int, int] = {}
        for _ in range(selections):
            path, node = [], root
            while node.halves:
                total = visits.get(id(node), 0) + len(node.members)
                tries = [visits.get(id(half), 0) + len(half.members) for half in node.halves]
                bounds = [
                    half.mean + 2 * exploration * np.sqrt(2 * np.log(total) / n)
                    for half, n in zip(node.halves, tries, strict=True)
                ]
                side = int(np.argmax(bounds))
                path.append((node.plane, 1 if side == 0 else -1))
                visits[id(node)] = visits.get(id(node), 0) + 1
                node = node.halves[side]
            visits[id(node)] = visits.get(id(node), 0) + 1
            drawn = space.sample(rng, pool)
            if (unseen := known.unseen(drawn)).any():
                drawn = drawn[unseen]
            codes = np.c_[space.encode(drawn), np.ones(len(drawn))].astype(np.float64)
            kept = sum((side * (codes @ plane) >= 0).astype(int) for plane, side in path) + np.zeros(len(drawn))
            known.evaluate(drawn[[int(rng.choice(np.flatnonzero(kept == kept.max())))]])
