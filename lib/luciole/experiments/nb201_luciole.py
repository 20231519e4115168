"""A better firefly on NAS-Bench-201: the choice of its scores, its parts one by one, its rivals, its targets.

    luciole run nb201_luciole --workers 2

Three parts, each resumable:

1. **Scores** of all classes at a setting chosen for its cost alone: one cell a stage, 8 inputs of 8x8. Zen and SynFlow
   see no data at all; ICD and NASWOT are those of ``nb201_ifa``.
2. **The choice** of the two scores whose ranks are added. It reads CIFAR-100 accuracies only, is reported on CIFAR-10
   and ImageNet16-120: of all pairs, that whose five highest cells have the best mean accuracy (:func:`choose`).
3. **Runs**, with seeds that no choice has seen (from 1000 on): luciole whole and without each part, the rivals on
   the same ranks and the same number of scored classes, a limit on MACs, and a last stage of simulated training.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from luciole import files, results, tables
from luciole.errors import LucioleError
from luciole.experiments import nb201_ifa
from luciole.experiments.nb201_ifa import DATASETS, STRENGTH, gather, spread, summary
from luciole.experiments.shards import load_shards, run_shards
from luciole.networks import build, counts
from luciole.networks.skeleton import NB201_C10
from luciole.scores import SCORES
from luciole.scores.aggregate import log_rank
from luciole.search import Budget, History, Objective, evolution, firefly, improved_firefly, local, luciole, random
from luciole.search.swarms import Flight
from luciole.spaces import Rows, nb201

INPUTS, SIDE = 8, 8
OWN = ("zen", "synflow")
FIRST_SEED, SEEDS = 1_000, 100
FEW = 150  # scored classes at which parts and rivals are compared: with many more, all end at the same cell
CLASSES_A_TASK = 50
SCORE_SHARDS, RUN_SHARDS = "nb201_luciole_scores", "nb201_luciole_runs"
MAC_LIMIT = 90e6
TRAIN_SECONDS = 3_000.0


def score_classes(members: Sequence[int]) -> dict[str, NDArray[np.float64]]:
    """Score the cells at these official indices by Zen and SynFlow, each with weights seeded by its index."""
    shape = torch.zeros(INPUTS, 3, SIDE, SIDE)
    values = []
    start = time.process_time()
    for row, member in zip(nb201.all_cells()[list(members)], members, strict=True):
        network = build(row, nb201_ifa.SKELETON, torch.Generator().manual_seed(int(member)))
        values.append([SCORES[name](network, shape, seed=int(member)) for name in OWN])
    seconds = (time.process_time() - start) / len(values)
    return {**dict(zip(OWN, np.array(values).T, strict=True)), "seconds": np.full(len(values), seconds)}


def finite(column: NDArray) -> NDArray[np.float64]:
    """Replace what is not finite by less than all else."""
    held = np.isfinite(column)
    return np.where(held, column, column[held].min() - 1)


@cache
def candidates() -> dict[str, NDArray[np.float64]]:
    """Every score a pair is chosen from, by class (6466,)."""
    own = gather(load_shards(files.cache() / SCORE_SHARDS))
    icd = nb201_ifa.scored_classes()
    representatives = nb201.all_cells()[nb201.classes()]
    return {
        **{name: finite(own[name]) for name in OWN},
        **{name: finite(icd[name]) for name in nb201_ifa.NAMES},
        "params": counts.parameters(representatives, NB201_C10).astype(float),
        "macs": counts.macs(representatives, NB201_C10, 32).astype(float),
    }


def choose(scores: Mapping[str, NDArray], accuracy: NDArray) -> dict[str, NDArray]:
    """Rank all pairs of scores by the mean accuracy (15625,) of the five classes whose log-ranks add up highest.

    Returns arrays of one entry a pair, the best first: "first", "second", "mean".
    """
    mine = accuracy[nb201.classes()]
    found = []
    for first, second in combinations(scores, 2):
        top = np.argsort(-log_rank([scores[first], scores[second]]), kind="stable")[:5]
        found.append((float(mine[top].mean()), first, second))
    found.sort(reverse=True)
    return {
        "first": np.array([one for _, one, _ in found]),
        "second": np.array([two for *_, two in found]),
        "mean": np.array([mean for mean, *_ in found]),
    }


@dataclass(frozen=True)
class Plan:
    """One way to search: a searcher, its budget of scored classes, its settings, and what guides it.

    ``guide`` is "pair" for the pair's ranks among the cells that the run met (luciole only), "whole" for the pair's
    ranks within the whole space as one number (which favours who uses it: no run can know them), "integer" for that
    number truncated, or a score.
    """

    search: Callable[..., History]
    scored: int
    guide: str = "pair"
    settings: dict[str, Any] = field(default_factory=dict)


PARTS: dict[str, dict[str, Any]] = {
    "luciole": {},
    "without attraction": {"attraction": False},
    "without shrinking noise": {"shrink": False},
    "without novelty": {"novelty": False},
    "without elite": {"elitism": False},
    "without restart": {"chances": None},
    "ranks added, not their logarithms": {"log": False},
}
CENTRED = Flight(noise="centred")
RIVALS: dict[str, tuple[Callable[..., History], dict[str, Any]]] = {
    "random search": (random.search, {}),
    "local search": (local.search, {}),
    "regularised evolution": (evolution.search, {}),
}


IFA_PARTS: dict[str, tuple[Callable[..., History], dict[str, Any]]] = {  # the released IFA, one change each
    "IFA, released": (improved_firefly.search, {}),
    "IFA without attraction": (improved_firefly.search, {"flight": Flight(beta=0.0)}),
    "IFA without distance": (improved_firefly.search, {"flight": Flight(gamma=0.0)}),
    "IFA without noise": (improved_firefly.search, {"flight": Flight(alpha=0.0)}),
    "IFA, centred noise": (improved_firefly.search, {"flight": CENTRED}),
    "IFA without restart (FA)": (firefly.search, {}),
    "IFA without mutation": (improved_firefly.search, {"mutation": 0.0}),
    "IFA without crossover": (improved_firefly.search, {"crossover": False}),
    "IFA, 10 fireflies": (improved_firefly.search, {"population": 10}),
    "IFA, 40 fireflies": (improved_firefly.search, {"population": 40}),
}


def _macs(rows: Rows) -> NDArray[np.float64]:
    return counts.macs(rows, NB201_C10, 32).astype(float)


def light(rows: Rows) -> NDArray[np.bool_]:
    """Whether a cell's CIFAR-10 network keeps the limit on multiply-accumulates."""
    return _macs(rows) <= MAC_LIMIT


def _plans() -> dict[str, Plan]:
    plans = {f"luciole, {scored}": Plan(luciole.search, scored) for scored in (300, 1_000, 2_000)}
    for scored in (60, FEW):
        for name, settings in PARTS.items():
            plans[f"{name}, {scored}"] = Plan(luciole.search, scored, settings=settings)
    for score in ("first", "second", "icd", "naswot"):
        plans[f"luciole on {score} alone, {FEW}"] = Plan(luciole.search, FEW, score)
    for name, (search, settings) in RIVALS.items():
        plans[f"{name}, {FEW}"] = Plan(search, FEW, "whole", settings)
    for name in ("random search", "local search"):  # the others stall before they have met 2,000 classes
        plans[f"{name}, 2000"] = Plan(RIVALS[name][0], 2_000, "whole")
    for name, (search, settings) in IFA_PARTS.items():
        plans[f"{name}, {FEW}"] = Plan(search, FEW, "whole", {"order": STRENGTH, **settings})
    plans[f"IFA, integer fitness, {FEW}"] = Plan(improved_firefly.search, FEW, "integer", {"order": STRENGTH})
    plans[f"luciole on whole ranks, {FEW}"] = Plan(luciole.search, FEW, "whole")
    for scored in (300, 1_000):
        plans[f"luciole up to 90 MMACs, {scored}"] = Plan(luciole.search, scored, settings={"allowed": light})
    return plans


PLANS = _plans()


def play(name: str, seed: int, scores: Mapping[str, NDArray], pair: tuple[str, str]) -> History:
    """Run one plan once; classes are paid once, at the evaluation that first meets them."""
    plan = PLANS[name]
    cells = {key: spread(scores[key]) for key in {*pair, "icd", "naswot"}}
    first, second = (_look_up(cells[key]) for key in pair)
    settings = dict(plan.settings)
    if plan.guide == "pair":
        goal = first
        settings["criteria"] = [second]
    elif plan.guide in ("whole", "integer"):
        whole = spread(log_rank([scores[key] for key in pair]))
        goal = _look_up(np.trunc(whole) if plan.guide == "integer" else whole)
    else:
        key = {"first": pair[0], "second": pair[1]}.get(plan.guide, plan.guide)
        goal = _look_up(cells[key])
    objective = Objective(goal, seconds=_free, key=nb201.canonical)
    return plan.search(nb201, objective, Budget(evaluations=plan.scored), np.random.default_rng([seed, 2]), **settings)


def _look_up(column: NDArray[np.float64]) -> Callable[[Rows], NDArray[np.float64]]:
    return lambda rows: column[nb201.index(rows)]


def _free(rows: Rows) -> NDArray[np.float64]:
    return np.zeros(len(rows))


def train_best(history: History, valid: NDArray, cost: NDArray, left: float) -> tuple[int, int]:
    """Train the cells of a search from its best down while ``left`` simulated seconds last.

    Returns the official index of the trained cell with the highest ``valid``, and how many were trained.
    """
    ranked = nb201.index(history.genotypes[np.argsort(-history.values, kind="stable")])
    _, first = np.unique(nb201.iso()[ranked], return_index=True)
    ranked = ranked[np.sort(first)]
    trained = ranked[np.cumsum(cost[ranked]) <= left]
    return int(trained[valid[trained].argmax()]), len(trained)


def run_plan(task: tuple[str, tuple[str, str]]) -> dict[str, NDArray]:
    """Run one plan for all seeds: the official index of the cell each chooses (1, seeds), and the seconds it took.

    "trained" is the choice after the last stage, with what the 3,000 s leave once the scored classes are charged;
    "trainings" how many cells that stage trained.
    """
    name, pair = task
    scores, table = candidates(), tables.nb201()
    charge = PLANS[name].scored * charged()
    best, trained, trainings = np.zeros((3, 1, SEEDS), dtype=np.int16)
    start = time.perf_counter()
    for k in range(SEEDS):
        history = play(name, FIRST_SEED + k, scores, pair)
        best[0, k] = nb201.index(history.best)
        trained[0, k], trainings[0, k] = train_best(
            history, table["c10_val12"], table["c10_cost12_s"], TRAIN_SECONDS - charge
        )
    seconds = np.array([time.perf_counter() - start])
    return {"best": best, "trained": trained, "trainings": trainings, "seconds": seconds}


@cache
def charged() -> float:
    """Seconds of one core that scoring one class took, mean over classes."""
    return float(gather(load_shards(files.cache() / SCORE_SHARDS))["seconds"].mean())


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Score, choose, run, and write the result ``nb201_luciole`` once all is whole.

    Raises LucioleError when the scores of ``nb201_ifa`` are not there, or the table is not the original.
    """
    start = time.perf_counter()
    table = tables.nb201()
    accuracies = {name: table[f"{name}_test200"] for name in DATASETS}
    classes = nb201.classes()
    tasks = [classes[at : at + CLASSES_A_TASK].tolist() for at in range(0, len(classes), CLASSES_A_TASK)]
    options: dict[str, Any] = {"workers": workers, "scheduler": scheduler, "seconds": seconds}
    plan: dict[str, Any] = {"inputs": INPUTS, "side": SIDE}
    if run_shards(score_classes, tasks, files.cache() / SCORE_SHARDS, plan=plan, **options) < len(tasks):
        return
    if not (files.cache() / nb201_ifa.SCORE_SHARDS).exists():
        raise LucioleError("expected the scores of nb201_ifa, found none; luciole run nb201_ifa")
    choice = choose(candidates(), accuracies["c100"])
    pair = (str(choice["first"][0]), str(choice["second"][0]))
    plan = {"plans": list(PLANS), "pair": list(pair), "seeds": SEEDS}
    work = [(name, pair) for name in PLANS]
    if run_shards(run_plan, work, files.cache() / RUN_SHARDS, plan=plan, **options) < len(work):
        return
    found = gather(load_shards(files.cache() / RUN_SHARDS))
    sums = {
        f"{name}_{stage}_{kind}": values
        for name, column in accuracies.items()
        for stage in ("best", "trained")
        for kind, values in summary(found[stage], column).items()
    }
    results.write(
        "nb201_luciole",
        {
            **{f"score_{name}": values for name, values in candidates().items()},
            **{f"pair_{name}": values for name, values in choice.items()},
            **found,
            **sums,
            "plans": np.array(list(PLANS)),
            "score_seconds": np.array(charged()),
        },
        function=run,
        parameters={"seeds": SEEDS, "first seed": FIRST_SEED, "inputs": INPUTS, "side": SIDE, "pair": list(pair)},
        modules=[
            "luciole.experiments.nb201_luciole",
            "luciole.scores.zen",
            "luciole.scores.synflow",
            "luciole.search.luciole",
            "luciole.search.rank_firefly",
        ],
        inputs={"accuracies": table.source},
        seconds=time.perf_counter() - start,
    )


def rederive(result: results.Result, table: tables.Table, seeds: int, cells: int) -> str:
    """Run a sample of the committed result again and say what was compared, in one line.

    The first ``seeds`` runs of every plan must choose the same cells, ``cells`` classes must have the same Zen and
    SynFlow (to a thousandth), and where ``table`` is the original the pair must be chosen again and the mean
    accuracies must agree. Raises LucioleError where they do not.
    """
    kept = result.arrays
    scores = kept_scores(result)
    pair = (str(kept["pair_first"][0]), str(kept["pair_second"][0]))
    for place, name in enumerate(kept["plans"]):
        for k in range(seeds):
            if nb201.index(play(str(name), FIRST_SEED + k, scores, pair).best) != kept["best"][place, k]:
                raise LucioleError(
                    f"run {k} of {name!r} chooses another cell now; run again: luciole run nb201_luciole"
                )
    said = [f"{seeds * len(kept['plans'])} runs chose the same cells"]
    sample = np.linspace(0, len(nb201.classes()) - 1, cells).astype(np.int64)
    again = score_classes(nb201.classes()[sample].tolist()) if cells else {}
    for name in OWN if cells else ():
        if not np.allclose(finite(again[name]), finite(scores[name])[sample], rtol=1e-3):
            raise LucioleError(f"{name} of a sample of classes is another now; run again: luciole run nb201_luciole")
    said.append(f"{cells} classes had the same scores")
    if table.source == result.provenance.inputs["accuracies"]:
        choice = choose(scores, table["c100_test200"])
        same = (choice["first"][0], choice["second"][0]) == pair
        for name in DATASETS:
            for stage in ("best", "trained"):
                mean = summary(kept[stage], table[f"{name}_test200"])["mean"]
                same = same and np.allclose(mean, kept[f"{name}_{stage}_mean"], atol=1e-3)
        if not same:
            raise LucioleError("the pair or the mean accuracies are others now; run again: luciole run nb201_luciole")
        said.append("the pair and the mean accuracies follow from the table at hand")
    return ", ".join(said)


def kept_scores(result: results.Result) -> dict[str, NDArray[np.float64]]:
    """Scores of the classes as the committed result holds them: name -> (6466,)."""
    return {
        name.removeprefix("score_"): values
        for name, values in result.arrays.items()
        if name.startswith("score_") and values.ndim
    }
