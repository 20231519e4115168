"""The protocol of ``nb201/scores``: its stages, their inputs, and the combinations of what they score.

Settings were chosen for their cost and for how well two seeds agree, not by an accuracy. Two depths:

* shallow: the benchmark's topology and width 16 with one cell a stage instead of five, images of 16 x 16 (CIFAR-10
  averaged over 2 x 2 pixels, the size of ImageNet16-120), weights as PyTorch draws them. Scores that share a forward
  and a backward pass see 32 images; VKDNW, whose pass is ten times larger (one derivative a class), sees the first 8 of
  them. Scores that need several passes of their own see 8 images on a random sample of 320 classes: their
  correlations carry that sample's uncertainty.
* deep: five cells a stage, as the benchmark has it, the rest the same, run lean (:mod:`luciole.scores.lean`) on 8
  images. Eight, because on 60 random classes the rankings of two seeds (other weights, other images) agreed as well as
  on 32 (Kendall tau .82 for expressivity, .86 for trainability, .99 for SynFlow), at half the time.

Linear regions are counted as TE-NAS does, on 1,000 normal inputs of 3 x 3, the network one channel wide.

Stages: ``images`` (shallow, seed 0 of the weights), ``vkdnw``, ``deep``, ``regions``, ``noise`` (shallow, standard
normal inputs, labels not needed), ``seeds`` and ``deep seeds`` (other weights, same images; at depth for the first
1,500 cells, which stand in random order), ``own``.

Combinations. No accuracy weighs anything in them: ranks are added as logarithms (AZ-NAS), every member with weight one.
What had been seen when they were written down is another matter. The sets of AZ-NAS and VKDNW are their authors', who
saw accuracies of this benchmark. ``union`` and ``aspects`` were committed before any accuracy was read here; ``union``
ranked CIFAR-10 with a tau of .752 then, shallow. The deep skeleton, ``one_pass`` and the two sets with MeCo were
committed 44 hours later, after the accuracies, each member's tau among them, had been read here. They follow rules (all
that one pass gives; the one score that looks at redundancy), but what they reach is not free of a choice.

* ``az_nas``: expressivity, progressivity, trainability, MACs, as published.
* ``az_synflow``: these four and SynFlow, the strongest combination its authors report.
* ``vkdnw_aggregated``: VKDNW with its size term, Jacobian covariance, expressivity, trainability, MACs, as published.
* ``union``: every member of the two before, once. Principle: each member was put forward by its authors for a
  property that the others do not measure (capacity, flow without data, evenness of the Fisher information, diversity
  of the linear maps, of the features, their growth, the transport of gradients), so none is left out and none is
  preferred.
* ``union_meco``: and MeCo, the only score here that looks at redundancy between channels.
* ``one_pass``: what a lean network gives: AZ-NAS, SynFlow, Jacobian covariance, NASWOT. No network of modules.
* ``one_pass_meco``: and MeCo.
* ``aspects``: one cheap score an aspect and nothing published as a set: NASWOT (activation), trainability
  (gradients), SynFlow (flow), MACs (capacity), expressivity (features). Its members share one pass or need no data.

At depth all members are deep, but for VKDNW and MeCo, whose own passes stay shallow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from luciole import files
from luciole.attestation import Unavailable
from luciole.errors import LucioleError
from luciole.networks import Skeleton
from luciole.scores import aggregate, cells, score_cells
from luciole.scores.engine import Scored
from luciole.scores.swap import regularised
from luciole.spaces import nb201

SKELETON = Skeleton(cells=1)
DEPTH = Skeleton(cells=5)
SIZE = 16
SHARED = (
    *("naswot", "icd", "icd_relu", "swap", "jacov", "epe_nas"),
    *("grad_norm", "snip", "plain", "fisher", "l2_norm", "synflow", "logsynflow"),
    *("expressivity", "progressivity", "trainability", "meco"),
)
FORWARD = ("naswot", "icd", "icd_relu", "swap", "jacov", "expressivity", "progressivity", "trainability", "meco")
DEEP = ("expressivity", "progressivity", "trainability", "jacov", "naswot", "synflow")
OWN = ("zen", "zico", "grasp", "gradsign_mean", "knas", "ntk")
WRITTEN = {"gradsign_mean": "gradsign"}  # names in the result, which was written when "gradsign" was the mean


@dataclass(frozen=True)
class Stage:
    """What is computed in one go, and where it stands in the result."""

    group: str  # first part of the columns' names; decides the inputs
    scores: tuple[str, ...]
    batch: int
    seeds: tuple[int, ...] = (0,)  # of the weights
    skeleton: Skeleton = SKELETON
    side: int = SIZE
    classes: int = 0  # a random sample of so many; 0: all
    cells: int = 0  # those of the first so many cells, which stand in random order; 0: all
    lean: bool = False


STAGES = {
    "images": Stage("images", SHARED, 32),
    "vkdnw": Stage("images", ("vkdnw",), 8),
    "deep": Stage("deep", DEEP, 8, skeleton=DEPTH, lean=True),
    "regions": Stage("regions", ("linear_regions",), 1000, skeleton=Skeleton(cells=1, width=1), side=3, lean=True),
    "noise": Stage("noise", FORWARD, 32),
    "seeds": Stage("images", FORWARD, 32, seeds=(1,)),
    "deep seeds": Stage("deep", DEEP, 8, seeds=(1,), skeleton=DEPTH, cells=1500, lean=True),
    "own": Stage("images", OWN, 8, classes=320),
}
COMBINATIONS: dict[str, tuple[str, ...]] = {
    "az_nas": ("expressivity", "progressivity", "trainability", "macs"),
    "az_synflow": ("expressivity", "progressivity", "trainability", "macs", "synflow"),
    "vkdnw_aggregated": ("vkdnw_single", "jacov", "expressivity", "trainability", "macs"),
    "union": ("expressivity", "progressivity", "trainability", "macs", "synflow", "vkdnw_single", "jacov"),
    "union_meco": (
        *("expressivity", "progressivity", "trainability", "macs", "synflow", "vkdnw_single"),
        "jacov",
        "meco",
    ),
    "one_pass": ("expressivity", "progressivity", "trainability", "macs", "synflow", "jacov", "naswot"),
    "one_pass_meco": ("expressivity", "progressivity", "trainability", "macs", "synflow", "jacov", "naswot", "meco"),
    "aspects": ("naswot", "trainability", "synflow", "macs", "expressivity"),
}
ROUNDED = 1e-4  # largest share by which a score may differ: ten times the most among three kinds of processors
LOOSER = {  # and of those that amplify rounding, three times or more what was seen on 40 classes
    "zico": (5e-2, "ZiCo divides by deviations of gradients, some of which are next to zero"),
    "knas": (2e-3, "KNAS adds up products of gradients of both signs"),
    "gradsign_mean": (1e-3, "GradSign counts signs of gradients, some of which are next to zero"),
}
BORROWED = ("vkdnw", "meco")  # shallow, in combinations at depth too
MODULES = (  # whose code decides the numbers of the four results
    *("luciole.networks.nb201", "luciole.networks.initial", "luciole.networks.skeleton", "luciole.spaces.nb201"),
    *(f"luciole.experiments.nb201.{name}" for name in ("stages", "scores", "costs", "quality", "settings")),
    *(f"luciole.scores.{name}" for name in ("aggregate", "cells", "quality", "score")),
    *(f"luciole.scores.{name}" for name in ("watched", "graph", "reparametrised")),
    *(f"luciole.scores.{name}" for name in ("passes", "engine", "icd", "naswot", "swap", "jacobian", "saliency")),
    *(
        f"luciole.scores.{name}"
        for name in ("synflow", "zen", "aznas", "meco", "zico", "samples", "vkdnw", "draws", "lean")
    ),
)


@cache
def _pixels(folder: Path | None) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray, NDArray]:
    """Return pixels, labels, and the mean and deviation of each channel, read once."""
    path = folder / "cifar10_subset.npz" if folder else None
    if path is None or not path.exists():
        raise LucioleError("scores on images need cifar10_subset.npz in the folder that LUCIOLE_DATA names; set it")
    with np.load(path, allow_pickle=False) as archive:
        pixels, labels = archive["X_train"], archive["y_train"]
    mean, deviation = (getattr(pixels, name)(axis=(0, 1, 2), dtype=np.float64) / 255 for name in ("mean", "std"))
    return pixels, labels, mean, deviation


def images(samples: int, side: int = SIZE) -> tuple[Tensor, Tensor]:
    """Return (samples, 3, side, side) CIFAR-10 training images, normalised by channel, and their labels.

    A side below 32 is the mean over squares of pixels.

    Drawn without replacement by a fixed generator; the first n of a larger draw are the draw of n. Raises
    LucioleError when the prepared data is not there.
    """
    pixels, labels, mean, deviation = _pixels(files.data_folder())
    drawn = np.random.default_rng(0).permutation(len(pixels))[:samples]
    scaled = torch.from_numpy((pixels[drawn] / 255 - mean) / deviation).float().permute(0, 3, 1, 2)
    return torch.nn.functional.avg_pool2d(scaled, 32 // side), torch.from_numpy(labels[drawn].astype(np.int64))


def noise(samples: int, side: int = SIZE) -> tuple[Tensor, Tensor]:
    """Return standard normal inputs (samples, 3, side, side) and labels drawn uniformly: no data set at all."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(samples, 3, side, side, generator=generator), torch.randint(10, (samples,), generator=generator)


def need_images() -> None:
    """Raise Unavailable where the images are not."""
    try:
        images(1)
    except LucioleError as reason:
        raise Unavailable(str(reason)) from None


def tolerance(score: str, absolute: float) -> dict[str, Any]:
    """What a score may differ by on another processor, as a :class:`luciole.attestation.Column` is told."""
    share, why = LOOSER.get(score, (ROUNDED, "processors add in another order"))
    return {"relative": share, "absolute": absolute, "why": why}


INPUTS = {"images": images, "deep": images, "noise": noise, "regions": noise}


def sample(name: str) -> NDArray[np.int64]:
    """Official indices of the classes that a stage scores, ascending."""
    one, classes = STAGES[name], nb201.classes().astype(np.int64)
    if one.cells:
        return np.unique(nb201.iso()[: one.cells]).astype(np.int64)
    return np.sort(np.random.default_rng(0).choice(classes, one.classes, replace=False)) if one.classes else classes


def stage(name: str, indices: Sequence[int] | NDArray[np.int64] | None = None, **running: Any) -> Scored:
    """Compute one stage, on all its classes or on the cells at ``indices``; ``running`` goes to the engine."""
    one = STAGES[name]
    batch, labels = INPUTS[one.group](one.batch, one.side)
    rows = nb201.all_cells()[sample(name) if indices is None else np.asarray(indices)]
    settings: dict[str, Any] = {"skeleton": one.skeleton, "seeds": one.seeds, "lean": one.lean}
    return score_cells(rows, one.scores, batch, labels=labels, **settings, **running)


def column(name: str, score: str, seed: int) -> str:
    """Name of a score's column in the result: group, score, seed of the weights."""
    return f"{STAGES[name].group}.{WRITTEN.get(score, score)}.{seed}"


def spread(data: pd.DataFrame, group: str = "images", seed: int | None = 0) -> dict[str, NDArray[np.float64]]:
    """Return every score of a group on all 15,625 cells from the result's rows, with the closed-form ones.

    A class's value is given to all its cells; NaN for classes without one. ``seed`` is that of the weights; None
    averages the seeds of the scores that have several, where all are known.
    """
    at = np.searchsorted(data["index"].to_numpy(), nb201.iso())
    skeleton = next(one.skeleton for one in STAGES.values() if one.group == group)
    found: dict[str, NDArray[np.float64]] = dict(cells.measures(nb201.all_cells(), skeleton, SIZE))
    names = [name.split(".") for name in data.columns if name.startswith(f"{group}.")]
    for score in dict.fromkeys(score for _, score, _ in names):
        seeds = [number for _, other, number in names if other == score]
        values = data[[f"{group}.{score}.{number}" for number in seeds]].to_numpy(dtype=float)  # (classes, seeds)
        if seed is not None and str(seed) in seeds:
            found[score] = values[:, seeds.index(str(seed))][at]
        elif seed is None and len(seeds) > 1:
            found[score] = values.mean(axis=1)[at]
    return found


def combine(scores: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Return the combinations whose members are all there, log-rank sums over the cells given.

    Beside them VKDNW with its size term, and SWAP regularised towards the mean number of parameters (spread: their
    variance): its authors leave both to the user, and this is the choice that looks at nothing but the space.
    """
    members, found = dict(scores), {}
    if "vkdnw" in members:
        members["vkdnw_single"] = found["vkdnw_single"] = members["vkdnw"] + members["tensors"]
    if "swap" in members:
        sizes = members["params"]
        found["swap_regularised"] = regularised(members["swap"], sizes, float(sizes.mean()), float(sizes.var()))
    for name, names in COMBINATIONS.items():
        if all(member in members for member in names):
            found[name] = aggregate.log_rank([members[member] for member in names])
    return found
