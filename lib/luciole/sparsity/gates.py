"""Gates in front of units: L0 regularisation by hard-concrete gates, and neural plasticity networks.

Both multiply what each dense layer reads by a gate for each of its units, and ask for few open ones by their chance to
be open, weighed by the weights that a unit feeds. They differ in how a gate is drawn and learns:

* :class:`HardConcrete` (Louizos, Welling and Kingma, ICLR 2018): a stretched and clipped sigmoid of noise, with a
  gradient through it;
* :class:`Plastic` (Li and Ji, IJCNN 2021): a Bernoulli draw of probability sigmoid(k phi), with the two-point gradient
  (ARM). k -> 0 is dropout at a half, k -> infinity an ordinary network; in between gates close (sparsify) and, where
  dormant units are kept in reserve, open (expand).

After a share of the steps the gates are folded into the weights, closed units go, and the rest is pruned by magnitude
to the sparsity that was asked for. For chains (:mod:`luciole.sparsity.chain`) of dense layers.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.sparsity import chain
from luciole.sparsity.magnitude import prune
from luciole.sparsity.masks import Masks
from luciole.sparsity.training import Method, Run, note

BETA, GAMMA, ZETA = 2 / 3, -0.1, 1.1
SHIFT = -BETA * math.log(-GAMMA / ZETA)  # of log alpha, for the chance to be open


def hard_concrete(log_alpha: Tensor, uniform: Tensor) -> Tensor:
    """A gate in [0, 1] for each uniform number in (0, 1): a sigmoid of noise, stretched to (-0.1, 1.1) and clipped."""
    noise = torch.log(uniform) - torch.log1p(-uniform)
    return (torch.sigmoid((noise + log_alpha) / BETA) * (ZETA - GAMMA) + GAMMA).clamp(0, 1)


def open_chance(log_alpha: Tensor) -> Tensor:
    """The chance that a hard-concrete gate is not 0.

    >>> round(float(open_chance(torch.tensor(0.0))), 3)
    0.832
    """
    return torch.sigmoid(log_alpha + SHIFT)


@dataclass(frozen=True)
class _Gated(Method):
    sparsity: float
    penalty: float = 0.1  # of an open weight, divided by the number of training examples
    at: float = 0.5  # share of the steps after which the gates are folded in
    share: float = 0.02  # of the learning rate, for Adam, which trains weights and gates
    lean = False

    def first(self, units: int, generator: torch.Generator) -> Tensor:
        """Initial parameters of a layer's gates."""
        raise NotImplementedError

    def closed_or(self, gate: Tensor) -> Tensor:
        """The gates that stay, (units,), 0 where closed."""
        raise NotImplementedError

    def start(self, run: Run) -> None:
        if reason := chain.supported(run.network):
            raise LucioleError(f"gates here are for chains of dense layers: {reason}")
        run.set_masks(run.masks, lean=False)
        note(run, run.masks)
        generator = run.draw("gates")
        gates = {
            name: self.first(chain.layer(run.network, name).weight.shape[1], generator).requires_grad_()
            for name in chain.layers(run.network)
        }
        run.kept["gates"] = gates
        run.optimiser = torch.optim.Adam([*run.network.parameters(), *gates.values()], foreach=True)
        run.optimiser.param_groups[0]["share"] = self.share

    def fans(self, run: Run) -> dict[str, int]:
        """Weights that each unit in front of a layer feeds."""
        return {name: chain.layer(run.network, name).weight.shape[0] for name in run.kept["gates"]}

    @torch.no_grad()
    def stepped(self, run: Run) -> None:
        if run.step != round(self.at * run.steps):
            return
        gates = run.kept.pop("gates")
        tensors = {}
        for name, gate in gates.items():
            weight = chain.layer(run.network, name).weight
            value = self.closed_or(gate.detach())
            if not bool(value.any()):
                value[gate.detach().argmax()] = 1.0  # a layer keeps its best unit
            weight.mul_(value)
            tensors[f"{name}.weight"] = (value != 0).expand_as(weight).clone()
        run.renew()
        run.set_masks(Masks(tensors))
        prune(run, self.sparsity)


@dataclass(frozen=True)
class HardConcrete(_Gated):
    """L0 regularisation."""

    dropout: float = 0.5  # chance to be closed at the start, by which gates are drawn

    def first(self, units: int, generator: torch.Generator) -> Tensor:
        middle = math.log((1 - self.dropout) / self.dropout)
        return middle + 0.01 * torch.randn(units, generator=generator)

    def closed_or(self, gate: Tensor) -> Tensor:
        return (torch.sigmoid(gate) * (ZETA - GAMMA) + GAMMA).clamp(0, 1)

    def loss(self, run: Run, x: Tensor, y: Tensor) -> Tensor:
        gates = run.kept.get("gates")
        if gates is None:
            return super().loss(run, x, y)
        generator = run.draw("gate noise")
        for name, module in run.network.named_children():
            if name in gates:
                uniform = torch.rand(len(x), len(gates[name]), generator=generator).clamp(1e-6, 1 - 1e-6)
                x = x * hard_concrete(gates[name], uniform)
            x = module(x)
        fans = self.fans(run)
        cost = sum(fans[name] * open_chance(gate).sum() for name, gate in gates.items())
        return functional.cross_entropy(x, y) + self.penalty / len(run.x) * cost


@dataclass(frozen=True)
class Plastic(_Gated):
    """The gates of neural plasticity networks, from a full network: the sparsifying one of its two ways."""

    sharpness: float = 7.0  # k

    def first(self, units: int, generator: torch.Generator) -> Tensor:
        return torch.full((units,), 3.0 / self.sharpness)

    def closed_or(self, gate: Tensor) -> Tensor:
        chance = torch.sigmoid(self.sharpness * gate)
        return torch.where(chance >= 0.5, chance, 0.0)

    def loss(self, run: Run, x: Tensor, y: Tensor) -> Tensor:
        gates = run.kept.get("gates")
        if gates is None:
            return super().loss(run, x, y)
        generator = run.draw("gate noise")
        uniform = {name: torch.rand(gate.shape, generator=generator) for name, gate in gates.items()}
        chance = {name: torch.sigmoid(self.sharpness * gate.detach()) for name, gate in gates.items()}
        one = {name: (uniform[name] < chance[name]).float() for name in gates}
        other = {name: (uniform[name] > 1 - chance[name]).float() for name in gates}
        loss = self._passed(run, x, y, one)
        with torch.no_grad():
            difference = float(self._passed(run, x, y, other) - loss)
        run.account.macs += run.cost[0] / 3 if run.step else 0.0
        run.account.executed += run.cost[1] / 3 if run.step else 0.0
        fans = self.fans(run)
        for name, gate in gates.items():  # of the loss by phi: k (f(1[u > 1 - pi]) - f(1[u < pi])) (u - 1/2)
            slope = self.sharpness * difference * (uniform[name] - 0.5)
            loss = loss + (gate * slope).sum()
            loss = loss + self.penalty / len(run.x) * fans[name] * torch.sigmoid(self.sharpness * gate).sum()
        return loss

    def _passed(self, run: Run, x: Tensor, y: Tensor, gates: dict[str, Tensor]) -> Tensor:
        for name, module in run.network.named_children():
            x = module(x * gates[name] if name in gates else x)
        return functional.cross_entropy(x, y)
