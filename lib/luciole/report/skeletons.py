"""What the results of :mod:`luciole.experiments.skeletons.search` say: a table, pairs, and factors beside trainings.

Everything here reads committed results.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole.costs import accounts
from luciole.efficiency import METRICS
from luciole.errors import LucioleError
from luciole.experiments.skeletons import pipeline as experiment

RANDOM = "random cell, 2.1"  # both draws of a fold together
SEEN = experiment.RECIPE.steps(10**9) * experiment.RECIPE.batch  # windows that a training sees
EPOCHS_PRINTED = 100  # of a training in the search that the paper compares with


def folds(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a network, encoding and fold: the trainings that count, the two random cells of a fold averaged."""
    kept = frame[frame["chosen"]].assign(
        network=lambda rows: rows["network"].where(~rows["network"].str.startswith("random"), RANDOM)
    )
    return kept.groupby(["network", "encoding", "fold"], sort=False).mean(numeric_only=True).reset_index()


def table(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a network and encoding: test results in per cent (mean, deviation between folds) and what they cost.

    ``training cost`` is declared: floating point operations of a forward and a backward pass (three forward passes)
    times the windows seen. ``joules`` are an estimate, processor seconds at a stated power.
    """
    rows = []
    for (network, encoding), group in folds(frame).groupby(["network", "encoding"], sort=False):
        accuracy, macs = group["test_accuracy"], float(group["macs"].mean())
        cost = accounts.training_example(macs) * SEEN
        rows.append(
            {
                "network": network,
                "encoding": encoding,
                "accuracy": 100 * accuracy.mean(),
                "accuracy deviation": 100 * accuracy.std(),
                "macro-F1": 100 * group["test_f1"].mean(),
                "macro-F1 deviation": 100 * group["test_f1"].std(),
                "parameters": group["parameters"].mean(),
                "MACs": macs,
                "FPO": 2 * macs,
                "training cost": cost,
                "BCR tc": float(METRICS["bcr"](accuracy.mean(), cost)),
                "BCR FPO": float(METRICS["bcr"](accuracy.mean(), 2 * macs)),
                "training seconds": group["seconds"].mean(),
                "training joules": group["seconds"].mean() * experiment.WATTS,
                "latency ms": group["milliseconds"].mean(),
            }
        )
    return pd.DataFrame(rows)


def against(frame: pd.DataFrame, name: str, encoding: str = experiment.ENCODING) -> pd.DataFrame:
    """How far each other network of an encoding is above ``name``, fold by fold, in points of test accuracy.

    ``mean`` with ``error``, its standard error over folds, and in how many of them it is better (ties count half).
    Raises LucioleError for a network that is not there.
    """
    each = folds(frame)
    wide = each[each["encoding"] == encoding].pivot(index="fold", columns="network", values="test_accuracy")
    if name not in wide:
        raise LucioleError(f"expected a network among {', '.join(wide.columns)}, got {name!r}")
    gap = 100 * wide.drop(columns=name).sub(wide[name], axis=0)
    better = (gap > 0).sum() + (gap == 0).sum() / 2
    return pd.DataFrame({"mean": gap.mean(), "error": gap.std() / np.sqrt(len(gap)), "better in": better})


def searches(kept: dict[str, NDArray]) -> pd.DataFrame:
    """One row a fold: evaluations, different cells, seconds and joules of its search, and what no memory would cost.

    ``forgetful`` seconds are a projection: the mean cost of a score times the evaluations, as the released code,
    which scores a cell each time it is asked for, would spend.
    """
    each = kept["scoring"] / kept["cells"]
    return pd.DataFrame(
        {
            "evaluations": kept["evaluations"],
            "cells": kept["cells"],
            "seconds": kept["seconds"],
            "joules": kept["seconds"] * experiment.WATTS,
            "seconds a score": each,
            "forgetful seconds": each * kept["evaluations"] + kept["seconds"] - kept["scoring"],
            "parameters found": experiment.networks.parameters(kept["found"], stem=experiment.STEM),
            "parameters largest": experiment.networks.parameters(kept["largest"], stem=experiment.STEM),
        }
    )


def factors(kept: dict[str, NDArray], windows: int) -> pd.DataFrame:
    """What a search that trains would cost, a projection, over what the search with ICD cost: a row a way to train.

    A training's seconds are measured on a few steps of cells that the searches asked for, and multiplied: by the
    windows that a training of this study sees, or by ``windows`` (of a training part) times 100 epochs, as printed.
    ``factor`` compares evaluation with evaluation, every one paid on both sides; with memory on both sides it is the
    same. ``factor remembered`` compares with the search as run, which remembers, a training-based one that does not.
    """
    done = searches(kept)
    evaluations, score = done["evaluations"].mean(), done["seconds a score"].mean()
    rows = {}
    for name, seen in (("the recipe of this study", SEEN), ("100 epochs", EPOCHS_PRINTED * windows)):
        training = float(kept["window"].mean()) * seen
        rows[name] = {
            "seconds a training": training,
            "days of search": training * evaluations / 86_400,
            "megajoules": training * evaluations * experiment.WATTS / 1e6,
            "factor": training / score,
            "factor remembered": training * evaluations / done["seconds"].mean(),
        }
    return pd.DataFrame.from_dict(rows, orient="index")
