"""Stopping DARTS before it collapses: when the loss bends too sharply (DARTS-ES), or when skips pile up (DARTS+).

Of searches side by side each stops by itself: its cell is the one of its stop from then on, and the run is done when
all have stopped. DARTS-ES: the dominant eigenvalue of the validation loss by the architecture, averaged over a window
of epochs, is compared with its average some epochs earlier; past a ratio the cell of the earlier epoch is taken.
DARTS+: the cell has two skip connections (or more), or the order of each edge's operations with weights has not changed
for ten epochs.

Sources: Zela et al., ICLR 2020, section 4.3 and the authors' code; Liang et al., DARTS+, 2019, criteria 1 and 1*.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from luciole.spaces import nb201
from luciole.supernet.cell import WEIGHTED
from luciole.supernet.curvature import dominant
from luciole.supernet.method import Method
from luciole.supernet.run import Run

RUNNING = -1  # stands for a stop that has not come


class Stopping(Method):
    """First-order DARTS that remembers, for each search, the epoch whose cell was taken and that cell."""

    def begin(self, run: Run) -> None:
        run.memory["stopped"] = torch.full((run.count,), RUNNING)
        run.memory["taken"] = torch.zeros(run.count, len(nb201.EDGES), dtype=torch.int64)
        run.memory["cells"] = super().cells(run)[None]  # (epochs + 1, K, 6)

    def verdict(self, run: Run) -> Tensor:
        """The epoch whose cell each search takes if it stops now, RUNNING where it goes on: (K,)."""
        raise NotImplementedError

    def after_epoch(self, run: Run) -> None:
        epoch = run.epoch + 1  # the one that has just ended
        run.memory["cells"] = torch.cat([run.memory["cells"], super().cells(run)[None]])
        said = self.verdict(run)
        new = (run.memory["stopped"] == RUNNING) & (said != RUNNING)
        each = torch.arange(run.count)
        taken = run.memory["cells"][said.clamp(0, epoch), each]
        run.memory["stopped"] = torch.where(new, said, run.memory["stopped"])
        run.memory["taken"] = torch.where(new[:, None], taken, run.memory["taken"])

    def done(self, run: Run) -> bool:
        return bool((run.memory["stopped"] != RUNNING).all())

    def cells(self, run: Run) -> Tensor:
        return torch.where((run.memory["stopped"] != RUNNING)[:, None], run.memory["taken"], super().cells(run))


@dataclass(frozen=True)
class DartsEs(Stopping):
    """Stop when the averaged dominant eigenvalue has grown by a ratio within some epochs."""

    ratio: float = 1.3
    window: int = 5  # epochs averaged
    back: int = 4  # epochs between the two averages
    first: int = 10  # epoch at which the looking begins
    windows: int = 256  # validation windows of a second derivative

    def begin(self, run: Run) -> None:
        super().begin(run)
        run.memory["eigenvalues"] = torch.zeros(0, run.count)

    def eigenvalues(self, run: Run) -> Tensor:
        """The dominant eigenvalues now, (K,), on the first validation windows of a fixed order."""
        x, y = run.task.validation
        at = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))[: self.windows]
        batch = x[at].expand(run.count, *x[at].shape), y[at].expand(run.count, -1)
        return dominant(lambda alpha: run.loss(batch, coefficients=torch.softmax(alpha, dim=-1)), run.alpha)

    def verdict(self, run: Run) -> Tensor:
        run.memory["eigenvalues"] = torch.cat([run.memory["eigenvalues"], self.eigenvalues(run)[None].float()])
        known = run.memory["eigenvalues"]  # (epochs, K)
        epochs = len(known)
        if epochs < max(self.first, self.back + 1):
            return torch.full((run.count,), RUNNING)
        averages = [known[max(0, end - self.window) : end].mean(dim=0) for end in (epochs, epochs - self.back)]
        sharp = averages[0] > self.ratio * averages[1]
        return torch.where(sharp, epochs - self.back, RUNNING)


@dataclass(frozen=True)
class DartsPlus(Stopping):
    """Stop at two skip connections, or when the ranking of operations with weights has settled."""

    skips: int = 2
    settled: int = 10  # epochs

    def begin(self, run: Run) -> None:
        run.column(nb201.SKIP, "DARTS+")
        super().begin(run)
        run.memory["order"] = self._order(run)
        run.memory["since"] = torch.zeros(run.count, dtype=torch.int64)

    def _order(self, run: Run) -> Tensor:
        columns = [at for at, op in enumerate(run.operations) if op in WEIGHTED]
        return run.alpha.detach()[..., columns].argsort(dim=-1)

    def verdict(self, run: Run) -> Tensor:
        epoch, order = run.epoch + 1, self._order(run)
        same = (order == run.memory["order"]).flatten(1).all(dim=1)
        run.memory["since"] = torch.where(same, run.memory["since"] + 1, 0)
        run.memory["order"] = order
        many = (run.memory["cells"][-1] == nb201.SKIP).sum(dim=1) >= self.skips
        # the cell before the skips came is the one to keep; a settled one is kept as it is
        stop = torch.where(many, epoch - 1, RUNNING)
        return torch.where((run.memory["since"] >= self.settled) & ~many, epoch, stop)
