"""What a cheaper setting costs and keeps: the same scores on the same cells, from the authors' setting downwards.

    luciole run nb201/scores --workers 2      (its last part)

A setting is cells a stage, image side and batch. The first is that of NASWOT's authors (5 cells, 32 x 32, 128). All
settings score the same 100 cells, drawn at random, with the same seed; the result holds values and processor time, a
row a setting, score and cell. Accuracies are not read here.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import attestation, files, results
from luciole.experiments.nb201.stages import MODULES, images, need_images, tolerance
from luciole.networks import Skeleton
from luciole.scores import score_cells
from luciole.spaces import nb201

CELLS = 100
SCORES = ("naswot", "jacov", "expressivity", "progressivity", "trainability", "meco")
AUTHORS = (5, 32, 128)
SETTINGS = ((1, 8, 32), (1, 16, 16), (1, 16, 32), (5, 16, 32), (5, 32, 32), AUTHORS)
FULL = SETTINGS[:4]  # at 32 x 32 only NASWOT, which has a peer


def sample() -> NDArray[np.int64]:
    """Official indices of the cells, ascending."""
    return np.sort(np.random.default_rng(2).choice(nb201.SIZE, CELLS, replace=False))


def measure(setting: tuple[int, int, int], indices: NDArray[np.int64] | None = None, **running: Any) -> pd.DataFrame:
    """Score the sample, or the cells at ``indices``, under one setting, a row a score and cell.

    Columns: cells, side, batch, score, index, value, milliseconds.
    """
    copies, side, samples = setting
    batch, _ = images(samples, side)
    indices = sample() if indices is None else indices
    names = SCORES if setting in FULL else SCORES[:1]
    rows = nb201.all_cells()[indices]
    scored = score_cells(rows, names, batch, skeleton=Skeleton(cells=copies), **running)
    at = np.searchsorted(scored.classes, nb201.iso()[indices])
    parts = [
        pd.DataFrame(
            {"index": indices, "value": scored.values[name][0], "milliseconds": scored.milliseconds[name][0][at]}
        ).assign(score=name, cells=copies, side=side, batch=samples)
        for name in names
    ]
    return pd.concat(parts, ignore_index=True)


def settings(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> pd.DataFrame:
    """Measure all settings, cheapest first, resumable; settings not yet complete are left out."""
    folder = files.cache() / "nb201/scores"
    parts = []
    for one in SETTINGS:
        place = folder / "settings-{}-{}-{}".format(*one)
        frame = measure(one, workers=workers, scheduler=scheduler, folder=place, seconds=seconds)
        if not frame["value"].isna().any():
            parts.append(frame)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def rederive(result: results.Result, rng: np.random.Generator, units: int | None) -> attestation.Sample:
    """Score drawn cells again, each under one setting and by one score: that is a unit."""
    need_images()
    keys = ["cells", "side", "batch", "score", "index"]
    drawn = result.frame.iloc[attestation.draw(rng, len(result.frame), units, 30)]
    found = [result.frame[:0]]
    for setting in SETTINGS:
        mine = drawn[(drawn[keys[:3]].to_numpy() == setting).all(axis=1)]
        if len(mine):
            found.append(measure(setting, np.unique(mine["index"])))
    now = drawn[keys].merge(pd.concat(found), how="left", on=keys)
    return attestation.Sample(
        [f"{d} of cell {e}, {a} cells a stage, {c} images of {b} x {b}" for a, b, c, d, e in now[keys].to_numpy()],
        len(result.frame),
        {"value": attestation.Column(drawn["value"], now["value"], **tolerance("all", 1e-6))},
        MODULES,
        {"milliseconds": "measured processor time"},
    )
