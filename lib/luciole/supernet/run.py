"""A search with a supernet under way: what a method sees, and what is kept so that it can go on tomorrow."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.networks import Skeleton
from luciole.spaces import nb201
from luciole.supernet.budget import Budget
from luciole.supernet.network import Supernet
from luciole.supernet.task import Batch, Task

WEIGHTS, ORDER = 0, 1  # streams of random numbers of one seed


@dataclass(frozen=True)
class Settings:
    """How weights and architecture descend; the defaults are those of DARTS (Liu et al., ICLR 2019)."""

    batch: int = 64
    windows: int | None = None  # training windows of an epoch, drawn anew each time; None takes all
    rate: float = 0.025  # of the weights at the start; half a cosine down to the last
    last_rate: float = 0.001
    momentum: float = 0.9
    weight_decay: float = 3e-4
    clip: float = 5.0  # norm of the gradient of one supernet's weights
    alpha_rate: float = 3e-4  # Adam's, of the architecture
    alpha_scale: float = 1e-3  # of the normal draws that the architecture starts from

    def __post_init__(self) -> None:
        if self.batch < 2 or (self.windows is not None and self.windows < self.batch):
            raise LucioleError(
                f"expected batches of 2 and an epoch of one, got {self.batch} and {self.windows} windows"
            )

    def steps(self, windows: int) -> int:
        """Steps of an epoch on so many training windows."""
        return min(windows, self.windows or windows) // self.batch


def stream(seed: int, which: int) -> torch.Generator:
    """The generator of one stream of random numbers of a seed: another one shares nothing with it."""
    state = np.random.SeedSequence([seed, which]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state >> np.uint64(1)))


class Run:
    """K searches side by side, one a seed: supernets, architectures, optimisers, generators.

    Each is what it would be alone, up to rounding: batches, paths and noise of a seed come from its own generator.
    """

    def __init__(
        self,
        task: Task,
        skeleton: Skeleton,
        seeds: Sequence[int],
        settings: Settings,
        budget: Budget,
        operations: Sequence[int],
        partial: int = 1,
        betas: tuple[float, float] = (0.5, 0.999),
        decay: float = 1e-3,
    ) -> None:
        if not len(seeds) or len({*seeds}) < len(seeds):
            raise LucioleError(f"expected seeds, each once, got {list(seeds)}")
        if len(operations) < 2:
            raise LucioleError(f"expected two operations or more to choose among, got {tuple(operations)}")
        if task.classes > skeleton.classes:
            raise LucioleError(f"expected labels below {skeleton.classes}, the skeleton's, got {task.classes - 1}")
        if settings.steps(len(task.train[0])) < 1:
            raise LucioleError(f"expected {settings.batch} training windows, a batch, got {len(task.train[0])}")
        self.task, self.settings, self.budget, self.seeds = task, settings, budget, tuple(seeds)
        self.net = Supernet(skeleton, [stream(seed, WEIGHTS) for seed in seeds], operations, partial)
        self.generators = [stream(seed, ORDER) for seed in seeds]
        shape = (len(nb201.EDGES), len(operations))
        alpha = settings.alpha_scale * self.draw(lambda g: torch.empty(shape).normal_(generator=g))
        #: What the architecture's optimiser moves; "alpha" is (K, 6, operations).
        self.architecture: dict[str, nn.Parameter] = {"alpha": nn.Parameter(alpha)}
        self.memory: dict[str, Tensor] = {}  # what else a method has to keep
        self.epoch = 0
        self.spent = (0.0, 0.0, 0.0)  # steps, seconds, joules of each
        self._betas, self._decay = betas, decay
        self._weights = torch.optim.SGD(
            self.net.parameters(),
            lr=settings.rate,
            momentum=settings.momentum,
            weight_decay=settings.weight_decay,
            foreach=True,
        )
        self._alpha: torch.optim.Adam | None = None  # made when a method has added what it wants moved

    @property
    def count(self) -> int:
        """How many searches run side by side, K."""
        return len(self.seeds)

    @property
    def alpha(self) -> nn.Parameter:
        """The architectures, (K, 6, operations)."""
        return self.architecture["alpha"]

    @property
    def operations(self) -> tuple[int, ...]:
        """The operations that every edge offers."""
        return self.net.operations

    @property
    def share(self) -> float:
        """Share of the budget spent, from 0 to 1."""
        return min(1.0, self.budget.share(self.spent))

    @property
    def rate(self) -> float:
        """The weights' rate now."""
        low, high = self.settings.last_rate, self.settings.rate
        return low + 0.5 * (high - low) * (1 + float(np.cos(np.pi * self.share)))

    def column(self, operation: int, wanted_by: str) -> int:
        """Place of an operation among those offered; LucioleError, naming who wants it, where it is not."""
        if operation not in self.operations:
            offered = ", ".join(nb201.OPS[op] for op in self.operations)
            raise LucioleError(f"{wanted_by} expects the operation {nb201.OPS[operation]}, the space offers {offered}")
        return self.operations.index(operation)

    def draw(self, one: Callable[[torch.Generator], Tensor]) -> Tensor:
        """Draw once from each seed's generator and stack: (K, ...)."""
        return torch.stack([one(generator) for generator in self.generators])

    def gumbel(self) -> Tensor:
        """Gumbel noise of the architecture's shape."""
        shape = self.alpha.shape[1:]
        return -self.draw(lambda g: torch.empty(shape).exponential_(generator=g)).log().to(self.alpha)

    def batches(self, steps: int) -> list[tuple[Batch, Batch]]:
        """The batches of an epoch of so many steps: for the weights without repetition, for the architecture with."""
        size = self.settings.batch
        own = self.draw(lambda g: torch.randperm(len(self.task.train[0]), generator=g)[: steps * size])
        other = self.draw(lambda g: torch.randint(len(self.task.validation[0]), (steps * size,), generator=g))
        (x, y), (v, u) = self.task.train, self.task.validation
        pairs = zip(own.split(size, dim=1), other.split(size, dim=1), strict=True)
        return [((x[at], y[at]), (v[by], u[by])) for at, by in pairs]

    def loss(self, batch: Batch, **mixture: Any) -> Tensor:
        """Cross-entropy of each supernet on its batch, (K,); ``mixture`` goes to the supernet."""
        logits = self.net(batch[0], **mixture)
        each = functional.cross_entropy(logits.flatten(0, 1), batch[1].flatten(), reduction="none")
        return each.view(self.count, -1).mean(dim=1)

    def descend(self, loss: Tensor) -> Tensor:
        """Move the weights against the gradient of losses (K,), each supernet's norm clipped; return the losses."""
        weights = list(self.net.parameters())
        found = torch.autograd.grad(loss.sum(), weights, allow_unused=True)
        # Zeros where an operation was not drawn: a seed must not feel whether its neighbour drew it.
        gradients = [torch.zeros_like(w) if g is None else g for w, g in zip(weights, found, strict=True)]
        norm = torch.stack([g.flatten(1).square().sum(dim=1) for g in gradients]).sum(dim=0).sqrt()  # (K,)
        factor = (self.settings.clip / (norm + 1e-6)).clamp(max=1)
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.grad = gradient * factor.view(-1, *[1] * (gradient.ndim - 1))
        for group in self._weights.param_groups:
            group["lr"] = self.rate
        self._weights.step()
        self._weights.zero_grad()
        return loss.detach()

    def momentum(self) -> list[Tensor]:
        """The buffers of the weights' momentum, zeros before the first step."""
        states = self._weights.state
        return [
            buffer if (buffer := states[w].get("momentum_buffer")) is not None else torch.zeros_like(w)
            for w in self.net.parameters()
        ]

    def follow(self, loss: Tensor) -> None:
        """Move the architecture against the gradient of losses (K,)."""
        wanted = list(self.architecture.values())
        self.step_architecture(torch.autograd.grad(loss.sum(), wanted))

    def step_architecture(self, gradients: Sequence[Tensor]) -> None:
        """Move the architecture by Adam against these gradients, one a parameter."""
        for parameter, gradient in zip(self.architecture.values(), gradients, strict=True):
            parameter.grad = gradient.detach().to(parameter)
        self.optimiser().step()

    def optimiser(self) -> torch.optim.Adam:
        """The architecture's optimiser."""
        if self._alpha is None:
            self._alpha = torch.optim.Adam(
                self.architecture.values(), lr=self.settings.alpha_rate, betas=self._betas, weight_decay=self._decay
            )
        return self._alpha

    def state(self) -> dict[str, Any]:
        """All that a run needs to go on, as tensors and numbers."""
        return {
            "net": self.net.state_dict(),
            "architecture": {name: one.detach().clone() for name, one in self.architecture.items()},
            "weights": self._weights.state_dict(),
            "alpha": self.optimiser().state_dict(),
            "memory": dict(self.memory),
            "generators": [generator.get_state() for generator in self.generators],
            "epoch": self.epoch,
            "spent": self.spent,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        self.net.load_state_dict(state["net"])
        with torch.no_grad():
            for name, kept in state["architecture"].items():
                self.architecture[name].copy_(kept)
        self._weights.load_state_dict(state["weights"])
        self.optimiser().load_state_dict(state["alpha"])
        self.memory = dict(state["memory"])
        for generator, kept in zip(self.generators, state["generators"], strict=True):
            generator.set_state(kept)
        steps, seconds, joules = state["spent"]
        self.epoch, self.spent = state["epoch"], (steps, seconds, joules)
