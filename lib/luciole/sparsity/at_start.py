"""Pruning before training: SNIP, GraSP and SynFlow choose a mask from the initial weights, which then stays."""

from dataclasses import dataclass

from luciole.errors import LucioleError
from luciole.sparsity import importance
from luciole.sparsity.masks import Masks, prunable, remaining, strongest
from luciole.sparsity.training import Method, Run, note

KINDS = ("snip", "grasp", "synflow")


@dataclass(frozen=True)
class AtStart(Method):
    """Keep what an importance of the initial network, on some examples, says."""

    kind: str
    sparsity: float
    sample: int = 200  # examples that it is read on

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise LucioleError(f"expected one of {', '.join(KINDS)}, got {self.kind!r}")

    def start(self, run: Run) -> None:
        run.set_masks(self.masks(run))
        note(run, run.masks)

    def masks(self, run: Run) -> Masks:
        """The masks that training will keep."""
        if self.kind == "synflow":
            return importance.synflow_masks(run.network, run.x[:1], self.sparsity)
        x, y = run.sample(self.kind, self.sample)
        found = (importance.snip if self.kind == "snip" else importance.grasp)(run.network, x, y)
        total = sum(weight.numel() for weight in prunable(run.network).values())
        return strongest(found, remaining(total, self.sparsity, len(found)))
