"""Where growing and pruning meet architecture search: whole paths pruned, and growth in a space's own steps.

Both are read from committed results, nothing is trained; HAR-201 (version 1, WISDM) holds the truth of every cell.
Fixed before any of it was read:

*Paths.* The supernets of ``supernet/comparison`` at the end of their training, :data:`SUPERNETS`. Of each edge one
operation stays: that whose gate times the gradient by it is largest in modulus (what SNIP says of a weight, said of a
path), or the one whose absence costs most accuracy. The cells left are judged by their true test accuracy beside the
cell that the method itself names, the mean of all cells, and the best.

*Steps.* From the cell without operations, at each step the change of one edge, to no operation of fewer multiplications
and never to none, that gains most validation accuracy after two epochs, or most of it per multiplication added; it ends
where nothing gains. Beside it the best by the same accuracy of as many random cells with at most as many
multiplications, :data:`DRAWS` times.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import results, tables
from luciole.spaces import nb201

SUPERNETS = ("single-path one-shot", "DARTS")
DATA, DRAWS = "wisdm", 1_000
NONE = nb201.OPS.index("none")


def truth() -> NDArray[np.float64]:
    """Test accuracy (%) of every cell, mean over the seeds that trained it: (15625,)."""
    table = tables.har201()
    runs = np.array([table[f"{DATA}_test_acc_ep4{seed}"] for seed in ("", "_s1", "_s2")], np.float64)
    return np.nanmean(runs, axis=0)


def pruned(held: dict[str, NDArray], supernet: str) -> dict[str, NDArray[np.int64]]:
    """Cells (seeds, 6) that are left of a kind of supernet when its paths are pruned, and the one that it names.

    ``held``: arrays of ``supernet/comparison``.
    """
    found = {
        name: held[f"har201/{DATA}, {supernet}, rate 0.025, decay 0.0003: {name}"][-1]
        for name in ("alpha", "gradients", "without", "cells")
    }
    gates = np.exp(found["alpha"]) / np.exp(found["alpha"]).sum(axis=-1, keepdims=True)
    return {
        "named by the method": found["cells"].astype(np.int64),
        "pruned by gate times gradient": np.abs(gates * found["gradients"]).argmax(axis=-1),
        "pruned by accuracy without": found["without"].argmin(axis=-1),
    }


def paths() -> pd.DataFrame:
    """One row a supernet: mean test accuracy (%) of the cells named and left, beside the mean and the best of all."""
    true, held = truth(), results.read("supernet/comparison", part=True).arrays
    rows = []
    for supernet in SUPERNETS:
        cells = pruned(held, supernet)
        rows.append(
            {
                "supernet": supernet,
                **{f"{how} (%)": np.nanmean(true[nb201.index(own)]) for how, own in cells.items()},
                "mean of all (%)": np.nanmean(true),
                "best (%)": np.nanmax(true),
                "seeds": len(cells["named by the method"]),
            }
        )
    return pd.DataFrame(rows).set_index("supernet")


def grown(worth: NDArray, macs: NDArray, per_mac: bool) -> tuple[list[int], int]:
    """Indices of the cells that growth passes through, and how many cells it looked at.

    ``worth`` and ``macs``: of every cell, (15625,); a cell of unknown worth is never chosen.
    """
    cells = nb201.all_cells()
    at = int(nb201.index(np.full((1, 6), NONE))[0])
    path, looked = [at], {at}
    least = np.diff(np.unique(macs)).max() / 1e3  # an operation that multiplies nothing is nearly free, not infinitely
    while True:
        near = [
            int(nb201.index(np.where(np.arange(6) == edge, op, cells[at])[None])[0])
            for edge in range(6)
            for op in range(len(nb201.OPS))
            if op not in (NONE, cells[at][edge])
        ]
        options = np.array([one for one in near if macs[one] >= macs[at]], np.int64)
        looked.update(options.tolist())
        gain = np.nan_to_num(worth[options] - worth[at], nan=-np.inf)
        value = gain / (macs[options] - macs[at] + least) if per_mac else gain
        if not (gain > 0).any():
            return path, len(looked)
        at = int(options[np.where(gain > 0, value, -np.inf).argmax()])
        path.append(at)


def steps() -> pd.DataFrame:
    """One row a way to grow: steps, cells looked at, multiplications, true accuracy, and that of as many random."""
    table, true = tables.har201(), truth()
    worth = np.asarray(table[f"{DATA}_valid_acc_ep2"], np.float64)
    macs = np.asarray(table[f"{DATA}_macs"], np.float64)
    rng, rows = np.random.default_rng(0), []
    for name, per_mac in (("by what accuracy gains", False), ("by what it gains per multiplication", True)):
        path, looked = grown(worth, macs, per_mac)
        within = np.flatnonzero((macs <= macs[path[-1]]) & np.isfinite(worth) & np.isfinite(true))
        drawn = rng.choice(within, size=(DRAWS, min(looked, len(within))))
        rivals = true[drawn[np.arange(DRAWS), worth[drawn].argmax(axis=1)]]
        rows.append(
            {
                "growth": name,
                "steps": len(path) - 1,
                "cells looked at": looked,
                "kMACs": macs[path[-1]] / 1e3,
                "test accuracy (%)": true[path[-1]],
                "as many random (%)": rivals.mean(),
                "random at least as good (%)": 100 * (rivals >= true[path[-1]]).mean(),
                "best within (%)": np.nanmax(true[within]),
            }
        )
    return pd.DataFrame(rows).set_index("growth")


def numbers() -> Mapping[str, str]:
    """What the prose says."""
    left, way = paths(), steps().iloc[-1]
    told = {
        "grow_step": f"{way['test accuracy (%)']:.1f}",
        "grow_step_random": f"{way['random at least as good (%)']:.0f}",
    }
    for label, supernet in zip(("uniform", "darts"), SUPERNETS, strict=True):
        told[f"grow_path_{label}"] = f"{left['pruned by gate times gradient (%)'][supernet]:.1f}"
        told[f"grow_named_{label}"] = f"{left['named by the method (%)'][supernet]:.1f}"
    return told
