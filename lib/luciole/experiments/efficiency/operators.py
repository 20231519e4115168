"""How many multiply-accumulates take the time that an operator of an exported network takes to start.

Random untrained designs of the sensor space, within the largest limit of the sensor search, are exported and timed in
ONNX Runtime on one thread by the processor clock, round after round; of each the lowest of the rounds' medians counts.
Their times are fitted, in relative error, by

    seconds = a * operators + b * multiply-accumulates,   a, b >= 0,

and a / b is the exchange rate: what :data:`luciole.sensors.search.OPERATOR` rounds. It is of one processor and runtime.

    luciole run efficiency/operators
"""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.stats import bootstrap

from luciole import results
from luciole.attestation import Sample, columns, draw
from luciole.costs.energy import DEFAULT_COUNTRY, Meter
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError, extra
from luciole.networks import har1d as networks
from luciole.sensors.deploy import Runtime, export
from luciole.sensors.search import small
from luciole.spaces import Rows

with extra("energy"):
    import psutil

NAME = "efficiency/operators"
CHANNELS, LENGTH, CLASSES = 6, 128, 6  # as UCI HAR
LIMIT = 1_000_000  # multiply-accumulates
DESIGNS, REPEATS, ROUNDS = 64, 50, 15
SEED = 0
MODULES = (
    *("luciole.experiments.efficiency.operators", "luciole.networks.har1d", "luciole.networks.statistics"),
    *("luciole.sensors.deploy", "luciole.sensors.search", "luciole.spaces.har1d", "luciole.costs.latency"),
)


def designs(count: int) -> Rows:
    """Draw the designs that are timed, (count, genes)."""
    return small(np.random.default_rng(SEED), count, CHANNELS, CLASSES, LENGTH, LIMIT)


def counted(rows: Rows) -> pd.DataFrame:
    """What is counted of each design: genotype (in words of digits), multiply-accumulates, operators."""
    return pd.DataFrame(
        {
            "genotype": [" ".join(map(str, row)) for row in rows.tolist()],
            "macs": networks.counts(rows, CHANNELS, CLASSES, LENGTH)[1],
            "operators": networks.operators(rows),
        }
    )


def timed(rows: Rows, repeats: int, rounds: int, folder: Path) -> NDArray[np.float64]:
    """Processor seconds of one window for each design: the lowest of the medians of ``rounds`` rounds, (n,)."""
    windows = np.random.default_rng(SEED).normal(size=(8, CHANNELS, LENGTH)).astype(np.float32)
    constants = Normalisation.fit(windows)
    files = []
    for number, row in enumerate(rows):
        network = networks.build(row, CHANNELS, CLASSES, torch.Generator().manual_seed(number)).eval()
        files.append(Runtime(export(network, constants, LENGTH, folder / f"{number}.onnx")))
    return np.min([[file.latency(windows[0], repeats).median for file in files] for _ in range(rounds)], axis=0)


def fit(frame: pd.DataFrame) -> tuple[float, float, float]:
    """Seconds that an operator and that a multiply-accumulate takes, and the mean absolute relative error.

    >>> frame = pd.DataFrame({"operators": [80, 100, 150], "macs": [1e5, 9e5, 4e5]})
    >>> frame["seconds"] = 1e-6 * frame["operators"] + 5e-11 * frame["macs"]
    >>> a, b, error = fit(frame)
    >>> f"{a:.1e} {b:.1e} {error:.3f}"
    '1.0e-06 5.0e-11 0.000'
    """
    shares = _shares(frame)
    (a, b), _ = nnls(shares, np.ones(len(shares)))
    return float(a), float(b), float(np.abs(shares @ (a, b) - 1).mean())


def _shares(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Operators and multiply-accumulates of each design by its seconds, (n, 2)."""
    return frame[["operators", "macs"]].to_numpy(float) / frame["seconds"].to_numpy()[:, None]


def rate(frame: pd.DataFrame) -> tuple[float, float, float]:
    """Multiply-accumulates in the time that an operator takes, with the 95 % bootstrap interval over designs."""

    shares, ones = _shares(frame), np.ones(len(frame))

    def exchange(places: NDArray[np.int64]) -> float:
        (a, b), _ = nnls(shares[places], ones)
        return float(np.divide(a, b))

    found = bootstrap(
        (np.arange(len(frame)),), exchange, vectorized=False, n_resamples=1_000, method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval  # fmt: skip
    return exchange(np.arange(len(frame))), float(found.low), float(found.high)


def rederive(name: str, result: results.Result, rng: Generator, units: int | None) -> Sample:
    """Draw the designs again and count ``units`` of them; None: all. Their seconds are measurements."""
    kept = result.frame
    drawn = draw(rng, len(kept), units, len(kept))
    now = counted(designs(len(kept))[drawn])
    named = [f"design {place}" for place in drawn]
    return Sample(named, len(kept), columns(kept.iloc[drawn], now), MODULES, {"seconds": "measured"})


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Time the designs, a minute or two, and write ``efficiency/operators``: a row a design.

    Always in this one process, whatever ``workers``: networks timed side by side would disturb each other.
    Raises LucioleError for a cluster, whose machine nobody could name.
    """
    if scheduler is not None:
        raise LucioleError("expected no scheduler: latency belongs to one named machine; run it there")
    start, load = time.perf_counter(), psutil.getloadavg()[0]  # of other programs: it disturbs caches, not the clock
    rows = designs(DESIGNS)
    with Meter(DEFAULT_COUNTRY) as meter, TemporaryDirectory() as folder:
        frame = counted(rows).assign(seconds=timed(rows, REPEATS, ROUNDS, Path(folder)))
    results.write(
        NAME,
        frame,
        function=run,
        parameters={
            "seed": SEED,
            "limit": LIMIT,
            "window": [CHANNELS, LENGTH],
            "repeats": REPEATS,
            "rounds": ROUNDS,
            "threads": 1,
            "clock": "cpu",
            "load of other programs": round(load, 1),
        },
        modules=MODULES,
        inputs={"designs": "drawn at random from the space"},
        seconds=time.perf_counter() - start,
        joules=meter.joules,
        energy=meter.mode,
    )
