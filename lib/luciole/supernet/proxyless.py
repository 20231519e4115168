"""ProxylessNAS: one path an edge in memory, a binary gate's gradient for the architecture, latency in its loss.

The weights of a drawn path learn (after a warm-up on uniform paths). For the architecture two paths an edge are drawn
without replacement, their probabilities p renormalised, and one of them is run; with dL/dg_j, the scalar product of
the edge's output gradient and what operation j makes of its input,

    dL/dalpha_i = sum over the pair of (dL/dg_j) p_j (delta_ij - p_i),

and after the step both are shifted by the same amount so that the probability of the pair is what it was: the others
keep theirs. What cannot be differentiated is followed by REINFORCE, with the reward accuracy (reference / latency)^0.1.

Source: Cai, Zhu and Han, ProxylessNAS, ICLR 2019, sections 3.1 to 3.3, and the authors' code for the defaults.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.supernet.enas import drawn_path, policy_gradient, reward
from luciole.supernet.latency import LatencyTerm
from luciole.supernet.method import Method
from luciole.supernet.network import Seen, gate_gradients
from luciole.supernet.one_shot import uniform_path
from luciole.supernet.run import Run
from luciole.supernet.task import Batch


def pair_gradient(p: Tensor, by_gate: Tensor) -> Tensor:
    """Gradient by the alphas of a pair, (..., 2), from its probabilities and the gradients by its gates.

    >>> pair_gradient(torch.tensor([0.25, 0.75]), torch.tensor([1.0, 0.0]))
    tensor([ 0.1875, -0.1875])
    """
    return p * (by_gate - (p * by_gate).sum(dim=-1, keepdim=True))


def draw_pairs(run: Run) -> Tensor:
    """Two different operations an edge, drawn by the softmax of alpha without replacement: (K, 6, 2) columns."""
    return (run.alpha.detach() + run.gumbel()).topk(2, dim=-1).indices


@dataclass(frozen=True)
class Proxyless(Method):
    """Binarised paths. ``gradient``: of the gates of two paths, or REINFORCE."""

    gradient: Literal["two paths", "REINFORCE"] = "two paths"
    latency: LatencyTerm | None = None
    warmup: float = 0.25  # share of the search on uniform paths, the architecture at rest
    every: int = 5  # steps of the weights for one of the architecture
    samples: int = 10  # paths of one REINFORCE step
    baseline: float = 0.99  # how much of REINFORCE's moving average stays
    exponent: float = 0.1  # of the latency in its reward
    betas: ClassVar[tuple[float, float]] = (0.0, 0.999)  # no momentum: an operation that was not drawn must not move
    decay: ClassVar[float] = 0.0

    def begin(self, run: Run) -> None:
        if self.gradient not in ("two paths", "REINFORCE"):
            raise LucioleError(f"expected the gradient of 'two paths' or 'REINFORCE', got {self.gradient!r}")
        if self.latency is not None:
            self.latency.column(run.operations)  # refuses a table that lacks one of them
        run.memory["baseline"] = torch.full((run.count,), torch.nan)

    def mixture(self, run: Run) -> dict[str, Any]:
        return uniform_path(run) if run.share < self.warmup else drawn_path(run)

    def architecture(self, run: Run, train: Batch, validation: Batch) -> None:
        if run.share < self.warmup or int(run.spent[0]) % self.every:
            return
        if self.gradient == "REINFORCE":
            self._reinforce(run, validation)
        else:
            self._two_paths(run, validation)

    def _two_paths(self, run: Run, validation: Batch) -> None:
        pairs = draw_pairs(run)
        old = run.alpha.detach().gather(2, pairs)  # (K, 6, 2)
        p = torch.softmax(old, dim=-1)
        uniform = run.draw(lambda g: torch.rand(pairs.shape[1], generator=g)).to(p)
        chosen = pairs.gather(2, (uniform > p[..., 0]).long()[..., None])[..., 0]  # (K, 6)
        by_gate = self.gates(run, validation, chosen, pairs).gather(2, pairs)
        gradient = torch.zeros_like(run.alpha).scatter(2, pairs, pair_gradient(p, by_gate))
        run.step_architecture([gradient])
        with torch.no_grad():
            new = run.alpha.gather(2, pairs)
            shift = torch.logsumexp(new, dim=-1, keepdim=True) - torch.logsumexp(old, dim=-1, keepdim=True)
            run.alpha.scatter_(2, pairs, new - shift)

    def gates(self, run: Run, batch: Batch, chosen: Tensor, wanted: Tensor) -> Tensor:
        """Gradients (K, 6, ops) by the gates of the columns ``wanted`` (K, 6, n), with the paths ``chosen`` run."""
        one = functional.one_hot(chosen, len(run.operations))
        watch: list[Seen] = []
        loss = run.loss(batch, coefficients=one.to(run.alpha), active=one.bool(), watch=watch)
        asked = torch.zeros_like(run.alpha, dtype=torch.bool).scatter(2, wanted, True)
        found = gate_gradients(run.net, loss.sum(), watch, asked)
        if self.latency is None:
            return found
        held = loss.detach().requires_grad_()
        p = torch.softmax(run.alpha.detach(), dim=-1).requires_grad_()
        whole = self.latency.loss(held, self.latency.expected(p, run.operations)).sum()
        by_loss, by_p = torch.autograd.grad(whole, (held, p))
        return torch.where(asked, by_loss.view(-1, 1, 1) * found + by_p, torch.zeros_like(found))

    def _reinforce(self, run: Run, validation: Batch) -> None:
        gradient, earned = torch.zeros_like(run.alpha), []
        paths = [drawn_path(run) for _ in range(self.samples)]
        for path in paths:
            got = reward(run, path, validation)
            if self.latency is not None:
                taken = self.latency.expected(path["coefficients"], run.operations)
                got = got * (self.latency.reference / taken) ** self.exponent
            earned.append(got)
        mean = torch.stack(earned).mean(dim=0)
        before = torch.where(run.memory["baseline"].isnan(), mean, run.memory["baseline"])
        run.memory["baseline"] = self.baseline * before + (1 - self.baseline) * mean
        for path, got in zip(paths, earned, strict=True):
            gradient += policy_gradient(run.alpha.detach(), path["coefficients"], got - before) / self.samples
        run.step_architecture([gradient])
