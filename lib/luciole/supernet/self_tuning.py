"""Self-tuning networks: weights that are a function of the hyper-parameters, learnt beside them.

The response of an output unit is w(h) = e + (V h) r: its weights e, plus r times one number that depends linearly on h.
Trained on the training loss at hyper-parameters drawn around the present ones it approximates how the best weights
answer them; the validation loss through it then has a gradient by h that needs no unrolling and no second derivative.

    >>> response = Response([(2, 3), (2,)], hyper=4, generator=torch.Generator().manual_seed(0))
    >>> response(torch.zeros(4)).shape  # all tensors, flat
    torch.Size([8])

Source: MacKay, Vicol, Lorraine, Duvenaud and Grosse, Self-Tuning Networks, ICLR 2019, equations 9 to 13.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import vmap

from luciole.errors import LucioleError
from luciole.supernet.hypergradients import Bilevel

SPREAD = 0.01  # of the normal draws of V: nearly no response at first


class Response(nn.Module):
    """Weights as a function of hyper-parameters: tensors of ``shapes``, an output unit a row, laid flat behind another.

    ``start`` (d,) are the weights at first; without it they are drawn, uniform within 1/sqrt(columns).
    """

    unit: Tensor  # (d,) the output unit of each weight

    def __init__(
        self,
        shapes: Sequence[tuple[int, ...]],
        hyper: int,
        generator: torch.Generator,
        start: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.shapes = list(shapes)
        sizes = [math.prod(shape) for shape in shapes]
        bounds = torch.cat([torch.full((n,), 1 / math.sqrt(n / s[0])) for n, s in zip(sizes, self.shapes, strict=True)])
        if start is None:
            start = bounds * torch.empty(sum(sizes)).uniform_(-1, 1, generator=generator)
        if len(start) != sum(sizes):
            raise LucioleError(f"expected {sum(sizes)} weights for tensors of shapes {self.shapes}, got {len(start)}")
        drawn = torch.empty(sum(sizes)).uniform_(-1, 1, generator=generator)
        self.base = nn.Parameter(start.clone())
        self.scale = nn.Parameter((bounds * drawn).to(start))
        units = sum(shape[0] for shape in shapes)
        self.mixing = nn.Parameter((SPREAD * torch.empty(units, hyper).normal_(generator=generator)).to(start))  # V
        counts = torch.tensor(
            [n // shape[0] for n, shape in zip(sizes, self.shapes, strict=True) for _ in range(shape[0])]
        )
        self.register_buffer("unit", torch.repeat_interleave(torch.arange(units), counts), persistent=False)

    def forward(self, hyper: Tensor) -> Tensor:
        """The weights, (d,), for hyper-parameters (m,); those that h moves are measured from zero."""
        return self.base + (self.mixing @ hyper)[self.unit] * self.scale


def fit(
    problem: Bilevel,
    response: Response,
    hyper: Tensor,
    steps: int,
    generator: torch.Generator,
    *,
    deviation: float = 0.1,
    draws: int = 8,
    rate: float = 1e-2,
) -> None:
    """Train a response in place for hyper-parameters near ``hyper``, by Adam on the mean training loss of draws.

    deviation: of the normal noise added to the hyper-parameters.
    """
    optimiser = torch.optim.Adam(response.parameters(), lr=rate)
    for step in range(steps):
        noise = torch.empty(draws, len(hyper)).normal_(generator=generator).to(hyper)
        near = hyper + deviation * noise
        loss = vmap(lambda h, step=step: problem.training(response(h), h, step))(near).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def hypergradient(problem: Bilevel, response: Response, hyper: Tensor) -> Tensor:
    """Return the gradient (m,) of the validation loss by the hyper-parameters, through the response."""
    point = hyper.detach().clone().requires_grad_()
    (found,) = torch.autograd.grad(problem.validation(response(point), point), point)
    return found
