r"""One dynamics that grows and prunes: one objective, one signal, and one clock, which is the learning that is left.

**Objective.** Weights theta and a mask m in {0, 1} minimise

    J(theta, m) = L(theta * m) + lambda * sum_j c_j m_j ,

L the loss and c_j how often connection j multiplies for one example (its MACs). lambda is the price of a MAC; it is
not set, it follows from the size n_f that the network must have at the end.

**Signal.** A connection, present or not, is worth the loss that it spares by the end of training: the loss with
theta_j = 0, less the loss once theta_j has learnt for as long as learning lasts. With the gradient g_j and the
curvature h_j of the loss along j (a diagonal quadratic model), and M = sum of the learning rates still to come, divided
by 1 - momentum, gradient flow carries theta_j towards its optimum theta_j - g_j / h_j by the share 1 - exp(-h_j M), so

    u_j(M) = h_j theta_j^2 / 2 - g_j theta_j + (g_j^2 / 2 h_j) (1 - exp(-2 h_j M))                             (1)

per MAC u_j / c_j. An absent connection (theta_j = 0) has the last term alone: what it could still learn. A present one
has what would be lost now, and what it too could still learn.

* g of a present connection is the mean gradient on its way since it joined, which training has measured already:
  (theta_j then - theta_j now) / (learning since then). One that began at 0 thus has -g_j theta_j = theta_j^2 / age: who
  went far in a short time is worth keeping.
* g of an absent one is the gradient of a sample of B examples, shrunk by what of it is noise: times
  tau^2 / (tau^2 + h_j / B), with tau^2 what the mean of g^2 over the layer's absent ones exceeds that of h / B by.
* h of either is the mean square of the gradients of single examples (the diagonal of the empirical Fisher
  information), taken from the spread of the gradients of small batches of the same sample.

**Rates.** At every event let T be the n_f connections of highest u / c among all, present or absent; the worst of them
has the price lambda.

    growth:   every absent connection of T joins, at theta_j = 0:         n  ->  n' = n + q n_f                 (2)
              q the share of T that is absent: what growth still gains
    pruning:  n'(1 - (n_f / n')^s) of the present leave, the least u / c first                                 (3)
              s = (learning until the next event) / (learning that is left)

Growth decays by itself: absent connections are worth less as gradients fade, and as M runs out ((1) has no last term at
M = 0). Pruning rises by itself: the network is larger than n_f as long as growth runs ahead, and s goes to 1. The
network starts from random connections, as many as it will end with, overshoots n_f while the signal still changes its
mind, and ends at n_f exactly. Growth is held back, worst first, where the way down from n' by (3) would take more
multiplications than the budget of training leaves.

**Limits.**

* M -> 0 (nothing left to learn): u = h theta^2 / 2 - g theta, the saliency of optimal brain damage with its first-order
  term; no absent connection is worth anything, so pruning alone remains.
* h_j the same for all and h M small: an absent connection ranks by g^2, a present one at rest (g = 0) by theta^2. With
  n = n_f from the start and as many removed as grown, by a cosine, this is RigL.
* Everything present at the start and h_j the same for all: no growth, gradual magnitude pruning, along (3) in place of
  the cubic schedule.
* A connection (or a unit, u summed over its weights) present with probability sigmoid(k (u / c - lambda)) is a gate of
  neural plasticity networks: k -> 0 is dropout, k -> infinity the choice above.

**What bounds it.** Dead units are reborn only where a connection to or from them still has a gradient; widths and
depth can therefore shrink below those that the network offers and grow back up to them, not beyond.

Algorithm::

    m <- random masks of ERK densities with first * n_f connections;  theta <- theta * m
    for each step:
        train present connections
        at an event:  g, h <- sample;  u by (1)
                      T <- the n_f largest u / c;  join the absent of T, as many as the budget allows
                      remove the least u / c of the present, as many as (3) says, but none that joined now
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from luciole.errors import LucioleError
from luciole.sparsity.allocation import erdos_renyi_kernel
from luciole.sparsity.masks import Masks, anywhere, prunable, remaining, rescale, strongest, strongest_by_layer
from luciole.sparsity.schedules import geometric
from luciole.sparsity.training import Method, Run, note


@dataclass(frozen=True)
class Joint(Method):
    """The dynamics of this module; its parts can be left out one by one."""

    sparsity: float
    energy: float = 1.0  # multiplications of training, as a share of the dense network's in as many steps, at most
    first: float = 1.0  # connections at the start, as a share of those at the end
    events: int = 40  # as many, evenly over the steps
    sample: int = 1024  # examples of an event
    parts: int = 16  # batches that they are read in, whose spread tells the curvature
    curvature: bool = True  # a connection's own; else its layer's mean
    horizon: bool = True  # M the learning left; else that of the whole training at every event
    overshoot: bool = True  # pruning by (3); else the size is n_f from the first event on, as RigL's

    def __post_init__(self) -> None:
        if self.parts < 2 or self.sample % self.parts or self.events < 1 or not 0 < self.first <= 1:
            raise LucioleError(
                "expected a first share from 0 to 1, an event, and a sample that two or more parts divide, got "
                f"{self.first}, {self.events}, {self.sample} and {self.parts}"
            )
        if not 0 < self.energy <= 1:
            raise LucioleError(f"expected an energy above 0 and up to 1 of the dense training's, got {self.energy}")

    def start_masks(self, run: Run) -> Masks:
        """Random connections, as many in each layer as ERK says."""
        shapes = {name: tuple(mask.shape) for name, mask in run.masks.items()}
        wanted = self._final(run)
        counts = erdos_renyi_kernel(shapes, max(len(shapes), min(round(self.first * wanted), run.masks.total)))
        generator = run.draw("start")
        drawn = {name: torch.rand(shape, generator=generator) for name, shape in shapes.items()}
        return strongest_by_layer(drawn, counts)

    def start(self, run: Run) -> None:
        masks = self.start_masks(run)
        rescale(run.network, masks)
        self._hold(run, masks)

    def stepped(self, run: Run) -> None:
        every = max(1, run.steps // self.events)
        if run.step % every or run.step >= run.steps:
            return
        run.whole()
        worth = self.worth(run)
        grown = self.grow(run, worth)
        left = run.learning_left()
        until = run.step + every
        share = 1.0 if until >= run.steps or left <= 0 else 1 - run.learning_left(until) / left
        masks = self.prune(run, grown, worth, share)
        self._hold(run, masks)

    def worth(self, run: Run) -> dict[str, Tensor]:
        """Equation (1) per MAC, for every connection."""
        gradient, curvature = signal(run, self.sample, self.parts)
        if not self.curvature:
            curvature = {name: value.mean().expand_as(value) for name, value in curvature.items()}
        horizon = run.learning_left(None if self.horizon else 0)
        found = {}
        for name, weight in run.masks.check(run.network).items():
            age = (run.kept["since"][name] - run.learning_left()).clamp_min(1e-12)
            moved = (run.kept["birth"][name] - weight.detach()) / age  # the mean gradient on its way
            sampled = certain(gradient[name], curvature[name], ~run.masks[name], self.sample)
            slope = torch.where(run.masks[name], moved, sampled)
            found[name] = worth(weight.detach(), slope, curvature[name], horizon) / run.per_weight[name]
        return found

    def _hold(self, run: Run, masks: Masks) -> None:
        """Let masks hold, and remember when each connection that joins did so, and with which weight."""
        before = run.masks
        begins = "birth" not in run.kept
        run.set_masks(masks)
        now = run.learning_left()
        if begins:
            run.kept["birth"] = {name: weight.detach().clone() for name, weight in prunable(run.network).items()}
            run.kept["since"] = {name: torch.full_like(value, now) for name, value in run.kept["birth"].items()}
        for name, mask in run.masks.items():
            joined = mask & ~before[name]
            run.kept["birth"][name].masked_fill_(joined, 0.0)
            run.kept["since"][name].masked_fill_(joined, now)
        note(run, run.masks)

    def grow(self, run: Run, worth: dict[str, Tensor]) -> Masks:
        """Equation (2): the present connections and the absent ones that are among the best, within the budget."""
        best = strongest(worth, self._final(run))
        absent = {name: best[name] & ~run.masks[name] for name in best}
        joining = sum(int(mask.sum()) for mask in absent.values())
        present = run.masks.kept
        while joining and self._price(run, present + joining) > self._left(run):
            joining //= 2  # the coarse step is enough: an event later what is left is asked again
        if not joining:
            return run.masks
        values = {name: worth[name].masked_fill(~absent[name], -torch.inf) for name in worth}
        return run.masks.joined(anywhere(values, joining))

    def prune(self, run: Run, grown: Masks, worth: dict[str, Tensor], share: float) -> Masks:
        """Equation (3): the best of what is present, what joined now among them whatever it is worth."""
        final = self._final(run)
        size = round(geometric(grown.kept, final, share if self.overshoot else 1.0))
        joined = {name: grown[name] & ~run.masks[name] for name in grown}
        size = max(size, sum(int(mask.sum()) for mask in joined.values()), len(grown))
        values = {
            name: worth[name].masked_fill(~grown[name], -torch.inf).masked_fill(joined[name], torch.inf)
            for name in worth
        }
        return strongest(values, size)

    def _final(self, run: Run) -> int:
        return remaining(run.masks.total, self.sparsity, len(run.masks))

    def _left(self, run: Run) -> float:
        """Multiplications of training that the budget still allows."""
        dense = sum(mask.numel() * run.per_weight[name] for name, mask in run.masks.items())
        return self.energy * 3.0 * dense * run.settings.batch * run.steps - run.account.macs

    def _price(self, run: Run, size: int) -> float:
        """Multiplications of what remains of training, on the way down from ``size`` by (3), at the mean MACs now."""
        left = run.learning_left()
        if left <= 0:
            return 0.0
        macs = sum(int(mask.sum()) * run.per_weight[name] for name, mask in run.masks.items()) / run.masks.kept
        final, total, spent = self._final(run), 0.0, 0.0
        for step in range(run.step, run.steps):
            total += geometric(size, final, min(1.0, spent / left))
            spent += run.settings.rate_at(step, run.steps) / (1 - run.settings.momentum)
        return 3.0 * run.settings.batch * macs * total


def worth(weight: Tensor, gradient: Tensor, curvature: Tensor, horizon: float) -> Tensor:
    """Equation (1): the loss that each connection spares by the end of a learning of length ``horizon``.

    >>> g, h = torch.tensor([0.3]), torch.tensor([0.5])
    >>> round(float(worth(torch.zeros(1), g, h, horizon=1e9)), 4)  # all that an absent one can gain: g^2 / 2h
    0.09
    """
    reach = 2 * horizon * curvature
    learnt = torch.where(reach > 1e-6, -torch.expm1(-reach) / reach.clamp_min(1e-6), 1 - reach / 2)
    return curvature * weight.square() / 2 - gradient * weight + gradient.square() * horizon * learnt


def signal(run: Run, sample: int, parts: int) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Mean gradient of a drawn sample by every weight, and the mean square of single examples' gradients.

    The second from the spread of ``parts`` batches' means: of b examples each, their variance is that of single
    examples over b.
    """
    x, y = run.sample("signal", sample)
    mean: dict[str, Tensor] = {}
    square: dict[str, Tensor] = {}
    for rows in torch.arange(len(x)).chunk(parts):
        for name, gradient in run.gradients(x[rows], y[rows]).items():
            if name in mean:
                mean[name] += gradient
                square[name].addcmul_(gradient, gradient)
            else:
                mean[name], square[name] = gradient.clone(), gradient.square()
    curvature = {}
    for name, total in mean.items():
        total /= parts
        variance = (square[name] / parts - total.square()).clamp_min_(0) * (parts / (parts - 1))
        curvature[name] = variance * (len(x) / parts) + total.square()
    return mean, curvature


def certain(gradient: Tensor, curvature: Tensor, absent: Tensor, sample: int) -> Tensor:
    """Gradients of absent connections, shrunk towards 0 by what of them is noise of the sample.

    A gradient of variance v = ``curvature / sample`` around a true one of variance tau^2 has the mean
    g tau^2 / (tau^2 + v), given what was seen; tau^2 is what the mean square of the layer's gradients exceeds the mean
    of their variances by.
    """
    noise = curvature / sample
    count = int(absent.sum())
    spread = float(((gradient.square() - noise) * absent).sum()) / count if count else 0.0
    return gradient * (spread / (spread + noise)) if spread > 0 else torch.zeros_like(gradient)
