"""Networks of :mod:`luciole.spaces.chain`, and morphisms: a child that begins with what its parent has learnt.

    >>> parent = build(np.array([2, 1, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0]), torch.Generator())
    >>> wider = np.array([4, 1, 0, 2, 1, 1, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0])
    >>> x = torch.rand(5, 1, 8, 8)
    >>> bool(torch.allclose(morph(parent, wider, torch.Generator())(x), parent(x), atol=1e-5))
    True

Morphisms that only add keep the function, up to rounding: a convolution put in is the identity (its input has passed
a ReLU, which a second one leaves alone), a wider one repeats channels and splits the weights that read them
(Net2Wider; Chen, Goodfellow and Shlens, ICLR 2016), an enlarged kernel is padded with zeros, a new skip has weights of
zero. Those that take away keep it approximately. There is no normalisation of batches: its statistics would make the
child another function than its parent in training. Source: Elsken, Metzen and Hutter, ICLR 2019 (LEMONADE).
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from luciole.spaces import Rows, chain

Weights = dict[str, Tensor]  # as a network's state_dict


class Chain(nn.Module):
    """Two stages of convolutions with ReLUs, the maximum of 2x2 pixels between them, a linear classifier."""

    def __init__(self, row: Rows, side: int, inputs: int, classes: int):
        super().__init__()
        self.row, self.shape = chain.check(row).copy(), (side, inputs, classes)
        self.convolutions, self.skips = nn.ModuleDict(), nn.ModuleDict()
        stage = previous = inputs
        for slot, (width, kernel, skip) in enumerate(self.row.reshape(chain.PLACES, 3).tolist()):
            if slot % chain.SLOTS == 0:
                stage = previous
            if not width:
                continue
            size, channels = chain.KERNELS[kernel], chain.WIDTHS[width]
            self.convolutions[str(slot)] = nn.Conv2d(previous, channels, size, padding=size // 2)
            if skip:
                self.skips[str(slot)] = nn.Conv2d(stage, channels, 1, bias=False)
            previous = channels
        self.classifier = nn.Conv2d(previous, classes, side >> chain.STAGES - 1)  # reads the whole map

    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, inputs, side, side) to logits (B, classes)."""
        stage = x
        for slot in range(chain.PLACES):
            name = str(slot)
            if slot == chain.SLOTS:
                x = functional.max_pool2d(x, 2)
            if slot % chain.SLOTS == 0:
                stage = x
            if name in self.convolutions:
                total = self.convolutions[name](x)
                x = functional.relu(total + self.skips[name](stage) if name in self.skips else total)
        logits: Tensor = self.classifier(x).flatten(1)
        return logits


@torch.no_grad()
def build(row: object, generator: torch.Generator, side: int = 8, inputs: int = 1, classes: int = 10) -> Chain:
    """Build the network of one genotype (18,) with fresh weights: uniform as He et al. 2015 for ReLUs, no bias."""
    network = Chain(chain.check(row), side, inputs, classes)
    for weight in network.parameters():
        if weight.ndim > 1:
            nn.init.kaiming_uniform_(weight, nonlinearity="relu", generator=generator)
        else:
            weight.zero_()
    return network


def parameters(rows: object, side: int = 8, inputs: int = 1, classes: int = 10) -> NDArray[np.int64]:
    """Count trainable parameters of networks for images of ``side`` x ``side``: int64 (n,) for genotypes (n, 18)."""
    return _count(rows, side, inputs, classes, macs=False)


def macs(rows: object, side: int = 8, inputs: int = 1, classes: int = 10) -> NDArray[np.int64]:
    """Count multiply-accumulates for one image, of convolutions and classifier, biases left out: int64 (n,)."""
    return _count(rows, side, inputs, classes, macs=True)


def _count(rows: object, side: int, inputs: int, classes: int, *, macs: bool) -> NDArray[np.int64]:
    slots = np.atleast_2d(chain.check(rows)).reshape(-1, chain.PLACES, 3)
    width, taps = np.array(chain.WIDTHS)[slots[..., 0]], np.array(chain.KERNELS)[slots[..., 1]] ** 2
    total = np.zeros(len(slots), dtype=np.int64)
    previous = stage = np.full(len(slots), inputs)
    for slot in range(chain.PLACES):
        if slot % chain.SLOTS == 0:
            stage = previous
        here, pixels = width[:, slot], (side >> slot // chain.SLOTS) ** 2
        products = here * previous * taps[:, slot] + here * stage * slots[:, slot, 2]
        total += products * pixels if macs else products + here
        previous = np.where(here > 0, here, previous)
    return total + previous * classes * (side >> chain.STAGES - 1) ** 2 + (0 if macs else classes)


@torch.no_grad()
def morph(parent: Chain, row: object, generator: torch.Generator) -> Chain:
    """Return the network of ``row`` with the weights of ``parent`` carried over; the parent is left as it is.

    Slots that the child lacks are taken out first, then those it has more are put in; then kernels, skips and widths
    change, slot by slot. Random numbers choose which channels are repeated and how their weights are split.
    """
    target = chain.check(row).reshape(chain.PLACES, 3)
    now = parent.row.reshape(chain.PLACES, 3).copy()
    weights = {name: weight.clone() for name, weight in parent.state_dict().items()}
    for slot in np.flatnonzero((now[:, 0] > 0) & (target[:, 0] == 0)):
        _remove(weights, now, int(slot))
    for slot in np.flatnonzero((now[:, 0] == 0) & (target[:, 0] > 0)):
        _deepen(weights, now, int(slot), int(target[slot, 1]))
    for slot in np.flatnonzero(target[:, 0] > 0):
        _kernel(weights, now, int(slot), int(target[slot, 1]))
        _skip(weights, now, int(slot), int(target[slot, 2]))
        _width(weights, now, int(slot), int(target[slot, 0]), generator)
    child = Chain(target.reshape(chain.GENES), *parent.shape).to(parent.classifier.weight.dtype)
    child.load_state_dict(weights)
    return child


def _readers(now: Rows, slot: int) -> list[str]:
    """Names of the weights that read what the convolution in ``slot`` gives."""
    last = slot // chain.SLOTS * chain.SLOTS + chain.SLOTS
    for after in range(slot + 1, last):
        if now[after, 0]:
            return [f"convolutions.{after}.weight"]
    if last == chain.PLACES:
        return ["classifier.weight"]
    skips = [f"skips.{other}.weight" for other in range(last, last + chain.SLOTS) if now[other, 2]]
    return [f"convolutions.{last}.weight", *skips]


def _remove(weights: Weights, now: Rows, slot: int) -> None:
    """Take a convolution out: who read it reads what it read, through the middle of its kernel."""
    kernel = weights.pop(f"convolutions.{slot}.weight")
    middle = kernel[:, :, kernel.shape[2] // 2, kernel.shape[3] // 2]  # (outputs, inputs)
    for name in _readers(now, slot):
        weights[name] = torch.einsum("oi...,ip->op...", weights[name], middle)
    weights.pop(f"convolutions.{slot}.bias")
    weights.pop(f"skips.{slot}.weight", None)
    now[slot] = 0


def _deepen(weights: Weights, now: Rows, slot: int, kernel: int) -> None:
    """Put an identity in, as wide as the convolution before it."""
    width, size = int(now[chain.before(now.reshape(-1), slot), 0]), chain.KERNELS[kernel]
    channels = chain.WIDTHS[width]
    like = weights["classifier.weight"]
    identity = like.new_zeros(channels, channels, size, size)
    identity[:, :, size // 2, size // 2] = torch.eye(channels, dtype=like.dtype)
    weights[f"convolutions.{slot}.weight"], weights[f"convolutions.{slot}.bias"] = identity, like.new_zeros(channels)
    now[slot] = width, kernel, 0


def _kernel(weights: Weights, now: Rows, slot: int, kernel: int) -> None:
    """Pad a kernel with zeros, or keep its middle."""
    by = (chain.KERNELS[kernel] - chain.KERNELS[now[slot, 1]]) // 2
    name = f"convolutions.{slot}.weight"
    weights[name] = functional.pad(weights[name], (by, by, by, by))  # a negative pad crops
    now[slot, 1] = kernel


def _skip(weights: Weights, now: Rows, slot: int, skip: int) -> None:
    """Add a projection of the stage's input with weights of zero, or drop it."""
    name = f"skips.{slot}.weight"
    if skip and not now[slot, 2]:
        first = weights[f"convolutions.{slot // chain.SLOTS * chain.SLOTS}.weight"]
        weights[name] = first.new_zeros(chain.WIDTHS[now[slot, 0]], first.shape[1], 1, 1)
    elif not skip:
        weights.pop(name, None)
    now[slot, 2] = skip


def _width(weights: Weights, now: Rows, slot: int, width: int, generator: torch.Generator) -> None:
    """Repeat channels drawn at random and split what is read from them at random, or keep the strongest channels."""
    old, new = chain.WIDTHS[now[slot, 0]], chain.WIDTHS[width]
    own = [f"convolutions.{slot}.weight", f"convolutions.{slot}.bias"] + [f"skips.{slot}.weight"] * int(now[slot, 2])
    readers = _readers(now, slot)
    if new > old:
        kept = torch.cat([torch.arange(old), torch.randint(old, (new - old,), generator=generator)])
    elif new < old:
        read = sum(weights[name].transpose(0, 1).flatten(1).norm(dim=1) for name in readers)
        strength = read * weights[own[0]].flatten(1).norm(dim=1)
        kept = strength.argsort(descending=True, stable=True)[:new].sort().values
    else:
        return
    for name in own:
        weights[name] = weights[name][kept]
    for name in readers:
        read = weights[name][:, kept]
        if new > old:  # each reader splits in its own way, or the copies would learn the same for ever
            share = 0.1 + torch.rand(read.shape[:2], generator=generator, dtype=read.dtype)
            whole = torch.zeros(len(read), old, dtype=read.dtype).index_add_(1, kept, share)
            share = share / whole[:, kept]
            read = read * share.view(*share.shape, *[1] * (read.ndim - 2))
        weights[name] = read
    now[slot, 0] = width
