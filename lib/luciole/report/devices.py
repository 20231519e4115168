"""What the results of :mod:`luciole.experiments.devices.cortex_m` say: tables, targets, how costs are foretold.

Everything here reads committed results; times and energies are estimates from instructions, a stated clock and the
current that a data sheet states.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from luciole import published
from luciole.efficiency import merit
from luciole.experiments.devices import cortex_m, table
from luciole.experiments.har import protocol
from luciole.sensors.search import OPERATOR

SMALL = protocol.found(53_079)
VOLTS = 3.0  # of a coin cell
CELL = 225.0  # milliampere-hours of a CR2032
CLASSES = 6
PER_MAC_FLOATS, PER_MAC_BYTES = 5.0, 3.0  # the targets, fixed before: instructions of the layers a multiply-accumulate
FLASH, MEMORY = 24_576, 8_192  # bytes, in 8 bits
FORETOLD = 10.0  # per cent, median
APART = 1e-4  # of scores in floats, from ONNX Runtime

Target = tuple[str, str, str, bool]  # what, what was asked, what was measured, whether it is met


@dataclass(frozen=True)
class Chip:
    """A chip on which the estimates stand: its core, a clock, the key of its data sheet's current."""

    name: str
    core: str
    megahertz: float
    key: str


CHIPS = (
    Chip("STM32L412", "m4f", 80.0, "stm32l412/run_current"),
    Chip("STM32L072", "m0+", 32.0, "stm32l072/run_current"),
)


def networks(frame: pd.DataFrame, core: str, how: str = "printed") -> pd.DataFrame:
    """One row a network and format on a core: flash, memory and stack in kB, instructions, by part and a MAC."""
    mine = frame[(frame["core"] == core) & (frame["how"] == how)]
    return pd.DataFrame(
        {
            "network": [f"{row.model} ({row.dataset})" for row in mine.itertuples()],
            "bits": mine["bits"].to_numpy(),
            "flash, kB": mine["flash"].to_numpy() / 1024,
            "memory, kB": mine["memory"].to_numpy() / 1024,
            "layers, thousand instructions": mine["layers"].to_numpy() / 1e3,
            "instructions a MAC": (mine["layers"] / mine["macs"]).to_numpy(),
            "statistics, thousand instructions": mine["statistics"].to_numpy() / 1e3,
            "same class, %": 100 * mine["same"].to_numpy(),
        }
    )


def one(frame: pd.DataFrame, model: str, dataset: str, bits: int, core: str, how: str = "printed") -> pd.Series:
    """The row of a network."""
    chosen = frame["model"].eq(model) & frame["dataset"].eq(dataset) & frame["bits"].eq(bits)
    return frame[chosen & frame["core"].eq(core) & frame["how"].eq(how)].iloc[0]


def loops(frame: pd.DataFrame) -> pd.DataFrame:
    """Instructions of the layers by plain loops and printed, in floats on the Cortex-M4F."""
    wide = frame[(frame["bits"] == 32) & (frame["core"] == "m4f")].pivot_table(
        index=["dataset", "model"], columns="how", values="layers", sort=False
    )
    return wide.assign(times=wide["plain loops"] / wide["printed"]).reset_index()


def targets(frame: pd.DataFrame, designs: pd.DataFrame) -> pd.DataFrame:
    """The targets that were fixed before, for the network of 51 thousand MACs: what was asked, what was measured."""
    whole = one(frame, SMALL, "uci_har", 32, "m4f")
    small = one(frame, SMALL, "uci_har", 8, "m4f")
    told = loops(frame)
    apart = frame.loc[frame["bits"] == 32, "apart"].max()
    lines: list[Target] = [
        ("floats against ONNX Runtime, every network", f"within {APART:g}", f"{apart:.1e}", bool(apart <= APART)),
        ("flash in 8 bits, bytes", f"under {FLASH:,}", f"{small.flash:,.0f}", small.flash < FLASH),
        ("static memory in 8 bits, bytes", f"under {MEMORY:,}", f"{small.memory:,.0f}", small.memory < MEMORY),
        ("instructions a MAC, floats", f"at most {PER_MAC_FLOATS:g}", *_per_mac(whole, PER_MAC_FLOATS)),
        ("instructions a MAC, 8 bits with SMLAD", f"at most {PER_MAC_BYTES:g}", *_per_mac(small, PER_MAC_BYTES)),
        (
            "against plain loops, every network",
            "never more",
            f"{told['times'].min():.1f} to {told['times'].max():.1f} times fewer",
            bool((told["times"] >= 1).all()),
        ),
        (
            "class as ONNX Runtime in 8 bits, test windows",
            "at least 99.9 %",
            f"{100 * frame.loc[frame['bits'] == 8, 'same'].min():.2f} %",
            bool((frame.loc[frame["bits"] == 8, "same"] >= 0.999).all()),
        ),
    ]
    for core in cortex_m.CORES:
        error = held_out(designs, core)["median"]
        name = cortex_m.CORES[core].says.split(",")[0]
        lines.append(
            (f"instructions foretold, {name}", f"within {FORETOLD:g} %", f"{error:.1f} %", bool(error <= FORETOLD))
        )
    return verdicts(lines)


def verdicts(lines: Sequence[Target]) -> pd.DataFrame:
    """A row a target: what was asked, what was measured, met or not."""
    told = [(what, asked, found, "met" if met else "not met") for what, asked, found, met in lines]
    return pd.DataFrame(told, columns=["target", "asked", "measured", ""])


def _per_mac(row: pd.Series, most: float) -> tuple[str, bool]:
    share = row["layers"] / row["macs"]
    return f"{share:.2f}", share <= most


def cost(designs: pd.DataFrame) -> pd.Series:
    """What the merit of chapter 7 takes for a design's cost on a desk: MACs, and for each operator as many again."""
    return designs["macs"] + OPERATOR * designs["operators"]


def correlations(designs: pd.DataFrame) -> pd.DataFrame:
    """Rank correlation of what is counted beforehand with the layers' instructions, by core and format."""
    rows = []
    for (bits, core), mine in designs.groupby(["bits", "core"], sort=False):
        told = {"MACs": mine["macs"], "operators": mine["operators"], "cost of the merit": cost(mine)}
        found = {name: stats.spearmanr(values, mine["layers"]).statistic for name, values in told.items()}
        rows.append({"core": cortex_m.CORES[str(core)].says, "bits": bits, "designs": len(mine), **found})
    return pd.DataFrame(rows)


def held_out(designs: pd.DataFrame, core: str) -> dict[str, float]:
    """Errors, in per cent, on designs held out: median and largest of the table fitted to the others; by MACs alone."""
    apart = 100 * table.apart(designs, core)
    known, mine = (part[(part["bits"] == 32) & (part["core"] == core)] for part in table.parted(designs))
    rate = float((known["layers"] / known["macs"]).median())
    plain = 100 * np.abs(rate * mine["macs"] / mine["layers"] - 1)
    return {"median": float(np.median(apart)), "largest": float(apart.max()), "by MACs": float(np.median(plain))}


def smaller(designs: pd.DataFrame, what: str) -> float:
    """Share of the designs that take less ``what`` (flash or memory) in 8 bits than in floats on a Cortex-M4F."""
    both = designs[designs["core"] == "m4f"].set_index(["genotype", "bits"])[what].unstack().dropna()
    return float((both[8] < both[32]).mean())


def eight_pays(designs: pd.DataFrame) -> pd.DataFrame:
    """For designs measured in both formats on the Cortex-M4F: instructions in 8 bits over those in floats, by width."""
    mine = designs[designs["core"] == "m4f"].set_index(["genotype", "bits"])["layers"].unstack().dropna()
    macs = designs.drop_duplicates("genotype").set_index("genotype")["macs"].loc[mine.index]
    outputs = designs.drop_duplicates("genotype").set_index("genotype")["full: outputs"].loc[mine.index]
    return pd.DataFrame({"MACs": macs, "MACs an output": macs / outputs, "share": mine[8] / mine[32]}).reset_index(
        drop=True
    )


def estimates(frame: pd.DataFrame) -> pd.DataFrame:
    """Time and energy of a window, and a coin cell's days at one window every 1.28 s: estimates, one cycle each."""
    rows = []
    for chip in CHIPS:
        current = published.figure(chip.key)
        for bits in (32, 8):
            row = one(frame, SMALL, "uci_har", bits, chip.core)
            instructions = row["layers"] + row["statistics"] + 64 * row["sample"]
            seconds = instructions / (1e6 * chip.megahertz)
            charge = current * chip.megahertz * seconds  # microampere-seconds
            rows.append(
                {
                    "chip": f"{chip.name}, {chip.megahertz:g} MHz, {current:g} µA/MHz",
                    "bits": bits,
                    "instructions, thousand": instructions / 1e3,
                    "milliseconds a window": 1e3 * seconds,
                    "µJ a window": charge * VOLTS,
                    "days on a coin cell": CELL * 3.6e6 / charge * 1.28 / 86_400,
                }
            )
    return pd.DataFrame(rows)


def designed_for(candidates: pd.DataFrame, trained: pd.DataFrame, k: float = 10.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The design of best merit by each device's cost, and the merit that each has on each device.

    ``trained`` has the validation accuracy of each candidate. Costs: the desk's as chapter 7's merit takes it; a
    microcontroller's are instructions of the layers. Returns (designs chosen, merits: designed for x run on).
    """
    accuracy = trained[trained["dataset"] == "uci_har"].groupby("genotype")["accuracy"].mean()
    wide = candidates.set_index(["genotype", "core"])["layers"].unstack()
    first = candidates.drop_duplicates("genotype").set_index("genotype")
    costs = pd.DataFrame({"desk": cost(first), "Cortex-M4F": wide["m4f"], "Cortex-M0+": wide["m0+"]})
    mine = accuracy.loc[costs.index]
    merits = pd.DataFrame(
        {
            device: merit(mine, costs[device], floor=1 / CLASSES, k=k, reference=float(costs[device].median()))
            for device in costs
        },
        index=costs.index,
    )
    best = merits.idxmax()
    chosen = pd.DataFrame(
        {
            "designed for": best.index,
            "genotype": best.to_numpy(),
            "validation accuracy, %": 100 * mine.loc[best].to_numpy(),
            "MACs": first.loc[best, "macs"].to_numpy(),
            "operators": first.loc[best, "operators"].to_numpy(),
            "Cortex-M4F, thousand instructions": wide.loc[best, "m4f"].to_numpy() / 1e3,
        }
    )
    cross = merits.loc[best].set_axis(best.index).rename_axis("designed for")
    return chosen, cross


def numbers(frame: pd.DataFrame, designs: pd.DataFrame) -> dict[str, str]:
    """What the prose says of the networks and of the designs."""
    small, whole = (one(frame, SMALL, "uci_har", bits, "m4f") for bits in (8, 32))
    soft, soft_small = (one(frame, SMALL, "uci_har", bits, "m0+") for bits in (32, 8))
    told, pays = loops(frame), eight_pays(designs)
    errors = {core: held_out(designs, core) for core in cortex_m.CORES}
    ordered = correlations(designs)
    found = {
        "float_mac": f"{whole['layers'] / whole['macs']:.2f}",
        "byte_mac": f"{small['layers'] / small['macs']:.2f}",
        "statistics": f"{100 * whole['statistics'] / (whole['statistics'] + whole['layers']):.0f}",
        "soft": f"{soft['layers'] / whole['layers']:.0f}",
        "soft_byte": f"{soft_small['layers'] / small['layers']:.1f}",
        "flash": f"{small['flash'] / 1024:.1f}",
        "memory": f"{small['memory'] / 1024:.1f}",
        "loops_least": f"{told['times'].min():.1f}",
        "loops_most": f"{told['times'].max():.1f}",
        "pays": f"{100 * (pays['share'] < 1).mean():.0f}",
        "pays_count": f"{len(pays)}",
        "less_flash": f"{100 * smaller(designs, 'flash'):.0f}",
        "less_memory": f"{100 * smaller(designs, 'memory'):.0f}",
        "drawn": f"{designs['genotype'].nunique()}",
        "seen": f"{table.parted(designs)[0]['genotype'].nunique()}",
        "held": f"{table.parted(designs)[1]['genotype'].nunique()}",
        "tau_macs": f"{ordered['MACs'].min():.2f} to {ordered['MACs'].max():.2f}",
        "tau_merit": f"{ordered['cost of the merit'].min():.2f} to {ordered['cost of the merit'].max():.2f}",
    }
    for core, name in (("m4f", "m4"), ("m0+", "m0")):
        found[f"{name}_median"] = f"{errors[core]['median']:.1f}"
        found[f"{name}_largest"] = f"{errors[core]['largest']:.0f}"
        found[f"{name}_macs"] = f"{errors[core]['by MACs']:.0f}"
    return {f"dev_{name}": text for name, text in found.items()}
