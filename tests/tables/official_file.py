"""A small file in the format of NAS-Bench-201-v1_1-096897.pth, made of invented trials."""

from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch

from luciole import networks
from luciole.networks import counts
from luciole.spaces import nb201

CLASSES = {"cifar10-valid": 10, "cifar10": 10, "cifar100": 100, "ImageNet16-120": 120}
SETS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test",),
    "cifar100": ("ori-test", "x-valid", "x-test"),
    "ImageNet16-120": ("ori-test", "x-valid", "x-test"),
}
SKELETONS = {10: networks.NB201_C10, 100: networks.NB201_C100, 120: networks.NB201_IN16}


@cache
def _costs(classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Parameters and MACs of all cells, in millions as the benchmark states them."""
    rows, skeleton = nb201.all_cells(), SKELETONS[classes]
    flops = counts.macs(rows, skeleton, 16 if classes == 120 else 32)
    return counts.parameters(rows, skeleton) / 1e6, flops / 1e6


def trial(rng: np.random.Generator, index: int, dataset: str, seed: int, epochs: int, latency: bool) -> dict:
    """State of one training: what ``ResultsCount.state_dict`` gives."""

    def series(low: float, high: float) -> list[float]:
        return rng.uniform(low, high, size=epochs).tolist()

    params, flops = _costs(CLASSES[dataset])
    names = [(name, i) for name in SETS[dataset] for i in range(epochs)]
    accuracies, losses, times = (
        {f"{name}@{i}": value for (name, i), value in zip(names, rng.uniform(*span, len(names)).tolist(), strict=True)}
        for span in ((10, 95), (0.1, 3), (0.5, 2))
    )
    return {
        "name": "infer.tiny",
        "net_state_dict": None,
        "train_acc1es": dict(enumerate(series(10, 99))),
        "train_acc5es": None,
        "train_losses": dict(enumerate(series(0.01, 3))),
        "train_times": OrderedDict(enumerate(series(5, 20))),
        "arch_config": {
            "channel": 16,
            "num_cells": 5,
            "arch_str": nb201.format(nb201.all_cells()[index]),
            "class_num": CLASSES[dataset],
        },
        "params": float(params[index]),
        "flop": float(flops[index]),
        "seed": seed,
        "epochs": epochs,
        "latency": [float(rng.uniform(0.01, 0.03))] if latency else None,
        "eval_names": list(SETS[dataset]),
        "eval_acc1es": accuracies,
        "eval_times": times,
        "eval_losses": losses,
    }


def benchmark(indices: Sequence[int], seeds: Sequence[int] = (777, 888), long: int = 200, rng_seed: int = 0) -> dict:
    """The file's dictionary, with trainings of the cells ``indices``; 12 epochs on one seed, ``long`` on ``seeds``."""
    rng = np.random.default_rng(rng_seed)

    def results(index: int, epochs: int, of: Sequence[int]) -> dict:
        return {
            "arch_index": index,
            "arch_str": nb201.format(nb201.all_cells()[index]),
            "all_results": {
                (dataset, seed): trial(rng, index, dataset, seed, epochs, latency=dataset != "cifar100")
                for dataset in CLASSES
                for seed in of
            },
            "dataset_seed": {dataset: list(of) for dataset in CLASSES},
            "clear_net_done": True,
        }

    return {
        "meta_archs": nb201.format(nb201.all_cells()),
        "arch2infos": {i: {"less": results(i, 12, seeds[:1]), "full": results(i, long, seeds)} for i in indices},
        "evaluated_indexes": list(indices),
    }


def write(path: Path, held: dict) -> Path:
    """Save as torch of 2020 did."""
    torch.save(held, path, _use_new_zipfile_serialization=False)
    return path
