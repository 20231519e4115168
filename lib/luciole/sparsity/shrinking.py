"""Weights that do not matter are shrunk while training goes on, and cut off below a threshold: three measures of it.

After each step w <- w - strength w max(0, 1 - S), S how much answers or loss depend on the weight or its neuron. What
is sensitive is left alone; the rest decays, until a threshold cuts it off: the largest for which the loss on held-out
examples grows by no more than a tolerance, found by bisection. At the last event the sparsity that was asked for is
made exact by magnitude.

* :class:`Sensitivity`: S = |dy/dw|, y the answer to the true class (Tartaglione et al., NeurIPS 2018, specific form);
* :class:`Lobster`: S = |dL/dw|, which the backward pass gives anyway (Tartaglione et al., 2020);
* :class:`Serene`: S of a neuron, the change of the answers with its input (Tartaglione et al., 2021, lower bound);
  weights decay neuron by neuron, so that whole ones go.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.sparsity.importance import magnitude
from luciole.sparsity.magnitude import prune
from luciole.sparsity.masks import Masks, prunable, remaining, strongest
from luciole.sparsity.training import Method, Run, note

TRIALS = 12  # of a bisection


@dataclass(frozen=True)
class Shrinking(Method):
    """What the three have in common."""

    sparsity: float
    strength: float = 1e-3
    tolerance: float = 0.05  # by which the held-out loss may grow at an event, as a share of it
    held: int = 2000  # training examples on which it is read, drawn
    events: int = 8
    end: float = 0.75  # share of the steps after which nothing shrinks and the masks stay

    def __post_init__(self) -> None:
        if not 0 <= self.strength < 1 or self.tolerance <= 0 or self.events < 1 or not 0 < self.end <= 1:
            raise LucioleError(
                "expected a strength from 0 up to but not including 1, a tolerance, an event and an end up to 1, got "
                f"{self.strength}, {self.tolerance}, {self.events} and {self.end}"
            )

    def insensitive(self, run: Run) -> dict[str, Tensor]:
        """max(0, 1 - S) of every weight that moves, or of its neuron in a shape that spreads over its weights."""
        raise NotImplementedError

    def graded(self, run: Run) -> None:
        if run.step < round(self.end * run.steps):
            run.kept["shrink"] = self.insensitive(run)

    @torch.no_grad()
    def stepped(self, run: Run) -> None:
        last = round(self.end * run.steps)
        if run.step > last:
            return
        for name, factor in run.kept.pop("shrink", {}).items():
            run.active[name].mul_(1 - self.strength * factor)
        if run.step == last:
            prune(run, self.sparsity)
        elif run.step % max(1, last // self.events) == 0:
            run.whole()
            run.set_masks(self.cut(run))
            note(run, run.masks)

    @torch.no_grad()
    def cut(self, run: Run) -> Masks:
        """The masks of the largest threshold that the held-out loss tolerates, at most as sparse as asked for."""
        x, y = run.sample("held", self.held)
        weights = prunable(run.network)
        kept = {name: weight.detach().clone() for name, weight in weights.items()}

        def loss() -> float:
            run.network.eval()
            return float(functional.cross_entropy(run.network(x), y))

        allowed = (1 + self.tolerance) * loss()
        sizes = {name: value.masked_fill(~run.masks[name], -1.0) for name, value in magnitude(run.network).items()}
        least, most = remaining(run.masks.total, self.sparsity, len(run.masks)), run.masks.kept
        best = run.masks
        for _ in range(TRIALS):
            middle = round((least * most) ** 0.5)
            if not least < middle < most:
                break
            masks = strongest(sizes, middle)
            masks.apply(run.network)
            tolerated = loss() <= allowed
            for name, weight in weights.items():
                weight.copy_(kept[name])
            if tolerated:
                best, most = masks, middle
            else:
                least = middle
        return best


@dataclass(frozen=True)
class Sensitivity(Shrinking):
    """Sensitivity of the answers to each weight, read every few steps: it costs a backward pass of its own."""

    every: int = 5

    def insensitive(self, run: Run) -> dict[str, Tensor]:
        if run.step % self.every == 0 or "sensitivity" not in run.kept:
            rows = run.rows()
            answers = run.answer(run.x[rows]).gather(1, run.y[rows][:, None]).mean()
            weights = run.active
            found = torch.autograd.grad(answers, list(weights.values()))
            run.kept["sensitivity"] = {
                name: (1 - value.abs()).clamp_min(0) for name, value in zip(weights, found, strict=True)
            }
            cost = 3.0 * sum(weight.numel() * run.per_weight[name] for name, weight in weights.items()) * len(rows)
            run.account.macs += cost
            run.account.executed += cost
        return run.kept["sensitivity"]

    def cut(self, run: Run) -> Masks:
        run.kept.pop("sensitivity", None)  # shapes of what moves change with the masks
        return super().cut(run)


@dataclass(frozen=True)
class Lobster(Shrinking):
    """Sensitivity of the loss to each weight: the gradient that is there."""

    def insensitive(self, run: Run) -> dict[str, Tensor]:
        return {
            name: (1 - weight.grad.abs()).clamp_min(0) for name, weight in run.active.items() if weight.grad is not None
        }


@dataclass(frozen=True)
class Serene(Shrinking):
    """Sensitivity of the answers to what reaches a neuron: |d mean_k y_k / dp_n|, mean over examples and places."""

    every: int = 5

    def insensitive(self, run: Run) -> dict[str, Tensor]:
        if run.step % self.every == 0 or "sensitivity" not in run.kept:
            run.kept["sensitivity"] = neurons(run)
        return run.kept["sensitivity"]

    def cut(self, run: Run) -> Masks:
        run.kept.pop("sensitivity", None)
        return super().cut(run)


def neurons(run: Run) -> dict[str, Tensor]:
    """max(0, 1 - S_n) of every neuron, shaped to spread over its incoming weights."""
    reached: dict[str, Tensor] = {}

    def hook(name: str):  # type: ignore[no-untyped-def]
        def seen(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            reached[name] = output

        return seen

    weights = run.active
    handles = [run.trained.get_submodule(name.rpartition(".")[0]).register_forward_hook(hook(name)) for name in weights]
    rows = run.rows()
    try:
        answers = run.answer(run.x[rows]).mean(dim=1).sum()  # each example's own, all at once
    finally:
        for handle in handles:
            handle.remove()
    found = torch.autograd.grad(answers, list(reached.values()))
    factors = {}
    for name, value in zip(reached, found, strict=True):
        each = value.abs().flatten(2).mean(dim=2) if value.ndim > 2 else value.abs()
        weight = weights[name]
        factors[name] = (1 - each.mean(dim=0)).clamp_min(0).view(-1, *[1] * (weight.ndim - 1))
    cost = 3.0 * sum(weight.numel() * run.per_weight[name] for name, weight in weights.items()) * len(rows)
    run.account.macs += cost
    run.account.executed += cost
    return factors
