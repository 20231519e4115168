"""How long a cell of HAR-201 takes to answer: measured for every class, one window at a time, on one thread.

    luciole run har201/latency          # about ten minutes, alone on the machine if possible

Every network is built in the skeleton of WISDM (3 channels, 20 samples) and timed by the processor clock, in random
order, so that a machine that slows down does so for all kinds of cells alike. The whole round is made twice: how far
the two disagree says what one is worth, and the table holds their mean. Energy is an estimate: this time at the
stated power of a busy thread (:data:`luciole.experiments.har201.table.WATTS`).
"""

import time

import numpy as np
import psutil
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr

from luciole import results
from luciole.attestation import Column, Sample, draw
from luciole.costs.latency import measure_latency
from luciole.errors import LucioleError
from luciole.experiments.har201 import protocol
from luciole.experiments.har201 import table as har201
from luciole.networks import build
from luciole.spaces import nb201

DATASET = "wisdm"  # whose shape the networks have
REPEATS = 15
WARMUP = 3
ROUNDS = 2
MODULES = (__name__, "luciole.costs.latency", "luciole.networks.nb201", "luciole.spaces.nb201")


def timed(cells: NDArray[np.int64], round_: int, repeats: int = REPEATS) -> NDArray[np.float32]:
    """Time the networks of these cells (official indices) once each: median milliseconds a window, (cells,)."""
    channels, classes, length = protocol.PROTOCOLS[DATASET].shape
    skeleton = protocol.skeleton(channels, classes)
    generator = torch.Generator().manual_seed(round_)
    window = torch.randn(1, channels, length, generator=generator)
    found = np.full(len(cells), np.nan, dtype=np.float32)
    for at in np.random.default_rng([201, round_]).permutation(len(cells)):
        network = build(nb201.all_cells()[cells[at]], skeleton, generator)
        found[at] = 1e3 * measure_latency(network, window, repeats=repeats, warmup=WARMUP, clock="cpu").median
    return found


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Name ``units`` of the timed classes again; None: all. Their milliseconds are measurements."""
    classes = nb201.classes()
    drawn = draw(rng, len(classes), units, len(classes))
    compared = {"classes": Column(result.arrays["classes"][drawn], classes[drawn])}
    named = [f"class {index}" for index in classes[drawn]]
    return Sample(named, len(classes), compared, MODULES, {"milliseconds": "measured"})


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Time all classes and write ``har201/latency``: a row a class, milliseconds of each round.

    Always in this one process, whatever ``workers``: networks timed side by side would disturb each other.
    Raises LucioleError for a cluster, whose machine nobody could name.
    """
    if scheduler is not None:
        raise LucioleError("expected no scheduler: latency belongs to one named machine; run it there")
    started, load = time.process_time(), psutil.getloadavg()[0]
    classes = nb201.classes()
    rounds = np.stack([timed(classes, number) for number in range(ROUNDS)])
    spent = time.process_time() - started
    results.write(
        "har201/latency",
        {"classes": classes.astype(np.int16), "milliseconds": rounds},
        function=run,
        parameters={
            "dataset": DATASET,
            "batch": 1,
            "threads": 1,
            "clock": "cpu",
            "repeats": REPEATS,
            "rounds": ROUNDS,
            "rank agreement of the rounds": float(spearmanr(*rounds).statistic),
            "load of other programs": round(load, 1),
        },
        modules=MODULES,
        inputs={"windows": "standard normal"},
        seconds=spent,
        joules=spent * har201.WATTS,
        energy=f"estimate: processor seconds times {har201.WATTS:g} W a busy thread, no counter could be read",
    )
