"""The parts of chapter 4, in its order: each keeps its numbers for the prose and shows its tables and its figure."""

import pandas as pd

from luciole.report import (
    scores,
    scores_beside,
    scores_figures,
    scores_published,
    scores_sets,
    scores_settings,
    show,
    verdict,
)
from luciole.report.scores import Kept
from luciole.tables.table import Table

FAMILIES = {
    "size": ("how much is there to learn with?", "parameters, MACs, layers, depth, paths"),
    "codes": ("do two inputs switch different ReLUs on?", "NASWOT, ICD, SWAP, linear regions"),
    "input gradients": ("is it another linear map at each input?", "Jacobian covariance, EPE-NAS"),
    "saliency": ("would pruning hurt?", "gradient norm, SNIP, GraSP, Fisher, plain"),
    "flow": ("how much passes, whatever the data?", "SynFlow, LogSynFlow"),
    "features": ("are the channels different from each other?", "expressivity, progressivity, MeCo, Zen"),
    "dynamics": ("would gradients be stable, and agree?", "trainability, ZiCo, GradSign, KNAS, kernel, VKDNW"),
}


def opening(kept: Kept, table: Table) -> None:
    """The figure of the chapter, and the numbers of its box; twelve epochs cost what ``table`` records."""
    twelve = next(name for name in ("c10_cost12_s", "c10_cost12_estimate_s") if name in table)
    training_ms = 1e3 * float(table[twelve].mean())
    show.keep(scores.price_numbers(kept) | scores.rank_numbers(kept, training_ms))
    show.keep(verdict.nested_numbers())
    scores_figures.quality_cost(kept, training_ms)


def families(kept: Kept) -> None:
    """What a score may look at, and behind a fold what each one needs and costs."""
    heads = ["the question that it asks of an untrained network", "scores here"]
    show.table(pd.DataFrame.from_dict(FAMILIES, orient="index", columns=heads))
    show.folded(scores.needs(kept), "What every score needs, and what it costs: milliseconds of one core, joules")


def top(kept: Kept) -> None:
    """The whole ranking and its top."""
    table = scores.top(kept)
    show.keep(scores.top_numbers(kept))
    show.table(scores.top_in_short(table))
    show.folded(table, "Every score on CIFAR-10; last columns: only cells without idle edges, as several papers report")


def repeated(kept: Kept) -> None:
    """Other weights, and noise in the place of images."""
    again = scores_settings.repeated(kept)
    deep, told = scores_settings.repeated_deep(kept)
    show.keep(scores_settings.repeated_numbers(again) | told)
    show.table(again, digits=3)
    show.folded(deep, "Two seeds at depth, and the mean of both", digits=3)


def cheaper(kept: Kept, table: Table, seed: int) -> None:
    """Settings of falling cost, judged by the accuracies of ``table``."""
    told = scores_settings.traded(kept, table.role("test").astype(float), seed)
    joules = scores_settings.watts(kept)
    show.keep(scores_settings.traded_numbers(told))
    says = "NASWOT under every setting (cells a stage × side² × batch), with the gap to its authors' setting"
    show.folded(scores_settings.traded_table(told, joules), says)
    scores_figures.cheaper(told, joules, table.source)


def together(kept: Kept, table: Table) -> None:
    """Sets of scores against the aim."""
    rows = scores_sets.picked(kept, table)
    show.keep(scores_sets.set_numbers(rows))
    says = "Every set at both depths: tau on three data sets, and its cost"
    show.folded(scores_sets.set_table(rows), says, digits=3)
    scores_figures.frontier(rows)


def beside(kept: Kept, table: Table) -> None:
    """Published figures beside measured ones, at their setting and at ours, and codes of authors beside ours."""
    figures = scores_published.judged()
    told = scores_beside.beside(kept)
    accuracy = table.role("test").astype(float)
    show.keep(scores_published.numbers(figures))
    show.keep(scores_beside.beside_numbers(told) | scores_beside.gradsign_numbers(kept, accuracy))
    show.table(scores_published.worded(scores_published.farthest(figures)))
    show.folded(scores_published.worded(figures), "Every published figure beside ours at its setting", digits=3)
    says = "At the cheap setting: each score more than .03 away somewhere, and what in our setting differs"
    show.folded(scores_beside.largest_apart(told), says, digits=3)
    show.folded(scores_beside.all_beside(told), "Every published tau beside ours at the cheap setting", digits=3)
    show.folded(scores_beside.peers(), "Codes of authors run beside ours: agreement, and what each costs", digits=0)


def at_hand(kept: Kept, table: Table) -> str:
    """The committed scores against the table at hand, and what each member does; how they agree, as a line."""
    both, agrees = scores_sets.retold(kept, table)
    moved = scores_sets.changes(kept, table.role("test").astype(float))
    show.keep(scores_sets.change_numbers(moved) | {"source": table.source})
    show.folded(both, "Tau computed again with the table at hand", digits=3)
    scores_figures.what_helps(moved, table.source)
    return agrees
