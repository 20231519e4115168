"""Every method of pruning and growing on LeNet-300-100 and MNIST: error, seconds, and weights ever trained.

    luciole run sparsity/lenet --seconds 600      # so long; the same again goes on where it stopped

What is compared and how it is judged stands in :mod:`luciole.experiments.sparsity.protocol`. A shard is one training,
or all rounds of a lottery ticket.
"""

from dataclasses import asdict, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from luciole import files, results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.errors import LucioleError
from luciole.experiments.sparsity import protocol
from luciole.shards import load_shards, run_shards
from luciole.sparsity import chain
from luciole.sparsity.lottery import tickets
from luciole.sparsity.masks import Masks
from luciole.sparsity.run import Account, Run
from luciole.sparsity.training import accuracy, train

NAME, SIZES = "sparsity/lenet", "sparsity/lenet_sizes"
AGAIN = 2  # trainings derived again at a time
ROUNDING = "another processor rounds sums otherwise, which training amplifies"


@cache
def _images() -> tuple[dict[str, tuple[Tensor, Tensor]], str]:
    return protocol.images()


def shard(one: protocol.Training) -> dict[str, NDArray]:
    """Train once (a ticket: all rounds) and give a row for each sparsity, and how the sizes went."""
    torch.set_num_threads(1)
    parts, _ = _images()
    settings = replace(protocol.SETTINGS, epochs=protocol.SETTINGS.epochs * one.length)

    def begin() -> Run:
        return Run(protocol.network(one.seed), *parts["train"], settings, one.seed)

    if one.method == protocol.TICKET:
        rows = [
            _row(replace(one, sparsity=sparsity), ticket.network, ticket.masks, ticket.account)
            for sparsity, ticket in zip((0.0, *protocol.ROUNDS), tickets(begin, protocol.ROUNDS), strict=True)
            if sparsity
        ]
        sizes = np.zeros((0, 4), np.int64)
    else:
        run = begin()
        train(run, protocol.METHODS[one.method](one.sparsity))
        rows = [_row(one, run.network, run.masks, run.account)]
        sizes = np.array(run.history, np.int64).reshape(-1, 4)
    return {"sizes": sizes, **{name: np.array([row[name] for row in rows]) for name in rows[0]}}


def _row(one: protocol.Training, network: nn.Module, masks: Masks, account: Account) -> dict[str, Any]:
    parts, _ = _images()
    units = chain.alive(network, masks)
    widths = [len(units[name].inputs) for name in chain.layers(network)]
    return {
        **asdict(one),
        "test_error": 100 * (1 - accuracy(network, *parts["test"])),
        "validation_error": 100 * (1 - accuracy(network, *parts["validation"])),
        "kept": masks.kept,
        "weights": masks.total,
        "pixels": widths[0],
        "first": widths[1],
        "second": widths[2],
        **asdict(account),
    }


def frame(shards: dict[int, dict[str, NDArray]]) -> pd.DataFrame:
    """All rows as a table."""
    return pd.concat(
        [pd.DataFrame({name: values for name, values in piece.items() if name != "sizes"}) for piece in shards.values()]
    ).reset_index(drop=True)


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train ``units`` of the trainings again, tickets left out (a minute each); None: two, some twenty seconds."""
    rows = results.read(NAME, part=True).frame
    held = [one for one in protocol.trainings() if one.method != protocol.TICKET and len(_of(rows, one))]
    drawn = [held[at] for at in draw(rng, len(held), units, AGAIN)]
    try:
        again = [shard(one) for one in drawn]
    except LucioleError as reason:
        raise Unavailable(str(reason)) from None
    if name == SIZES:
        kept = {named(one): result.arrays[named(one)] for one in drawn}
        compared = {
            key: Column(sizes[-1:, 1], now["sizes"][-1:, 1], 0.02, 0.0, ROUNDING)
            for (key, sizes), now in zip(kept.items(), again, strict=True)
        }
        left = {"sizes before the last": "follow the same run; the last depends on all of them"}
    else:
        committed = pd.concat([_of(rows, one) for one in drawn])
        now = frame(dict(enumerate(again)))
        compared = {
            "test_error": Column(committed["test_error"], now["test_error"], 0.0, 0.5, ROUNDING),
            "kept": Column(committed["kept"], now["kept"], 0.02, 0.0, ROUNDING),
            "total": Column(committed["total"], now["total"], 0.05, 0.0, ROUNDING),
        }
        left = {"seconds": "measured", "macs, executed, peak, widths": "follow from the masks"}
    return Sample([named(one) for one in drawn], len(held), compared, (__name__, *protocol.MODULES), left)


def _of(rows: pd.DataFrame, one: protocol.Training) -> pd.DataFrame:
    same = (rows["method"] == one.method) & (rows["seed"] == one.seed)
    return rows[same & np.isclose(rows["sparsity"], one.sparsity) & np.isclose(rows["length"], one.length)]


def named(one: protocol.Training) -> str:
    """How a training is called in the result.

    >>> named(protocol.Training("RigL", 0.95, 0.5, 3))
    'RigL, sparsity 0.95, length 0.5, seed 3'
    """
    return f"{one.method}, sparsity {one.sparsity:g}, length {one.length:g}, seed {one.seed}"


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Run the trainings that are left, and write what is finished as the results of :data:`NAME` and its sizes."""
    every = protocol.trainings()
    _, source = _images()
    plan = {
        "settings": asdict(protocol.SETTINGS),
        "rounds": protocol.ROUNDS,
        "code": {module: results.fingerprint(module) for module in (__name__, *protocol.MODULES)},
    }
    folder = files.cache() / NAME
    run_shards(shard, every, folder, plan=plan, workers=workers, scheduler=scheduler, seconds=seconds)
    shards = load_shards(folder)
    if not shards:
        return
    rows = frame(shards)
    last = rows.groupby(["method", "seed", "length", "sparsity"])["seconds"].max()
    tickets_alone = rows[rows["method"] == protocol.TICKET].groupby("seed")["seconds"].max().sum()
    spent = float(last.drop(protocol.TICKET, level="method", errors="ignore").sum() + tickets_alone)
    sizes = {named(every[at]): piece["sizes"] for at, piece in shards.items() if len(piece["sizes"])}
    for name, data in ((NAME, rows), (SIZES, sizes)):
        results.write(
            name,
            data,
            function=shard,
            parameters=plan,
            modules=(__name__, *protocol.MODULES),
            inputs={"mnist": source},
            holds=(len(shards), len(every)),
            seconds=spent,
            joules=spent * protocol.WATTS,
            energy=f"estimate: processor seconds times {protocol.WATTS:g} W a busy thread, no counter could be read",
        )
