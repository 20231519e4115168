"""The parts of chapter 5, in its order: each keeps its numbers for the prose and shows its tables and its figure."""

import pandas as pd

from luciole import attestation, results
from luciole.report import (
    better_elsewhere,
    better_figures,
    better_firefly,
    better_live,
    curves,
    operators,
    show,
    verdict,
)
from luciole.report.better_firefly import Kept
from luciole.report.better_live import Fronts
from luciole.report.scores import word
from luciole.scores.aggregate import log_rank
from luciole.tables.table import Table


def opening(kept: Kept, table: Table) -> None:
    """The figure of the chapter, and the numbers of its box."""
    _, printed = better_firefly.beside(kept)
    show.keep(better_firefly.numbers(kept) | printed | better_live.light(table))
    show.keep(verdict.nested_numbers())
    show.keep(better_elsewhere.on_graphs()[1] | better_elsewhere.worn_numbers(better_elsewhere.worn(kept)))
    better_figures.parts(kept, float(printed["ifa_printed"]))


def scores(kept: Kept, table: Table) -> None:
    """Which sets the rule puts first, and where each score alone would lead."""
    accuracy = table.role("test").astype(float)
    highest = {word(name): accuracy[values.argmax()] for name, values in kept.columns.items()}
    together = float(accuracy[log_rank([kept.columns[name] for name in kept.chosen]).argmax()])
    show.keep({"ceiling": f"{together:.2f}", "source": table.source})
    heads = {"test accuracy of the highest cell (%)": highest | {"the chosen, together": together}}
    show.folded(better_firefly.sets(kept), "The sets of scores that the rule puts first")
    says = "The highest cell of each score, on the table at hand"
    show.folded(pd.DataFrame(heads).sort_values(next(iter(heads)), ascending=False), says)


def ifa(kept: Kept) -> None:
    """What each part of IFA is worth, and other searches on the same ranks."""
    show.table(better_firefly.shown(kept, better_firefly.rivals()))
    names = better_firefly.ifa_parts(kept)
    show.folded(better_firefly.shown(kept, names), "IFA as released, and with one part changed")


def parts(kept: Kept) -> None:
    """What each part of luciole is worth, and what all of it is beside a random sample."""
    show.keep({name: said for name, said in operators.numbers().items() if name.startswith("sample_")})
    names = better_firefly.parts(kept)
    show.folded(better_firefly.shown(kept, names), "Luciole without each part, and on a single score")


def targets(kept: Kept) -> None:
    """The targets and their verdicts; published figures beside measured ones."""
    show.table(better_firefly.targets(kept))
    show.table(better_firefly.beside(kept)[0])


def fronts(found: Fronts) -> None:
    """Fronts under limits on a cost."""
    show.keep(found.numbers())
    show.table(found.table_of_losses())
    show.folded(found.sets(), "The sets of scores that lose least of the front that the rule looks at")
    better_figures.front(found)


def graphs(trainings: int, runs: int, seed: int) -> None:
    """NAS-Bench-101, by scores and by lookups."""
    told, _ = better_elsewhere.on_graphs()
    looked_up, numbers = better_live.graphs(trainings, runs, seed)
    show.keep(numbers)
    show.table(told)
    if looked_up is not None:
        show.folded(looked_up, "The same search with accuracy itself as its objective, on the table at hand")


def sensors(kept: Kept) -> None:
    """HAR-201."""
    runs = better_elsewhere.worn(kept)
    show.folded(better_elsewhere.worn_table(runs), "Means, deviations and numbers of cells")
    better_figures.worn(runs)


def real() -> None:
    """Found and hand-made networks trained on a processor, and what each metric of efficiency crowns among them."""
    frame = better_elsewhere.trained("training")
    table = better_elsewhere.by_network(frame)
    show.keep(better_elsewhere.real_numbers(frame) | curves.numbers(results.read("images/curves", part=True)))
    show.folded(better_elsewhere.shown(table), "Every network: accuracy, size, seconds, joules")
    show.folded(better_elsewhere.crowns(table).T, "The network that each metric of efficiency crowns, by MACs")
    better_figures.trained(frame)


def full() -> None:
    """The same in full, on a GPU."""
    frame = better_elsewhere.trained("training_full")
    show.keep(better_elsewhere.full_numbers(frame))
    show.table(better_elsewhere.shown(better_elsewhere.by_network(frame)).drop(columns=["parameters", "seconds"]))


def again(kept: Kept, seed: int, rederived: int, regraphed: int, retrained: int) -> list[str]:
    """What today's code derives of the committed results behind the chapter, and what is stale, a line each."""
    units = {
        "firefly/luciole_nb201": rederived,
        "firefly/luciole_nb101": regraphed,
        "firefly/luciole_har201": 1,
        "images/training": retrained,
    }
    said = [attestation.again(name, seed, drawn) for name, drawn in units.items()]
    named = {name: results.read(name, part=name.startswith("images")) for name in [*units, "images/training_full"]}
    return said + [f"{name}: {reason}" for name, result in named.items() for reason in result.stale]
