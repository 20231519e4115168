"""What each score, stage and combination of ``luciole run nb201/scores`` costs on this machine, on random classes.

Milliseconds are processor time of one pinned thread. What else runs on the machine makes them longer (two threads of
one core share its units and caches), never shorter: each network is measured twice, and the shorter time counts.
"""

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole.costs.energy import Meter
from luciole.experiments.nb201.stages import BORROWED, COMBINATIONS, INPUTS, STAGES, stage
from luciole.scores import SCORES, Scored, score_cells
from luciole.spaces import nb201

REPEATS = 2


def _least(score: Callable[[], Scored]) -> tuple[dict[str, float], float]:
    """Milliseconds of each score, and of all together: the mean over networks of the least of the repeats."""
    runs = [score() for _ in range(REPEATS)]
    each = {
        name: float(np.min([one.milliseconds[name] for one in runs], axis=0).mean()) for name in runs[0].milliseconds
    }
    return each, float(np.min([one.shared for one in runs], axis=0).mean())


def _pass(name: str, scores: Iterable[str], indices: NDArray[np.int64]) -> float:
    """Milliseconds a network of some scores of a stage together: the network built once, its passes shared."""
    one = STAGES[name]
    batch, labels = INPUTS[one.group](one.batch, one.side)
    names = [score for score in one.scores if score in scores]
    if not names:
        return 0.0
    rows = nb201.all_cells()[indices]
    return _least(lambda: score_cells(rows, names, batch, labels=labels, skeleton=one.skeleton, lean=one.lean))[1]


def _together(group: str, members: Iterable[str], indices: NDArray[np.int64]) -> float:
    """Milliseconds a network of a combination: the shared passes, and VKDNW's beside (at depth MeCo's too)."""
    wanted = {"vkdnw" if name == "vkdnw_single" else name for name in members} & {*SCORES}
    if group == "images":
        return _pass("images", wanted, indices) + _pass("vkdnw", wanted, indices)
    beside = wanted & {*BORROWED}
    return sum(_pass(name, beside, indices) for name in ("images", "vkdnw")) + _pass("deep", wanted, indices)


def costs(networks: int = 30) -> tuple[pd.DataFrame, Meter]:
    """Measure what each score costs: a row a group and score, in milliseconds of one processor, and joules.

    A score's cost is that of all it needs, as if it were computed alone, without building the network. The rows
    ``all of STAGE``, and those of the combinations, share the passes and build the network. Joules are the meter's
    mean power times that time.
    """
    chosen = np.random.default_rng(1).choice(nb201.classes(), networks, replace=False)
    for name in ("images", "deep"):  # what PyTorch imports and sets up at its first pass is no score's cost
        stage(name, chosen[:1])
    rows = []
    with Meter("FRA") as meter:
        for name, one in STAGES.items():
            some = chosen[: min(networks, 10) if one.classes else networks]
            each, together = _least(partial(stage, name, some))
            rows += [(one.group, score, one.batch, each[score]) for score in one.scores]
            rows.append((one.group, f"all of {name}", one.batch, together))
        for group in ("images", "deep"):
            for name, members in COMBINATIONS.items():
                rows.append((group, name, STAGES[group].batch, _together(group, members, chosen)))
    frame = pd.DataFrame(rows, columns=["inputs", "score", "batch", "milliseconds"])
    frame["joules"] = frame.milliseconds / 1e3 * meter.joules / meter.seconds
    return frame.drop_duplicates(["inputs", "score"]), meter
