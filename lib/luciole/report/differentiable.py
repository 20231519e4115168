"""What the comparison of supernets says: named cells beside the truth, and rivals at equal seconds.

Reads ``supernet/comparison`` (whatever part of its plan is there), ``supernet/training_free`` and HAR-201. The limits
are in :mod:`luciole.report.differentiable_limits`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy import stats
from torch.nn import functional

from luciole import published, results, tables
from luciole.costs.memory import PeakMemory
from luciole.errors import LucioleError
from luciole.experiments.supernet import limits, protocol
from luciole.networks import Skeleton
from luciole.report import titles
from luciole.report.har201_searchers import Contest
from luciole.spaces import nb201
from luciole.supernet import METHODS, Budget, Run, Settings, Task

TITLES = {f"har201/{name}": title for name, title in titles.of("wisdm", "uci_har").items()}
RIVALS = {"random": "random search, real trainings", "regularised evolution": "regularised evolution, real trainings"}
RIVAL_RUNS = 20  # seeds of each rival, cheap: they look accuracies up
UNTRAINED = f"scores of chapter 5, best of {protocol.SAMPLE} classes"
SCORED = {"luciole": "luciole, 60 cells scored", "random search": "random search, 60 cells scored"}
LARGEST = "all convolutions, no search"
CARRYING = (nb201.CONV1, nb201.CONV3)
PRINTED = {"DARTS": "darts", "ENAS": "enas", "random search, shared weights": "rsps", "GDAS": "gdas"}

Held = Mapping[str, NDArray]


def kinds(held: Held, truth: str) -> list[protocol.Search]:
    """The plain searches on one truth that the result holds."""
    plain = (protocol.SETTINGS.rate, protocol.SETTINGS.weight_decay)
    mine = [kind for kind in protocol.searches() if kind.truth == truth and (kind.rate, kind.decay) == plain]
    return [kind for kind in mine if f"{limits.named(kind)}: cells" in held]


def depth(cells: NDArray[np.int8]) -> NDArray[np.int64]:
    """Operations with weights on the longest path through each cell, (n, 6) -> (n,); a cut path counts nothing.

    >>> depth(np.array([[3, 0, 3, 0, 0, 3], [1, 0, 0, 3, 0, 0], [0, 0, 0, 0, 0, 0]])).tolist()
    [3, 1, 0]
    """
    reached = [np.zeros(len(cells)), *(np.full(len(cells), -np.inf) for _ in range(3))]
    for (target, source), op in zip(nb201.EDGES, cells.T, strict=True):
        step = np.where(op == nb201.NONE, -np.inf, np.isin(op, CARRYING).astype(float))
        reached[target] = np.maximum(reached[target], reached[source] + step)
    return np.where(np.isfinite(reached[3]), reached[3], 0).astype(np.int64)


def width(cells: NDArray[np.int8]) -> NDArray[np.int64]:
    """Paths from the input of each cell to its output that carry a weight, (n, 6) -> (n,); at most four.

    >>> width(np.array([[3, 0, 3, 0, 0, 3], [1, 3, 1, 3, 3, 3], [1, 0, 0, 1, 0, 0]])).tolist()
    [1, 4, 0]
    """
    every, free = ([np.ones(len(cells)), *(np.zeros(len(cells)) for _ in range(3))] for _ in range(2))
    for (target, source), op in zip(nb201.EDGES, cells.T, strict=True):
        every[target] = every[target] + every[source] * (op != nb201.NONE)
        free[target] = free[target] + free[source] * ((op != nb201.NONE) & ~np.isin(op, CARRYING))
    return (every[3] - free[3]).astype(np.int64)


def judged(cells: NDArray[np.int8], accuracy: NDArray[np.float64]) -> tuple[NDArray, NDArray]:
    """True accuracy (%) of cells (n, 6), and the share (%) of all classes that each is above."""
    classes = accuracy[nb201.classes()]
    known = np.sort(classes[np.isfinite(classes)])
    mine = accuracy[nb201.index(cells)]
    return mine, 100 * np.searchsorted(known, mine) / len(known)


def standing(held: Held, truth: str) -> pd.DataFrame:
    """A row a method, the best first: true accuracy of the cells it named, and what they are like; rivals beside.

    Columns: seeds, accuracy and half its 95 % interval (%), regret (points below the best class), above (% of classes),
    skips, nones, depth, width, tau (shared weights against the truth, at the end), seconds of one search.
    """
    accuracy = protocol.TRUTHS[truth].accuracy()
    rows = []
    for kind in kinds(held, truth):
        cells = limits.array(held, kind, "cells")[-1]
        spent = limits.array(held, kind, "spent")[-1, 1] + limits.array(held, kind, "choosing")[-1]
        tau = limits.array(held, kind, "tau")[-1]
        rows.append(_row(kind.method, cells, accuracy, float(spent)) | {"tau": float(np.mean(tau))})
    budget = float(np.median([row["seconds"] for row in rows]))
    rows += rivals(truth, budget, accuracy)
    rows.append(_row(LARGEST, np.full((1, 6), nb201.CONV3, dtype=np.int8), accuracy, 0.0))
    return pd.DataFrame(rows).sort_values("accuracy", ascending=False).set_index("method")


def _row(name: str, cells: NDArray[np.int8], accuracy: NDArray[np.float64], seconds: float) -> dict[str, object]:
    mine, above = judged(cells, accuracy)
    half = stats.t.ppf(0.975, len(mine) - 1) * mine.std(ddof=1) / np.sqrt(len(mine)) if len(mine) > 1 else np.nan
    return {
        "method": name,
        "seeds": len(mine),
        "accuracy": float(mine.mean()),
        "half": float(half),
        "regret": float(np.nanmax(accuracy) - mine.mean()),
        "above": float(above.mean()),
        "skips": float((cells == nb201.SKIP).sum(axis=1).mean()),
        "nones": float((cells == nb201.NONE).sum(axis=1).mean()),
        "depth": float(depth(cells).mean()),
        "width": float(width(cells).mean()),
        "tau": np.nan,
        "seconds": seconds,
    }


def rivals(truth: str, seconds: float, accuracy: NDArray[np.float64]) -> list[dict[str, object]]:
    """Searches that train cells for real, for so many seconds of the table, and cells that scores named untrained."""
    dataset = truth.split("/")[1]
    contest = Contest(tables.har201(), dataset)
    queries = max(1, round(seconds / float(np.median(contest.seconds))))
    rows = []
    for searcher, name in RIVALS.items():
        histories = [contest.play(searcher, queries, seed) for seed in range(RIVAL_RUNS)]
        found = [contest.found(history) for history in histories]
        spent = float(np.mean([history.seconds[-1] for history in histories]))
        rows.append(_row(name, nb201.all_cells()[found], accuracy, spent))
    named, spent = untrained(truth)
    rows.append(_row(UNTRAINED, nb201.all_cells()[named], accuracy, spent))
    scored = results.read("firefly/luciole_har201")
    if scored.provenance.parameters["dataset"] == dataset:
        for key, name in SCORED.items():
            cells = nb201.all_cells()[scored.arrays[key]]
            rows.append(_row(name, cells, accuracy, float(scored.arrays["seconds"].mean())))
    return rows


def untrained(truth: str) -> tuple[NDArray[np.int64], float]:
    """Cells (official indices) that the scores name, one a draw of windows and weights, and seconds of one choice.

    Raises LucioleError where they have not been computed on this truth.
    """
    frame = results.read("supernet/training_free", part=True).frame
    mine = frame[frame["truth"] == truth]
    if len(mine) < 2:
        raise LucioleError(f"expected scores on {truth}, two draws or more; luciole run supernet/training_free goes on")
    return mine["cell"].to_numpy(), float(mine["seconds"].mean())


def sentence(held: Held, truth: str) -> dict[str, tuple[float, float]]:
    """Each method's mean true accuracy less that of the scores' cells (points), and half the 95 % interval (Welch).

    Where no draw of either differs there is no interval to be had, and half is 0.
    """
    accuracy = protocol.TRUTHS[truth].accuracy()
    theirs = accuracy[untrained(truth)[0]]
    told = {}
    for kind in kinds(held, truth):
        mine, _ = judged(limits.array(held, kind, "cells")[-1], accuracy)
        half = 0.0
        if mine.std() or theirs.std():
            interval = stats.ttest_ind(mine, theirs, equal_var=False).confidence_interval()
            half = float(interval.high - interval.low) / 2
        told[kind.method] = (float(mine.mean() - theirs.mean()), half)
    return told


def memory(offered: Sequence[Sequence[int]] = ((1, 3), (1, 2, 3), (1, 2, 3, 4))) -> pd.DataFrame:
    """Peak memory (kB) of a training step, every operation mixed or one path run, by what an edge offers."""
    skeleton = Skeleton(inputs=2, classes=3, width=16, cells=1, stages=1, dims=1, stem="conv1", reduction="pool")
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(64, 2, 64, generator=generator), torch.arange(64) % 3
    task = Task((x[:32], y[:32]), (x[32:], y[32:]))
    rows: dict[str, dict[str, float]] = {}
    for operations in offered:
        run = Run(task, skeleton, [0], Settings(batch=32, windows=32), Budget(steps=1), operations)
        batch = run.batches(1)[0][0]
        one = functional.one_hot(torch.full((1, 6), operations.index(nb201.CONV3)), len(operations))
        ways = {
            "mixture": {"coefficients": torch.softmax(run.alpha.detach(), -1)},
            "one path": {"coefficients": one.float(), "active": one.bool()},
        }
        told = rows[str(len(operations))] = {}
        for name, given in ways.items():
            with PeakMemory() as peak:
                run.loss(batch, **given).sum().backward()
            told[f"{name} (kB)"] = peak.peak / 1e3
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("operations an edge")


def ceiling(truth: str) -> float:
    """Kendall's tau that the table's own luck allows (:func:`luciole.experiments.supernet.protocol.ceiling`)."""
    return protocol.ceiling(protocol.TRUTHS[truth])


def printed(held: Held, truth: str) -> pd.DataFrame:
    """Published figures on NAS-Bench-201 (CIFAR-10), and the place of our cells on sensors: two spaces' skeletons."""
    told = standing(held, truth)
    rows = {
        method: {
            "CIFAR-10 accuracy, printed (%)": published.figure(f"mellor2021naswot/{key}_c10"),
            f"accuracy here, {TITLES[truth]} (%)": told["accuracy"].to_dict()[method],
            "above, of all classes here (%)": told["above"].to_dict()[method],
        }
        for method, key in PRINTED.items()
        if method in told.index
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")


def readable(table: pd.DataFrame, most: float) -> pd.DataFrame:
    """:func:`standing` as a reader sees it; ``most``: the tau that the table's own luck allows."""
    half = table["half"].map(lambda value: f" ± {value:.1f}" if np.isfinite(value) else "")
    return pd.DataFrame(
        {
            "seeds": table["seeds"],
            "true accuracy (%)": table["accuracy"].map("{:.1f}".format) + half,
            "above, of all classes (%)": table["above"].round(0),
            "skips": table["skips"].round(1),
            "depth": table["depth"].round(1),
            f"tau, at most {most:.2f}": table["tau"].round(2),
            "seconds a search": table["seconds"].round(0),
        }
    )


def numbers(held: Held, holds: tuple[int, int] | None, truth: str) -> Mapping[str, str]:
    """What the prose says."""
    table = standing(held, truth)
    rows = table.to_dict("index")
    methods = [kind.method for kind in kinds(held, truth)]
    best = max(methods, key=lambda name: rows[name]["accuracy"])
    against = sentence(held, truth)
    above = [name for name, (mean, half) in against.items() if mean - half > 0]
    below = [name for name, (mean, half) in against.items() if mean + half < 0]
    accuracy = protocol.TRUTHS[truth].accuracy()
    known = np.isfinite(accuracy)
    scored = rows[UNTRAINED]
    return {
        "diff_set": TITLES[truth],
        "diff_offered": str(len(METHODS)),
        "diff_held": f"{holds[0]} of {holds[1]}" if holds else "all",
        "diff_methods": str(len(methods)),
        "diff_best": best,
        "diff_best_accuracy": f"{rows[best]['accuracy']:.1f}",
        "diff_best_above": f"{rows[best]['above']:.0f}",
        "diff_darts": f"{rows['DARTS']['accuracy']:.1f}",
        "diff_darts_skips": f"{rows['DARTS']['skips']:.1f}",
        "diff_darts_nones": f"{rows['DARTS']['nones']:.1f}",
        "diff_darts_above": f"{rows['DARTS']['above']:.0f}",
        "diff_darts_seconds": f"{rows['DARTS']['seconds']:.0f}",
        "diff_random": f"{rows[RIVALS['random']]['accuracy']:.1f}",
        "diff_evolution": f"{rows[RIVALS['regularised evolution']]['accuracy']:.1f}",
        "diff_scores": f"{scored['accuracy']:.1f}",
        "diff_scores_seconds": f"{scored['seconds']:.0f}",
        "diff_scores_milliseconds": f"{1e3 * scored['seconds'] / protocol.SAMPLE:.0f}",
        "diff_sample": str(protocol.SAMPLE),
        "diff_epochs": str(protocol.EPOCHS),
        "diff_sentence": answer(above, below, methods),
        "diff_largest": f"{rows[LARGEST]['accuracy']:.1f}",
        "diff_mean": f"{accuracy[known].mean():.1f}",
        "diff_top": f"{np.nanmax(accuracy):.1f}",
        "diff_ceiling": f"{ceiling(truth):.2f}",
        "diff_above": ", ".join(above) or "none",
        "diff_below": str(len(below)),
        "diff_level": str(len(methods) - len(above) - len(below)),
    }


def answer(above: Sequence[str], below: Sequence[str], methods: Sequence[str]) -> str:
    """The chapter's sentence on one set: refuted where every method is below, present where some is above.

    >>> answer([], ["DARTS", "GDAS"], ["DARTS", "GDAS"]), answer([], [], ["DARTS"])
    ('no: each method chooses worse cells', 'undecided: no method chooses better cells, and not all choose worse ones')
    """
    if above:
        return f"yes, by {', '.join(above)}"
    if len(below) == len(methods):
        return "no: each method chooses worse cells"
    return "undecided: no method chooses better cells, and not all choose worse ones"
