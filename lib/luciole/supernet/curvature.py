"""How sharply the validation loss bends as the architecture changes: the eigenvalues of its second derivative.

Source: Zela et al., Understanding and Robustifying Differentiable Architecture Search, ICLR 2020: the test error of the
cell that is derived grows with the dominant eigenvalue at the end of the search.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def hessians(loss: Callable[[Tensor], Tensor], alpha: Tensor) -> Tensor:
    """Second derivatives of losses (K,) by the architectures (K, ...), each by its own: (K, n, n).

    >>> hessians(lambda a: (a[:, 0] * a[:, 1] + a[:, 0] ** 2), torch.ones(1, 2))
    tensor([[[2., 1.],
             [1., 0.]]])
    """
    point = alpha.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(point).sum(), point, create_graph=True)
    flat = gradient.flatten(1)  # (K, n); no loss feels another's architecture, so sums over K keep them apart
    rows = [torch.autograd.grad(flat[:, at].sum(), point, retain_graph=True)[0] for at in range(flat.shape[1])]
    return torch.stack([row.flatten(1) for row in rows], dim=1)


def dominant(loss: Callable[[Tensor], Tensor], alpha: Tensor) -> Tensor:
    """The largest eigenvalue of each second derivative, (K,)."""
    found = hessians(loss, alpha)
    return torch.linalg.eigvalsh((found + found.transpose(1, 2)) / 2)[:, -1]
