"""What each score, stage and combination of ``luciole run nb201/scores`` costs on this machine, on random classes.

Milliseconds are processor time of one pinned thread. What else runs on the machine makes them longer (two threads of
one core share its units and caches), never shorter: each network is measured twice, and the shorter time counts.
"""

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import attestation, results
from luciole.costs.energy import Meter
from luciole.errors import LucioleError
from luciole.experiments.nb201.stages import BORROWED, COMBINATIONS, INPUTS, MODULES, STAGES, WRITTEN, stage
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
    milliseconds: list[float] = []
    with Meter("FRA") as meter:
        for name, one in STAGES.items():
            some = chosen[: min(networks, 10) if one.classes else networks]
            each, together = _least(partial(stage, name, some))
            milliseconds += [*(each[score] for score in one.scores), together]
        for group in ("images", "deep"):
            milliseconds += [_together(group, members, chosen) for members in COMBINATIONS.values()]
    frame = priced().assign(milliseconds=milliseconds)
    frame["joules"] = joules(frame.milliseconds, meter.joules / meter.seconds)
    return frame.drop_duplicates(["inputs", "score"]), meter


def priced() -> pd.DataFrame:
    """What has a price, in order: inputs, score (or stage, or combination), batch. Stages of more seeds repeat some."""
    rows = []
    for name, one in STAGES.items():
        rows += [(one.group, WRITTEN.get(score, score), one.batch) for score in (*one.scores, f"all of {name}")]
    rows += [(group, name, STAGES[group].batch) for group in ("images", "deep") for name in COMBINATIONS]
    return pd.DataFrame(rows, columns=["inputs", "score", "batch"])


def joules(milliseconds: pd.Series, watts: float) -> pd.Series:
    """Joules of so many milliseconds at a mean power."""
    return milliseconds / 1e3 * watts


def rederive(result: results.Result, rng: np.random.Generator, units: int | None) -> attestation.Sample:
    """Say again what has a price, and compute its joules from the milliseconds on record: those were measured."""
    kept, now = result.frame, priced().drop_duplicates(["inputs", "score"])
    if len(now) != len(kept):
        raise LucioleError(f"expected prices of {len(now)} scores and sets, got {len(kept)}; luciole run nb201/scores")
    drawn, record = attestation.draw(rng, len(kept), units, len(kept)), result.provenance
    kept, now = kept.iloc[drawn], now.iloc[drawn]
    watts = (record.joules or np.nan) / record.seconds
    now = now.assign(joules=joules(kept["milliseconds"].set_axis(now.index), watts))
    rounded = {"relative": 1e-6, "why": "the record rounds the seconds and joules whose ratio is the mean power"}
    return attestation.Sample(
        (kept["inputs"] + " " + kept["score"]).tolist(),
        len(result.frame),
        attestation.columns(kept[["inputs", "score", "batch"]], now[["inputs", "score", "batch"]])
        | attestation.columns(kept[["joules"]], now[["joules"]], **rounded),
        MODULES,
        {"milliseconds": "measured processor time"},
    )
