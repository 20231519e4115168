"""The parts of chapter 3, in its order: each keeps its numbers for the prose and shows its tables and its figure."""

import pandas as pd

from luciole import attestation, published, results
from luciole.book import figures
from luciole.experiments.firefly import icd_batch
from luciole.experiments.firefly import ifa_nb201 as study
from luciole.report import firefly, firefly_figures, firefly_live, icd, show
from luciole.results import Result
from luciole.spaces import nb201
from luciole.tables.table import Table

STUDY = ("ifa_nb201", "ifa_nb101", "icd_accuracy", "icd_recurrent")


def read() -> dict[str, Result]:
    """The committed results of the chapter, by name."""
    return {name: results.read(f"firefly/{name}") for name in STUDY}


def opening(kept: dict[str, Result]) -> pd.DataFrame:
    """The figure of the chapter, and the numbers of its box; gives where every variant ends."""
    final = firefly.final(kept["ifa_nb201"].arrays)
    show.keep(firefly.numbers(final))
    firefly_figures.accuracies(final)
    return final


def ranking(kept: dict[str, Result], seed: int, resamples: int) -> None:
    """How well ICD ranks cells and graphs, and what it depends on."""
    arrays = kept["icd_accuracy"].arrays
    show.keep(icd.ranking_numbers(kept["ifa_nb201"].arrays) | icd.dependence_numbers(arrays))
    show.keep({"graphs_told": icd.graphs_said(arrays, seed, resamples)})
    figures.glue("graphs_tau_printed", published.figure("mellor2021naswot/tau_naswot_nb101"), ".3f")
    show.table(icd.ranking())
    show.folded(icd.dependence(arrays), "What changes when one thing of the setting changes")


def recurrent(kept: dict[str, Result], seed: int, resamples: int) -> None:
    """ICD of recurrent cells."""
    arrays = kept["icd_recurrent"].arrays
    show.keep(icd.spoken(arrays, seed, resamples))
    firefly_figures.recurrent(arrays)


def found(final: pd.DataFrame) -> None:
    """What was found on NAS-Bench-201."""
    show.table(firefly.by_score(final))
    show.folded(firefly.everything(final), "All 28 variants: noise, order of the genes, score, deviation, cells met")


def graphs(kept: dict[str, Result]) -> None:
    """The released operators on NAS-Bench-101: with ICD, without, and no search at all."""
    arrays = kept["ifa_nb101"].arrays
    show.keep(firefly.graph_numbers(kept["ifa_nb101"]))
    show.table(firefly.on_graphs(arrays))
    show.table(firefly.controls(arrays))


def beside(final: pd.DataFrame, kept: dict[str, Result]) -> None:
    """Published figures beside measured ones: NAS-Bench-201, then NAS-Bench-101, the mean of three trainings."""
    show.table(firefly.beside_201(final))
    show.folded(firefly.beside_201(final, "icd_relu"), "The same readings with ICD over ReLUs only")
    show.table(firefly.beside_101(firefly.on_graphs(kept["ifa_nb101"].arrays)))


def at_hand(table: Table, scored: int, evaluations: int, seed: int) -> None:
    """Scores of a few cells, and one search whose score is computed when it is asked for, judged by a table."""
    accuracy = table.role("test")
    flown = firefly_live.search(evaluations, seed)
    show.keep({"source": table.source, "images_of": icd_batch.images(study.BATCH, study.SIDE)[1]})
    show.keep(firefly_live.told(flown, accuracy))
    figures.glue_markdown("live_cell", f"`{nb201.format(flown.history.best)}`")
    firefly_figures.live(firefly_live.scores(scored, seed, accuracy), table.source)


def again(kept: dict[str, Result], seed: int, rederived: int) -> None:
    """Which committed numbers are computed again, so many units of the quickest result, and what is stale."""
    units = (rederived, rederived // 10, rederived // 3, rederived // 8)
    said = [attestation.again(f"firefly/{name}", seed, drawn) for name, drawn in zip(STUDY, units, strict=True)]
    said += [f"{name}: {reason}" for name, result in kept.items() for reason in result.stale]
    show.lines(said, "Which committed numbers this build computed again")
