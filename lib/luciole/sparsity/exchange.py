"""Dynamic sparse training: the size stays, connections are exchanged. SET and RigL; with no exchange, a static mask.

Every ``every`` steps the share ``exchanged`` of each layer's connections goes, the smallest first, and as many come:
at random (SET: Mocanu et al., Nature Communications 2018, here by modulus whatever the sign) or where the gradient of a
batch is largest (RigL: Evci et al., ICML 2020). One that went and comes back in the same event keeps its value. What
comes starts at zero, so that the network's function does not move.
"""

from dataclasses import dataclass

import torch

from luciole.errors import LucioleError
from luciole.sparsity.allocation import erdos_renyi_kernel
from luciole.sparsity.masks import Masks, remaining, rescale, strongest_by_layer
from luciole.sparsity.schedules import exchanged
from luciole.sparsity.training import Method, Run, note

GROWTH = ("gradient", "random", "none")


@dataclass(frozen=True)
class Exchange(Method):
    """Random ERK masks whose weakest connections are exchanged while training goes on."""

    sparsity: float
    growth: str = "gradient"
    share: float = 0.3  # of a layer's connections at the first event; it falls as a cosine
    end: float = 0.75  # share of the steps after which the masks stay
    events: int = 40

    def __post_init__(self) -> None:
        if self.growth not in GROWTH:
            raise LucioleError(f"expected growth by one of {', '.join(GROWTH)}, got {self.growth!r}")
        if not 0 <= self.share <= 1 or not 0 < self.end <= 1 or self.events < 1:
            raise LucioleError(
                f"expected shares from 0 to 1 and an event, got {self.share}, {self.end} and {self.events}"
            )

    def start(self, run: Run) -> None:
        shapes = {name: tuple(mask.shape) for name, mask in run.masks.items()}
        counts = erdos_renyi_kernel(shapes, remaining(run.masks.total, self.sparsity, len(shapes)))
        generator = run.draw("start")
        masks = strongest_by_layer({n: torch.rand(s, generator=generator) for n, s in shapes.items()}, counts)
        rescale(run.network, masks)
        run.set_masks(masks)
        note(run, run.masks)

    def stepped(self, run: Run) -> None:
        last = round(self.end * run.steps)
        every = max(1, last // self.events)
        if self.growth == "none" or run.step % every or run.step >= last:
            return
        run.whole()
        run.set_masks(self.exchange(run, exchanged(run.step / last, self.share)))
        note(run, run.masks)

    def exchange(self, run: Run, share: float) -> Masks:
        """The masks after this event; as many connections in each layer as before."""
        weights = run.masks.check(run.network)
        if self.growth == "gradient":
            wanted = {n: g.abs() for n, g in run.gradients(*run.sample("grow", run.settings.batch)).items()}
        else:
            generator = run.draw("grow")
            wanted = {name: torch.rand(weight.shape, generator=generator) for name, weight in weights.items()}
        found = {}
        for name, weight in weights.items():
            mask = run.masks[name]
            present = int(mask.sum())
            going = min(round(share * present), present - 1)
            staying = strongest_by_layer(
                {name: weight.detach().abs().masked_fill(~mask, -1.0)}, {name: present - going}
            )[name]
            free = wanted[name].masked_fill(staying, -1.0)
            coming = min(going, free.numel() - int(staying.sum()))
            found[name] = staying | (
                strongest_by_layer({name: free}, {name: coming})[name] if coming else torch.zeros_like(staying)
            )
        return Masks(found)
