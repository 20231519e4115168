"""Weight sharing without a relaxation: random paths train the weights, and cells are compared by them afterwards.

*Single-path one-shot* looks for the best cell by evolution on the supernet's validation accuracy, *random search with
weight sharing* takes the best of so many random cells.

Sources: Guo et al., Single Path One-Shot, ECCV 2020; Li and Talwalkar, Random Search and Reproducibility for Neural
Architecture Search, UAI 2019.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.search import Budget, Objective, evolution
from luciole.spaces import Rows, genes, nb201
from luciole.supernet import accuracy
from luciole.supernet.method import Method
from luciole.supernet.run import Run
from luciole.supernet.task import Batch


def uniform_path(run: Run) -> dict[str, Tensor]:
    """A path drawn uniformly for each supernet: arguments of its ``forward``."""
    offered = len(run.operations)
    drawn = run.draw(lambda g: torch.randint(offered, (len(nb201.EDGES),), generator=g))
    one = functional.one_hot(drawn, offered)
    return {"coefficients": one.to(run.alpha), "active": one.bool()}


def shown(run: Run, windows: int) -> tuple[Tensor, Tensor]:
    """Validation windows by which cells are compared, drawn once for all epochs."""
    x, y = run.task.validation
    if len(x) <= windows:
        return x, y
    at = torch.from_numpy(np.random.default_rng(0).choice(len(x), windows, replace=False))
    return x[at], y[at]


class Columns:
    """Cells as places among the operations that a supernet offers: what evolution needs of a space."""

    GENES = nb201.GENES

    def __init__(self, operations: int) -> None:
        self.ARITY = (operations,) * nb201.GENES

    def sample(self, rng: np.random.Generator, n: int) -> Rows:
        """Draw ``n`` genotypes."""
        return genes.sample(rng, n, self.ARITY)

    def mutate(self, rng: np.random.Generator, rows: Rows) -> Rows:
        """Change one gene of each row."""
        return genes.mutate(rng, rows, self.ARITY)


@dataclass(frozen=True)
class OneShot(Method):
    """Uniform paths train the weights; then a search over cells with shared weights names one."""

    by: Literal["evolution", "random"] = "evolution"
    candidates: int = 100  # different cells evaluated with shared weights
    windows: int = 512  # validation windows that they are evaluated on, at most

    def __post_init__(self) -> None:
        if self.by not in ("evolution", "random"):
            raise LucioleError(f"expected cells compared by 'evolution' or 'random', got {self.by!r}")

    def mixture(self, run: Run) -> dict[str, Any]:
        return uniform_path(run)

    def architecture(self, run: Run, train: Batch, validation: Batch) -> None:
        """There is none to move."""

    def cells(self, run: Run) -> Tensor:
        offered, space = np.array(run.operations), Columns(len(run.operations))
        x, y = shown(run, self.windows)
        named = []
        for at, seed in enumerate(run.seeds):

            def values(rows: Rows, at: int = at) -> NDArray[np.float64]:
                return accuracy.of_cells(run.net, offered[rows], [at] * len(rows), x, y).numpy()

            rng = np.random.default_rng([seed, run.epoch])
            if self.by == "random":
                drawn = space.sample(rng, self.candidates)
                best = drawn[values(drawn).argmax()]
            else:
                objective = Objective(values, key=lambda rows: nb201.canonical(offered[rows]))
                best = evolution.search(space, objective, Budget(evaluations=self.candidates), rng).best  # type: ignore[arg-type]
            named.append(torch.from_numpy(offered[best].astype("int64")))
        return torch.stack(named)
