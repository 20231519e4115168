"""The parts of chapter 7, in its order: each keeps its numbers for the prose and shows its tables and its figure."""

from collections.abc import Mapping

import pandas as pd

from luciole import attestation, results
from luciole.report import arena, arena_pairs, contest, contest_figures, live_contest, show
from luciole.report.arena_groups import Arrays
from luciole.search import History
from luciole.sensors.search import Fitness
from luciole.sensors.study import Contest, Study
from luciole.spaces import Rows

Frames = Mapping[str, pd.DataFrame]


def groups() -> tuple[Arrays, Arrays]:
    """The field's own contest, and the networks searched under its protocol, as far as they have come."""
    return results.read("har/arena").arrays, results.read("har/arena_search", part=True).arrays


def opening(har: Frames) -> pd.DataFrame:
    """The figure of the chapter, and the numbers of its box; gives where every model stands."""
    table = contest.standing(har["models"], har["deployed"])
    show.keep(contest_figures.standing_numbers(table, har["models_people"]))
    show.keep(dict(arena.numbers(*groups())) | {"arena_pairs": arena_pairs.said()})
    contest_figures.pareto(table)
    return table


def statistics(har: Frames) -> None:
    """What each kind of statistics is worth to one network."""
    recipes = results.read("har/recipes", part=True)
    show.keep(contest_figures.recipe_numbers(recipes, har["lengths"], har["ablation"]))
    show.table(contest.by_set(har["ablation"], "variant").rename(columns=contest.TITLES), digits=1)
    for frame, says in contest_figures.training_folds(har):
        show.folded(frame, says)


def scores(har: Frames) -> None:
    """How well scores tell which design will be good, and what the start of an operator is worth."""
    worth = contest.worth(har["candidates"])
    show.keep(contest_figures.search_numbers(worth, har["candidates"]))
    show.keep(contest_figures.exchange_numbers(results.read("efficiency/operators")))
    show.table(contest_figures.worth_in_short(worth))
    show.folded(worth.T, "Every score: rank correlation with validation accuracy after the short training")


def standing(har: Frames, table: pd.DataFrame) -> None:
    """Who stands where, over seeds and over people, and the targets fixed before."""
    verdicts = contest.over_people(har["models_people"], table).set_index(["data set", "model"])
    show.table(contest_figures.few(table), digits=1)
    show.folded(contest.readable(table), "Every model on both data sets, with seeds, weights, training, time", digits=1)
    show.folded(verdicts, "Each network found against the best other model, person by person")
    show.folded(contest.targets(table).set_index("target"), "Targets, fixed before, and which are met")
    contest_figures.people(har["models_people"], table)


def proof() -> None:
    """The contest's own classifiers: is its protocol ours?"""
    show.table(arena.proof(groups()[0]).set_index(["data set", "classifier"]))


def field() -> None:
    """Statistics, and networks on them, beside the contest's printed figures."""
    for frame, says in (*arena.folds(*groups()), *arena_pairs.folds()):
        show.folded(frame, says, digits=1)
    arena.front(*groups())


def beside(table: pd.DataFrame, seed: int, retrained: int) -> None:
    """Published figures beside measured ones, and what of ours is derived again."""
    printed = contest.beside_published(table)
    show.table(printed.drop(columns=["protocol", "read where"]).set_index("source"), digits=1)
    show.folded(printed.set_index("source")[["protocol", "read where"]], "Under which protocol each was published")
    said = [attestation.again("har/models_weights", seed), attestation.again("har/models", seed, retrained)]
    show.lines(said, "What was derived again just now")


def eight(har: Frames) -> None:
    """The networks found, in 8 bits."""
    found = har["deployed"][har["deployed"]["model"].str.startswith("found")]
    show.keep(contest_figures.eight_numbers(found))
    show.folded(contest.sizes(found).set_index("network"), "Every network found, in 32 and in 8 bits", digits=1)


def at_hand(study: Study, played: Contest, history: History, fitness: Fitness, timed: int) -> None:
    """What the search of this build found, trained, put into files, and held against the rivals."""
    agreement = live_contest.agreement(study, fitness, timed)
    files = live_contest.deploy(study, played)
    table = live_contest.standing(played, files)
    sized, told = live_contest.eight_bits(study, files)
    show.keep(live_contest.numbers(study, table, played, history, fitness, agreement))
    show.table(table, digits=1)
    show.folded(sized, "The network found here, in 32 and in 8 bits", digits=1)
    show.lines(told, "What the 8-bit file says of itself")
    live_contest.outcome(table, played.people)


def searched(study: Study, fitness: Fitness, history: History, best: Rows) -> None:
    """The set of this build, and what its search looked at."""
    print(study.dataset.describe())
    live_contest.search(fitness, history, best)
