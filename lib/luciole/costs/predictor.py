"""Predict a network's latency from a table of the latencies of its operations, as ProxylessNAS does for phones.

Each operation is timed once, alone, at each width and size at which the skeleton uses it; a cell's latency is then a
sum, for a whole array of cells at once. What the sum leaves out is how operations run together: caches, memory
traffic, idle cores. The experiment ``efficiency/latency`` shows its error on networks that were timed whole.

    >>> from luciole.networks import NB201_C10
    >>> table = LatencyTable(NB201_C10, batch=1, operations=np.array([0, 0, 1e-4, 8e-4, 2e-4]), fixed=0.004)
    >>> table.predict([[3, 3, 0, 0, 0, 2], [0, 0, 0, 0, 0, 0]]).round(5)
    array([0.0057, 0.004 ])

Source: Cai, Zhu and Han, ProxylessNAS, ICLR 2019 (latency model).
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from luciole.costs.latency import measure_latency
from luciole.errors import LucioleError
from luciole.networks import Skeleton, build
from luciole.spaces import nb201

EVERY_OPERATION = (0, 1, 2, 3, 4, 0)  # a cell that holds each of the five once


class _Sums(nn.Module):
    """The three additions of a cell: node 2 sums two edges, node 3 sums three."""

    def forward(self, x: Tensor) -> Tensor:
        return x + x + x + x


@dataclass(frozen=True)
class LatencyTable:
    """Seconds that each operation adds to a network of one skeleton, and what every network of it costs."""

    skeleton: Skeleton
    batch: int
    operations: NDArray[np.float64]  # (5,) seconds of one edge of every cell of the network with that operation
    fixed: float  # seconds of the stem, the reductions, the head, and the sums in the cells

    def predict(self, rows: object) -> NDArray[np.float64]:
        """Seconds for one batch: (...,) for cells of shape (..., 6)."""
        return self.operations[nb201.check(rows)].sum(axis=-1) + self.fixed


@torch.inference_mode()
def measure_table(
    skeleton: Skeleton,
    size: int,
    *,
    batch: int = 1,
    repeats: int = 50,
    threads: int = 1,
    clock: Literal["wall", "cpu"] = "wall",
    generator: torch.Generator,
) -> LatencyTable:
    """Time every piece of a skeleton's networks alone, at the width and size where it stands.

    ``size`` is the side of the image or the length of the series. Raises LucioleError as
    :func:`luciole.costs.latency.measure_latency` does, and for a batch below one.
    """
    if batch < 1:
        raise LucioleError(f"expected a batch of at least 1, got {batch}")
    network: Any = build(EVERY_OPERATION, skeleton, generator).eval()

    def seconds(piece: nn.Module, x: Tensor) -> float:
        return measure_latency(piece, x, repeats=repeats, threads=threads, clock=clock).median

    x = torch.rand(batch, skeleton.inputs, *[size] * skeleton.dims, generator=generator)
    fixed = seconds(network.stem, x)
    x = network.stem(x)
    operations = np.zeros(len(nb201.OPS))
    timed: tuple[int, ...] | None = None  # the cells of one stage are alike: time the first
    for block in network.body:
        if not hasattr(block, "edges"):  # a reduction between two stages
            fixed += seconds(block, x)
            x = block(x)
            continue
        if timed != tuple(x.shape):
            timed = tuple(x.shape)
            for operation, edge in zip(EVERY_OPERATION[:5], block.edges, strict=False):
                operations[operation] += skeleton.cells * seconds(edge, x)
            fixed += skeleton.cells * seconds(_Sums(), x)
    head = nn.Sequential(network.last, network.pool, nn.Flatten(1), network.classifier)
    return LatencyTable(skeleton, batch, operations, fixed + seconds(head, x))
