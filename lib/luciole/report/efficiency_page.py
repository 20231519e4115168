"""The parts of chapter 2, in its order: each keeps its numbers for the prose and shows its tables and its figure."""

from collections.abc import Sequence

import pandas as pd

from luciole import attestation, results
from luciole.report import efficiency, efficiency_figures, efficiency_measured, show
from luciole.report.efficiency_measured import Bench, Bill
from luciole.tables.table import Table


def opening(kept: dict[str, results.Result], table: Table, k: float) -> None:
    """The figure of the chapter, and the numbers of its box."""
    crowns, exponents, _ = (result.frame for result in kept.values())
    show.keep(efficiency.standing_numbers(crowns, exponents) | efficiency.loses(crowns))
    show.keep(efficiency.spans(table))
    show.keep(efficiency_figures.crowns(table, k))


def ratios(k: float) -> None:
    """The printed ratios, computed, and what merit says of the same three models."""
    told, numbers = efficiency.three(k)
    show.keep(numbers)
    show.table(efficiency.ratios())
    show.folded(told, "The same three models by merit, at three exponents")


def crowned(kept: dict[str, results.Result]) -> None:
    """What each metric crowns, all cells and those that use all their edges."""
    crowns = kept["efficiency/crowns"].frame
    show.table(efficiency.standing(crowns))
    show.folded(efficiency.standing(crowns, "whole"), "The same over the cells that use all their edges")


def properties(seed: int) -> None:
    """Which metric keeps which property, and the counterexamples."""
    held, missing, numbers = efficiency.refuted(seed)
    show.keep(numbers)
    shown = [efficiency.METRICS[name] for name in ("bcr", "netscore", "mnasnet", "rank_sum", "error_merit", "merit")]
    show.folded(efficiency.definitions(), "The definitions in words")
    show.folded(held[shown], "Which metric keeps which: ✓ where no counterexample was found, · where one was")
    show.folded(missing, "A counterexample for every dot of the metrics in use")


def measured(kept: dict[str, results.Result], seed: int, rederived: int) -> None:
    """What metrics crown by measured costs, and whether today's code derives the same."""
    crowns = kept["efficiency/crowns"].frame
    show.table(efficiency.side_in_short(crowns))
    show.table(efficiency.ahead(crowns))
    show.folded(efficiency.side_by_side(crowns), "Every cost and data set: accuracy (%) of the crowned cell")
    said = [attestation.again(name, seed, rederived) for name in kept]
    stale = [f"{name}: {reason}" for name, result in kept.items() for reason in result.stale]
    show.lines(said + stale, "Which committed numbers this build computed again")


def ranks(kept: dict[str, results.Result]) -> None:
    """How each metric orders the whole space."""
    efficiency_figures.ranks(kept["efficiency/crowns"].frame)


def devices(kept: dict[str, results.Result]) -> None:
    """How well operations counted order cells by cost measured."""
    show.keep(efficiency_figures.stand_in(kept["efficiency/costs"].frame))


def exponents(kept: dict[str, results.Result], k: float) -> None:
    """How far the crown hangs on the exponent."""
    crowns, rows, _ = (result.frame for result in kept.values())
    show.keep(efficiency.steady_numbers(crowns, rows))
    show.folded(
        efficiency.steady(rows), "The crown of the exponent used here, and the exponents that leave it in place"
    )
    efficiency_figures.exponents(rows, k)


def measuring(bench: Bench, table: Table, repeats: int, k: float) -> pd.DataFrame:
    """Latency, timed and predicted; joules, read here; merit's intervals. What several settings read is given back."""
    told, numbers, lines = efficiency_measured.predicted()
    show.table(told)
    show.folded(bench.timed(repeats), "Networks timed here, now, while other programs may run")
    show.lines(lines, "On what the predictors were timed")
    show.lines(bench.energy(table.role("test").astype(float) / 100, k), "Joules of one network, read here")
    readings = bench.settings()
    says = "The same seconds of the same work under several settings of the accounting"
    show.folded(readings.rename(columns={"grams": "grams of CO₂e"}), says)
    show.keep(numbers | efficiency_measured.settings_numbers(readings) | efficiency_figures.merit_intervals())
    return readings


def lives(table: Table, bench: Bench, inferences: Sequence[float], search_joules: float, k: float) -> None:
    """Which cell is crowned when a network is used n times."""
    told, source = efficiency_measured.lives(table, bench, inferences, search_joules, k)
    show.keep({"inference_on": source})
    show.table(told)


def bill(readings: pd.DataFrame, country: str, gpu_watts: float, cpu_watts: float) -> None:
    """The study's own bill, beside the figures of others."""
    own = Bill.read(readings, country, gpu_watts, cpu_watts)
    show.keep(own.numbers())
    show.folded(own.table(), "Every long computation: seconds, energy, how it was read")
    show.folded(own.famous[["known", "source", "seen"]], "Where the figures of others come from")
    efficiency_figures.own_bill(own)
