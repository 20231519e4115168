"""What chapter 2 measures here and now, and the bills that it adds up: latency, joules, the life of a network."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from luciole import results, tables
from luciole.costs import accounts, bill, counts
from luciole.costs.energy import Meter, carbon_intensity
from luciole.costs.latency import measure_latency
from luciole.costs.memory import peak_memory
from luciole.costs.settings import under_settings
from luciole.efficiency import crowned_by_exponent, interval, merit
from luciole.experiments.efficiency import latency as timing
from luciole.networks import NB201_C10, build
from luciole.spaces import nb201
from luciole.tables.table import Table

READINGS = 5  # of the energy of one network
EPOCHS, IMAGES, A_STEP = 200, 50_000, 3.0  # of a training; a step of it costs as much as three inferences


@dataclass
class Bench:
    """Random cells, built in the benchmark's skeleton, that are timed and metered on this machine."""

    cells: int
    seed: int
    country: str
    busy_seconds: float

    def __post_init__(self) -> None:
        self.rng, generator = np.random.default_rng(self.seed), torch.Generator().manual_seed(self.seed)
        self.rows = nb201.sample(self.rng, self.cells)
        self.networks = [build(row, NB201_C10, generator).eval() for row in self.rows]
        self.one = torch.rand(1, 3, 32, 32, generator=generator)
        self.eight = torch.rand(8, 3, 32, 32, generator=generator)

    @cached_property
    def macs(self) -> list[int]:
        """Multiply-accumulates of each network, counted while it runs."""
        return [counts.count(network, (3, 32, 32)).macs for network in self.networks]

    def timed(self, repeats: int) -> pd.DataFrame:
        """Latency with its interval, for one image and a batch of eight, and peak memory: a row a network."""
        rows = []
        for network, macs in zip(self.networks, self.macs, strict=True):
            single, several = (measure_latency(network, batch, repeats=repeats) for batch in (self.one, self.eight))
            rows.append(
                {
                    "MACs (millions)": macs / 1e6,
                    "ms, one image": 1e3 * single.median,
                    "95 % interval": f"{1e3 * single.low:.1f} to {1e3 * single.high:.1f}",
                    "ms an image of eight": 1e3 * several.per_example,
                    "peak memory (MiB)": peak_memory(network, self.one) / 2**20,
                }
            )
        return pd.DataFrame(rows, index=[f"cell {place}" for place in nb201.index(self.rows)])

    @cached_property
    def joules(self) -> tuple[list[float], Meter]:
        """Joules of an inference of the first network, read several times, and the last meter."""
        spent = []
        for _ in range(READINGS):
            with Meter(self.country) as meter, torch.inference_mode():
                begin, passes = time.perf_counter(), 0
                while time.perf_counter() - begin < self.busy_seconds / READINGS:
                    self.networks[0](self.eight)
                    passes += 1
            spent.append(meter.joules / (8 * passes))
        return spent, meter

    def energy(self, accuracy: NDArray[np.float64], k: float) -> list[str]:
        """What the readings say, a line each; merit's interval by ``accuracy`` (15625,), at 1 J an inference."""
        spent, meter = self.joules
        reached = [float(accuracy[nb201.index(self.rows[0])])]
        value, low, high = interval(lambda a, c: merit(a, c, 1.0, k=k, floor=0.1), reached, spent, self.rng)
        mj = [1e3 * joule for joule in spent]
        return [
            f"an inference: {np.mean(mj):.1f} mJ; {READINGS} readings from {min(mj):.1f} to {max(mj):.1f}",
            f"how: {meter.mode}",
            f"at rest the same accounting charges {meter.idle_watts:.1f} W",
            f"merit at 1 J an inference: {value:.4f}, 95 % interval {low:.4f} to {high:.4f} over the readings",
        ]

    def settings(self) -> pd.DataFrame:
        """The same seconds of work read under several settings of the accounting."""

        def keep_busy() -> None:
            end = time.perf_counter() + self.busy_seconds
            while time.perf_counter() < end:
                self.networks[0](self.one)

        return under_settings(keep_busy, country=self.country)


def predicted() -> tuple[pd.DataFrame, dict[str, str], list[str]]:
    """How well latency is predicted on networks held out, the numbers of its sentences, and on what it was timed."""
    kept = results.read("efficiency/latency")
    errors = {batch: timing.errors(kept.frame[kept.frame["batch"] == batch]) for batch in timing.BATCHES}
    told = pd.DataFrame(
        {
            f"{what}, batch of {batch}": frame[column] * scale
            for batch, frame in errors.items()
            for what, column, scale in (("error (%)", "error", 100), ("tau", "tau", 1))
        }
    )
    one, many = (100 * errors[batch]["error"] for batch in timing.BATCHES)
    machine = kept.provenance.machine
    return (
        told,
        {
            "predictor_raw": f"{one['operator table']:.0f}",
            "predictor_scaled": f"{one['operator table, one factor']:.0f}",
            "predictor_many": f"{many['operator table, one factor']:.0f}",
            "macs_many": f"{many['line on MACs']:.0f}",
            "latency_load": f"{kept.provenance.parameters['load of other programs']:.1f}",
        },
        [f"timed on {machine['processor']}, {machine['cores']} cores, one thread, processor clock", *kept.stale],
    )


def settings_numbers(readings: pd.DataFrame) -> dict[str, str]:
    """How far joules and grams differ between settings, and by how much meters were found off, as text by name."""
    return {
        "settings_joules": f"{readings['joules'].max() / readings['joules'].min():.1f}",
        "settings_grams": f"{readings['grams'].max() / readings['grams'].min():.0f}",
        "meter_error": f"{100 * bill.ERROR:.0f}",
    }


def lives(
    table: Table, bench: Bench, inferences: Sequence[float], search_joules: float, k: float
) -> tuple[pd.DataFrame, str]:
    """Which cell merit crowns when it is used n times, search and training added, and what an inference costs there.

    Joules of an inference are those of the edge GPU where the original tables are here, and else those read on this
    machine, in proportion to MACs.
    """
    measured, macs = table.role("test").astype(float) / 100, table["c10_flops"].astype(float)
    original = "c10_test200" in table
    each = (
        tables.nb201_hw()["c10_edgegpu_energy_mj"].astype(float) / 1e3
        if original
        else np.mean(bench.joules[0]) * macs / bench.macs[0]
    )
    training = accounts.price(A_STEP, IMAGES * EPOCHS, trials=1) * each
    useful = np.flatnonzero((measured > 0.1) & (each > 0))
    rows = {}
    for n in inferences:
        whole = np.array([accounts.lifetime(search_joules, training[i], each[i], n) for i in useful])
        place = int(crowned_by_exponent(measured[useful], whole, [k], floor=0.1)[0])
        best = useful[place]
        rows[f"{n:,.0f}"] = {
            "accuracy (%)": 100 * measured[best],
            "MACs (millions)": macs[best] / 1e6,
            "kWh of the life": accounts.kwh(whole[place]),
            "of it in use (%)": 100 * n * each[best] / whole[place],
        }
    source = "an edge GPU, as measured" if original else "this machine, in proportion to MACs"
    return pd.DataFrame(rows).T.rename_axis("inferences"), source


@dataclass(frozen=True)
class Bill:
    """The study's long computations: their energy, their carbon, and the figures of others."""

    own: pd.DataFrame
    famous: pd.DataFrame
    grid: float
    spread: tuple[float, float]  # least and most joules between settings, relative to the first

    @classmethod
    def read(cls, readings: pd.DataFrame, country: str, gpu_watts: float, cpu_watts: float) -> "Bill":
        """Add up what is committed; ``readings`` are those of :meth:`Bench.settings`."""
        relative: Any = readings["joules"] / readings["joules"].iloc[0]
        famous = bill.famous(gpu_watts, cpu_watts)
        return cls(bill.spent(), famous, carbon_intensity(country), (relative.min(), relative.max()))

    @property
    def kg(self) -> float:
        """Carbon of the study's computations."""
        return float(accounts.kwh(float(self.own["joules"].sum())) * self.grid / 1000)

    def table(self) -> pd.DataFrame:
        """One row a computation."""
        return pd.DataFrame(
            {
                "seconds": self.own["seconds"].round().astype(int),
                "kWh (estimate)": self.own["joules"].map(accounts.kwh).map("{:.4f}".format),
                "read": np.where(self.own["known"], "yes", "mean power"),
                "how": self.own["energy"],
            }
        ).rename(index=lambda name: name.replace("_", " ").replace(".", ", "))

    def numbers(self) -> dict[str, str]:
        """Numbers of the sentences about the bill."""
        total = float(self.own["joules"].sum())
        low, high = bill.bounds(total)
        return {
            "own_hours": f"{self.own['seconds'].sum() / 3600:.1f}",
            "own_kwh": f"{accounts.kwh(total):.3f}",
            "own_low": f"{accounts.kwh(low):.3f}",
            "own_high": f"{accounts.kwh(high):.3f}",
            "own_unread": f"{int((~self.own['known']).sum())}",
            "own_computations": f"{len(self.own)}",
        }
