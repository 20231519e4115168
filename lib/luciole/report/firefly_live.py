"""What chapter 3 computes while it is built: scores of a few cells, and one IFA search whose score is computed live."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from luciole.experiments.firefly import icd_batch
from luciole.experiments.firefly import ifa_nb201 as study
from luciole.networks import build
from luciole.search import Budget, History, Objective, improved_firefly
from luciole.spaces import Rows, nb201


def network(member: int) -> torch.nn.Module:
    """The network of the cell of this official index, its weights seeded by the index."""
    return build(nb201.all_cells()[member], study.SKELETON, torch.Generator().manual_seed(member))


def scores(n: int, seed: int, accuracy: NDArray) -> pd.DataFrame:
    """Score ``n`` random classes of cells now: a row each, with accuracy (15625,) and millions of parameters."""
    members = np.random.default_rng(seed).choice(nb201.classes(), n, replace=False)
    batch, _ = icd_batch.images(study.BATCH, study.SIDE)
    values = [icd_batch.score(network(int(member)), batch) for member in members]
    parameters = study.fitness("params", seed, {})[members] / 1e6
    frame = pd.DataFrame(values, columns=study.NAMES, index=members)
    return frame.assign(accuracy=accuracy[members], parameters=parameters)


@dataclass(frozen=True)
class Flown:
    """A search and the values of the different cells that it scored, by official index."""

    history: History
    values: dict[int, int]

    @property
    def milliseconds(self) -> float:
        """What the search took for each cell that it scored."""
        return 1000 * float(self.history.seconds[-1]) / len(self.values)


def search(evaluations: int, seed: int) -> Flown:
    """Run IFA as released on ICD truncated to an integer, computed when it is asked for, once a class of cells."""
    batch, _ = icd_batch.images(study.BATCH, study.SIDE)
    values: dict[int, int] = {}

    def live(rows: Rows) -> NDArray[np.int64]:
        members = nb201.iso()[nb201.index(rows)].tolist()
        for member in set(members) - set(values):
            values[member] = int(icd_batch.icd(network(member), batch))
        return np.array([values[member] for member in members])

    objective, budget = Objective(live, count="query"), Budget(evaluations=evaluations)
    history = improved_firefly.search(nb201, objective, budget, np.random.default_rng(seed), order=study.STRENGTH)
    return Flown(history, values)


def told(flown: Flown, accuracy: NDArray) -> dict[str, str]:
    """Numbers of the sentence about the live search, as text by name; ``accuracy`` is of the table at hand."""
    return {
        "live_accuracy": f"{accuracy[int(nb201.index(flown.history.best))]:.2f}",
        "live_networks": f"{len(flown.values)}",
        "live_ms": f"{flown.milliseconds:.0f}",
    }
