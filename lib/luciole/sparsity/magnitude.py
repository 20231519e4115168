"""Pruning by magnitude: all at once, or little by little while training goes on.

Both take the smallest weights of the whole network, a layer's last one excepted.
Sources: Han et al., NeurIPS 2015; Zhu and Gupta, 2017 (the cubic schedule).
"""

from dataclasses import dataclass

from luciole.errors import LucioleError
from luciole.sparsity.importance import magnitude
from luciole.sparsity.masks import remaining, strongest
from luciole.sparsity.schedules import cubic
from luciole.sparsity.training import Method, Run, note


@dataclass(frozen=True)
class OneShot(Method):
    """Train everything, prune once after a share of the steps, train the rest on."""

    sparsity: float
    at: float = 0.5  # share of the steps

    def stepped(self, run: Run) -> None:
        if run.step == round(self.at * run.steps):
            prune(run, self.sparsity)


@dataclass(frozen=True)
class Gradual(Method):
    """Prune at many events, sparsity rising by the cubic schedule between two shares of the steps."""

    sparsity: float
    begin: float = 0.1
    end: float = 0.75
    events: int = 40

    def __post_init__(self) -> None:
        if not 0 <= self.begin < self.end <= 1 or self.events < 1:
            raise LucioleError(
                f"expected 0 <= begin < end <= 1 and an event, got {self.begin}, {self.end} and {self.events}"
            )

    def stepped(self, run: Run) -> None:
        begin, end = round(self.begin * run.steps), round(self.end * run.steps)
        every = max(1, (end - begin) // self.events)
        if begin <= run.step <= end and ((run.step - begin) % every == 0 or run.step == end):
            share = (run.step - begin) / max(1, end - begin)
            prune(run, cubic(share, 0.0, self.sparsity))


def prune(run: Run, sparsity: float) -> None:
    """Keep the largest of what is present; a network that is sparser already stays."""
    run.whole()
    kept = min(remaining(run.masks.total, sparsity, len(run.masks)), run.masks.kept)
    values = {name: value.masked_fill(~run.masks[name], -1.0) for name, value in magnitude(run.network).items()}
    run.set_masks(strongest(values, kept))
    note(run, run.masks)
