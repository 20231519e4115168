"""Accuracy of cells with the weights of a supernet, and of the mixture itself."""

from typing import Any

import torch
from torch import Tensor

from luciole.supernet.network import Supernet

WINDOWS, CELLS = 256, 32  # of a batch: whose statistics normalise; cells run side by side


@torch.no_grad()
def of_cells(net: Supernet, rows: object, seeds: Tensor | list[int], x: Tensor, y: Tensor) -> Tensor:
    """Share of windows (n, inputs, *space) that each cell recognises with the weights of its supernet: (P,).

    rows: (P, 6); seeds: (P,), whose weights each of them has. Normalised in batches of 256 windows, a last one of under
    two left out.
    """
    path = net.paths(rows, seeds)
    return torch.cat(
        [
            _right(net, x, y, {name: one[at : at + CELLS] for name, one in path.items()})
            for at in range(0, len(path["coefficients"]), CELLS)
        ]
    )


@torch.no_grad()
def of_mixture(net: Supernet, mixture: dict[str, Any], x: Tensor, y: Tensor) -> Tensor:
    """Share of windows that each supernet recognises under a mixture (arguments of its ``forward``): (K,)."""
    return _right(net, x, y, mixture)


def _right(net: Supernet, x: Tensor, y: Tensor, mixture: dict[str, Any]) -> Tensor:
    pieces = [piece for piece in zip(x.split(WINDOWS), y.split(WINDOWS), strict=True) if len(piece[0]) > 1]
    right = torch.stack([(net(own, **mixture).argmax(dim=-1) == labels).sum(dim=1) for own, labels in pieces]).sum(
        dim=0
    )
    return right.double() / sum(len(own) for own, _ in pieces)
