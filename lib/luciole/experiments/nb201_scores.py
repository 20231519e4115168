"""Every training-free score on every class of NAS-Bench-201, on two cores in under an hour.

    luciole run nb201_scores --workers 2

Setting, chosen for its cost alone (a pilot on ten random cells measured milliseconds and read no accuracy): the
benchmark's topology and width 16 with one cell a stage instead of five, images of 16 x 16 (CIFAR-10 averaged over
2 x 2 pixels, the size of ImageNet16-120), weights as PyTorch draws them. Scores that share a forward and a backward
pass see 32 images; VKDNW, whose pass is ten times larger (one derivative a class), sees the first 8 of them. Scores
that need several passes of their own see 8 images on a random sample of 320 classes: their correlations carry
that sample's uncertainty.

Stages, in this order: ``images`` (seed 0 of the weights), ``vkdnw``, ``noise`` (standard normal inputs, labels not
needed), ``seeds`` (other weights, same images), ``own``. Each is resumable and is left out of the result until it
is complete.

Combinations. They were fixed here before any accuracy was read; no accuracy chooses or weighs anything in them.
Ranks are added as logarithms (AZ-NAS), every member with weight one:

* ``az_nas``: expressivity, progressivity, trainability, MACs, as published.
* ``az_synflow``: these four and SynFlow, the strongest combination its authors report.
* ``vkdnw_aggregated``: VKDNW with its size term, Jacobian covariance, expressivity, trainability, MACs, as published.
* ``union``: every member of the two before, once. Principle: each member was put forward by its authors for a
  property that the others do not measure (capacity, flow without data, evenness of the Fisher information, diversity
  of the linear maps, of the features, their growth, the transport of gradients), so none is left out and none is
  preferred. This is the study's own candidate.
* ``aspects``: one cheap score an aspect and nothing published as a set: NASWOT (activation), trainability
  (gradients), SynFlow (flow), MACs (capacity), expressivity (features). Its members share one pass or need no data.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from luciole import files, results, tables
from luciole.costs.energy import Meter
from luciole.errors import LucioleError
from luciole.networks import Skeleton
from luciole.scores import aggregate, cells, score_cells
from luciole.scores.engine import Scored
from luciole.spaces import nb201

SKELETON = Skeleton(cells=1)
SIZE = 16
SHARED = (
    *("naswot", "icd", "icd_relu", "swap", "jacov", "epe_nas"),
    *("grad_norm", "snip", "plain", "fisher", "l2_norm", "synflow", "logsynflow"),
    *("expressivity", "progressivity", "trainability", "meco"),
)
FORWARD = ("naswot", "icd", "icd_relu", "swap", "jacov", "expressivity", "progressivity", "trainability", "meco")
STAGES: dict[str, tuple[str, tuple[str, ...], int, tuple[int, ...], int]] = {
    # inputs, scores, batch, seeds of the weights, classes (0: all)
    "images": ("images", SHARED, 32, (0,), 0),
    "vkdnw": ("images", ("vkdnw",), 8, (0,), 0),
    "noise": ("noise", FORWARD, 32, (0,), 0),
    "seeds": ("images", FORWARD, 32, (1,), 0),
    "own": ("images", ("zen", "zico", "grasp", "gradsign", "knas", "ntk"), 8, (0,), 320),
}
COMBINATIONS: dict[str, tuple[str, ...]] = {
    "az_nas": ("expressivity", "progressivity", "trainability", "macs"),
    "az_synflow": ("expressivity", "progressivity", "trainability", "macs", "synflow"),
    "vkdnw_aggregated": ("vkdnw_single", "jacov", "expressivity", "trainability", "macs"),
    "union": ("expressivity", "progressivity", "trainability", "macs", "synflow", "vkdnw_single", "jacov"),
    "aspects": ("naswot", "trainability", "synflow", "macs", "expressivity"),
}
MODULES = (
    *("luciole.networks.nb201", "luciole.networks.initial", "luciole.spaces.nb201"),
    *(f"luciole.experiments.{name}" for name in ("nb201_scores", "nb201_quality", "nb201_settings")),
    *(f"luciole.scores.{name}" for name in ("aggregate", "cells", "quality", "score")),
    *(f"luciole.scores.{name}" for name in ("passes", "engine", "icd", "naswot", "swap", "jacobian", "saliency")),
    *(f"luciole.scores.{name}" for name in ("synflow", "zen", "aznas", "meco", "zico", "samples", "vkdnw", "draws")),
)


def images(samples: int, side: int = SIZE) -> tuple[Tensor, Tensor]:
    """Return (samples, 3, side, side) CIFAR-10 training images, normalised by channel, and their labels.

    A side below 32 is the mean over squares of pixels.

    Drawn without replacement by a fixed generator; the first n of a larger draw are the draw of n. Raises
    LucioleError when the prepared data is not there.
    """
    folder = files.data_folder()
    path = folder / "cifar10_subset.npz" if folder else None
    if path is None or not path.exists():
        raise LucioleError("scores on images need cifar10_subset.npz in the folder that LUCIOLE_DATA names; set it")
    with np.load(path, allow_pickle=False) as archive:
        pixels, labels = archive["X_train"], archive["y_train"]
    mean, deviation = (getattr(pixels, name)(axis=(0, 1, 2), dtype=np.float64) / 255 for name in ("mean", "std"))
    drawn = np.random.default_rng(0).permutation(len(pixels))[:samples]
    scaled = torch.from_numpy((pixels[drawn] / 255 - mean) / deviation).float().permute(0, 3, 1, 2)
    return torch.nn.functional.avg_pool2d(scaled, 32 // side), torch.from_numpy(labels[drawn].astype(np.int64))


def noise(samples: int) -> tuple[Tensor, Tensor]:
    """Return standard normal inputs (samples, 3, 16, 16) and labels drawn uniformly: no data set at all."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(samples, 3, SIZE, SIZE, generator=generator), torch.randint(10, (samples,), generator=generator)


INPUTS = {"images": images, "noise": noise}


def stage(name: str, indices: Sequence[int] | NDArray[np.int64] | None = None, **running: Any) -> Scored:
    """Compute one stage, on all its classes or on the cells at ``indices``; ``running`` goes to the engine."""
    source, names, samples, seeds, sampled = STAGES[name]
    batch, labels = INPUTS[source](samples)
    if indices is None:
        chosen = nb201.classes()
        if sampled:
            chosen = np.sort(np.random.default_rng(0).choice(chosen, sampled, replace=False))
    else:
        chosen = np.asarray(indices)
    rows = nb201.all_cells()[chosen]
    return score_cells(rows, names, batch, labels=labels, skeleton=SKELETON, seeds=seeds, **running)


def column(name: str, score: str, seed: int) -> str:
    """Name of a score's column in the result: inputs, score, seed of the weights."""
    return f"{STAGES[name][0]}.{score}.{seed}"


def _together(members: Sequence[str], indices: NDArray[np.int64]) -> float:
    """Milliseconds a network of a combination: one network built, its passes shared; VKDNW's own pass beside."""
    total = 0.0
    for name, wanted in (("images", set(members) & set(SHARED)), ("vkdnw", set(members) & {"vkdnw_single"})):
        if wanted:
            source, scores, samples, seeds, _ = STAGES[name]
            batch, labels = INPUTS[source](samples)
            names = [score for score in scores if score in wanted or name == "vkdnw"]
            rows = nb201.all_cells()[indices]
            scored = score_cells(rows, names, batch, labels=labels, skeleton=SKELETON, seeds=seeds)
            total += float(scored.shared.mean())
    return total


def costs(networks: int = 40) -> tuple[pd.DataFrame, Meter]:
    """Measure what each score costs on random classes: one row a score, in milliseconds of one processor, and joules.

    A score's cost is that of all it needs, as if it were computed alone, without building the network. The rows
    ``all of STAGE``, and those of the combinations, share the passes and build the network. Joules are the meter's
    mean power times that time.
    """
    chosen = np.random.default_rng(1).choice(nb201.classes(), networks, replace=False)
    rows = []
    with Meter("FRA") as meter:
        for name, (source, scores, samples, *_) in STAGES.items():
            scored = stage(name, chosen[: min(networks, 10) if name == "own" else networks])
            rows += [(source, score, samples, scored.milliseconds[score].mean()) for score in scores]
            rows.append((source, f"all of {name}", samples, scored.shared.mean()))
        for name, members in COMBINATIONS.items():
            rows.append(("images", name, STAGES["images"][2], _together(members, chosen)))
    frame = pd.DataFrame(rows, columns=["inputs", "score", "batch", "milliseconds"])
    frame["joules"] = frame.milliseconds / 1e3 * meter.joules / meter.seconds
    return frame.drop_duplicates(["inputs", "score"]), meter


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Compute what is missing; write the scores, their costs, and (where accuracies are known) their quality.

    Results: ``nb201_scores``, a row a class; ``nb201_scores_costs``, a row a score; ``nb201_scores_quality``;
    ``nb201_scores_settings``, the same scores under cheaper and dearer settings.
    """
    from luciole.experiments import nb201_quality, nb201_settings  # they read this module

    deadline = None if seconds is None else time.monotonic() + seconds
    columns: dict[str, NDArray] = {"index": nb201.classes().astype(np.int32)}
    spent, failures, unfinished = 0.0, 0, []
    for name, (_, scores, _, seeds, _) in STAGES.items():
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        folder = files.cache() / "nb201_scores" / name
        scored = stage(name, workers=workers, scheduler=scheduler, folder=folder, seconds=left)
        if not scored.complete:
            unfinished.append(name)
        spent, failures = spent + float(np.nansum(scored.shared)) / 1e3, failures + len(scored.failures)
        place = np.searchsorted(columns["index"], scored.classes)
        for score in scores:
            for seed, values in zip(seeds, scored.values[score], strict=True):
                full = np.full(len(columns["index"]), np.nan, dtype=np.float32)
                full[place] = values
                if not np.isnan(full).all():
                    columns[column(name, score, seed)] = full
    if len(columns) == 1:
        raise LucioleError("no class is scored yet; run again with more seconds")
    frame, meter = costs()
    data = pd.DataFrame(columns)
    said = {
        "skeleton": repr(SKELETON),
        "size": SIZE,
        "stages": {name: list(map(str, one)) for name, one in STAGES.items()},
    }
    inputs = {"images": "CIFAR-10, cifar10_subset.npz X_train (prepared file)", "noise": "standard normal, seed 0"}
    keep: Mapping[str, Any] = {
        "function": run,
        "parameters": {**said, "failed": failures, "unfinished": unfinished},
        "modules": MODULES,
        "seconds": spent,
        "joules": spent * meter.joules / meter.seconds,
        "energy": f"{meter.mode}; mean power of the cost sample times the seconds",
    }
    results.write("nb201_scores", data, inputs=inputs, **keep)
    results.write("nb201_scores_costs", frame, inputs=inputs, **keep)
    if "c10_test200" in tables.nb201():
        inputs["accuracies"] = tables.nb201().source
        results.write("nb201_scores_quality", nb201_quality.quality(data, tables.nb201()), inputs=inputs, **keep)
    left = None if deadline is None else max(0.0, deadline - time.monotonic())
    traded = nb201_settings.settings(workers, scheduler, left)
    if len(traded):
        results.write("nb201_scores_settings", traded, inputs=inputs, **keep)
    if unfinished:
        print(f"nb201_scores: unfinished: {', '.join(unfinished)}; run again to go on")


def spread(data: pd.DataFrame, inputs: str = "images") -> dict[str, NDArray[np.float64]]:
    """Return every score on all 15,625 cells from the result's rows, seeds averaged, with closed-form ones.

    A class's value is given to all its cells; NaN for classes without one. A score known under several seeds is
    their mean where all are known, else the value under the first.
    """
    at = np.searchsorted(data["index"].to_numpy(), nb201.iso())
    found: dict[str, NDArray[np.float64]] = dict(cells.measures(nb201.all_cells(), SKELETON, SIZE))
    for score in dict.fromkeys(name.split(".")[1] for name in data.columns if name.startswith(f"{inputs}.")):
        seeds = data[[name for name in data.columns if name.startswith(f"{inputs}.{score}.")]].to_numpy(dtype=float)
        # a mean of several for some classes and of one for others would not rank them alike
        complete = seeds[:, ~np.isnan(seeds).any(axis=0)]
        found[score] = (complete if complete.size else seeds[:, :1]).mean(axis=1)[at]
    return found


def combine(scores: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Return the combinations whose members are all there, log-rank sums over the cells given."""
    members = dict(scores)
    if "vkdnw" in members:
        members["vkdnw_single"] = members["vkdnw"] + members["tensors"]
    found = {}
    if "vkdnw_single" in members:
        found["vkdnw_single"] = members["vkdnw_single"]
    for name, names in COMBINATIONS.items():
        if all(member in members for member in names):
            found[name] = aggregate.log_rank([members[member] for member in names])
    return found
