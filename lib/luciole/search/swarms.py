"""What a firefly is: a position in a real space, how it flies, breeds, and becomes a genotype.

Two kinds, with the same methods. A :class:`GeneSwarm` serves every space of integer genes (NAS-Bench-201,
HAR-201): one real gene in [0, 1] for each. :class:`luciole.search.graph_swarm.GraphSwarm` is the firefly that
Mokhtari et al. released for NAS-Bench-101: an adjacency matrix and one real gene for each interior vertex.

Source: Mokhtari, Nédélec, Gilles and De Loor, "Improving Neural Architecture Search by Mixing a FireFly
algorithm with a Training Free Evaluation", IJCNN 2022, and the code its authors released; the operators are
written anew here from a description of that code. Its NAS-Bench-201 individual cannot move (it is clipped to
0 and 1), so the six-gene form is a choice of this study.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.spaces import Rows, Space

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Flight:
    """How a firefly moves towards a brighter one: a <- a + (b - a) beta exp(-gamma d^2) + alpha noise.

    The released noise is uniform in [0, 1], so that every step also drifts upwards; the textbook's is centred,
    uniform in [-1/2, 1/2].
    """

    alpha: float = 0.5  # amplitude of the noise
    beta: float = 0.95  # attractiveness at distance zero
    gamma: float = 0.15  # how fast it fades with the squared distance
    noise: Literal["one-sided", "centred"] = "one-sided"

    def __post_init__(self) -> None:
        if self.noise not in ("one-sided", "centred"):
            raise LucioleError(f"expected noise 'one-sided' or 'centred', got {self.noise!r}")

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Return alpha times fresh noise of ``shape``."""
        low = 0.0 if self.noise == "one-sided" else -0.5
        return self.alpha * (rng.random(shape) + low)

    def pull(self, squared_distance: Floats) -> Floats:
        """Return the attractiveness at each squared distance."""
        return self.beta * np.exp(-self.gamma * squared_distance)


class Swarm(Protocol):
    """A population of fireflies, which its methods change in place."""

    def rows(self) -> Rows:
        """Return the genotype of each firefly."""

    def sort(self, order: NDArray[np.int64]) -> None:
        """Put the fireflies in this order."""

    def fly(self, fitness: Floats, flight: Flight, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Move each firefly towards every brighter one in turn; True where the firefly must be scored again.

        The fireflies are sorted by ascending ``fitness``, which stays that of the start of the generation.
        """

    def breed(
        self, first: NDArray[np.int64], second: NDArray[np.int64], mutated: NDArray[np.bool_], rng: np.random.Generator
    ) -> None:
        """Replace the swarm by the children of these pairs of parents, a gene redrawn where ``mutated``."""


class GeneSwarm:
    """Fireflies over a space of integer genes: position p of a gene with k values stands for value floor(k p).

    ``order`` names the values of every gene from position 0 to position 1 (by default their own order): with
    one-sided noise the last of them is where everything drifts.
    """

    def __init__(self, space: Space, rng: np.random.Generator, n: int, order: Sequence[int] | None = None) -> None:
        self._arity = np.array(space.ARITY)
        if order is not None and any(sorted(order) != list(range(k)) for k in self._arity):
            raise LucioleError(f"expected order to be a permutation of 0..{max(self._arity) - 1}, got {list(order)}")
        widest = np.arange(self._arity.max())
        self._values = widest if order is None else np.array(order)  # position -> value
        self._places = np.argsort(self._values)  # value -> position
        self.position = self._places[space.sample(rng, n)] / self._arity  # (n, genes), low edge, as released

    def rows(self) -> Rows:
        place = np.floor(self.position * self._arity + 1e-9).astype(np.int64)
        return self._values[np.minimum(place, self._arity - 1)].astype(np.int8)

    def sort(self, order: NDArray[np.int64]) -> None:
        self.position = self.position[order]

    def fly(self, fitness: Floats, flight: Flight, rng: np.random.Generator) -> NDArray[np.bool_]:
        # Firefly x flies to y > x only, and y flies after x: all x may go to y at once, in the order of y.
        position, n = self.position, len(self.position)
        brighter = fitness[:, None] < fitness
        noise = flight.draw(rng, (n, *position.shape))
        for y in range(1, n):
            gap = position[y] - position[:y]
            pull = flight.pull(np.einsum("ng,ng->n", gap, gap))
            flown = np.clip(position[:y] + gap * pull[:, None] + noise[y, :y], 0.0, 1.0)
            position[:y] = np.where(brighter[:y, y, None], flown, position[:y])
        return np.any(brighter, axis=1)

    def breed(
        self, first: NDArray[np.int64], second: NDArray[np.int64], mutated: NDArray[np.bool_], rng: np.random.Generator
    ) -> None:
        cut = len(self._arity) // 2
        children = np.hstack([self.position[first, :cut], self.position[second, cut:]])
        gene = rng.integers(len(self._arity), size=len(children))
        fresh = rng.random(len(children))
        children[mutated, gene[mutated]] = fresh[mutated]
        self.position = children
