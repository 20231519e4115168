"""The parts of chapter 1, in its order: each keeps its numbers for the prose and shows its tables and its figure."""

import warnings

import pandas as pd

from luciole import attestation, results
from luciole.experiments.nb201 import search as bench
from luciole.report import lemonade, show, space_maps, state, state_figures, state_graphs
from luciole.tables.table import Table


def opening() -> None:
    """The figure of the chapter, and the numbers of searches on NAS-Bench-201."""
    kept = results.read("nb201/search")
    show.keep(state.numbers(kept) | state.guided_numbers(kept.frame))
    state_figures.regret(state.parts(kept.frame)[0])


def ended(seconds: int) -> pd.DataFrame:
    """Where each searcher without a guide stands after so many simulated seconds, the best first."""
    return state.last(state.parts(results.read("nb201/search").frame)[0], seconds)


def ranked() -> None:
    """The searchers after either budget."""
    curves, _ = state.parts(results.read("nb201/search").frame)
    show.table(state.standing(curves, bench.BUDGET).head(8))
    show.folded(state.standing(curves, bench.BUDGET), "All searchers after 12,000 simulated seconds")
    show.folded(state.standing(curves, bench.BUDGETS[0]), "All searchers after 3,000 simulated seconds")


def beside() -> None:
    """Published means beside ours."""
    curves, _ = state.parts(results.read("nb201/search").frame)
    show.folded(state.beside(curves), "In numbers, with deviations and the noise of each difference")
    state_figures.beside(curves)


def scored() -> None:
    """Scores in short, and training."""
    ranks, told = state.ranking()
    show.keep(told)
    show.table(ranks)


def guided() -> None:
    """What a score that guides is worth."""
    frame = results.read("nb201/search").frame
    _, rows = state.parts(frame)
    show.folded(state.guided_table(rows, bench.BUDGET), "The eight best after 12,000 s, on three data sets")
    show.folded(state.guided_table(rows, bench.BUDGETS[0]), "The eight best after 3,000 s, on three data sets")
    state_figures.guided(frame)


def graphs() -> None:
    """Searches on NAS-Bench-101 against evaluations."""
    frame = results.read("nb101/search").frame
    show.keep(state_graphs.numbers(frame))
    show.folded(state_graphs.lanas(frame), "Our LaNAS beside the runs that its authors released")
    state_figures.regret_101(frame)


def joules() -> None:
    """Searches on NAS-Bench-101 against joules."""
    spent = results.read("nb101/energy")
    show.keep(state_graphs.joules_numbers(spent))
    show.folded(state_graphs.joules_last(spent.frame), "Where each searcher ends, and how many trainings it paid")
    state_graphs.joules(spent.frame)


def digits() -> None:
    """LEMONADE on small digits."""
    kept, runs = results.read("images/lemonade"), results.read("images/lemonade_runs").arrays
    show.keep(lemonade.numbers(kept, runs))
    show.folded(lemonade.table(runs), "Share of the box that each front covers, and what was chosen, trained anew")
    lemonade.fronts(kept)


def landscape(table: Table) -> None:
    """Every cell of the table at hand as a pixel, and how far the stand-in goes with the original."""
    ground = space_maps.Ground(table)
    agreement = results.read("nb201/replica").frame.iloc[0]
    told = {"replica_rho": agreement["spearman"], "replica_rho_top": agreement["spearman_top"]}
    show.keep(ground.numbers() | {name: f"{value:.2f}" for name, value in told.items()})
    ground.show_map()


def live(table: Table, searchers: list[str], runs: int, seconds: int, seed: int) -> None:
    """A few searches run now, and how accuracy falls with the distance from the best cell."""
    show.table(space_maps.live(table, searchers, runs, seconds, seed))
    space_maps.Ground(table).show_rings()


def again(seed: int, rederived: int) -> None:
    """Which committed numbers are computed again, so many runs of each of the quick searches, and what is stale."""
    # of a progress bar that Optuna imports
    warnings.filterwarnings("ignore", message="IProgress not found")
    units = {"nb201/search_runs": rederived, "nb101/search_runs": min(2, rederived)}
    units |= {"nb101/energy_runs": min(3, rederived), "images/lemonade_runs": min(1, rederived)}
    said = [attestation.again("nb201/replica")]
    said += [attestation.again(name, seed, drawn) for name, drawn in units.items()]
    read = ("nb201/search", "nb101/search", "nb101/energy", "images/lemonade")
    said += [f"{name}: {reason}" for name in read for reason in results.read(name).stale]
    show.lines(said, "Which committed numbers this build computed again")
