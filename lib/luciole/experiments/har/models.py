"""The models of :mod:`luciole.experiments.har.search`: its shards as results, and trained networks read back."""

from collections.abc import Callable, Mapping
from dataclasses import asdict

import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from luciole import files, results
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.experiments.har import protocol
from luciole.networks import har1d as networks
from luciole.shards import load_shards

RESULTS = ("har/models", "har/models_people", "har/models_weights", "har/models_confusion")
DECIDING = (
    *(f"luciole.experiments.har.{name}" for name in ("search", "stages", "models", "protocol")),
    *("luciole.costs.counts", "luciole.training.loop", *protocol.MODULES),
)


def trained(name: str, model: str) -> tuple[nn.Module, Normalisation]:
    """The network found for a data set, with the weights of the first seed as the committed result holds them.

    Raises LucioleError when there is none of that name.
    """
    return restored(
        results.read("har/models", part=True).frame, results.read("har/models_weights", part=True).arrays, name, model
    )


def restored(
    table: pd.DataFrame, held: Mapping[str, NDArray], name: str, model: str
) -> tuple[nn.Module, Normalisation]:
    """A network found, from the table of models and the weights held; LucioleError when there is none of that name."""
    rows = table[(table["dataset"] == name) & (table["model"] == model)]
    prefix = f"{name}/{model}/"
    if rows.empty or f"{prefix}mean" not in held:
        known = sorted({"/".join(key.split("/")[:2]) for key in held})
        raise LucioleError(f"no trained network {prefix[:-1]!r}; there are: {', '.join(known)}")
    row = tuple(int(gene) for gene in rows["genotype"].iloc[0].split())
    state = {
        key.removeprefix(f"{prefix}weight "): torch.from_numpy(value)
        for key, value in held.items()
        if key.startswith(f"{prefix}weight ")
    }
    classes = len(state["classifier.bias"])
    network = networks.build(row, len(held[f"{prefix}mean"]), classes, torch.Generator().manual_seed(0))
    network.load_state_dict(state)
    return network.eval(), Normalisation(held[f"{prefix}mean"], held[f"{prefix}deviation"])


def candidates(name: str, searched: list[dict], auditions: list[dict]) -> pd.DataFrame:
    """One row a design that was trained for a short while."""
    rows = []
    told = [(one, place) for one in searched for place in range(len(one["rows"]))]
    for (one, place), piece in zip(told, auditions, strict=True):
        rows.append(
            {
                "dataset": name,
                "limit": int(one["limit"]),
                "searched": bool(one["searched"][place]),
                "genotype": " ".join(map(str, piece["row"].tolist())),
                "merit": float(one["merit"][place]),
                "skill": float(one["skill"][place]),
                "macs": int(one["macs"][place]),
                "accuracy": float(piece["accuracy"]),
                "macro_f1": float(piece["macro_f1"]),
                "seconds": float(piece["seconds"]),
                "search_seconds": float(one["seconds"]),
                "scored": int(one["scored"]),
                **dict(zip(protocol.WATCHED, piece["scores"].tolist(), strict=True)),
            }
        )
    return pd.DataFrame(rows)


def choose(table: pd.DataFrame, limit: int) -> protocol.Row:
    """The design of a search that the validation people's accuracy prefers after the short training."""
    mine = table[(table["limit"] == limit) & table["searched"]]
    best = int(mine["accuracy"].to_numpy().argmax())
    return tuple(int(gene) for gene in mine["genotype"].iloc[best].split())


def collect(recipe: str, function: Callable, planned: int) -> None:
    """Write what ``function`` made of ``planned`` final trainings: a row a model and seed, and one a test person."""
    pieces = load_shards(files.cache() / "har_search" / "final")
    if not pieces:
        return
    rows, people = [], []
    confusions: dict[str, NDArray] = {}
    weights: dict[str, NDArray] = {}
    for piece in pieces.values():
        name, model, seed = str(piece["dataset"]), str(piece["model"]), int(piece["seed"])
        spent = float(piece["seconds"])
        row = {key: piece[key].item() for key in ("accuracy", "macro_f1", "macs", "parameters")}
        rows.append(
            {
                "dataset": name,
                "model": model,
                "seed": seed,
                "genotype": " ".join(map(str, piece["row"].tolist())),
                **row,
                "seconds": spent,
                "joules": protocol.WATTS * spent,
            }
        )
        for who, accuracy in zip(piece["subject"].tolist(), piece["subject_accuracy"].tolist(), strict=True):
            people.append({"dataset": name, "model": model, "seed": seed, "subject": who, "accuracy": accuracy})
        key = f"{name}/{model}"
        confusions[key] = confusions.get(key, 0) + piece["confusion"]
        if piece["row"].size:  # of the networks found, the first seed's are small enough to keep
            parts = ("mean", "deviation", *(part for part in piece if part.startswith("weight ")))
            weights |= {f"{key}/{part}": piece[part] for part in parts if part in piece}
    table = pd.DataFrame(rows).sort_values(["dataset", "model", "seed"])
    spent = float(table["seconds"].sum())
    contents: tuple[pd.DataFrame | dict[str, NDArray], ...] = (table, pd.DataFrame(people), weights, confusions)
    for name, content in zip(RESULTS, contents, strict=True):
        write(name, content, function, {"recipe": recipe}, spent, (len(pieces), planned))


def write(
    name: str,
    table: pd.DataFrame | dict[str, NDArray],
    function: Callable,
    parameters: dict,
    seconds: float,
    holds: tuple[int, int] | None = None,
) -> None:
    """Write a result of the study, its recipes and plans beside it; joules are an estimate."""
    stated = {
        "recipes": protocol.recipes(),
        "short": asdict(protocol.SHORT),
        "scored": protocol.SCORED,
        "split_seed": protocol.SPLIT_SEED,
        "plans": {key: [*plan.limits, plan.windows, plan.epochs] for key, plan in protocol.PLANS.items()},
    }
    results.write(
        name,
        table,
        function=function,
        parameters=stated | parameters,
        modules=DECIDING,
        holds=holds,
        inputs={key: f"{key}: prepared file, see luciole.datasets" for key in protocol.PLANS},
        seconds=seconds,
        joules=protocol.WATTS * seconds,
        energy=f"estimate: processor seconds of one thread, times {protocol.WATTS:g} W",
    )
