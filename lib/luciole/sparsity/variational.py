"""Sparse variational dropout: every weight gets a noise of its own, and those that are mostly noise go.

w = theta (1 + sqrt(alpha) epsilon), trained as a mean theta and a variance sigma^2 = alpha theta^2, through the mean
and the variance of what a layer computes. The prior, uniform over log |w|, asks for large alpha:
-KL = k1 sigmoid(k2 + k3 log alpha) - log(1 + 1 / alpha) / 2 - k1. Weights of the largest alpha go (the paper: those of
log alpha above 3), here as many as were asked for, at a share of the steps, and the rest trains on without noise.
Source: Molchanov, Ashukha and Vetrov, ICML 2017. For chains (:mod:`luciole.sparsity.chain`) of dense layers.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.sparsity import chain
from luciole.sparsity.masks import prunable, remaining, strongest
from luciole.sparsity.training import Method, Run, note

K1, K2, K3 = 0.63576, 1.87320, 1.48695
LIMIT = 8.0  # of |log alpha|
FLOOR = 1e-8


def log_alpha(weight: Tensor, log_variance: Tensor) -> Tensor:
    """Logarithm of alpha = sigma^2 / theta^2, within plus and minus 8."""
    return (log_variance - torch.log(weight.square() + FLOOR)).clamp(-LIMIT, LIMIT)


def divergence(log_alphas: Tensor) -> Tensor:
    """KL divergence of weights from the log-uniform prior, summed, up to its constant.

    >>> round(float(divergence(torch.tensor(0.0))), 4), round(float(divergence(torch.tensor(3.0))), 4)
    (0.4312, 0.0254)
    """
    gain = K1 * torch.sigmoid(K2 + K3 * log_alphas) - 0.5 * torch.log1p(torch.exp(-log_alphas)) - K1
    return -gain.sum()


@dataclass(frozen=True)
class Variational(Method):
    """Train means and variances, then keep the weights of least noise."""

    sparsity: float
    lean = False
    at: float = 0.5  # share of the steps after which the masks stay
    warm: float = 0.05  # share of the steps without the prior; then it rises to its full weight
    full: float = 0.3  # share of the steps at which it has it
    share: float = 0.02  # of the learning rate, for Adam, which trains means and variances
    first: float = -10.0  # log variance at the start

    def start(self, run: Run) -> None:
        if reason := chain.supported(run.network):
            raise LucioleError(f"variational dropout here is for chains of dense layers: {reason}")
        run.set_masks(run.masks, lean=False)
        note(run, run.masks)
        weights = prunable(run.network)
        variances = {name: torch.full_like(weight, self.first).requires_grad_() for name, weight in weights.items()}
        run.kept["variances"] = variances
        run.optimiser = torch.optim.Adam([*run.network.parameters(), *variances.values()], foreach=True)
        run.optimiser.param_groups[0]["share"] = self.share

    def loss(self, run: Run, x: Tensor, y: Tensor) -> Tensor:
        variances = run.kept.get("variances")
        if variances is None:
            return super().loss(run, x, y)
        generator = run.draw("noise")
        for name, module in run.network.named_children():
            if isinstance(module, nn.Linear):
                mean = module(x)
                variance = functional.linear(x.square(), variances[f"{name}.weight"].exp())
                x = mean + (variance + FLOOR).sqrt() * torch.randn(mean.shape, generator=generator)
            else:
                x = module(x)
        done = run.step / run.steps
        weight = min(1.0, max(0.0, (done - self.warm) / (self.full - self.warm)))
        prior = sum(divergence(log_alpha(w, variances[n])) for n, w in prunable(run.network).items())
        return functional.cross_entropy(x, y) + weight / len(run.x) * prior

    def stepped(self, run: Run) -> None:
        if run.step != round(self.at * run.steps):
            return
        variances = run.kept.pop("variances")
        weights = prunable(run.network)
        certain = {name: -log_alpha(weight.detach(), variances[name].detach()) for name, weight in weights.items()}
        run.renew()
        run.set_masks(strongest(certain, remaining(run.masks.total, self.sparsity, len(weights))))
        note(run, run.masks)
